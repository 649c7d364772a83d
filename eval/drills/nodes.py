"""A cluster of three OpenSearch nodes on this machine, for development, tests and drills.

    python -m eval.drills.nodes start      brings OpenSearch where it is not there yet, and starts the nodes
    python -m eval.drills.nodes stop       stops them; what they hold stays
    python -m eval.drills.nodes address    prints what WENYUAN_TEST_OPENSEARCH is to be

The distribution and its k-NN plugin come from Maven Central, are known by their checksums and are kept for the next
time in ~/.cache/wenyuan. Nodes listen on loopback alone, without users and passwords: this is no cluster for anybody's
texts. OpenSearch refuses to run as root, so that root runs it as a user made for it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import pwd
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

from indexer.store import files

VERSION, KNN = "3.6.0", "3.6.0.0"
"""The versions that were tried."""
OLDEST_JAVA = 21
COUNT = 3
PORT = 19200
"""The first node's port; the others have the next ones, and talk to each other a hundred above."""
_TALK = 100
HEAP = "512m"
PATIENCE = 300.0
"""Seconds until a node that was started answers, and a cluster that lost one is whole again."""
_MAVEN = "https://repo.maven.apache.org/maven2/org/opensearch"
_FILES = {
    f"{_MAVEN}/distribution/integ-test-zip/opensearch/{VERSION}/opensearch-{VERSION}.zip": (
        "a91faa1dc1cadc78cb278b4f63847e19e1627a4e9de698e14e7efc14ee37b286"
    ),
    f"{_MAVEN}/plugin/opensearch-knn/{KNN}/opensearch-knn-{KNN}.zip": (
        "ac392ca28a39b3bf290648a422ef30cb149dda2963a9d7feb26060e932341c9a"
    ),
}
_USER = "wenyuan-opensearch"
_ASKED = 2.0
_LOOK = 0.2


class NodesFailure(Exception):
    """The cluster can't be started; the message says why and what to do."""


def java_home() -> Path:
    """Return the folder of a Java that is new enough.

    Raises:
        NodesFailure: there is none.
    """
    named = [Path(os.environ[name]) for name in ("OPENSEARCH_JAVA_HOME", "JAVA_HOME") if os.environ.get(name)]
    on_path = shutil.which("java")
    found = [*named, *sorted(Path("/usr/lib/jvm").glob("*"), reverse=True)]
    found += [Path(on_path).resolve().parents[1]] if on_path else []
    for home in found:
        if _version(home / "bin" / "java") >= OLDEST_JAVA:
            return home
    raise NodesFailure(
        f"no Java {OLDEST_JAVA} or newer is here; install one (Debian: openjdk-21-jre-headless), or name its folder "
        "in OPENSEARCH_JAVA_HOME"
    )


def _version(java: Path) -> int:
    if not os.access(java, os.X_OK):
        return 0
    told = subprocess.run([str(java), "-version"], capture_output=True, text=True, check=False).stderr
    number = re.search(r'version "(\d+)', told)
    return int(number[1]) if number else 0


