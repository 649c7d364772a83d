"""What can go wrong with an index, in words for the person at the keyboard."""

from __future__ import annotations


class IndexFailure(Exception):
    """The index can't be built or opened; the message says what is wrong, where, and what to do."""
