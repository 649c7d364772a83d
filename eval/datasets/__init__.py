"""Queries and texts that search is measured on."""
