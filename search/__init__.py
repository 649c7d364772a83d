"""A query becomes ranked, highlighted, counted passages."""
