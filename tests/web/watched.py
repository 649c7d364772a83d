"""A page of a browser that is watched: what goes wrong in it fails the test."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Locator, Page

PATIENCE = 20.0
"""Seconds until what a page will do has been done, on a machine that does much else."""


@contextmanager
def watched(page: Page) -> Iterator[Page]:
    """The page, closed behind it; errors of scripts and in its console are wrong."""
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda told: wrong.append(told.text) if told.type == "error" else None)
    yield page
    page.close()
    assert wrong == []


def until(page: Page, expression: str, given: Any = None) -> None:
    """Wait until a script's answer is true; the policy of our pages forbids the browser's own way, which is eval."""
    end = time.monotonic() + PATIENCE
    while not page.evaluate(expression, given):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(50)


def until_focused(locator: Locator) -> None:
    """Wait until a page's focus is here; Playwright's own way asks for the system's as well, which one page has."""
    end = time.monotonic() + PATIENCE
    while not locator.evaluate("each => each === document.activeElement"):
        assert time.monotonic() < end, locator
        locator.page.wait_for_timeout(50)
