"""Works become an index: builds, merges, what is settled about a source."""
