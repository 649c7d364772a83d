"""The server answers from the published generation, whatever becomes of the index while it runs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from open_index import build

from indexer.errors import IndexFailure
from web.app import create_app


def found(client: FlaskClient, q: str) -> int:
    answer = client.get("/api/v1/search", query_string={"q": q, "mode": "exact"}).json
    assert answer is not None
    return int(answer["total"]["occurrences"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A text and an index of it, which a test may change."""
    (tmp_path / "江.txt").write_text("松花江出長白山", "utf-8")
    build([tmp_path / "江.txt"], tmp_path / "index")
    return tmp_path


def test_what_is_published_is_served_without_a_restart(folder: Path) -> None:
    client = create_app(folder / "index").test_client()
    assert found(client, "黑龙江") == 0
    (folder / "山.txt").write_text("黑龍江在其北", "utf-8")
    build([folder / "山.txt"], folder / "index")
    assert found(client, "黑龙江") == 1
    assert found(client, "长白山") == 1


def test_an_index_that_was_built_anew_from_nothing_is_served(folder: Path) -> None:
    client = create_app(folder / "index").test_client()
    shutil.rmtree(folder / "index")
    (folder / "山.txt").write_text("黑龍江在其北", "utf-8")
    build([folder / "山.txt"], folder / "index")
    assert found(client, "黑龙江") == 1
    assert found(client, "长白山") == 0


def test_an_index_that_goes_away_is_still_answered_from(folder: Path) -> None:
    client = create_app(folder / "index").test_client()
    shutil.rmtree(folder / "index")
    assert found(client, "长白山") == 1


@pytest.mark.parametrize("path", ["/", "/works", "/search?q=江", "/api/v1/search?q=江"])
def test_a_manifest_that_can_not_be_read_tells_nothing_of_the_server(folder: Path, path: str) -> None:
    client = create_app(folder / "index").test_client()
    (folder / "index" / "manifest.json").write_text("{")
    response = client.get(path)
    assert response.status_code == 503
    assert str(folder) not in response.text
    assert response.mimetype == ("application/problem+json" if path.startswith("/api") else "text/html")


def test_there_is_no_application_without_an_index(tmp_path: Path) -> None:
    with pytest.raises(IndexFailure, match="no index there"):
        create_app(tmp_path)
