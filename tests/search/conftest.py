"""What tests of searching share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from stores import KINDS, Indexing


@pytest.fixture(scope="module", params=KINDS)
def indexing(request: pytest.FixtureRequest) -> Iterator[Indexing]:
    """Every kind of store in turn, as what indexes texts for it."""
    with KINDS[request.param]() as index:
        yield index
