"""A host of a cluster that takes a request and stays silent: another is asked soon, and nothing is written twice."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from forwarding import Forwarder

from indexer.cluster.address import ClusterAddress
from indexer.cluster.connection import Connection, Version
from indexer.errors import Unreachable

SOON = 3.0
FOUND = {"timed_out": False, "_shards": {"failed": 0}, "hits": {"total": {"value": 7}, "hits": []}}


class Node(ThreadingHTTPServer):
    """A host that answers each request as if it found or wrote something, and keeps which there were."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.asked: list[str] = []


class Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        assert isinstance(self.server, Node)
        self.rfile.read(int(self.headers.get("content-length") or 0))
        self.server.asked.append(f"{self.command} {self.path.partition('?')[0]}")
        said = {"responses": [FOUND]} if "msearch" in self.path else {**FOUND, "_seq_no": 1, "_primary_term": 1}
        data = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_PUT = do_GET = do_POST

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def node() -> Iterator[Node]:
    with Node() as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield serving
        serving.shutdown()


@pytest.fixture
def silent(node: Node) -> Iterator[int]:
    """The port of a host that takes everything and never answers."""
    with Forwarder("127.0.0.1", node.server_port) as way:
        way.is_silent = True
        yield way.port


@pytest.fixture
def connection(node: Node, silent: int, monkeypatch: pytest.MonkeyPatch) -> Connection:
    """A connection to both, the silent one first."""
    monkeypatch.setattr("opensearchpy.connection_pool.random.shuffle", lambda hosts: None)
    return Connection(ClusterAddress((("127.0.0.1", silent), ("127.0.0.1", node.server_port)), "some", secure=False))


def test_another_host_is_asked_soon_and_the_silent_one_is_set_aside(connection: Connection, node: Node) -> None:
    began = time.monotonic()
    assert connection.msearch([{}])[0]["hits"]["total"]["value"] == 7
    assert time.monotonic() - began < SOON
    assert node.asked == ["POST /_msearch"]
    began = time.monotonic()
    assert connection.count({"match_all": {}}) == 7
    assert connection.get("state") is None
    assert time.monotonic() - began < 1


def test_nothing_is_written_by_another_host_when_one_is_silent(connection: Connection, node: Node) -> None:
    connection._seconds = lambda: SOON  # type: ignore[method-assign]  # the time that is left
    with pytest.raises(Unreachable):
        connection.put("state", {}, Version(1, 1))
    assert node.asked == []


def test_a_host_alone_has_all_the_time(silent: int) -> None:
    alone = Connection(ClusterAddress((("127.0.0.1", silent),), "some", secure=False), seconds=lambda: SOON)
    began = time.monotonic()
    with pytest.raises(Unreachable, match="3 seconds"):
        alone.search({})
    assert time.monotonic() - began > SOON - 0.5
