"""The server as it is run: swaps, stops, overload and hostile clients cost no reader an answer."""

from __future__ import annotations

import http.client
import re
import shutil
import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from open_index import build
from serving import PATIENCE, Server, serving

from indexer.store.generation import MANIFEST, as_json, published

SWAPS = 50
READERS = 4
STALLED = 200
"""Clients that say half of what they want: more than the server has threads."""
LONGEST = "江" * 1000
"""The longest query: nine thousand bytes in an address."""


@pytest.fixture(scope="module")
def server(index: Path, tmp_path_factory: pytest.TempPathFactory) -> Server:
    with serving(index, tmp_path_factory.mktemp("log") / "log", workers=2) as running:
        yield running


def test_it_lives_and_is_ready(server: Server) -> None:
    assert server.get("/healthz")[0] == 200
    status, headers, body = server.get("/readyz")
    assert status == 200
    assert '"ready"' in body
    assert headers["Cache-Control"] == "no-store"


def test_processes_add_their_figures_up(server: Server) -> None:
    def answered() -> int:
        counted = re.findall(r'wenyuan_requests_total\{endpoint="pages.about",status="200"\} (\S+)', figures())
        return int(sum(map(float, counted)))

    def figures() -> str:
        return server.get("/metrics")[2]

    before = answered()
    for _ in range(20):
        assert server.get("/about")[0] == 200
    assert answered() == before + 20
    assert "wenyuan_index_works 2.0" in figures()
    assert "wenyuan_request_seconds_bucket" in figures()


def test_the_longest_query_is_answered_and_a_longer_one_is_refused(server: Server) -> None:
    assert server.get("/api/v1/search", q=LONGEST)[0] == 200
    assert server.get("/api/v1/search", q=LONGEST + "江")[0] == 400


def test_ten_million_bytes_of_query_are_refused(server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    try:
        connection.request("GET", f"/search?q={'x' * 10_000_000}")
        assert connection.getresponse().status in (400, 414)
    except OSError:
        pass  # it hung up
    finally:
        connection.close()
    assert server.get("/healthz")[0] == 200


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET /search?q=a HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n",
        b"GET /\r\nInjected: 1 HTTP/1.1\r\n\r\n",
        b"POST /search HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"\x00\xff\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused(server: Server, request_line: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as raw:
        raw.sendall(request_line)
        answer = raw.recv(4096)
    assert not answer or b" 400 " in answer.split(b"\r\n")[0] or b" 5" in answer.split(b"\r\n")[0]
    assert server.get("/healthz")[0] == 200


def test_clients_that_never_finish_asking_keep_nobody_out_for_long(server: Server) -> None:
    held = [socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) for _ in range(STALLED)]
    try:
        for each in held:
            each.sendall(b"GET /about HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        assert server.get("/about")[0] == 200
    finally:
        for each in held:
            each.close()


def test_nobody_forges_a_line_of_the_log_or_is_in_it(index: Path, tmp_path: Path) -> None:
    with serving(index, tmp_path / "log") as running:
        for path in ('/nowhere%0A{"event":"forged"}', "/nowhere\u2028".replace("\u2028", "%E2%80%A8"), "/search"):
            running.get(path, q='secret\n{"event": "forged"}\x1b[2J\u2028')
        status, headers, _ = running.get("/about")
        assert running.stop() == 0
    events = running.logged()
    assert [event["event"] for event in events] == ["request"] * 4
    assert "secret" not in running.log.read_text("utf-8")
    assert "127.0.0.1" not in running.log.read_text("utf-8")
    assert events[-1] | {"ms": 0, "timestamp": ""} == {
        "event": "request",
        "level": "info",
        "logger": "wenyuan.requests",
        "method": "GET",
        "path": "/about",
        "status": status,
        "request": headers["X-Request-ID"],
        "ms": 0,
        "timestamp": "",
    }


def test_told_to_stop_it_says_so_answers_what_was_asked_and_goes(index: Path, tmp_path: Path) -> None:
    with serving(index, tmp_path / "log", workers=1, drain=5) as running:
        assert running.get("/readyz")[0] == 200
        slow = socket.create_connection(("127.0.0.1", running.port), timeout=PATIENCE)
        slow.sendall(b"GET /api/v1/search?q=%E6%B1%9F HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        running.process.terminate()
        while running.get("/readyz")[0] == 200:  # it was not told yet
            slow.sendall(b"x")
            assert running.process.poll() is None
        slow.sendall(b"\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: slow.recv(1 << 16), b""))
        slow.close()
        assert answer.startswith(b"HTTP/1.1 200")
        assert running.process.wait(PATIENCE) == 0


def test_what_is_too_much_is_turned_away_at_once(index: Path, tmp_path: Path) -> None:
    answers: list[tuple[int, dict[str, str]]] = []

    with serving(index, tmp_path / "log", workers=1, threads=1, queue=0, retry_after=7) as running:

        def ask() -> None:
            for _ in range(10):
                status, headers, _ = running.get("/api/v1/search", q=LONGEST)
                answers.append((status, headers))

        _together([ask] * 8)
        assert running.get("/readyz")[0] == 200
        assert running.get("/api/v1/search", q="江")[0] == 200
    assert {status for status, _ in answers} == {200, 503}
    assert all(
        (headers["Retry-After"], headers["Content-Type"]) == ("7", "application/problem+json")
        for status, headers in answers
        if status == 503
    )


def test_fifty_swaps_under_load_cost_no_reader_an_answer_and_mix_none(tmp_path: Path) -> None:
    """Each generation rewrites every work, so that an answer of two generations would hold two different numbers."""

    def write(number: int) -> None:
        for name in ("a", "b", "c"):
            (tmp_path / f"{name}.txt").write_text(f"松花江第{number}版\n", "utf-8")
        build([tmp_path / f"{name}.txt" for name in ("a", "b", "c")], tmp_path / "index")

    write(0)
    seen: list[set[str]] = []
    over = threading.Event()
    with serving(tmp_path / "index", tmp_path / "log", workers=2) as running:

        def read() -> None:
            while not over.is_set():
                texts = running.found("松花江")
                assert len(texts) == 3
                assert len(set(texts)) == 1, texts
                seen.append(set(texts))

        def swap() -> None:
            try:
                for number in range(1, SWAPS + 1):
                    write(number)
            finally:
                over.set()

        _together([read] * READERS + [swap])
        assert running.found("松花江") == [f"松花江第{SWAPS}版\n"] * 3
    assert len({text for each in seen for text in each}) > SWAPS / 5
    assert {event["level"] for event in running.logged()} == {"info"}


def _together(works: list[Callable[[], None]]) -> None:
    """Do everything at once, and fail if any of it does."""
    failures: list[BaseException] = []

    def run(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def test_an_index_with_other_tables_of_variants_is_served_and_named(index: Path, tmp_path: Path) -> None:
    shutil.copytree(index, tmp_path / "index")
    state = published(tmp_path / "index")
    assert state is not None
    earlier = replace(state, settings=replace(state.settings, folding="0" * 16))
    (tmp_path / "index" / MANIFEST).write_text(as_json(earlier), "utf-8")
    with serving(tmp_path / "index", tmp_path / "log", workers=1) as running:
        assert running.process.stdout
        said = [running.process.stdout.readline() for _ in range(3)]
        assert "was built with other tables of variants than this program has" in said[-1]
        assert running.found("松花江")
