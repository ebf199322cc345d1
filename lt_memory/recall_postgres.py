"""Recall's one statement in PostgreSQL."""
