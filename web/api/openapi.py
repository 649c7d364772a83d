"""The description of the interface in OpenAPI 3.1, assembled from what each endpoint declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from web.api.parameters import Parameters, Untitled, properties
from web.api.schemas import PROBLEM_TYPE, ProblemDetails

Schema = dict[str, Any]
Asked = TypeVar("Asked", bound=Parameters)
Answered = TypeVar("Answered", bound=BaseModel)

_REFERENCE = "#/components/schemas/{model}"
_FAILURES = {
    400: "A parameter is unknown, malformed, repeated or missing; or the query can't be searched.",
    421: "The request names a host that is not answered.",
    503: (
        "The index can't be read; or the search took too long and was given up; or more is asked than can be answered, "
        "and Retry-After says when to come again."
    ),
}
"""Statuses of problems that every endpoint may answer with."""


@dataclass(frozen=True, slots=True)
class Operation(Generic[Asked, Answered]):
    """An endpoint: its name and path, what it takes and answers, and the function that does it."""

    name: str
    path: str
    summary: str
    parameters: type[Asked]
    answer: type[Answered]
    run: Callable[[Asked], Answered]


def description(operations: tuple[Operation[Any, Any], ...], version: str, server: str) -> Schema:
    """Return the whole description; ``server`` is the address of the interface."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Wenyuan 文渊",
            "version": version,
            "description": "Full-text and semantic search over ancient and local Chinese texts.",
        },
        "servers": [{"url": server}],
        **_paths_and_components(operations),
    }


@cache
def _paths_and_components(operations: tuple[Operation[Any, Any], ...]) -> Schema:
    models: list[type[BaseModel]] = [*(each.answer for each in operations), ProblemDetails]
    references, schemas = models_json_schema(
        [(model, "serialization") for model in models], ref_template=_REFERENCE, schema_generator=Untitled
    )
    shapes = {model: references[model, "serialization"] for model in models}
    return {
        "paths": {each.path: {"get": _operation(each, shapes)} for each in operations},
        "components": {"schemas": dict(sorted(schemas["$defs"].items()))},
    }


def _operation(operation: Operation[Any, Any], shapes: Mapping[type[BaseModel], Schema]) -> Schema:
    parameters: type[Parameters] = operation.parameters
    succeeded = {"description": "The answer.", "content": {"application/json": {"schema": shapes[operation.answer]}}}
    problem = {PROBLEM_TYPE: {"schema": shapes[ProblemDetails]}}
    failures = {str(status): {"description": why, "content": problem} for status, why in _FAILURES.items()}
    return {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": [
            _parameter(name, schema, parameters.model_fields[name].is_required())
            for name, schema in properties(parameters).items()
        ],
        "responses": {"200": succeeded, **failures},
    }


def _parameter(name: str, schema: Schema, required: bool) -> Schema:
    told = {key: value for key, value in schema.items() if key != "description" and not _says_nothing(key, value)}
    many = {"style": "form", "explode": True} if schema["type"] == "array" else {}
    about = schema["description"]
    return {"name": name, "in": "query", "description": about, "required": required, "schema": told, **many}


def _says_nothing(key: str, value: object) -> bool:
    """Return whether a default is that the parameter is not given."""
    return key == "default" and value in ("", [])
