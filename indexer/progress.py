"""Progress of a long piece of work."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called with the name of the step, what is done and what there is to do."""


def silent(step: str, done: int, total: int) -> None:
    """Report nothing."""
