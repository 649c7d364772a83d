"""A million random inputs in slices: each day another one is tried, the same the whole day and on every machine.

`WENYUAN_RANDOM=20000 pytest tests/test_hostile.py -k file` tries that many at once. A failure says which seed to give
to `WENYUAN_SEED` to see it again.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from datetime import UTC, datetime

TOTAL = 1_000_000
SEED = int(os.environ.get("WENYUAN_SEED") or datetime.now(UTC).toordinal())


def slice_of(size: int) -> Iterator[random.Random]:
    """A source of chance for each input of today's slice, or of as many as the environment says."""
    count = int(os.environ.get("WENYUAN_RANDOM") or size)
    first = (SEED * size) % TOTAL
    for number in range(first, first + count):
        yield random.Random(number)
