"""A cluster for tests, where there is one: addresses of indexes on it that are gone afterwards."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import skips

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
