"""Watching a folder for the publication of another generation."""

from __future__ import annotations

from pathlib import Path
from typing import IO

from indexer.store.generation import MANIFEST


class ManifestWatch:
    """The manifest of an index as seen once.

    That another was published shows in the manifest's file, which is another one then, and not in clocks, which may be
    set back. The file that was seen is kept open, so that its inode number can't be reused.
    """

    def __init__(self, index: Path) -> None:
        self._manifest = index / MANIFEST
        self._held = self._hold()
        self._seen = self._stamp()

    @property
    def found(self) -> bool:
        """Whether there was one."""
        return self._seen is not None

    def is_outdated(self) -> bool:
        """Return whether another stands there now."""
        return self._stamp() != self._seen

    def close(self) -> None:
        """Close the file."""
        if self._held:
            self._held.close()

    def _hold(self) -> IO[bytes] | None:
        try:
            return self._manifest.open("rb")
        except OSError:
            return None

    def _stamp(self) -> tuple[int, ...] | None:
        try:
            state = self._manifest.stat()
        except OSError:
            return None
        return state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns
