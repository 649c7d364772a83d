"""How fast it is, and how large."""
