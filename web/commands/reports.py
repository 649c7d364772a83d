"""The shapes of what commands print as JSON and no endpoint answers; see :mod:`web.api.schemas`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, NonNegativeInt

from web.api.schemas import Model


class Sizes(Model):
    """Bytes on disk."""

    text: NonNegativeInt
    vectors: NonNegativeInt
    engine: NonNegativeInt


class ClusterStatus(Model):
    """How an index stands on a cluster."""

    documents: NonNegativeInt
    shards: NonNegativeInt
    replicas: NonNegativeInt
    health: Annotated[
        str, Field(description="green: every copy is there; yellow: some are lacking; red: some text is.")
    ]


class IndexStatus(Model):
    """The content of an index."""

    index: Annotated[str, Field(description="Its folder.")]
    generation: NonNegativeInt
    engine: str
    model: str
    folding: Annotated[str, Field(description="A digest of the tables by which its texts were folded.")]
    works: NonNegativeInt
    sections: NonNegativeInt
    passages: NonNegativeInt
    windows: NonNegativeInt
    characters: NonNegativeInt
    packs: Annotated[NonNegativeInt, Field(description="On a cluster, where each work is one, the number of works.")]
    bytes: Annotated[Sizes, Field(description="Of one copy; on a cluster all of it is the engine's.")]
    cluster: ClusterStatus | None = None


class FileReport(Model):
    """The report on a work, or on a source that gives none."""

    file: str
    format: str
    encoding: Annotated[str, Field(description="Those of its files, with `?` where one was assumed.")]
    id: Annotated[str, Field(description="Empty where there is no work.")] = ""
    title: str = ""
    author: str = ""
    sections: NonNegativeInt = 0
    characters: NonNegativeInt = 0
    problems: Annotated[NonNegativeInt, Field(description="Those of its source.")] = 0


class Fault(Model):
    """A mistake in a file, or a remark on it."""

    file: str
    line: Annotated[NonNegativeInt, Field(description="Counted from 1; 0 where the whole file is meant.")]
    reason: str


class CheckReport(Model):
    """The report on files before they are indexed."""

    works: tuple[FileReport, ...]
    problems: tuple[Fault, ...]
    notes: tuple[Fault, ...]


class AccountReport(Model):
    """An account, as the command line lists it."""

    login: str
    name: str
    role: str
    state: Annotated[str, Field(description="`active`, `disabled` or `locked`.")]
    created: Annotated[str, Field(description="A moment in ISO 8601, to the second.")]
    seen: str | None


class Link(Model):
    """A link to an account that was given and still serves."""

    link: Annotated[str, Field(description="Its number.")]
    recipient: Annotated[str, Field(serialization_alias="for", description="A login, or a role.")]
    giver: str
    created: str
    expires: str
