"""A plan: what one build is made with, and what of it depends on where the index is, as one value for every step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from corpora.model import Problem
from indexer.cluster.address import ClusterAddress, IndexAddress
from indexer.embedding import Embedder
from indexer.errors import IndexFailure
from indexer.progress import Progress
from indexer.store.access import Declared
from indexer.store.generation import Generation, PackEntry, Packs, Settings


class Plan(Protocol):
    """Everything that one build is made with; while it is held nobody else builds the index."""

    @property
    def before(self) -> Generation | None:
        """The published generation; None where there is no index yet."""

    @property
    def settings(self) -> Settings:
        """What the generation before was made with, and the next one has to be."""

    @property
    def embedder(self) -> Embedder:
        """The model of these settings."""

    @property
    def model(self) -> Path | None:
        """The folder that it was loaded from; None for the one that comes with the program."""

    @property
    def packs(self) -> Packs:
        """Where packs are written, each opened when it is needed."""

    @property
    def progress(self) -> Progress:
        """What is told how far the build is."""

    def homes(self) -> dict[str, str]:
        """Return the collection of each work of the published generation."""

    def problems(self, roots: Mapping[str, Path]) -> Sequence[Problem]:
        """Return what was wrong in the sources with these digests, which are where they are now, as far as the
        published generation knows them.
        """

    def entered(self, entries: Sequence[PackEntry]) -> Sequence[PackEntry]:
        """Return the entries of a generation for packs that were written."""

    def publish(self, following: Generation) -> Generation:
        """Make a generation durable and publish it; return it as it is published."""

    def relabel(self, access: Declared) -> Generation:
        """Publish the published generation again with another declaration of who may read its works."""

    def counts(self, generation: Generation) -> tuple[int, int]:
        """Return how many passages and windows a generation has that is published now."""

    def compact(self) -> tuple[Generation, int]:
        """Write what is wasteful anew; return the generation then, and how many packs were rewritten."""


def begun(
    index: IndexAddress, progress: Progress, engine: str | None = None, model: Path | None = None
) -> AbstractContextManager[Plan]:
    """Return the plan of a build; ``engine`` and ``model`` default to those of the index.

    Raises:
        IndexFailure: the index is damaged, was made with other settings, or is built by somebody else.
    """
    if isinstance(index, ClusterAddress):
        from indexer.cluster.building import cluster_plan  # folders have no need of it

        return cluster_plan(index, progress, engine, model)
    from indexer.building.folder import folder_plan

    return folder_plan(index, progress, engine, model)


def require_same(index: IndexAddress, before: Generation | None, settings: Settings) -> None:
    """Check that an index was made with these settings.

    Raises:
        IndexFailure: it was made with others.
    """
    if before and before.settings != settings:
        changed = [
            f"{field} {getattr(before.settings, field)} (now {getattr(settings, field)})"
            for field in ("engine", "model", "folding")
            if getattr(before.settings, field) != getattr(settings, field)
        ]
        advice = "name another one with --index and build anew"
        raise IndexFailure(f"{index} was built with {', '.join(changed)}; {advice}")


def model_path(before: Generation | None) -> Path | None:
    """Return the model that the index was built with, where it is a folder rather than the one that comes along."""
    path = Path(before.settings.model) if before else None
    return path if path and path.is_absolute() else None
