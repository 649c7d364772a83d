"""Parallels: what quotes a text elsewhere, shares wording with it, or says the like."""
