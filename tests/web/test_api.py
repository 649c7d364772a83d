"""The endpoint keeps to its own description."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.schemas import APIOperation

from search.model import Mode, SearchResponse
from web.json import response_json

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
        ("/search", GenerationMode.POSITIVE),
        ("/search", GenerationMode.NEGATIVE),
        ("/openapi.json", GenerationMode.POSITIVE),  # it has no parameters that could be wrong
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
    def broken(response: SearchResponse, root: str) -> dict[str, Any]:
        return {**response_json(response, root), "next": 7}

    monkeypatch.setattr("web.api.response_json", broken)
    with pytest.raises(BaseExceptionGroup, match="violates schema"):
        operation("/search").Case(query={"q": "完颜"}).call_and_validate(excluded_checks=EXCLUDED)


def test_an_answer(client: FlaskClient) -> None:
    answer = client.get("/api/v1/search?q=会宁府&mode=exact&facets=true").json
    assert answer is not None
    assert answer["total"] == {"passages": 1, "occurrences": 1, "alike": 0}
    (hit,) = answer["hits"]
    (start, end) = hit["highlights"][0]
    assert hit["text"][start:end] == "會寧府"
    assert hit["why"] == ["folded"]
    assert client.get(hit["url"]).status_code == 200
    assert answer["facets"]["work"][0]["count"] == 1
    assert answer["next"] is None


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
        ("search?q=x&limit=0", 400, "limit"),
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

    monkeypatch.setattr("web.api.library", fail)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    response = app.test_client().get("/api/v1/search?q=x")
    assert response.status_code == 500
    assert response.content_type == "application/problem+json"
    assert "a secret" not in response.text
