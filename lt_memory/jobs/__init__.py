"""One background job a file; each is discovered."""
