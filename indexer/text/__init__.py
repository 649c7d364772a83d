"""What a text becomes for search: folded streams, passages, windows, grams."""
