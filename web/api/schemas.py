"""The shapes of answers: models from which JSON and its description come, at endpoints and at the command line.

A key of an answer is one field here. It is filled from the attribute of the same name of the library's own value,
unless the endpoint gives it (:meth:`Model.of`). Every key is always there; ``null`` and empty lists say "none".
"""

from __future__ import annotations

from typing import Annotated, Any, Self, get_type_hints

from pydantic import AliasPath, BaseModel, ConfigDict, Field, NonNegativeFloat, NonNegativeInt, RootModel, create_model
from pydantic_core import to_json

from corpora.catalogue import FACETS, RECORD_FIELDS, CatalogueRecord
from search.model import Meant, Why

PROBLEM_TYPE = "application/problem+json"


class Model(BaseModel):
    """A part of an answer: immutable, with no other keys than those declared."""

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)

    @classmethod
    def of(cls, source: object, **given: Any) -> Self:
        """Return a model filled from the attributes of ``source``, but for what is ``given``.

        Raises:
            ValidationError: a value is not of the declared type.
        """
        return cls(**{name: getattr(source, name) for name in cls.model_fields if name not in given}, **given)


Range = Annotated[tuple[NonNegativeInt, NonNegativeInt], Field(examples=[[121, 124]])]
"""A half-open range of code points of the text beside it."""
Alike = Annotated[NonNegativeInt, Field(description="Passages that are only alike; the other numbers leave them out.")]


class WorkSummary(Model):
    """The work that a hit stands in."""

    id: str
    title: Annotated[str, Field(validation_alias=AliasPath("record", "title"), examples=["金史"])]
    author: Annotated[str, Field(validation_alias=AliasPath("record", "author"), examples=["脫脫"])]
    dynasty: Annotated[str, Field(validation_alias=AliasPath("record", "dynasty"), examples=["元"])]


class Hit(Model):
    """A passage. All ranges are half-open and count code points of `text`."""

    id: str
    score: float
    matched: Annotated[bool, Field(description="Whether the query's words stand in it; else it is only alike.")]
    why: Annotated[tuple[Why, ...], Field(description="What brought it here.")]
    work: WorkSummary
    section: Annotated[str, Field(examples=["卷二十四"])]
    page: Annotated[str, Field(description="The edition's page; empty where it has none.", examples=["024-1a"])]
    facsimile: Annotated[str, Field(description="The address of the page's picture; empty where there is none.")]
    text: Annotated[str, Field(description="The edition's own text, with notes inline.")]
    excerpt: Annotated[
        Range, Field(description="The part of the text around what answers the query, to be shown first.")
    ]
    highlights: Annotated[tuple[Range, ...], Field(description="What answers the query.")]
    notes: Annotated[tuple[Range, ...], Field(description="Interlinear notes.")]
    nearest_passage_range: Annotated[Range | None, Field(description="The stretch nearest in meaning.")]
    url: Annotated[
        str,
        Field(
            description="Where the passage is read in its section.",
            json_schema_extra={"format": "uri-reference"},
        ),
    ]


class FacetValue(Model):
    """A value of a filter and how many passages have it, as if no value of this filter were chosen."""

    value: Annotated[str, Field(description="What the filter takes.")]
    label: Annotated[str, Field(description="What a reader sees.")]
    count: Annotated[NonNegativeInt, Field(description="Passages in which the query's words stand.")]
    alike: Alike


class Total(Model):
    """How much was found."""

    passages: Annotated[NonNegativeInt, Field(description="Passages in which the query's words stand.")]
    occurrences: Annotated[NonNegativeInt, Field(description="How often the words stand there.")]
    alike: Alike
    at_least: Annotated[
        bool, Field(description="Whether there may be more passages and occurrences than were counted; hardly ever.")
    ]


class Suggestion(Model):
    """A modern word of the query and the classical words that the collection has for it."""

    word: Annotated[str, Field(description="As typed.", examples=["害怕"])]
    classical: Annotated[tuple[str, ...], Field(description="Nearest first.", examples=[["懼", "畏"]])]


class Proposal(Model):
    """A query that was likely meant, if what was asked is a slip. Nothing was searched in its place."""

    q: Annotated[str, Field(description="What to ask instead.", examples=["遼 OR 金"])]
    why: Annotated[Meant, Field(description="What makes it of what was asked.")]
    passages: Annotated[NonNegativeInt, Field(description="Passages in which its words stand.")]


class Explanation(Model):
    """How an odd query was read."""

    code: Annotated[str, Field(examples=["quote-unclosed"])]
    detail: str


class Answer(Model):
    """What a search found."""

    query: Annotated[str, Field(description="As asked.", examples=["长白山"])]
    total: Total
    hits: tuple[Hit, ...]
    facets: Annotated[
        dict[str, tuple[FacetValue, ...]],
        Field(description="Empty unless asked for.", json_schema_extra={"propertyNames": {"enum": list(FACETS)}}),
    ]
    start: Annotated[int, Field(ge=1, description="The number of the first hit in the whole list, from 1.")]
    previous: Annotated[str | None, Field(description="The cursor of the page before; null on the first.")]
    next: Annotated[str | None, Field(description="The cursor of the next page; null on the last.")]
    took_ms: NonNegativeFloat
    expanded_names: Annotated[
        tuple[str, ...], Field(description="Other names that were searched beside those in the query.")
    ]
    unknown_words: Annotated[
        tuple[str, ...], Field(description="Words of the query that neither the collection nor the model has.")
    ]
    has_close_match: Annotated[
        bool, Field(description="False where such words make up so much of the query that no hit can be close.")
    ]
    suggestions: tuple[Suggestion, ...]
    proposals: Annotated[
        tuple[Proposal, ...], Field(description="Queries that were likely meant, those that find most first.")
    ]
    explanations: tuple[Explanation, ...]


_types = get_type_hints(CatalogueRecord)
_record: dict[str, Any] = {
    each.attribute: (_types[each.attribute], Field(description=f"{each.label.en} {each.label.zh}"))
    for each in RECORD_FIELDS
}
Record = create_model("Record", __base__=Model, __doc__="What the catalogue says of a work.", **_record)
"""A catalogue record; its keys are the fields that :mod:`corpora.catalogue` declares."""


class Work(Model):
    """A title in one edition."""

    id: str
    collection: Annotated[str, Field(description="The id of its collection 专题库.")]
    sections: Annotated[NonNegativeInt, Field(description="How many sections (卷 or 篇) it has.")]
    record: Record  # type: ignore[valid-type]  # its fields are declared by the catalogue, which mypy can't run


class Works(Model):
    """Works in the order of their ids."""

    total: Annotated[NonNegativeInt, Field(description="How many there are on all pages.")]
    works: tuple[Work, ...]
    next: Annotated[str | None, Field(description="`after` for the next page; null on the last.")]


class ProblemDetails(Model):
    """Why there is no answer (RFC 9457)."""

    type: Annotated[
        str, Field(description="A name that stays the same.", examples=["urn:wenyuan:problem:bad-parameter"])
    ]
    title: str
    status: Annotated[int, Field(ge=400, le=599)]
    detail: Annotated[str, Field(examples=["limit: must be a whole number from 1 to 100"])]

    @classmethod
    def written(cls, status: int, code: str, title: str, detail: str) -> bytes:
        """Return a problem as JSON; ``code`` is the end of its name."""
        return to_json(cls(type=f"urn:wenyuan:problem:{code}", title=title, status=status, detail=detail))


class Description(RootModel[dict[str, Any]]):
    """A description in OpenAPI 3.1."""
