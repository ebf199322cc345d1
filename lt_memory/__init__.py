"""Long-term memory: facts with their evidence, found again when they matter."""
