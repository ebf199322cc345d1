"""What the conversation does with its values and its ports."""
