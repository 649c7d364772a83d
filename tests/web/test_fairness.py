"""No client keeps the others out: not by many dear searches, not by being slow, over a server as it is run.

Clients differ by their addresses: all of 127.0.0.0/8 is this machine.
"""

from __future__ import annotations

import http.client
import json
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import pytest
from open_index import build
from serving import PATIENCE, Server, serving

from web.serving.connections import KEPT_FREE
from web.serving.server import SPARE_THREADS

ASKED = 13
"""Times that the other reader asks."""
DEAR = "(江 NEAR/100 山) NEAR/100 (水 NEAR/100 天)"
"""A query that keeps a processor busy for some tenths of a second."""
GREEDY, OTHER = "127.0.0.2", "127.0.0.3"


@pytest.fixture(scope="module")
def dear(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index in which common characters stand everywhere."""
    folder = tmp_path_factory.mktemp("dear")
    chance = random.Random(0)
    lines = ("".join(chance.choices("江山水天人大", k=60)) for _ in range(5000))
    (folder / "text.txt").write_text("\n".join(lines), "utf-8")
    build([folder], folder / "index")
    return folder / "index"


def ask(port: int, path: str, source: str, **headers: str) -> int:
    """The status of an answer, asked from one of this machine's addresses."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE, source_address=(source, 0))
    with closing(connection):
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status


@contextmanager
def busy(count: int, work: Callable[[], int]) -> Iterator[Counter[int]]:
    """So many do the work again and again meanwhile; what they get is counted."""
    over, got = threading.Event(), Counter[int]()

    def go_on() -> None:
        while not over.is_set():
            try:
                got[work()] += 1
            except OSError:
                got[0] += 1

    threads = [threading.Thread(target=go_on) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield got
    finally:
        over.set()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize(("connections", "proxied"), [(20, False), (40, False), (60, False), (60, True)])
def test_one_address_leaves_the_others_their_answers(
    dear: Path, tmp_path: Path, connections: int, proxied: bool
) -> None:
    def asking(query: str, source: str) -> int:
        path = f"/api/v1/search?mode=exact&q={quote(query)}"
        if proxied:
            return ask(running.port, path, "127.0.0.1", **{"X-Forwarded-For": f"10.0.0.{source[-1]}"})
        return ask(running.port, path, source)

    with (
        serving(dear, tmp_path / "log", workers=1, proxies="127.0.0.1" if proxied else "") as running,
        busy(connections, lambda: asking(DEAR, GREEDY)) as got,
    ):
        while not got:  # the first of them was answered: the others wait
            time.sleep(0.01)
        answered = [asking(DEAR, OTHER) for _ in range(ASKED)]
    assert answered == [200] * ASKED
    assert got[200]


@pytest.fixture(scope="module")
def single(index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of one process."""
    with serving(index, tmp_path_factory.mktemp("log") / "log", workers=1) as running:
        yield running


@contextmanager
def held(port: int, source: str, count: int, said: bytes) -> Iterator[list[socket.socket]]:
    """So many connections of an address, each of which has said so much."""
    clients = [
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE, source_address=(source, 0))
        for _ in range(count)
    ]
    try:
        for each in clients:
            each.sendall(said)
        yield clients
    finally:
        for each in clients:
            each.close()


def drip(clients: list[socket.socket], over: threading.Event) -> None:
    """Have every client say a byte, again and again; those that were dropped are left alone."""
    while not over.wait(0.2):
        for each in clients:
            try:
                each.sendall(b"x")
            except OSError:
                continue


HEAD = b"POST /ask HTTP/1.1\r\nHost: localhost\r\n"
SLOW = {
    "in the head": b"GET /about HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
    "in the body": HEAD + b"Content-Length: 100000\r\n\r\n",
    "in a body that is too long": HEAD + b"Content-Length: 100000000\r\n\r\n",
    "in a body without a length": HEAD + b"Transfer-Encoding: chunked\r\n\r\n4\r\n",
    "in the second request": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /about HTTP/1.1\r\nX-Slow: ",
    "to close": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
}


@pytest.mark.parametrize("said", SLOW.values(), ids=SLOW.keys())
def test_clients_that_say_a_byte_at_a_time_silence_nobody(single: Server, said: bytes) -> None:
    over = threading.Event()
    with held(single.port, GREEDY, 150, said) as clients:
        dripping = threading.Thread(target=drip, args=(clients, over))
        dripping.start()
        try:
            began = time.monotonic()
            for path in ("/healthz", "/about", "/api/v1/search?q=x") * 2:
                assert ask(single.port, path, OTHER) == 200
            assert time.monotonic() - began < 10, "they waited until the slow ones were dropped"
        finally:
            over.set()
            dripping.join()


def test_clients_that_take_no_answer_leave_threads_to_others(dear: Path, tmp_path: Path) -> None:
    """Their answers are longer than what the system keeps for them, so that each holds a thread."""
    threads = SPARE_THREADS + 1
    with serving(dear, tmp_path / "log", workers=1, threads=1, queue=0) as running, ExitStack() as opened:
        clients = []
        for number in range(threads - KEPT_FREE + 1):
            client = opened.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.settimeout(PATIENCE)
            client.bind((GREEDY, 0))
            client.connect(("127.0.0.1", running.port))
            client.sendall(b"GET /read/text/0 HTTP/1.1\r\nHost: localhost\r\n\r\n")
            clients.append(client)
            if number < threads - KEPT_FREE:
                assert client.recv(12) == b"HTTP/1.1 200"
        for path in ("/healthz", "/about"):
            assert ask(running.port, path, OTHER) == 200
        waiting = clients.pop()
        waiting.settimeout(1)
        with pytest.raises(TimeoutError):
            waiting.recv(12)
        waiting.settimeout(PATIENCE)
        clients.pop().close()
        assert waiting.recv(12) == b"HTTP/1.1 200"


def test_an_address_has_only_so_many_connections(single: Server) -> None:
    with held(single.port, GREEDY, 700, b"") as clients:
        assert ask(single.port, "/about", OTHER) == 200
        clients[-1].settimeout(PATIENCE)
        assert clients[-1].recv(1) == b"", "one too many was kept"


def test_a_request_that_comes_in_pieces_is_answered(single: Server) -> None:
    body = b"question=x"
    form = b"Connection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    whole = HEAD + form + b"Content-Length: %d\r\n\r\n" % len(body) + body
    with held(single.port, OTHER, 1, b"") as (client,):
        for start in range(0, len(whole), 7):
            client.sendall(whole[start : start + 7])
        answer = received(client)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert "表单已经失效" in answer.decode()  # the form was read, and has no token


def test_a_client_that_waits_to_be_told_to_go_on_is_told(single: Server) -> None:
    said = HEAD + b"Connection: close\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n"
    with held(single.port, OTHER, 1, said) as (client,):
        assert client.recv(1 << 16) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"x")
        assert b"HTTP/1.1 400 " in received(client)


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"\x00\xff\r\n\r\n", 400),
        (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET /" + b"x" * 300_000, 414),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 200 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 300_000, 431),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", 411),
        (HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (HEAD + b"Content-Length: %s\r\n\r\n" % (b"9" * 5000), 400),
        (HEAD + b"Content-Length: 99999999\r\n\r\n", 413),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nExpect: the unexpected\r\n\r\n", 417),
    ],
)
def test_what_is_refused_before_the_application_has_its_headers_too(single: Server, said: bytes, status: int) -> None:
    with held(single.port, OTHER, 1, b"") as (client,):
        with suppress(OSError):  # it may be refused before all was said
            client.sendall(said)
        head, _, page = received(client).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    told = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    assert told["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in told["Content-Security-Policy"]
    assert told["Connection"].lower() == "close"
    assert b"xxx" not in page
    assert b"yyy" not in page


def test_programs_are_refused_in_json(single: Server) -> None:
    with held(single.port, OTHER, 1, b"") as (client,):
        with suppress(OSError):
            client.sendall(b"GET /api/v1/search?q=x HTTP/1.1\r\nX: " + b"y" * 300_000)
        head, _, body = received(client).partition(b"\r\n\r\n")
    assert b"Content-Type: application/problem+json\r\n" in head
    assert json.loads(body)["status"] == 431


@pytest.mark.parametrize("header", ["X-Forwarded-Proto: https", "X-Forwarded-Ssl: on", "SCRIPT_NAME: /elsewhere"])
def test_without_a_declared_proxy_nobody_is_believed(single: Server, header: str) -> None:
    name, _, value = header.partition(": ")
    connection = http.client.HTTPConnection("127.0.0.1", single.port, timeout=PATIENCE)
    with closing(connection):
        connection.request("GET", "/account/log-in", headers={name: value})
        answer = connection.getresponse()
        page = answer.read().decode()
    assert answer.status == 200
    assert "Strict-Transport-Security" not in answer.headers
    assert "Secure" not in str(answer.headers.get_all("Set-Cookie"))
    assert "/elsewhere" not in page


def received(client: socket.socket) -> bytes:
    """All that the server says until it closes."""
    parts = []
    with suppress(ConnectionError):
        while part := client.recv(1 << 16):
            parts.append(part)
    return b"".join(parts)
