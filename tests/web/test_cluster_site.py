"""Every command does the same on a cluster as on a folder, and the site's backup has the index in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from click.testing import CliRunner, Result
from clusters import empty_index, hosts
from open_index import build
from people import add

from indexer.cluster.address import index_address
from web.app import create_app
from web.commands.main import main
from web.database.storage import Storage


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def told(*arguments: object) -> str:
    """What a command says that goes well."""
    done = run(*arguments)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two texts, in the working folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "江.txt").write_text("松花江出長白山", "utf-8")
    (tmp_path / "山.txt").write_text("黑龍江在其北", "utf-8")
    return tmp_path


@pytest.fixture
def address() -> Iterator[str]:
    with empty_index("?shards=2&replicas=0") as named:
        yield named


@pytest.fixture
def repository(address: str) -> Iterator[str]:
    """A repository of snapshots in the first folder that the nodes allow."""
    name = address.rpartition("/")[2].partition("?")[0]
    body = json.dumps({"type": "fs", "settings": {"location": name}}).encode()
    for method, data in (("PUT", body), ("DELETE", None)):
        request = Request(f"{hosts()[0]}/_snapshot/{name}", data, {"Content-Type": "application/json"}, method=method)
        with urlopen(request, timeout=60):
            pass
        if method == "PUT":
            yield name


def answer(index: object, q: str) -> dict[str, object]:
    """What a search answers, but for what differs from one index to another."""
    found = json.loads(told("search", q, "--mode", "exact", "--json", "--index", index))
    varying = ("took_ms", "generation", "next")
    return {name: value for name, value in found.items() if name not in varying}


def test_build_look_search_and_change(folder: Path, address: str) -> None:
    for index in (address, folder / "ix"):
        told("index", "江.txt", "--access", "open", "--index", index)
        told("index", "山.txt", "--access", "open", "--index", index)
        facts = json.loads(told("status", "--index", index, "--json"))
        assert (facts["works"], facts["generation"], facts["characters"]) == (2, 2, 15)  # a line end each
        assert "0 damaged" in told("verify", "--index", index)
        assert "nothing is damaged" in told("repair", "--index", index)
        told("index", "--remove", "江", "--index", index)
        told("repair", "--previous", "--index", index)
        assert "2 open → 2 staff" in told("access", "local", "staff", "--index", index)
        told("access", "local", "open", "--index", index)
        assert ("segments are merged" in told("compact", "--index", index)) == (index == address)
    for q in ("长白山", "江", "江 NOT 山"):
        assert answer(address, q) == answer(folder / "ix", q)


def test_what_is_carried_there_and_back_is_the_same(folder: Path, address: str) -> None:
    build([folder / "江.txt", folder / "山.txt"], folder / "ix")
    assert "the same in both" in told("carry", "ix", address)
    assert "the same in both" in told("carry", address, "back")
    assert answer("ix", "江") == answer(address, "江") == answer("back", "江")
    refused = run("carry", "ix", address)
    assert refused.exit_code == 2
    assert "2 works are there" in refused.stderr


def test_a_site_is_backed_up_and_restored_with_its_index_on_a_cluster(
    folder: Path, address: str, repository: str
) -> None:
    index = index_address(address)
    build([folder / "江.txt"], index)
    app = create_app(index, "data/wenyuan.sqlite")
    add(app)
    app.extensions["storage"].engine.dispose()  # as when the server is stopped
    named = ("--index", address, "--snapshots", repository)
    assert "index: 1 files" in told("backup", "site.tar", *named)
    told("index", "山.txt", "--access", "open", "--index", address)
    told("access", "local", "staff", "--index", address)
    refused = run("restore", "site.tar", *named)
    assert refused.exit_code == 2
    assert str(index) in refused.stderr
    assert "kept aside: " in told("restore", "site.tar", "--replace", "--index", address)
    assert "1 staff" in told("access", "--index", address)
    assert json.loads(told("status", "--json", "--index", address))["works"] == 1
    assert Storage.open("data/wenyuan.sqlite").version()
