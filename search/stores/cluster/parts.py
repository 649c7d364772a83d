"""Parts of texts as they are fetched: each once, as long as there is room for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from search.stores.cluster.view import View


class PartRef(NamedTuple):
    """A part of a section: consecutive passages of it."""

    work: str
    section: int
    part: int
