"""Inverted indexes in folders of an index, one a generation: ``engines/000007/``; they share files by hard links."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from indexer.engines.base import Engine, EngineModule, EngineWriter
from indexer.store import checksums, files
from indexer.store.checksums import Damage


class FolderIndexes:
    """See :class:`indexer.engines.base.EngineIndexes`."""

    def __init__(self, index: Path, module: EngineModule) -> None:
        self._home = index / "engines"
        self._module = module

    def begin(self, number: int, previous: int | None) -> EngineWriter:
        """See :meth:`indexer.engines.base.EngineIndexes.begin`.

        Engines write new files and replace their own manifest by renaming, so sharing files by hard links is safe.
        """
        folder = self.folder(number)
        shutil.rmtree(folder, ignore_errors=True)
        for each in (folder.parent, folder):
            files.make_inside(each)
        source = self.folder(previous) if previous is not None else None
        for file in source.iterdir() if source and source.is_dir() else ():
            if file.is_file() and not file.name.endswith(checksums.LOCKS) and file.name != checksums.LIST:
                try:
                    os.link(file, folder / file.name)
                except OSError:  # a file system without hard links
                    shutil.copy2(file, folder / file.name)
        return self._module.open_writer(folder)

    def publish(self, number: int, previous: int | None) -> None:
        """See :meth:`indexer.engines.base.EngineIndexes.publish`."""
        folder = self.folder(number)
        checksums.seal(folder, self.folder(previous) if previous is not None else None)
        for path in (*folder.iterdir(), folder, folder.parent):
            files.sync(path)

    def open(self, number: int) -> Engine:
        """See :meth:`indexer.engines.base.EngineIndexes.open`."""
        return self._module.open_reader(self.folder(number))

    def keep(self, numbers: Collection[int]) -> None:
        """See :meth:`indexer.engines.base.EngineIndexes.keep`."""
        wanted = {self.folder(number).name for number in numbers}
        for entry in self._home.iterdir() if self._home.is_dir() else ():
            if entry.name not in wanted:
                files.drop(entry)

    def size(self, number: int) -> int:
        """See :meth:`indexer.engines.base.EngineIndexes.size`."""
        return checksums.size(self.folder(number))

    def parts(self, number: int) -> int:
        """See :meth:`indexer.engines.base.EngineIndexes.parts`."""
        return checksums.count(self.folder(number))

    def check(self, number: int) -> None:
        """See :meth:`indexer.engines.base.EngineIndexes.check`."""
        checksums.require_sizes(self.folder(number))

    def verify(self, number: int, read: Callable[[int], None]) -> Iterator[Damage]:
        """See :meth:`indexer.engines.base.EngineIndexes.verify`."""
        return checksums.damages(self.folder(number), read)

    def folder(self, number: int) -> Path:
        """See :meth:`indexer.engines.base.EngineIndexes.folder`."""
        return self._home / f"{number:06d}"
