"""A server as it is run: `wenyuan serve` in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

from flask import Flask
from werkzeug.serving import make_server

PATIENCE = 60
"""Seconds after which a server that neither answers nor stops has failed."""


class Server:
    """A running server: where it is, and what it has logged."""

    def __init__(self, process: subprocess.Popen[str], address: str, log: Path) -> None:
        self.process = process
        self.address = address
        self.log = log

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def get(self, path: str, **asked: str) -> tuple[int, dict[str, str], str]:
        """Status, headers and body of an answer."""
        query = f"?{urlencode(asked)}" if asked else ""
        try:
            with urlopen(f"{self.address}{path}{query}", timeout=PATIENCE) as answer:
                return answer.status, dict(answer.headers), answer.read().decode()
        except HTTPError as answer:
            return answer.code, dict(answer.headers), answer.read().decode()

    def found(self, q: str) -> list[str]:
        """The texts that the endpoint finds by the very words."""
        status, _, body = self.get("/api/v1/search", q=q, mode="exact")
        assert status == 200, body
        return [hit["text"] for hit in json.loads(body)["hits"]]

    def stop(self) -> int:
        """Tell it to stop, and wait until it has."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def logged(self) -> list[dict[str, Any]]:
        """What it has logged: each line is an event."""
        return [json.loads(line) for line in self.log.read_text("utf-8").splitlines()]


@contextmanager
def serving(index: Path | str, log: Path, **config: object) -> Iterator[Server]:
    """A server of the index; ``config`` are keys of its configuration."""
    code = "import sys; from web.commands.main import main; main(['serve', '--port', '0', '--index', sys.argv[1]])"
    named = {f"WENYUAN_{name.upper()}": str(value) for name, value in config.items()}
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(index)],
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            env={**os.environ, **named},
        )
    try:
        assert process.stdout
        address = process.stdout.readline().partition("/ ")[0]
        assert address.startswith("http"), log.read_text("utf-8")
        yield Server(process, address, log)
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
        if process.stdout:
            process.stdout.close()


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """An application in threads of this process, for a browser: its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
