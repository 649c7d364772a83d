"""An index over the ``texts`` of a module, which no test changes, and what answers from it."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient
from open_index import build

from search.library import Library
from web.app import create_app


@pytest.fixture(scope="module")
def texts(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the works in the module's ``TEXTS``: of each the rest of its header, and its text."""
    folder = tmp_path_factory.mktemp("texts")
    for name, text in request.module.TEXTS.items():
        (folder / f"{name}.txt").write_text(f"---\nid: {name}\ntitle: {name}書\n{text}\n", "utf-8")
    return folder


@pytest.fixture(scope="module")
def index(texts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = tmp_path_factory.mktemp("index")
    build([texts], built)
    return built


@pytest.fixture(scope="module")
def library(index: Path) -> Library:
    return Library.open(index)


@pytest.fixture(scope="module")
def site(index: Path) -> FlaskClient:
    return create_app(index).test_client()
