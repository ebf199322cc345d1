"""One trinket a file; each is discovered."""
