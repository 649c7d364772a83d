"""Speed and size."""
