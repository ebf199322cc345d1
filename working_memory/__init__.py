"""The system prompt, assembled anew each turn from trinkets."""
