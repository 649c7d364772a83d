"""Configuration, capacity, health, figures and the log, without a server."""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Callable
from ipaddress import IPv4Network
from math import inf
from pathlib import Path
from unittest.mock import Mock

import pytest
from click import ClickException
from flask import Flask
from flask.testing import FlaskClient

from search import deadline
from web.app import create_app
from web.networks import networks_of
from web.serving import admission, health, logs, server
from web.serving.admission import Gate
from web.serving.config import PREFIX, Config

DOCS = (Path(__file__).parents[2] / "docs" / "operations.md").read_text("utf-8")
DEPLOY = Path(__file__).parents[2] / "deploy"


def configured(index: Path, **keys: object) -> FlaskClient:
    return create_app(index, config=Config(**keys)).test_client()  # type: ignore[arg-type]  # a test's shorthand


# Configuration


@pytest.mark.parametrize("language", [0, 1], ids=["Chinese", "English"])
def test_every_key_is_documented_with_its_default(language: int) -> None:
    part = re.split("(?m)^# Operations$", DOCS)[language]
    rows = dict(re.findall(r"(?m)^\| `(\w+)` \| `WENYUAN_\w+` \| ([^|]+) \|", part))
    assert set(rows) == set(Config.model_fields)
    for name, field in Config.model_fields.items():
        assert f"| `{name}` | `{PREFIX}{name.upper()}` |" in part
        default = field.default
        told = json.dumps(
            list(default) if isinstance(default, tuple) else default if default is not None else "", default=str
        )
        if name != "workers":
            assert rows[name] == f"`{told.strip(chr(34))}`", name


def test_options_win_over_the_environment_and_that_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "wenyuan.toml"
    file.write_text('port = 1\nthreads = 1\nqueue = 1\nmetrics = ["10.0.0.0/8"]\n')
    monkeypatch.setenv("WENYUAN_CONFIG", str(file))
    monkeypatch.setenv("WENYUAN_PORT", "2")
    monkeypatch.setenv("WENYUAN_THREADS", "2")
    config = Config.read(None, port=3, host=None)
    assert (config.port, config.threads, config.queue, config.host) == (3, 2, 1, "127.0.0.1")
    assert [str(network) for network in config.metrics] == ["10.0.0.0/8"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("prot = 1", "prot: no such key"),
        ("port = 70000", "port: .*65535"),
        ('port = "many"', "port: "),
        ('metrics = ["nowhere"]', "metrics.0: "),
        ("port =", r"wenyuan\.toml: "),
    ],
)
def test_what_can_not_be_used_is_named(content: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "wenyuan.toml").write_text(content)
    with pytest.raises(ClickException, match=said):
        Config.read(tmp_path / "wenyuan.toml")


def test_the_file_that_is_shipped_can_be_used() -> None:
    assert Config.read(DEPLOY / "wenyuan.toml").proxies == (IPv4Network("127.0.0.1/32"),)


# Capacity


def come(gate: Gate, sender: str, then: Callable[[bool], object]) -> threading.Thread:
    """Have one of a sender come, in a thread that waits its turn; return once it waits or was told."""
    waiting = threading.Thread(target=lambda: then(gate.enter(sender)))
    before = queued(gate, sender)
    waiting.start()
    while waiting.is_alive() and queued(gate, sender) == before:
        pass
    return waiting


def queued(gate: Gate, sender: str) -> int:
    with gate._lock:
        return len(gate._queues.get(sender, ()))


def test_a_gate_lets_some_through_lets_some_wait_and_turns_the_rest_away() -> None:
    gate = Gate(running=1, waiting=1, patience=60)
    assert gate.enter("a")
    entered: list[bool] = []
    waiting = come(gate, "a", entered.append)
    assert not gate.enter("a")
    gate.leave("a")
    waiting.join()
    assert entered == [True]
    gate.leave("a")
    assert gate.enter("a")


def test_who_came_first_is_let_through_first() -> None:
    gate = Gate(running=1, waiting=8, patience=60)
    assert gate.enter("a")
    order: list[int] = []

    def go(number: int) -> None:
        order.append(number)
        gate.leave("a")

    coming = [come(gate, "a", lambda _, number=number: go(number)) for number in range(8)]  # type: ignore[misc]  # a default binds it
    gate.leave("a")
    for thread in coming:
        thread.join()
    assert order == list(range(8))
    assert not gate.is_full()


def test_one_more_is_let_through_whose_sender_has_nothing_running() -> None:
    gate = Gate(running=2, waiting=0, patience=60)
    assert gate.enter("greedy")
    assert gate.enter("greedy")
    assert not gate.enter("greedy")
    assert gate.enter("other")
    assert not gate.enter("other")
    assert not gate.enter("third")
    gate.leave("greedy")
    assert gate.enter("third")


