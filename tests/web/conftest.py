"""An index of two small works of our own, one of them hostile, and an application over it."""

from __future__ import annotations

import html
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import skips
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST
from databases import KINDS, empty_database, new_database, set_up_in_memory
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from open_index import build
from playwright.sync_api import Browser, expect, sync_playwright
from watched import PATIENCE

from web.app import create_app
from web.database.storage import Storage

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--accept-lang=zh-CN",
]
SET_BY_SERVE = ("PROMETHEUS_MULTIPROC_DIR", "OPENBLAS_NUM_THREADS")
"""Variables that ``serve`` sets for its whole process, which in a test is that of other tests, too."""
HOSTILE = '<script>alert("x")</script>'


@pytest.fixture(autouse=True)
def environment() -> Iterator[None]:
    """The environment is after a test what it was before it."""
    before = {name: os.environ.get(name) for name in SET_BY_SERVE}
    yield
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """Passwords that are hashed in no time: how hard they are to guess is not what is tested here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("web.accounts.passwords._hasher", PasswordHasher.from_parameters(CHEAPEST))
        yield


@pytest.fixture(scope="session", autouse=True)
def templates_compiled_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Applications that share the pages which one of them has compiled."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(Flask.jinja_options, "bytecode_cache", FileSystemBytecodeCache(tmp_path_factory.mktemp("pages")))
        yield


@pytest.fixture(scope="session", autouse=True)
def tables_in_memory_are_copied() -> Iterator[None]:
    """Databases in memory that get their tables in no time; the steps that make them have tests of their own."""
    upgrade = Storage.upgrade

    def set_up(storage: Storage) -> None:
        is_in_memory = storage.engine.dialect.name == "sqlite" and storage.file is None
        (set_up_in_memory if is_in_memory else upgrade)(storage)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Storage, "upgrade", set_up)
        yield


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("web")
    (folder / "松花江志.txt").write_text("松花江出長白山，至會寧府。\n完顏部居按出虎水之上。", "utf-8")
    # As entities, for the readers take tags out: what they say is markup in the text itself.
    (folder / "惡本.txt").write_text(f"黑龍江 {html.escape(HOSTILE)} 完顏 & 阿骨打", "utf-8")
    build([folder], folder / "index")
    return folder / "index"


@pytest.fixture(scope="session")
def app(index: Path) -> Flask:
    return create_app(index)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database that is set up: the test is run on every kind of database."""
    with new_database(request.param, tmp_path) as address:
        yield address


@pytest.fixture(params=KINDS)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without tables, of every kind."""
    with empty_database(request.param, tmp_path) as address:
        yield address


@pytest.fixture
def site(index: Path, database: str) -> Flask:
    """An application with a fresh database of each kind."""
    return create_app(index, database)


@pytest.fixture
def storage(site: Flask) -> Storage:
    """The database of that application."""
    opened: Storage = site.extensions["storage"]
    return opened


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        skips.skip("NO BROWSER TEST WAS RUN: chromium is not installed", forbidden=os.environ.get("CI"))
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE * 1000)
        opened = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield opened
        opened.close()
