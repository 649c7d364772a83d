"""Quality of search."""
