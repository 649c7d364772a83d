"""The sample for nginx, run as it is shipped but for ports, files and numbers, before a server as it is run."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest
import skips
from serving import PATIENCE, Server, serving

SAMPLE = Path(__file__).parents[2] / "deploy" / "nginx.conf"
NAME = "wenyuan.example.org"


class Proxied(NamedTuple):
    """nginx before a server: its port, its log, and the server."""

    port: int
    log: Path
    server: Server

    def get(self, path: str, source: str = "127.0.0.1", **headers: str) -> tuple[int, str]:
        """Status and body of an answer over TLS."""
        trusting = ssl._create_unverified_context()  # the certificate is made for the test
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self.port, timeout=PATIENCE, source_address=(source, 0), context=trusting
        )
        with closing(connection):
            connection.request("GET", path, headers={"Host": NAME, **headers})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@pytest.fixture(scope="module")
def proxied(index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    nginx, openssl = (shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin") for name in ("nginx", "openssl"))
    if nginx is None or openssl is None:
        skips.skip("NGINX'S SAMPLE WAS NOT RUN: nginx or openssl is not installed", forbidden=os.environ.get("CI"))
    folder = tmp_path_factory.mktemp("nginx")
    port = free_port()
    made = ["-keyout", str(folder / "wenyuan.key"), "-out", str(folder / "wenyuan.pem"), "-subj", f"/CN={NAME}"]
    kind = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    subprocess.run([openssl, "req", *kind, *made], check=True, capture_output=True)
    with serving(index, folder / "server.log", workers=1, proxies="127.0.0.1", site=f"https://{NAME}") as server:
        sample = SAMPLE.read_text("utf-8")
        for shipped, here in {
            "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
            "127.0.0.1:8000": f"127.0.0.1:{server.port}",
            "/etc/ssl/private/": f"{folder}/",
            "/etc/ssl/": f"{folder}/",
            "/var/log/nginx/": f"{folder}/",
            "client_header_timeout 10s": "client_header_timeout 1s",
        }.items():
            assert shipped in sample, shipped
            sample = sample.replace(shipped, here)
        folders = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        kept = "".join(f"    {each}_temp_path {folder}/{each};\n" for each in folders)
        user = "user root;\n" if os.geteuid() == 0 else ""
        (folder / "sample.conf").write_text(sample)
        (folder / "nginx.conf").write_text(
            f"{user}daemon off;\npid {folder}/pid;\nerror_log {folder}/start.log;\nevents {{}}\n"
            f"http {{\n{kept}    access_log {folder}/elsewhere.log;\n    include {folder}/sample.conf;\n}}\n"
        )
        command = [nginx, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "start.log")]
        checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stderr
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            try:
                _wait(port)
                yield Proxied(port, folder / "wenyuan.log", server)
            finally:
                process.terminate()
        for log in ("elsewhere.log", "start.log", "wenyuan-error.log"):
            said = (folder / log).read_text("utf-8") if (folder / log).exists() else ""
            assert "secret" not in said
            assert "127.0.0." not in said.replace(f"127.0.0.1:{port}", "")


def test_readers_are_answered_and_told_the_site(proxied: Proxied) -> None:
    status, page = proxied.get("/search?q=%E6%9D%BE%E8%8A%B1%E6%B1%9F")
    assert status == 200
    assert "<mark" in page
    status, told = proxied.get("/api/v1/openapi.json")
    assert json.loads(told)["servers"] == [{"url": f"https://{NAME}/api/v1"}]


@pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP"])
def test_what_clients_say_of_themselves_goes_no_further(proxied: Proxied, name: str) -> None:
    assert proxied.get("/about", **{name: "evil.example"})[0] == 200
    assert proxied.get("/metrics", **{name: "127.0.0.1"})[0] == 404


def test_the_log_has_neither_queries_nor_addresses_nor_secrets(proxied: Proxied) -> None:
    proxied.get("/search?q=secret-query", "127.0.0.7")
    proxied.get("/account/invitation/secret-link", "127.0.0.7")
    for _ in range(100):
        if "invitation" in proxied.log.read_text("utf-8"):
            break
        time.sleep(0.1)
    said = proxied.log.read_text("utf-8")
    assert "secret" not in said
    assert "127.0.0." not in said
    lines = [json.loads(line) for line in said.splitlines()]
    assert {"/search", "/account/invitation/"} <= {line["path"] for line in lines}
    numbers = {event.get("request") for event in proxied.server.logged()}
    assert {line["request"] for line in lines if line["path"] == "/search"} <= numbers


def test_one_address_is_held_back_and_the_others_are_not(proxied: Proxied) -> None:
    statuses = [proxied.get("/about", "127.0.0.8")[0] for _ in range(400)]
    assert set(statuses) == {200, 429}
    assert proxied.get("/about", "127.0.0.9")[0] == 200


def test_slow_clients_are_dropped_and_cost_the_server_nothing(proxied: Proxied) -> None:
    slow = [
        ssl._create_unverified_context().wrap_socket(  # the certificate is made for the test
            socket.create_connection(("127.0.0.1", proxied.port), PATIENCE, source_address=("127.0.0.10", 0))
        )
        for _ in range(30)
    ]
    for each in slow:
        each.sendall(b"GET /about HTTP/1.1\r\nHost: x\r\nX-Slow: ")
    assert proxied.get("/about", "127.0.0.11")[0] == 200
    for each in slow:
        with each:
            assert re.match(rb"|HTTP/1.1 408 ", _rest(each))


def _rest(connection: ssl.SSLSocket) -> bytes:
    try:
        return connection.recv(1 << 16)
    except OSError:
        return b""


def _wait(port: int) -> None:
    for _ in range(PATIENCE * 10):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    pytest.fail("nginx does not listen")