def test_senders_take_turns_however_many_of_one_wait() -> None:
    gate = Gate(running=1, waiting=9, patience=60)
    assert gate.enter("greedy")
    assert gate.enter("first")
    order: list[str] = []

    def go(sender: str) -> None:
        order.append(sender)
        gate.leave(sender)

    coming = [come(gate, "greedy", lambda _: go("greedy")) for _ in range(3)]
    coming += [come(gate, sender, lambda _, sender=sender: go(sender)) for sender in ("b", "c", "b")]  # type: ignore[misc]  # a default binds it
    gate.leave("first")  # the place is for whoever has nothing running
    for thread in coming[3:]:
        thread.join()
    assert order == ["b", "c", "b"]
    gate.leave("greedy")
    for thread in coming[:3]:
        thread.join()
    assert order[3:] == ["greedy"] * 3


def test_where_the_queue_is_full_the_sender_that_fills_it_makes_room() -> None:
    gate = Gate(running=1, waiting=3, patience=60)
    assert gate.enter("greedy")
    assert gate.enter("first")
    told: list[tuple[str, bool]] = []
    coming = [come(gate, "greedy", lambda may: told.append(("greedy", may))) for _ in range(3)]
    assert not gate.enter("greedy")
    coming.append(come(gate, "other", lambda may: told.append(("other", may))))
    while not told:
        pass
    assert told == [("greedy", False)]  # the last that came
    assert (queued(gate, "greedy"), queued(gate, "other")) == (2, 1)
    for sender in ("first", "greedy", "other", "greedy"):
        gate.leave(sender)
    for thread in coming:
        thread.join()
    assert sorted(told) == [("greedy", False), ("greedy", True), ("greedy", True), ("other", True)]


def test_an_address_is_a_sender_and_so_is_a_network_of_ipv6() -> None:
    assert networks_of("2001:db8:1:2::1") == networks_of("2001:db8:1:2:ffff::9") != networks_of("2001:db8:1:3::1")
    assert networks_of("192.0.2.1") == networks_of("::ffff:192.0.2.1") != networks_of("192.0.2.2")


@pytest.mark.parametrize("full", [True, False])
def test_of_those_who_have_to_wait_some_are_not_kept_connected(full: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "is_full", lambda _: full)
    requests = [Mock() for _ in range(10 * server.LET_GO)]
    for number, request in enumerate(requests):
        server._share(Mock(nr=number), request)
    assert sum(request.force_close.called for request in requests) == (10 if full else 0)


def test_nobody_waits_longer_than_that() -> None:
    gate = Gate(running=1, waiting=5, patience=0.01)
    assert gate.enter("a")
    assert not gate.enter("a")
    assert not gate._queues


def test_whoever_is_turned_away_is_told_when_to_come_again(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Gate, "enter", lambda self, sender: False)
    client = configured(index, retry_after=9)
    for path, kind in (("/search?q=江", "text/html"), ("/api/v1/search?q=江", "application/problem+json")):
        response = client.get(path)
        assert (response.status_code, response.mimetype, response.headers["Retry-After"]) == (503, kind, "9")
    for path in ("/healthz", "/readyz", "/metrics", "/static/style.css"):
        assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/search?q=松花江", "/api/v1/search?q=松花江", "/read/松花江志/0?q=江"])
def test_a_search_that_takes_too_long_is_no_answer(index: Path, path: str) -> None:
    response = configured(index, search_seconds=1e-9).get(path)
    assert response.status_code == 503
    if path.startswith("/api"):
        assert response.get_json()["type"] == "urn:wenyuan:problem:search-timeout"
        assert "hits" not in response.get_json()
    else:
        assert "检索用时太久" in response.text
        assert "<mark" not in response.text
    assert configured(index).get(path).status_code == 200
    assert deadline._ends.get() == inf  # nothing that the thread does later has a bound


@pytest.mark.parametrize("path", ["/nowhere", "/search?q=***", "/api/v1/search?q=x&limit=0", "/about"])
def test_every_answer_makes_room_again(index: Path, path: str) -> None:
    client = configured(index, threads=1, queue=0)
    for _ in range(3):
        assert client.get(path).status_code != 503


# Health and figures


def test_who_is_stopping_is_not_ready_but_alive(index: Path) -> None:
    app = create_app(index)
    health.stopping(app).set()
    client = app.test_client()
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200
    assert client.get("/about").status_code == 200


