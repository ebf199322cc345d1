"""The HTTP edge: it translates, and has no rules of its own."""
