"""Stores: where the texts, streams, counts and vectors of a generation are, behind one protocol."""
