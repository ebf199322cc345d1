"""One tool a file; each is discovered."""
