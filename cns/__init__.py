"""The conversation: one continuum, its turns and its segments."""
