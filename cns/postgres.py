"""The continuum's store in PostgreSQL."""
