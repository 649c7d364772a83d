"""The description of the endpoint in OpenAPI 3.1, made from the names and bounds that the code itself uses."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from search.model import Mode, Scope, SearchRequest, Sort, Why
from search.query import MAX_CHARACTERS
from web.presenting.urls import FILTERS, MAX_CURSOR, MAX_LIMIT, MAX_VALUE, MAX_VALUES

Schema = dict[str, Any]

PROBLEM_TYPE = "application/problem+json"


def description(version: str, root: str = "") -> Schema:
    """The whole description; ``root`` is where the application stands on its server."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Wenyuan 文渊",
            "version": version,
            "description": "Full-text and semantic search over ancient and local Chinese texts.",
        },
        "servers": [{"url": f"{root}/api/v1"}],
        "paths": {"/search": {"get": _search()}, "/openapi.json": {"get": _itself()}},
        "components": {
            "schemas": {
                "Answer": _answer(),
                "Hit": _hit(),
                "Problem": _problem(),
                "Range": {
                    "type": "array",
                    "description": "A half-open range of code points in `text`.",
                    "prefixItems": [{"type": "integer", "minimum": 0}, {"type": "integer", "minimum": 0}],
                    "items": False,
                    "minItems": 2,
                },
            }
        },
    }


def _search() -> Schema:
    plain = SearchRequest(q="")
    return {
        "operationId": "search",
        "summary": "Search the passages",
        "parameters": [
            _parameter("q", "What to find, in the query language.", _text(MAX_CHARACTERS), required=True),
            _parameter("mode", "How the query is matched.", _choice(Mode, plain.mode)),
            _parameter("scope", "Main text, interlinear notes, or both.", _choice(Scope, plain.scope)),
            _parameter(
                "strict", "Whether only the very characters typed are found: no other script, no variant.", _switch()
            ),
            _parameter(
                "aliases",
                "Whether other names of what is named are searched, too; `strict` switches them off.",
                _switch(plain.aliases),
            ),
            *(
                {
                    **_parameter(
                        name,
                        f"Accepted values of the {name}; any of them will do.",
                        {"type": "array", "items": _text(MAX_VALUE), "maxItems": MAX_VALUES},
                    ),
                    "style": "form",
                    "explode": True,
                }
                for name in FILTERS
            ),
            _parameter("sort", "The order of hits.", _choice(Sort, plain.sort)),
            _parameter(
                "limit",
                "The most hits to answer with.",
                {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": plain.limit},
            ),
            _parameter("cursor", "`next` of the page before, of the same search.", _text(MAX_CURSOR)),
            _parameter("facets", "Whether to count the values of each filter.", _switch()),
        ],
        "responses": {
            "200": _response("What was found.", "application/json", {"$ref": "#/components/schemas/Answer"}),
            "400": _failure("A parameter is unknown or malformed, or the query can't be searched."),
            "503": _failure(
                "The index can't be read; or the search took too long and was given up; or more is asked than can be "
                "answered, and Retry-After says when to come again."
            ),
            "421": _failure("The request names a host that is not answered."),
        },
    }


def _itself() -> Schema:
    return {
        "operationId": "description",
        "summary": "This description",
        "responses": {"200": _response("The description.", "application/json", {"type": "object"})},
    }


def _answer() -> Schema:
    count = {"type": "integer", "minimum": 0}
    alike = {**count, "description": "Passages that are only alike; the other numbers leave them out."}
    facet = _object(value={"type": "string"}, label={"type": "string"}, count=count, alike=alike)
    return _object(
        query={"type": "string"},
        total=_object(
            passages={**count, "description": "Passages in which the query's words stand."},
            occurrences={**count, "description": "How often the words stand there."},
            alike=alike,
        ),
        hits={"type": "array", "items": {"$ref": "#/components/schemas/Hit"}},
        facets={
            "type": "object",
            "description": "Empty unless asked for.",
            "properties": {name: {"type": "array", "items": facet} for name in FILTERS},
            "additionalProperties": False,
        },
        next={"type": ["string", "null"], "description": "The cursor of the next page; null on the last."},
        took_ms={"type": "number", "minimum": 0},
        expanded_names={
            "type": "array",
            "description": "Other names that were searched beside those in the query.",
            "items": {"type": "string"},
        },
        unknown_words={
            "type": "array",
            "description": "Words of the query that neither the collection nor the model has.",
            "items": {"type": "string"},
        },
        has_close_match={
            "type": "boolean",
            "description": "False where such words make up so much of the query that no hit can be close.",
        },
        suggestions={
            "type": "array",
            "description": "Modern words of the query, with the classical words that the collection has for them.",
            "items": _object(
                word={"type": "string", "description": "As typed."},
                classical={"type": "array", "description": "Nearest first.", "items": {"type": "string"}},
            ),
        },
        explanations={
            "type": "array",
            "description": "How an odd query was read.",
            "items": _object(code={"type": "string"}, detail={"type": "string"}),
        },
    )


def _hit() -> Schema:
    text = {"type": "string"}
    ranges = {"type": "array", "items": {"$ref": "#/components/schemas/Range"}}
    return _object(
        id=text,
        score={"type": "number"},
        matched={"type": "boolean", "description": "Whether the query's words stand in it; else it is only alike."},
        why={"type": "array", "items": {"type": "string", "enum": list(map(str, Why))}},
        work=_object(id=text, title=text, author=text, dynasty=text),
        section=text,
        page={"type": "string", "description": "The edition's page; empty where the edition has none."},
        facsimile={"type": "string", "description": "The address of the page's picture; empty where there is none."},
        text={"type": "string", "description": "The edition's own text, with notes inline."},
        excerpt={
            "allOf": [{"$ref": "#/components/schemas/Range"}],
            "description": "The part of the text around what answers the query, to be shown first.",
        },
        highlights={**ranges, "description": "What answers the query."},
        notes={**ranges, "description": "Interlinear notes."},
        nearest_passage_range={
            "oneOf": [{"$ref": "#/components/schemas/Range"}, {"type": "null"}],
            "description": "The stretch nearest in meaning.",
        },
        url={"type": "string", "format": "uri-reference", "description": "Where the passage is read in its section."},
    )


def _problem() -> Schema:
    text = {"type": "string"}
    return _object(type=text, title=text, status={"type": "integer"}, detail=text)


def _parameter(name: str, about: str, schema: Schema, required: bool = False) -> Schema:
    return {"name": name, "in": "query", "description": about, "required": required, "schema": schema}


def _text(most: int) -> Schema:
    return {"type": "string", "minLength": 1, "maxLength": most}


def _choice(kind: type[StrEnum], default: StrEnum) -> Schema:
    return {"type": "string", "enum": [str(each) for each in kind], "default": str(default)}


def _switch(default: bool = False) -> Schema:
    return {"type": "boolean", "default": default}


def _object(**properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _response(about: str, kind: str, schema: Schema) -> Schema:
    return {"description": about, "content": {kind: {"schema": schema}}}


def _failure(about: str) -> Schema:
    return _response(about, PROBLEM_TYPE, {"$ref": "#/components/schemas/Problem"})
