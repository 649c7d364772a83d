"""Every address, with anything for its parameters, gets an answer that is meant: never a 500."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.schemas import APIOperation

from corpora.catalogue import FILTERS

TEXT = {"type": "string", "maxLength": 300}
NAMES = ("q", "mode", "scope", "strict", "aliases", "sort", "limit", "cursor", "facets", "lang", "at", "to", "layout")
MEANT = (200, 301, 302, 303, 308, 400, 404, 405, 410, 413, 414, 429)
DESCRIBED = ("/api/v1/search", "/api/v1/openapi.json")
"""What has a description of its own, and tests against it."""
ARGUMENT = re.compile(r"<(?:[^<>]+:)?(\w+)>")
"""An argument in a rule of Flask, such as ``<int:section>``."""


def parameter(name: str, where: str = "query") -> dict[str, Any]:
    return {"name": name, "in": where, "required": where == "path", "schema": TEXT}


def addresses(app: Flask) -> dict[str, Any]:
    """What the application answers, as a description that allows any text anywhere."""
    paths: dict[str, Any] = {}
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.rule in DESCRIBED:
            continue
        path = ARGUMENT.sub(r"{\1}", rule.rule)
        asked = [parameter(name) for name in (*NAMES, *FILTERS)]
        parameters = [*asked, *(parameter(name, "path") for name in sorted(rule.arguments))]
        parameters += [parameter("X-Request-ID", "header"), parameter("X-Forwarded-For", "header")]
        paths[path] = {"get": {"parameters": parameters, "responses": {"default": {"description": "Any."}}}}
    return {"openapi": "3.1.0", "info": {"title": "Everything", "version": "1"}, "paths": paths}


@pytest.fixture
def operations(app: Flask) -> Callable[[], list[APIOperation]]:
    schema = schemathesis.openapi.from_dict(addresses(app))
    schema.app = app
    return lambda: [schema[path]["GET"] for path in addresses(app)["paths"]]


def test_no_address_fails_whatever_is_asked(app: Flask, operations: Callable[[], list[APIOperation]]) -> None:
    found = operations()
    assert {"/", "/search", "/works", "/about", "/healthz", "/readyz", "/metrics"} <= {each.path for each in found}
    for operation in found:

        @settings(max_examples=12, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
        def check(case: Case) -> None:
            assert case.call(app=app).status_code in MEANT

        check()


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch", "options", "trace"])
def test_no_address_fails_whatever_the_method(app: Flask, method: str) -> None:
    client = app.test_client()
    for path in ("/", "/search", "/works", "/about", "/healthz", "/readyz", "/metrics", "/static/style.css"):
        assert client.open(path, method=method, data=b"\xff" * 1000).status_code in MEANT
        assert client.open(path, method=method, data=b"x" * 100_000).status_code in MEANT
