"""What the model can do besides talk."""