@dataclass(frozen=True, slots=True)
class Nodes:
    """The nodes of a cluster in a folder of this machine, by their numbers."""

    folder: Path
    port: int = PORT
    heap: str = HEAP

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where the nodes are asked."""
        return tuple(f"http://127.0.0.1:{self.port + number}" for number in range(COUNT))

    @property
    def snapshots(self) -> Path:
        """The folder in which repositories of snapshots may stand."""
        return self.folder / "snapshots"

    @property
    def running(self) -> tuple[int, ...]:
        """The numbers of the nodes that run."""
        return tuple(number for number in range(COUNT) if self._process(number) is not None)

    @property
    def _home(self) -> Path:
        return self.folder / f"opensearch-{VERSION}"

    def prepare(self) -> None:
        """Bring the distribution, and write the configuration of each node that does not run.

        Raises:
            NodesFailure: something can't be brought, or nodes of this folder run at other ports.
        """
        running = self.running
        if running and (port := self._configured(running[0])) != self.port:
            raise NodesFailure(
                f"the nodes in {self.folder} run already, from port {port} on; stop them, or name another --folder"
            )
        if len(running) == COUNT:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        home = self._home
        if not (home / "plugins" / "opensearch-knn").is_dir():
            archives = [_brought(url, digest) for url, digest in _FILES.items()]
            shutil.rmtree(home, ignore_errors=True)
            with zipfile.ZipFile(archives[0]) as archive:
                archive.extractall(self.folder)
            for program in (home / "bin").iterdir():
                program.chmod(0o755)
            plugin = [str(home / "bin" / "opensearch-plugin"), "install", "--batch", archives[1].as_uri()]
            done = subprocess.run(plugin, env=self._environment(), capture_output=True, text=True, check=False)
            if done.returncode:
                raise NodesFailure(f"the k-NN plugin can't be installed: {(done.stderr or done.stdout).strip()[-300:]}")
        self.snapshots.mkdir(exist_ok=True)
        names = json.dumps([f"node-{number}" for number in range(COUNT)])
        peers = json.dumps([f"127.0.0.1:{self.port + _TALK + number}" for number in range(COUNT)])
        for number in set(range(COUNT)) - {*running}:
            place = self._place(number)
            if not (place / "config").is_dir():
                shutil.copytree(self._home / "config", place / "config")
            (place / "config" / "opensearch.yml").write_text(
                f"cluster.name: wenyuan-{self.port}\n"
                f"node.name: node-{number}\n"
                "network.host: 127.0.0.1\n"
                f"http.port: {self.port + number}\n"
                f"transport.port: {self.port + _TALK + number}\n"
                f"path.data: {place / 'data'}\n"
                f"path.logs: {place / 'logs'}\n"
                f"path.repo: {self.snapshots}\n"
                f"discovery.seed_hosts: {peers}\n"
                f"cluster.initial_cluster_manager_nodes: {names}\n"
                "search.default_allow_partial_results: false\n"
                # Merging segments makes their graphs of vectors anew: the larger they are at first, the better.
                "indices.memory.index_buffer_size: 30%\n"
                "action.auto_create_index: false\n"
                # The disk of a machine for development may be nearly full; a cluster for texts keeps these bounds.
                "cluster.routing.allocation.disk.threshold_enabled: false\n",
                "utf-8",
            )
        if (user := _user()) is not None:
            for path in (self.folder, *self.folder.rglob("*")):
                os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)

    def start(self, *numbers: int) -> None:
        """Start nodes, all where none is named, and wait until they make one cluster.

        Raises:
            NodesFailure: they don't, or another program has one of their ports.
        """
        wanted = numbers or tuple(range(COUNT))
        absent = [number for number in wanted if self._process(number) is None]
        for port in [self.port + apart + number for number in absent for apart in (0, _TALK)]:
            if _taken(port):
                raise NodesFailure(
                    f"port {port} is taken by another program; end that program, or have other ports: "
                    f"make cluster NODES='--port {self.port + 2 * _TALK}'"
                )
        for number in absent:
            self._launch(number)

        def is_there() -> bool:
            for number in wanted:
                if self._process(number) is None:
                    raise NodesFailure(f"node {number} ended: {self._last_words(number)}")
            return all(self._sees(number, len(wanted)) for number in wanted)

        _wait(is_there, f"the nodes do not answer; see {self.folder}/node-*/out")

    def _launch(self, number: int) -> None:
        place, user = self._place(number), _user()
        process = {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        with (place / "out").open("wb") as out:
            started = subprocess.Popen(
                [str(self._home / "bin" / "opensearch")],
                cwd=place,
                env=self._environment(place),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **process,  # type: ignore[call-overload]  # of several types, each by its name
            )
        (place / "pid").write_text(str(started.pid))

    def kill(self, number: int, how: signal.Signals = signal.SIGKILL) -> None:
        """Send a node that runs a signal; one that ends it is waited for.

        Raises:
            NodesFailure: the node does not run, or does not end.
        """
        process = self._process(number)
        if process is None:
            raise NodesFailure(f"node {number} does not run, so that no {how.name} reaches it")
        handle = os.pidfd_open(process)
        try:
            os.kill(process, how)
            # Until the last of its threads is gone, which may be long after the first, it holds its ports.
            ends = how in (signal.SIGKILL, signal.SIGTERM)
            if ends and not select.select([handle], [], [], PATIENCE)[0]:
                raise NodesFailure(f"node {number} does not end by {how.name}")
        finally:
            os.close(handle)

    def stop(self) -> None:
        """Stop all nodes that run."""
        for number in self.running:
            self.kill(number, signal.SIGTERM)

    def manager(self) -> int:
        """Return the number of the node that manages the cluster now.

        Raises:
            NodesFailure: none is elected.
        """
        told = ""

        def is_elected() -> bool:
            nonlocal told
            told = self._told("/_cat/cluster_manager?h=node").strip()
            return told.startswith("node-")

        _wait(is_elected, "no node manages the cluster")
        return int(told.rpartition("-")[2])

    def recover(self, index: str) -> None:
        """Wait until all nodes have joined and every copy of an index is there.

        Raises:
            NodesFailure: it does not come to that.
        """

        def is_whole() -> bool:
            said = json.loads(self._told(f"/_cluster/health/{index}") or "{}")
            return (said.get("status"), said.get("number_of_nodes")) == ("green", COUNT)

        _wait(is_whole, f"not all nodes and copies of {index} are there again")

    def _told(self, path: str) -> str:
        """Return what the first node says that answers; empty where none does."""
        return next(filter(None, (_asked(f"{address}{path}") for address in self.addresses)), "")

    def _place(self, number: int) -> Path:
        place = self.folder / f"node-{number}"
        place.mkdir(exist_ok=True)
        return place

    def _environment(self, place: Path | None = None) -> dict[str, str]:
        told = {"OPENSEARCH_JAVA_HOME": str(java_home()), "PATH": os.environ.get("PATH", "")}
        if place is not None:
            told |= {
                "OPENSEARCH_PATH_CONF": str(place / "config"),
                "OPENSEARCH_JAVA_OPTS": f"-Xms{self.heap} -Xmx{self.heap}",
            }
        return told

    def _process(self, number: int) -> int | None:
        """Return the process of a node that runs; the number of one that ended may be another's by now."""
        try:
            process = int((self.folder / f"node-{number}" / "pid").read_text())
            line = Path(f"/proc/{process}/cmdline").read_bytes()
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except (OSError, ValueError):
            return None
        # A process that has only begun has no line yet.
        return process if state != "Z" and (not line or str(self.folder).encode() in line) else None

    def _configured(self, number: int) -> int:
        """Return the first port by the configuration of a node."""
        text = (self._place(number) / "config" / "opensearch.yml").read_text("utf-8")
        return int(text.partition("http.port: ")[2].split()[0]) - number

    def _sees(self, number: int, least: int) -> bool:
        told = _asked(f"{self.addresses[number]}/_cluster/health")
        return bool(told) and json.loads(told)["number_of_nodes"] >= least

    def _last_words(self, number: int) -> str:
        lines = (self._place(number) / "out").read_text("utf-8", "replace").strip().splitlines()
        return " ".join(lines[-3:])[-400:]


