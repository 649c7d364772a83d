"""A plan: what one build is made with, as one value that every step of it is given."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from indexer import engines
from indexer.embedding import Embedder, load_embedder
from indexer.errors import IndexFailure
from indexer.progress import Progress
from indexer.store.checksums import Damaged
from indexer.store.generation import Generation, Packs, Settings, damaged, published, require_sizes
from indexer.text import readings


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that one build is made with.

    Attributes:
        before: the published generation; None where there is no index yet.
        settings: what the generation before was made with, and the next one has to be.
        embedder: the model of these settings.
        model: the folder that it was loaded from; None for the one that comes with the program.
        packs: those of the index, opened as they are needed.
    """

    before: Generation | None
    settings: Settings
    embedder: Embedder
    model: Path | None
    packs: Packs
    progress: Progress

    @property
    def index(self) -> Path:
        """The folder of the index."""
        return self.packs.index


def plan(index: Path, progress: Progress, engine: str | None = None, model: Path | None = None) -> Plan:
    """Return the plan of a build; ``engine`` and ``model`` default to those of the index.

    Raises:
        IndexFailure: the index is damaged, or was made with other settings.
    """
    before = _whole(index)
    name = engine or (before.settings.engine if before else engines.DEFAULT)
    engines.engine(name)  # which fails where there is none of this name, before anything is written
    place = model or _model_path(before)
    embedder = load_embedder(place)
    settings = Settings(engine=name, model=embedder.name, folding=readings.fingerprint())
    if before and before.settings != settings:
        raise IndexFailure(_mismatch(index, before.settings, settings))
    return Plan(before, settings, embedder, place, Packs(index), progress)


def _whole(index: Path) -> Generation | None:
    """Return the published generation, no file of which is missing or cut short; None where there is no index yet."""
    state = published(index)
    if state:
        try:
            require_sizes(index, state)
            engines.indexes(index, state.settings.engine).check(state.number)
        except Damaged as failure:
            raise damaged(index, failure) from failure
    return state


def _model_path(before: Generation | None) -> Path | None:
    """Return the model that the index was built with, where it is a folder rather than the one that comes along."""
    path = Path(before.settings.model) if before else None
    return path if path and path.is_absolute() else None


def _mismatch(index: Path, old: Settings, new: Settings) -> str:
    changed = [
        f"{field} {getattr(old, field)} (now {getattr(new, field)})"
        for field in ("engine", "model", "folding")
        if getattr(old, field) != getattr(new, field)
    ]
    return f"{index} was built with {', '.join(changed)}; name another folder with --index and build anew"