@pytest.mark.parametrize(
    ("keys", "address", "headers", "status"),
    [
        ({}, "127.0.0.1", {}, 200),
        ({}, "::1", {}, 200),
        ({}, "10.0.0.7", {}, 404),
        ({}, "127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 404),
        ({}, "127.0.0.1", {"Forwarded": "for=127.0.0.1"}, 404),
        ({"metrics": ["10.0.0.0/8"]}, "10.0.0.7", {}, 200),
        ({"metrics": []}, "127.0.0.1", {}, 404),
        ({"proxies": ["127.0.0.1"]}, "127.0.0.1", {}, 200),  # Prometheus, on the proxy's machine
        ({"proxies": ["127.0.0.1"]}, "127.0.0.1", {"X-Forwarded-For": ""}, 404),
        ({"proxies": ["127.0.0.1"]}, "127.0.0.1", {"X-Forwarded-Proto": "https"}, 404),
        ({"proxies": ["10.0.0.9"]}, "127.0.0.1", {"X-Real-IP": "127.0.0.1"}, 404),
        ({"proxies": ["127.0.0.1"]}, "127.0.0.1", {"X-Forwarded-For": "8.8.8.8"}, 404),
        ({"proxies": ["127.0.0.1"]}, "127.0.0.1", {"X-Forwarded-For": "127.0.0.1, 8.8.8.8"}, 404),
        ({"proxies": ["127.0.0.1"]}, "127.0.0.1", {"X-Forwarded-For": "127.0.0.1\x00"}, 404),
    ],
)
def test_figures_are_for_those_who_may(
    index: Path, keys: dict[str, object], address: str, headers: dict[str, str], status: int
) -> None:
    response = configured(index, **keys).get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address})
    assert response.status_code == status


def test_no_path_becomes_a_figure_of_its_own(app: Flask) -> None:
    client = app.test_client()
    for number in range(5):
        client.get(f"/nowhere-{number}")
    figures = client.get("/metrics").text
    assert "nowhere" not in figures
    assert 'wenyuan_requests_total{endpoint="none",status="404"}' in figures


def test_each_stage_is_a_figure(app: Flask) -> None:
    client = app.test_client()
    for path in ("/search?q=江", "/api/v1/search?q=江"):
        assert client.get(path).status_code == 200
    figures = client.get("/metrics").text
    assert all(
        f'wenyuan_stage_seconds_count{{stage="{name}"}}' in figures for name in ("waiting", "search", "rendering")
    )


# The log

FORGERIES = ['a\n{"event": "forged"}', "a\r\nb", "\u2028", "\u0085", "\x1b]0;owned\x07", '"}', "\x00", "𠀀" * 900]


@pytest.mark.parametrize("text", FORGERIES)
def test_a_line_of_the_log_is_an_event(index: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        logs.configure("info")
        configured(index, log_queries=True).get("/search", query_string={"q": text, "mode": "exact"})
        configured(index).get(f"/{text}")
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    written = capsys.readouterr().err
    assert all(0x20 <= ord(char) < 0x7F or char == "\n" for char in written)
    events = [json.loads(line) for line in written.splitlines()]
    assert [event["event"] for event in events] == ["request", "request"]
    assert events[0]["query"] == text[:500]
    assert "query" not in events[1]


@pytest.mark.parametrize(
    ("given", "kept"), [("0123456789abcdef", True), ("short", False), ("a b c d e f g", False), ("x" * 65, False)]
)
def test_a_number_from_a_proxy_is_kept_if_it_is_one(index: Path, given: str, kept: bool) -> None:
    client = configured(index, proxies=["127.0.0.1"])
    answered = client.get("/about", headers={"X-Request-ID": given}).headers["X-Request-ID"]
    assert (answered == given) is kept
    assert re.fullmatch("[0-9A-Za-z-]{8,64}", answered)


def test_nobody_but_a_proxy_chooses_a_number(index: Path, client: FlaskClient) -> None:
    chosen = {"X-Request-ID": "0123456789abcdef", "X-Forwarded-For": "127.0.0.1"}
    stranger = {"REMOTE_ADDR": "192.0.2.1"}
    behind = configured(index, proxies=["127.0.0.1"]).get("/about", headers=chosen, environ_base=stranger)
    for response in (behind, client.get("/about", headers=chosen)):
        assert response.headers["X-Request-ID"] != chosen["X-Request-ID"]


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: x=1", "a\nX: 1", "zh\r\n\r\n<script>"])
@pytest.mark.parametrize("name", ["q", "lang", "cursor", "work", "layout"])
def test_nothing_typed_becomes_a_header(client: FlaskClient, name: str, value: str) -> None:
    response = client.get("/search", query_string={"q": "江", name: value})
    assert not any("\n" in text or "\r" in text for _, text in response.headers)
    assert "x=1" not in str(response.headers)
