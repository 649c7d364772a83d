"""The folder of test data, ``corpora/`` and ``eval/`` in it: it isn't part of the program, and may not be there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from indexer.errors import IndexFailure

ADVICE = "name the folder that holds corpora/ and eval/ by --data"


@contextmanager
def expected(data: Path) -> Iterator[None]:
    """Turn a missing file of the test data into an error that says what to do.

    Raises:
        IndexFailure: a file below ``data`` was to be read, and isn't there.
    """
    try:
        yield
    except FileNotFoundError as failure:
        if failure.filename and Path(failure.filename).is_relative_to(data):
            raise IndexFailure(f"{failure.filename}: no such file; {ADVICE}") from failure
        raise
