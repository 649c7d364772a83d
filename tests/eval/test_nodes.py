"""Starting nodes, with a program in place of OpenSearch's that answers as a node does."""

from __future__ import annotations

import os
import re
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from eval.drills import nodes as module
from eval.drills.nodes import COUNT, VERSION, Nodes, NodesFailure, default_folder, main

NODE = f"""#!{sys.executable}
import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

configured = Path(os.environ["OPENSEARCH_PATH_CONF"], "opensearch.yml").read_text()
Path("java").write_text(os.environ["OPENSEARCH_JAVA_OPTS"])

class Node(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{{"number_of_nodes": 3}}')

HTTPServer(("127.0.0.1", int(configured.partition("http.port: ")[2].split()[0])), Node).serve_forever()
"""


def free_ports() -> int:
    """A port after which, and a hundred above which, there are free ones."""
    for first in range(21000 + os.getpid() % 800 * 10, 32000, 10):  # not those that tests beside this one find
        if not any(module._taken(first + apart + number) for apart in (0, 100) for number in range(COUNT)):
            return first
    raise AssertionError("no ports are free")


@pytest.fixture
def nodes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Nodes]:
    home = tmp_path / f"opensearch-{VERSION}"
    for folder in ("bin", "config", "plugins/opensearch-knn"):
        (home / folder).mkdir(parents=True)
    (home / "bin" / "opensearch").write_text(NODE)
    (home / "bin" / "opensearch").chmod(0o755)
    (home / "config" / "jvm.options").write_text("")
    monkeypatch.setattr(module, "java_home", lambda: Path("/usr"))
    monkeypatch.setattr(module, "_user", lambda: None)
    found = Nodes(tmp_path, free_ports())
    yield found
    found.stop()


def run(command: str, nodes: Nodes, *, port: int | None = None) -> int:
    return main([command, "--folder", str(nodes.folder), "--port", str(port or nodes.port)])


def test_they_start_once_and_again_after_they_were_stopped(nodes: Nodes, capsys: pytest.CaptureFixture[str]) -> None:
    def told(command: str) -> str:
        assert run(command, nodes) == 0
        return capsys.readouterr().out

    assert "no node runs" in told("stop")
    assert f"OpenSearch {VERSION} answer" in told("start")
    assert nodes.running == (0, 1, 2)
    processes = [(nodes.folder / f"node-{number}" / "pid").read_text() for number in range(COUNT)]
    assert "run already" in told("start")
    assert [(nodes.folder / f"node-{number}" / "pid").read_text() for number in range(COUNT)] == processes
    assert told("address").strip() == ",".join(nodes.addresses)
    assert "have stopped" in told("stop")
    assert nodes.running == ()
    assert f"OpenSearch {VERSION} answer" in told("start")


def test_a_node_that_is_gone_is_started_beside_the_others(nodes: Nodes) -> None:
    assert run("start", nodes) == 0
    before = (nodes.folder / "node-0" / "pid").read_text()
    nodes.kill(1)
    assert nodes.running == (0, 2)
    assert run("start", nodes) == 0
    assert nodes.running == (0, 1, 2)
    assert (nodes.folder / "node-0" / "pid").read_text() == before


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
@pytest.mark.parametrize("apart", [1, 102], ids=["asked", "among nodes"])
def test_a_port_that_another_program_has_is_told_in_a_line(
    nodes: Nodes, capsys: pytest.CaptureFixture[str], host: str, apart: int
) -> None:
    with socket.create_server((host, nodes.port + apart)):
        assert run("start", nodes) == 2
    told = capsys.readouterr().err
    assert re.fullmatch(rf"cluster: port {nodes.port + apart} is taken by another program; .*--port \d+'\n", told)
    assert nodes.running == ()


def test_nodes_of_the_folder_that_run_at_other_ports_are_left_alone(
    nodes: Nodes, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("start", nodes) == 0
    configured = (nodes.folder / "node-0" / "config" / "opensearch.yml").read_text("utf-8")
    assert run("start", nodes, port=nodes.port + 10) == 2
    assert f"run already, from port {nodes.port} on" in capsys.readouterr().err
    assert (nodes.folder / "node-0" / "config" / "opensearch.yml").read_text("utf-8") == configured


def test_a_node_that_ends_is_told_with_its_last_words(nodes: Nodes, capsys: pytest.CaptureFixture[str]) -> None:
    (nodes.folder / f"opensearch-{VERSION}" / "bin" / "opensearch").write_text("#!/bin/sh\necho no memory is left\n")
    assert run("start", nodes) == 2
    told = capsys.readouterr().err
    assert "ended: no memory is left" in told
    assert told.count("\n") == 1


def test_they_listen_on_this_machine_alone_in_bounded_memory(nodes: Nodes) -> None:
    nodes.prepare()
    for number in range(COUNT):
        text = (nodes.folder / f"node-{number}" / "config" / "opensearch.yml").read_text("utf-8")
        told = dict(line.split(": ", 1) for line in text.splitlines() if not line.startswith("#"))
        assert told["network.host"] == "127.0.0.1"
        assert told["http.port"] == str(nodes.port + number)
        assert told["transport.port"] == str(nodes.port + 100 + number)
        assert told["search.default_allow_partial_results"] == "false"
        assert told["path.repo"] == str(nodes.snapshots)
    nodes.start()
    assert {(nodes.folder / f"node-{number}" / "java").read_text() for number in range(COUNT)} == {"-Xms512m -Xmx512m"}


def test_a_folder_that_can_not_be_written_is_no_traceback(nodes: Nodes, capsys: pytest.CaptureFixture[str]) -> None:
    (nodes.folder / "file").write_text("")
    assert main(["start", "--folder", str(nodes.folder / "file")]) == 2
    assert capsys.readouterr().err.startswith("cluster: ")


def test_what_is_not_what_was_tried_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "plugin.zip").write_bytes(b"something else")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(NodesFailure, match="its SHA-256 is"):
        module._brought((tmp_path / "plugin.zip").as_uri(), "0" * 64)
    assert list((tmp_path / "cache" / "wenyuan").iterdir()) == []


def test_root_has_them_where_another_user_can_enter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.os, "geteuid", lambda: 0)
    assert default_folder() == Path("/var/lib/wenyuan-cluster")
    monkeypatch.setattr(module.os, "geteuid", lambda: 1000)
    assert default_folder() == Path("build/cluster").resolve()
