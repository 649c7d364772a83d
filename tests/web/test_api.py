"""The endpoint keeps to its own description."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import jsonschema_rs
import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from pydantic import Field
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.schemas import APIOperation

from corpora.catalogue import FILTERS, RECORD_FIELDS, record_of
from search.library import Library
from search.model import MAX_CHARACTERS, Mode, SearchRequest, SearchResponse
from web.api import routes
from web.api.openapi import Operation
from web.api.parameters import MAX_LIMIT, SEARCH, SEARCH_FORM, Parameters
from web.api.routes import OPERATIONS
from web.api.schemas import Answer, Model
from web.api.search import answer
from web.app import create_app

load_all_checks()

# A well-formed query may still be unsearchable (`***`), and a cursor may be of another search: both are answered
# with 400, which a schema can't foresee.
EXCLUDED = [CHECKS.get_one("positive_data_acceptance")]


@pytest.fixture
def operation(app: Flask) -> Callable[[str], APIOperation]:
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    return lambda path: schema[path]["GET"]


@pytest.mark.parametrize(
    ("path", "mode"),
    [
        (each.path, mode)
        for each in OPERATIONS
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
        if mode is GenerationMode.POSITIVE or each.parameters.model_fields  # else there are none that could be wrong
    ],
)
def test_answers_conform_to_the_description(
    operation: Callable[[str], APIOperation], path: str, mode: GenerationMode
) -> None:
    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(case=operation(path).as_strategy(generation_mode=mode))
    def check(case: Case) -> None:
        case.call_and_validate(excluded_checks=EXCLUDED)

    check()


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("q", ["完颜", "完? OR NOT 金", "黑龙江有什么传说"])
def test_answers_with_hits_conform_to_the_description(
    operation: Callable[[str], APIOperation], mode: Mode, q: str
) -> None:
    case = operation("/search").Case(query={"q": q, "mode": mode.value, "limit": 1, "facets": "true"})
    case.call_and_validate(excluded_checks=EXCLUDED)


def test_an_answer_that_does_not_conform_is_noticed(
    operation: Callable[[str], APIOperation], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(found: SearchResponse, root: str) -> Answer:
        return answer(found, root).model_copy(update={"next": 7})

    monkeypatch.setattr("web.api.search.answer", broken)
    with pytest.raises(BaseExceptionGroup, match="violates schema"):
        operation("/search").Case(query={"q": "完颜"}).call_and_validate(excluded_checks=EXCLUDED)


def test_an_endpoint_is_one_declaration(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Width(Parameters):
        of: Annotated[str, Field(max_length=3, description="What is measured.")]

    class Measured(Model):
        characters: int

    declared = Operation(
        "width", "/width", "Measure", Width, Measured, lambda asked: Measured(characters=len(asked.of))
    )
    monkeypatch.setattr(routes, "OPERATIONS", (*OPERATIONS, declared))
    client = create_app(index).test_client()
    assert client.get("/api/v1/width?of=江南").json == {"characters": 2}
    told = {
        path: client.get(f"/api/v1/width{path}").get_json(force=True) for path in ("", "?of=江&no=1", "?of=江南江南")
    }
    assert [each["status"] for each in told.values()] == [400, 400, 400]
    assert [each["detail"] for each in told.values()] == [
        "of: is needed",
        "no: no such parameter",
        "of: must have at most 3 characters",
    ]
    described = client.get("/api/v1/openapi.json").json
    assert described is not None
    assert [each["name"] for each in described["paths"]["/width"]["get"]["parameters"]] == ["of"]
    assert list(described["components"]["schemas"]["Measured"]["properties"]) == ["characters"]


def test_every_parameter_is_bounded_in_the_description(client: FlaskClient) -> None:
    described = client.get("/api/v1/openapi.json").json
    assert described is not None
    bounds = {"string": {"maxLength"}, "integer": {"minimum", "maximum"}, "array": {"maxItems"}, "boolean": set()}
    for path in described["paths"].values():
        for parameter in path["get"]["parameters"]:
            schema = parameter["schema"]
            assert "enum" in schema or bounds[schema["type"]] <= schema.keys(), parameter["name"]
            assert parameter["description"]
    by_name = {each["name"]: each["schema"] for each in described["paths"]["/search"]["get"]["parameters"]}
    assert by_name["q"]["maxLength"] == MAX_CHARACTERS
    assert by_name["limit"] == {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": 10}


def test_examples_in_the_description_are_valid(client: FlaskClient) -> None:
    described = client.get("/api/v1/openapi.json").json
    assert described is not None
    seen = 0
    for model in described["components"]["schemas"].values():
        for field in model.get("properties", {}).values():
            for example in field.get("examples", ()):
                whole = {**field, "components": described["components"]}
                jsonschema_rs.Draft202012Validator(whole).validate(example)
                seen += 1
    assert seen


def test_a_search_has_a_parameter_for_each_of_its_fields() -> None:
    fields = {each.name for each in dataclasses.fields(SearchRequest)}
    assert (fields - {"filters"}) | set(FILTERS) == set(SEARCH.model_fields) == set(SEARCH_FORM.model_fields)


def test_an_answer(client: FlaskClient) -> None:
    answer = client.get("/api/v1/search?q=会宁府&mode=exact&facets=true").json
    assert answer is not None
    assert answer["total"] == {"passages": 1, "occurrences": 1, "alike": 0, "at_least": False}
    (hit,) = answer["hits"]
    (start, end) = hit["highlights"][0]
    assert hit["text"][start:end] == "會寧府"
    assert hit["why"] == ["folded"]
    assert client.get(hit["url"]).status_code == 200
    assert answer["facets"]["work"][0]["count"] == 1
    assert answer["next"] is None


def test_works_are_listed_with_their_records_page_by_page(client: FlaskClient, index: Path) -> None:
    cards = Library.open(index).works()
    found, after = [], ""
    while True:
        page = client.get(f"/api/v1/works?limit=1{after}").json
        assert page is not None
        assert page["total"] == len(cards)
        found += page["works"]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert [each["id"] for each in found] == [card.id for card in cards]
    assert [record_of(each["record"]) for each in found] == [card.record for card in cards]
    assert {tuple(each["record"]) for each in found} == {tuple(each.attribute for each in RECORD_FIELDS)}


def test_works_are_narrowed_by_the_filters_of_searches(client: FlaskClient) -> None:
    for narrowed, titles in {
        "work=松花江志": ["松花江志"],
        "work=松花江志&work=惡本": ["惡本", "松花江志"],
        "work=松花江志&dynasty=清": [],
    }.items():
        answer = client.get(f"/api/v1/works?{narrowed}").json
        assert answer is not None
        assert [each["record"]["title"] for each in answer["works"]] == titles
        assert (answer["total"], answer["next"]) == (len(titles), None)
    assert client.get("/api/v1/works?q=江").status_code == 400


def test_pages_follow_each_other(client: FlaskClient) -> None:
    first = client.get("/api/v1/search?q=完颜&mode=exact&limit=1").json
    assert first is not None
    second = client.get(
        "/api/v1/search", query_string={"q": "完颜", "mode": "exact", "limit": 1, "cursor": first["next"]}
    )
    assert second.json is not None
    assert second.json["hits"][0]["id"] != first["hits"][0]["id"]
    assert second.json["next"] is None


@pytest.mark.parametrize(
    ("path", "status", "named"),
    [
        ("search", 400, "q"),
        ("search?q=", 400, "q"),
        ("search?q=x&nonsense=1", 400, "nonsense"),
        ("search?q=x&limit=0", 400, "limit: must be a whole number from 1 to 100"),
        ("search?q=x&limit=1&limit=2", 400, "limit: given more than once"),
        ("search?q=x&q=y", 400, "q: given more than once"),
        ("search?q=x&mode=fuzzy", 400, "mode: must be one of hybrid, exact, semantic"),
        ("search?q=x&strict=1", 400, "strict: must be true or false"),
        ("search?q=x&cursor=", 400, "cursor: must have 1 to 500 characters"),
        ("search?q=x" + "&work=x" * 51, 400, "work: must have at most 50 values, each of 1 to 200 characters"),
        ("search?q=x&work=" + "x" * 201, 400, "work: must have at most 50 values, each of 1 to 200 characters"),
        ("search?q=x&" + "y" * 5000 + "=1", 400, "y" * 200 + ": no such parameter"),
        ("search?q=" + "x" * 1001, 400, "query-too-long"),
        ("openapi.json?nonsense=1", 400, "nonsense: no such parameter"),
        ("search?q=x&cursor=zzz", 400, "bad-cursor"),
        ("search?q=***", 400, "wildcard"),
        ("nowhere", 404, ""),
    ],
)
def test_problems(client: FlaskClient, path: str, status: int, named: str) -> None:
    response = client.get(f"/api/v1/{path}")
    assert response.status_code == status
    assert response.content_type == "application/problem+json"
    told = json.loads(response.text)
    assert sorted(told) == ["detail", "status", "title", "type"]
    assert told["status"] == status
    assert named in str(told["detail"])


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_nothing_but_reading_is_allowed(client: FlaskClient, method: str) -> None:
    response = getattr(client, method)("/api/v1/search?q=x")
    assert response.status_code == 405
    assert response.content_type == "application/problem+json"
    assert "GET" in response.headers["Allow"]


def test_an_unexpected_failure_is_a_problem_without_its_reason(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr("web.api.search.library", fail)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    response = app.test_client().get("/api/v1/search?q=x")
    assert response.status_code == 500
    assert response.content_type == "application/problem+json"
    assert "a secret" not in response.text
