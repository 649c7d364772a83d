"""The clients that measure what a server carries."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle, islice

import pytest

from eval.speed.load import load, realistic


class Answers(BaseHTTPRequestHandler):
    """Answers, sheds and fails in turn, and hangs up after each third answer."""

    protocol_version = "HTTP/1.1"
    statuses = cycle([200, 200, 503, 500])

    def do_GET(self) -> None:
        self.send_response(next(self.statuses))
        self.send_header("Content-Length", "2")
        self.send_header("Retry-After", "0")
        if self.path.endswith("3"):
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_so_many_are_asked_and_what_comes_of_each_is_counted(url: str) -> None:
    result = load(url, cycle(["江1", "江2", "江3"]), clients=1, seconds=60, requests=40)
    assert (result.answered, result.shed, result.failed) == (20, 10, {"500": 10})
    assert result.memory[0].answered == 0
    assert result.memory[-1].answered == 20
    assert all(each.all > 0 for each in result.memory)


def test_clients_stop_when_the_time_is_over(url: str) -> None:
    result = load(url, cycle(["江"]), clients=4, seconds=0.2)
    assert result.answered
    assert result.seconds >= 0.2


@pytest.mark.parametrize(
    ("address", "clients", "seconds", "requests"),
    [
        ("http://192.0.2.1/", 1, 1, None),
        ("http://127.0.0.1:1/", 257, 1, None),
        ("http://127.0.0.1:1/", 1, 601, None),
        ("http://127.0.0.1:1/", 1, 1, 100_001),
    ],
)
def test_too_much_is_not_asked_and_nobody_else(
    address: str, clients: int, seconds: float, requests: int | None
) -> None:
    with pytest.raises(ValueError, match=r"not this machine|at most"):
        load(address, cycle(["江"]), clients, seconds, requests)


def test_every_second_query_is_a_phrase_from_a_text() -> None:
    asked = list(islice(realistic(["甲乙", "丙丁"], ["天地玄黃宇宙洪荒"]), 8))
    assert sorted(asked[::2]) == ["丙丁", "丙丁", "甲乙", "甲乙"]
    assert all(phrase in "天地玄黃宇宙洪荒" and 2 <= len(phrase) <= 6 for phrase in asked[1::2])
