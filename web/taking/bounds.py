"""How much is taken away at once; what is more is a job's, and each page says so before."""

MOST_LINES = 10_000
"""Lines of a concordance. The command line has no bound."""
