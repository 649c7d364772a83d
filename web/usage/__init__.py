"""Use statistics in COUNTER's terms: what was searched, read and turned away, but nothing of by whom."""
