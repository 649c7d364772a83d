"""The endpoint keeps to its own description."""

from __future__ import annotations

import json

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

load_all_checks()

# A well-formed query may still be unsearchable (`***`), and a cursor may be of another search: both are answered
# with 400, which a schema can't foresee.
EXCLUDED = [CHECKS.get_one("positive_data_acceptance")]


@pytest.mark.parametrize("path", ["/search", "/openapi.json"])
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_answers_conform_to_the_description(app: Flask, path: str, mode: GenerationMode) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    if mode is GenerationMode.NEGATIVE and path == "/openapi.json":
        return  # it has no parameters that could be wrong

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))  # the first search is slow
    @given(case=schema[path]["GET"].as_strategy(generation_mode=mode))
    def check(case: schemathesis.Case) -> None:
        case.call_and_validate(excluded_checks=EXCLUDED)

    check()


def test_an_answer(client: FlaskClient) -> None:
    answer = client.get("/api/v1/search?q=会宁府&mode=exact&facets=true").json
    assert answer is not None
    assert answer["total"] == {"passages": 1, "occurrences": 1}
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
