"""Parts of texts as they are fetched: each once, as long as there is room for it. A part never changes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence

from indexer.cluster.parts import Part, PartKey

KEPT = 512
"""Parts that are kept, of some thousand characters each: those of a search's page are asked for several times."""


class PartCache:
    """The parts that were fetched last. Thread-safe."""

    def __init__(self, most: int = KEPT) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._kept: OrderedDict[PartKey, Part] = OrderedDict()

    def fetch(
        self, parts: Iterable[PartKey], read: Callable[[Sequence[PartKey]], Sequence[Part | None]]
    ) -> dict[PartKey, Part | None]:
        """Return some parts; those that are not here are read, all at once. None for one that there is not."""
        wanted = dict.fromkeys(parts)
        found: dict[PartKey, Part | None] = {}
        with self._lock:
            for part in wanted:
                if part in self._kept:
                    self._kept.move_to_end(part)
                    found[part] = self._kept[part]
        missing = [part for part in wanted if part not in found]
        if missing:
            found |= zip(missing, read(missing), strict=True)
            self._keep({part: each for part in missing if (each := found[part]) is not None})
        return found

    def _keep(self, parts: dict[PartKey, Part]) -> None:
        with self._lock:
            self._kept |= list(parts.items())[-self._most :]
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
