"""How much is taken away at once; what is more is a job's, and each page says so before."""

MOST_LINES = 10_000
"""Lines of a concordance. The command line has no bound."""
MOST_LINES_OF_A_JOB = 100_000
"""Lines that a job takes away."""
MOST_CHARACTERS = 300_000
"""Searched characters of a work."""
