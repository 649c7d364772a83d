"""A page of a browser that is watched: what goes wrong in it fails the test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page


@contextmanager
def watched(page: Page) -> Iterator[Page]:
    """The page, closed behind it; errors of scripts and in its console are wrong."""
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda told: wrong.append(told.text) if told.type == "error" else None)
    yield page
    page.close()
    assert wrong == []
