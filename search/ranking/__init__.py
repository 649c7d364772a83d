"""Rankings by words, by meaning and by late interaction, and their fusion."""
