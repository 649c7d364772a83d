"""The JSON interface for programs: typed parameters, answers as models, and the description that both give."""

PREFIX = "/api/v1"
"""The path of the interface, below the application's root."""
