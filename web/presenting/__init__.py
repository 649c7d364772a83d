"""How things are presented: URLs, labels, markup, tables."""
