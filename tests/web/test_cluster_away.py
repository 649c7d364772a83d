"""A site over a real cluster that goes and comes back: as it is run, with the way to the cluster cut."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from clusters import empty_index, hosts
from forwarding import Forwarder
from open_index import build
from serving import Server, serving

from indexer.cluster.address import index_address
from indexer.errors import IndexFailure

TEXT, OTHER = "松花江出長白山\n", "黑龍江在其北\n"
SOON = 2.0
"""Seconds within which a page says that the index is away."""


@pytest.fixture
def way() -> Iterator[Forwarder]:
    """The way to a node of the cluster."""
    node = urlsplit(hosts()[0])
    with Forwarder(node.hostname or "", node.port or 9200) as opened:
        yield opened


@pytest.fixture
def address(way: Forwarder, tmp_path: Path) -> Iterator[str]:
    """An index of one work, by that way."""
    (tmp_path / "江.txt").write_text(TEXT, "utf-8")
    with empty_index("?shards=1&replicas=0") as made:
        build([tmp_path / "江.txt"], index_address(made))
        yield f"opensearch+http://127.0.0.1:{way.port}/{urlsplit(made).path[1:]}"


def timed(server: Server, path: str, **asked: str) -> tuple[int, float, str]:
    """Status, seconds and body of an answer."""
    began = time.monotonic()
    status, _, body = server.get(path, **asked)
    return status, time.monotonic() - began, body


def until_found(server: Server, q: str, patience: float = 10) -> list[str]:
    """What is found as soon as searches are answered again."""
    end = time.monotonic() + patience
    while server.get("/api/v1/search", q=q)[0] != 200 and time.monotonic() < end:
        time.sleep(0.1)
    return server.found(q)


@pytest.mark.parametrize("silent", [False, True], ids=["refused", "never answered"])
def test_all_comes_back_by_itself(way: Forwarder, address: str, tmp_path: Path, silent: bool) -> None:
    log = tmp_path / "log"
    with serving(address, log, database=tmp_path / "db.sqlite") as server:
        assert server.found("长白山") == [TEXT]
        if silent:
            way.is_silent = True
        else:
            way.cut()
        for _ in range(5):
            status, seconds, body = timed(server, "/search", q="长白山", lang="en")
            assert status == 503
            assert seconds < SOON + 0.5
            assert "be reached now" in body
            status, seconds, body = timed(server, "/ask")
            assert (status, seconds < SOON) == (200, True)
        assert json.loads(server.get("/readyz")[2]) == {"status": "index unreachable"}
        assert server.get("/healthz")[0] == 200
        way.is_silent = False
        if not silent:
            way.open()
        assert until_found(server, "长白山") == [TEXT]
        assert server.stop() == 0
    assert "Traceback" not in log.read_text("utf-8")


def test_a_site_starts_without_its_cluster_and_finds_it_later(way: Forwarder, address: str, tmp_path: Path) -> None:
    way.cut()
    with serving(address, tmp_path / "log", database=tmp_path / "db.sqlite") as server:
        assert server.get("/search", q="长白山")[0] == 503
        assert server.get("/ask")[0] == 200
        way.open()
        assert until_found(server, "长白山") == [TEXT]


def test_what_is_published_is_served_without_a_restart(way: Forwarder, address: str, tmp_path: Path) -> None:
    with serving(address, tmp_path / "log", database=tmp_path / "db.sqlite") as server:
        assert server.found("黑龙江") == []
        (tmp_path / "山.txt").write_text(OTHER, "utf-8")
        build([tmp_path / "山.txt"], index_address(address))
        time.sleep(1)
        assert server.found("黑龙江") == [OTHER]
        assert server.found("长白山") == [TEXT]


def test_a_full_disk_is_told_as_that(address: str, tmp_path: Path) -> None:
    """What a node does whose disk is full: the index can only be read, and what is in it can only be removed."""
    name = urlsplit(address).path[1:]
    block(name, True)
    (tmp_path / "山.txt").write_text(OTHER, "utf-8")
    with pytest.raises(IndexFailure, match="full"):
        build([tmp_path / "山.txt"], index_address(address))
    block(name, False)
    build([tmp_path / "山.txt"], index_address(address))


def block(name: str, is_full: bool) -> None:
    """Let an index be as on a full disk, or not any more."""
    from urllib.request import Request, urlopen

    body = json.dumps({"index.blocks.read_only_allow_delete": True if is_full else None}).encode()
    request = Request(f"{hosts()[0]}/{name}/_settings", body, {"Content-Type": "application/json"}, method="PUT")
    with urlopen(request, timeout=30) as answer:
        assert answer.status == 200
