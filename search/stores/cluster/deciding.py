"""Deciding on texts: passages that may match are fetched with what is around them, and our own matching looks."""
