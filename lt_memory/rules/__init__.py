"""Facts about the user drawn from what was said, by rules alone."""
