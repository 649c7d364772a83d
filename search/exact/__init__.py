"""Exact search: matching, evaluation, occurrences."""
