"""A desk with four people, over two small works."""

from __future__ import annotations

from pathlib import Path

import pytest
from desk_people import Desk
from desk_works import OTHER, WORK, write
from flask import Flask

from web.app import create_app


@pytest.fixture(scope="session")
def works(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index that no test changes."""
    return write(tmp_path_factory.mktemp("desk"), WORK, OTHER)


@pytest.fixture
def site(works: Path, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """An application with a fresh database of each kind; forms need no token, which one test looks after."""
    monkeypatch.chdir(tmp_path)  # a database on a server keeps the base of answers under the working folder
    app = create_app(works, database)
    app.config["WTF_CSRF_ENABLED"] = False
    return app


@pytest.fixture
def desk(site: Flask) -> Desk:
    return Desk(site)
