"""A cluster for tests, where there is one: addresses of indexes on it that are gone afterwards."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import skips

from eval.drills.nodes import COUNT, Nodes, default_folder

HOSTS = "WENYUAN_TEST_OPENSEARCH"
"""Names the nodes, ``http://host:port`` with commas between, on which indexes may be made and dropped."""


def hosts() -> list[str]:
    """The nodes; where there are none, the test is skipped and says so."""
    named = os.environ.get(HOSTS, "")
    if not named:
        skips.skip(f"NOTHING WAS TESTED ON OPENSEARCH: {HOSTS} is not set", forbidden=os.environ.get("CI"))
    return [host.strip().rstrip("/") for host in named.split(",")]


@contextmanager
def empty_index(options: str = "") -> Iterator[str]:
    """The address of an index that is not there yet, and whatever is called like it is gone afterwards."""
    nodes, name = hosts(), f"test-{uuid.uuid4().hex}"
    scheme = nodes[0].partition("://")[0]
    try:
        yield f"opensearch+{scheme}://{','.join(node.partition('://')[2] for node in nodes)}/{name}{options}"
    finally:
        drop(f"{name}*")


def drop(pattern: str) -> None:
    """Drop the indexes with these names."""
    try:
        with urlopen(Request(f"{hosts()[0]}/{pattern}?expand_wildcards=all", method="DELETE"), timeout=60):
            pass
    except HTTPError as failure:
        if failure.code != 404:
            raise


@contextmanager
def own_nodes() -> Iterator[Nodes]:
    """Three small nodes of a test's own, which may be killed; nothing remains of them."""
    hosts()
    folder = Path(tempfile.mkdtemp(prefix="wenyuan-nodes-"))  # the folders of pytest are closed to the nodes' user
    brought, nodes = Nodes(default_folder()), Nodes(folder, free_ports(), "256m")
    try:
        brought.bring()
        nodes.home.symlink_to(brought.home)
        nodes.prepare()
        nodes.start()
        yield nodes
    finally:
        nodes.stop(signal.SIGKILL)
        shutil.rmtree(folder)


def free_ports() -> int:
    """The first of the ports that nodes would take, all of which are free."""
    while True:
        first = random.randrange(20_000, 30_000)
        with ExitStack() as taken:
            try:
                for number in range(COUNT):
                    for port in (first + number, first + 100 + number):
                        taken.enter_context(socket.create_server(("127.0.0.1", port)))
            except OSError:
                continue
            return first