def _wait(is_so: Callable[[], bool], failure: str) -> None:
    """Wait until something is so.

    Raises:
        NodesFailure: it is not after all patience.
    """
    ends = time.monotonic() + PATIENCE
    while not is_so():
        if time.monotonic() > ends:
            raise NodesFailure(f"{failure} after {PATIENCE:.0f} s")
        time.sleep(_LOOK)


def _asked(url: str) -> str:
    """Return what an address answers; empty where it does not."""
    try:
        with urllib.request.urlopen(url, timeout=_ASKED) as answer:
            text: str = answer.read().decode()
            return text
    except (OSError, HTTPException):
        return ""


def _taken(port: int) -> bool:
    """Return whether somebody listens at a port of this machine."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what only was in use, a node can have
        try:
            tried.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _brought(url: str, digest: str) -> Path:
    """Return the file at an address, fetched unless it was kept."""
    folder = files.caches()
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / url.rpartition("/")[2]
    if not target.exists() or _digest(target) != digest:
        draft = target.with_suffix(f".{os.getpid()}")
        try:
            with urllib.request.urlopen(url, timeout=60) as answer, draft.open("wb") as file:
                shutil.copyfileobj(answer, file)
        except OSError as failure:
            draft.unlink(missing_ok=True)
            raise NodesFailure(f"{url}: can't be fetched ({failure}); put the file into {folder}") from failure
        if (found := _digest(draft)) != digest:
            draft.unlink()
            raise NodesFailure(f"{url}: its SHA-256 is {found}, not {digest}; nothing was kept")
        draft.replace(target)
    return target


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _user() -> pwd.struct_passwd | None:
    """Return the user to run as where this is root, made where there is none; None where it is somebody else."""
    if os.geteuid():
        return None
    try:
        return pwd.getpwnam(_USER)
    except KeyError:
        made = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _USER]
        if subprocess.run(made, check=False).returncode:
            raise NodesFailure(
                f"no user {_USER} can be made; make it, or start the nodes as an ordinary user"
            ) from None
        return pwd.getpwnam(_USER)


def default_folder() -> Path:
    """Return where the nodes stand: below the checkout, but for root, whose checkout another user may not enter."""
    return Path("build", "cluster").resolve() if os.geteuid() else Path("/var/lib/wenyuan-cluster")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command of this module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["start", "stop", "address"])
    parser.add_argument("--folder", type=Path, default=default_folder(), help="where the nodes stand")
    parser.add_argument("--port", type=int, default=PORT, help="the first node's port")
    parser.add_argument("--heap", default=HEAP, help="memory of each node's Java heap")
    given = parser.parse_args(arguments)
    nodes = Nodes(given.folder.resolve(), given.port, given.heap)
    try:
        match given.command:
            case "start":
                running = len(nodes.running) == COUNT
                java_home()
                nodes.prepare()
                nodes.start()
                how = "run already" if running else "answer"
                print(f"three nodes of OpenSearch {VERSION} {how}; an index there: --index")
                print(f"  opensearch+http://{','.join(address.partition('//')[2] for address in nodes.addresses)}/name")
            case "stop":
                running = bool(nodes.running)
                nodes.stop()
                print("the nodes have stopped; what they hold stays" if running else "no node runs")
            case _:
                print(",".join(nodes.addresses))
    except (NodesFailure, OSError) as failure:
        print(f"cluster: {failure}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
