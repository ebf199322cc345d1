"""One resource a file; each is discovered by its `router`."""
