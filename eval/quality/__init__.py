"""How well search finds."""
