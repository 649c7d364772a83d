"""Watching a cluster for the publication of another generation."""
