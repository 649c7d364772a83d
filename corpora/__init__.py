"""The model of a text, sources of files, and readers that turn files into works."""
