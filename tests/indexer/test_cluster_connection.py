"""What fails in passing is asked again; what is refused is not."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from indexer.cluster.address import ClusterAddress, index_address
from indexer.cluster.connection import Connection
from indexer.errors import IndexFailure

WHOLE = {"timed_out": False, "_shards": {"failed": 0}, "hits": {"total": {"value": 7}}}


class Node:
    """A node that gives prepared answers, one after another, and counts them."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, Any]] = []
        self.asked = 0
        node = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                status, body = node.answers[node.asked]
                node.asked += 1
                sent = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def address(self) -> ClusterAddress:
        found = index_address(f"opensearch+http://127.0.0.1:{self.server.server_port}/index")
        assert isinstance(found, ClusterAddress)
        return found


@pytest.fixture
def node() -> Iterator[Node]:
    made = Node()
    threading.Thread(target=made.server.serve_forever, daemon=True).start()
    yield made
    made.server.shutdown()
    made.server.server_close()


def failed(cause: str) -> dict[str, Any]:
    """What a node answers when another one failed that it had asked for a part."""
    said = {"type": cause, "reason": "[node-1][127.0.0.1:19301][indices:data/read/search[phase/fetch/id]] disconnected"}
    return {
        "error": {
            "type": "search_phase_execution_exception",
            "reason": "all shards failed",
            "root_cause": [said],
            "failed_shards": [{"shard": 0, "reason": said}],
        },
        "status": 500,
    }


@pytest.mark.parametrize("cause", ["node_disconnected_exception", "node_not_connected_exception"])
def test_a_search_that_lost_a_node_is_asked_again(node: Node, cause: str) -> None:
    node.answers = [(500, failed(cause)), (200, WHOLE)]
    assert Connection(node.address).count({"match_all": {}}) == 7
    node.answers = [*node.answers, (200, {"responses": [failed(cause)]}), (200, {"responses": [WHOLE]})]
    assert Connection(node.address).msearch([{"query": {"match_all": {}}}]) == [WHOLE]
    assert node.asked == 4


def test_another_error_of_the_server_is_told_at_once(node: Node) -> None:
    node.answers = [(500, failed("null_pointer_exception"))]
    with pytest.raises(IndexFailure, match="refused"):
        Connection(node.address).count({"match_all": {}})
    assert node.asked == 1
