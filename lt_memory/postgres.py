"""The memories' store in PostgreSQL."""
