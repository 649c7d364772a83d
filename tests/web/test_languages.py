"""The interface in traditional characters, and which language a reader gets."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from flask import Flask
from flask.testing import FlaskClient

import web
from web.presenting import languages
from web.translations.traditional import catalogue, written

FOLDER = Path(web.__file__).parent / "translations" / "zh_Hant" / "LC_MESSAGES"


def texts(of: Catalog) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Each message with its translation, singular and plural."""
    return {forms(each.id): forms(each.string) for each in of if each.id}


def forms(text: Iterable[str] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ())


def test_the_traditional_catalogue_has_every_message() -> None:
    made = catalogue()
    assert (FOLDER / "messages.po").read_bytes() == written(made), "run python -m web.translations.traditional"
    with (FOLDER / "messages.mo").open("rb") as file:
        assert texts(read_mo(file)) == texts(made)


@pytest.mark.parametrize(
    ("accepted", "tag", "told"),
    [
        ("", "zh-Hans", "检索说明"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans", "检索说明"),
        ("zh-TW,zh;q=0.9,en-US;q=0.8", "zh-Hant", "檢索說明"),
        ("zh-Hant-HK", "zh-Hant", "檢索說明"),
        ("zh-Hans-HK", "zh-Hans", "检索说明"),
        ("en-GB,en;q=0.9,zh;q=0.8", "en", "How to search"),
        ("ja,en;q=0.5", "en", "How to search"),
        ("ja", "zh-Hans", "检索说明"),
        ("en;q=0,zh-MO;q=0.1", "zh-Hant", "檢索說明"),
        ("*", "zh-Hans", "检索说明"),
    ],
)
def test_a_browser_gets_the_language_that_it_asks_for(client: FlaskClient, accepted: str, tag: str, told: str) -> None:
    response = client.get("/about", headers={"Accept-Language": accepted})
    assert f'<html lang="{tag}">' in response.text
    assert told in response.text
    assert "Accept-Language" in response.headers["Vary"]


def test_a_language_that_was_chosen_goes_before_what_the_browser_asks_for(client: FlaskClient) -> None:
    english = {"Accept-Language": "en"}
    chosen = client.get("/about?lang=zh-Hant", headers=english).text
    assert "檢索說明" in chosen
    assert 'lang="zh"' in chosen.partition("</header>")[0]
    assert "檢索說明" in client.get("/about", headers=english).text
    assert "How to search" in client.get("/about?lang=en", headers=english).text


@pytest.mark.parametrize(
    ("language", "told"),
    [("zh", "2026年3月9日 04:05"), ("zh-Hant", "2026年3月9日 04:05"), ("en", "Mar 9, 2026 04:05")],
)
def test_moments_are_written_as_readers_write_them(app: Flask, language: str, told: str) -> None:
    with app.test_request_context(f"/?lang={language}"):
        here = datetime(2026, 3, 9, 4, 5, tzinfo=UTC).astimezone()
        assert languages.moment(here.replace(hour=4, minute=5)) == told
