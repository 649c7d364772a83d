"""What stands on disk and how it is read."""
