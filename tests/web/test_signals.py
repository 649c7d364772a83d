"""Pages tell whoever listens, and depend on nobody who does."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest
from flask import Flask

from search.model import SearchRequest, SearchResponse
from web.pages.signals import search_answered

ROOT = Path(__file__).parents[2]


def test_an_answered_search_is_told_of_and_a_failing_receiver_breaks_no_page(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[tuple[str, int]] = []

    def fail(_: Flask, asked: SearchRequest, response: SearchResponse) -> None:
        raise RuntimeError("a receiver that fails")

    def listen(_: Flask, asked: SearchRequest, response: SearchResponse) -> None:
        told.append((asked.q, response.total.passages))

    with search_answered.connected_to(fail, app), search_answered.connected_to(listen, app):
        with caplog.at_level(logging.ERROR):
            answer = app.test_client().get("/search?q=松花江&mode=exact")
        app.test_client().get("/search?q=")
        app.test_client().get("/search?q=*")
    assert answer.status_code == 200
    assert "松花江志" in answer.text
    assert told == [("松花江", 1)]
    assert "a receiver that fails" in caplog.text


def test_pages_of_texts_know_neither_the_desk_nor_the_database() -> None:
    files = [*(ROOT / "web" / "pages").glob("*.py"), *(ROOT / "web" / "templates").glob("*.html")]
    named = re.compile(r"\bweb\.desk\b|\bweb\.database\b|\bdesk/_parts")
    assert len(files) > 10
    assert [file.name for file in files if named.search(file.read_text("utf-8"))] == []
