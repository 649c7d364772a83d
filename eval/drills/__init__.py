"""Drills: a cluster of one's own, and what becomes of searches and builds when its nodes fail."""
