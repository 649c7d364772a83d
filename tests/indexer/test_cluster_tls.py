"""TLS and passwords, by a proxy before the cluster: who may ask, whom one trusts, and that no secret is told."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import skips
from clusters import drop, hosts
from open_index import build

from indexer.cluster.address import ClusterAddress, index_address
from indexer.cluster.credentials import AUTHORITIES, FILE, PASSWORD, USER
from indexer.errors import IndexFailure
from search.library import Library
from search.model import Mode, SearchRequest

NAME, SECRET = "librarian", "bamboo-slips-7"
INDEX = f"test-tls-{os.getpid()}"


@dataclass(frozen=True)
class Proxy:
    """A proxy that speaks TLS and asks for a password, and the file of the certificate that it shows."""

    port: int
    certificate: Path

    def address(self, options: str = "") -> ClusterAddress:
        found = index_address(f"opensearch+https://127.0.0.1:{self.port}/{INDEX}{options}")
        assert isinstance(found, ClusterAddress)
        return found


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    nodes = hosts()
    nginx, openssl = (shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin") for name in ("nginx", "openssl"))
    if nginx is None or openssl is None:
        skips.skip("TLS WAS NOT TESTED: nginx or openssl is not installed", forbidden=os.environ.get("CI"))
    folder, port = tmp_path_factory.mktemp("proxy"), free_port()
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    kind = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=cluster"]
    made = ["-keyout", str(key), "-out", str(certificate), "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([openssl, "req", *kind, *made], check=True, capture_output=True)
    hashed = subprocess.run([openssl, "passwd", "-apr1", SECRET], check=True, capture_output=True, text=True).stdout
    (folder / "passwords").write_text(f"{NAME}:{hashed}")
    behind = "".join(f"        server {urlsplit(node).netloc};\n" for node in nodes)
    kept = "".join(f"    {each}_temp_path {folder}/{each};\n" for each in ("client_body", "proxy", "fastcgi"))
    user = "user root;\n" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user}daemon off;\npid {folder}/pid;\nerror_log {folder}/error.log;\nevents {{}}\nhttp {{\n{kept}"
        f"    uwsgi_temp_path {folder}/uwsgi;\n    scgi_temp_path {folder}/scgi;\n    access_log off;\n"
        f"    client_max_body_size 100m;\n    upstream nodes {{\n{behind}    }}\n"
        f"    server {{\n        listen 127.0.0.1:{port} ssl;\n        ssl_certificate {certificate};\n"
        f"        ssl_certificate_key {key};\n        auth_basic cluster;\n"
        f"        auth_basic_user_file {folder}/passwords;\n"
        '        location / {\n            proxy_pass http://nodes;\n            proxy_set_header Authorization "";\n'
        "        }\n    }\n}\n"
    )
    command = [nginx, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            ends = time.monotonic() + 10
            while time.monotonic() < ends:
                with socket.socket() as tried:
                    if not tried.connect_ex(("127.0.0.1", port)):
                        break
                time.sleep(0.05)
            yield Proxy(port, certificate)
        finally:
            process.terminate()
            drop(f"{INDEX}*")


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch, proxy: Proxy) -> pytest.MonkeyPatch:
    """The environment of somebody who knows the password and trusts the certificate."""
    monkeypatch.delenv(FILE, raising=False)
    for name, value in ((USER, NAME), (PASSWORD, SECRET), (AUTHORITIES, str(proxy.certificate))):
        monkeypatch.setenv(name, value)
    return monkeypatch


def text(folder: Path) -> Path:
    file = folder / "river.md"
    file.write_text("---\nid: river\ntitle: 江\nlanguage: lzh\n---\n\n混同江北流入海。\n", "utf-8")
    return file


def refused(address: ClusterAddress) -> str:
    with pytest.raises(IndexFailure) as failure:
        Library.open(address)
    told = str(failure.value)
    assert SECRET not in told
    return told


def test_whoever_knows_the_password_builds_and_searches(
    known: pytest.MonkeyPatch, proxy: Proxy, tmp_path: Path
) -> None:
    build([text(tmp_path)], proxy.address("?shards=1&replicas=0"))
    found = Library.open(proxy.address()).search(SearchRequest("混同江", mode=Mode.EXACT))
    assert found.total.occurrences == 1
    assert SECRET not in str(Library.open(proxy.address()).status())

    file = tmp_path / "password"
    file.write_text(f"{NAME}:{SECRET}\n")
    for name in (USER, PASSWORD):
        known.delenv(name)
    known.setenv(FILE, str(file))
    file.chmod(0o640)
    assert "chmod 600" in refused(proxy.address())
    file.chmod(0o600)
    assert Library.open(proxy.address()).works()


def test_a_wrong_password_is_told_and_no_password_too(known: pytest.MonkeyPatch, proxy: Proxy) -> None:
    known.setenv(PASSWORD, "wrong")
    assert PASSWORD in refused(proxy.address())
    for name in (USER, PASSWORD):
        known.delenv(name)
    assert PASSWORD in refused(proxy.address())


@pytest.mark.filterwarnings("ignore:Unverified HTTPS")
def test_a_certificate_is_trusted_only_where_it_is_named_or_not_verified(
    known: pytest.MonkeyPatch, proxy: Proxy, tmp_path: Path
) -> None:
    known.delenv(AUTHORITIES)
    assert "certificate" in refused(proxy.address())
    build([text(tmp_path)], proxy.address("?verify=no"))
    assert Library.open(proxy.address("?verify=no")).works()
