"""Speed and recall, each beside its plain baseline."""
