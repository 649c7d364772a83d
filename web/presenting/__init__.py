"""Presentation: URLs, labels, markup, tables."""
