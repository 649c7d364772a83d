"""What a text is, where texts come from, and readers: files become works."""
