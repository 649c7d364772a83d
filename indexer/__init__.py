"""Works become passages; passages become folded tokens and vectors; those become an index on disk."""
