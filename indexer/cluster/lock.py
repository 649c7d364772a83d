"""The lock of an index on a cluster: one process builds it at a time, and readers never wait for it.

A document says who builds; the builder writes it again every few seconds. One that has not been written for a while,
or whose process is gone from this machine, is taken over. What the former builder, which may only have been asleep,
still sends is refused: rows are written through an alias of the builder's own, which whoever takes over removes, and
what is published is written on condition of a state that whoever takes over has written anew.
"""

from __future__ import annotations

import json
import os
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from indexer.cluster.connection import Conflict, Connection, StoredDocument, Version
from indexer.cluster.mapping import LOCK
from indexer.errors import IndexFailure

BEAT = 2.0
"""Seconds from one sign of life to the next."""
LAPSE = 30.0
"""Seconds without one after which a builder counts as dead."""
_WRITES = "-writes-"


@contextmanager
def cluster_lock(connection: Connection) -> Iterator[str]:
    """Hold an index for building; yield a token, by which :func:`fence` names the alias to write through.

    Raises:
        IndexFailure: another process builds it.
    """
    token = secrets.token_hex(8)
    version = _taken(connection, token)
    # Signs of life are not waited for: the next one comes soon.
    hasty = Connection(connection.address)
    heart = _Heart(hasty, token, version)
    heart.start()
    try:
        _raise_fence(connection, token)
        yield token
    finally:
        heart.stop()
        with suppress(IndexFailure):  # what is left over is taken over
            hasty.remove(LOCK, heart.version)


def fence(connection: Connection, token: str) -> str:
    """Return the alias that the holder of a token writes through."""
    return f"{connection.address.name}{_WRITES}{token}"


def _raise_fence(connection: Connection, token: str) -> None:
    """Allow the holder of a token to write, and nobody who held the lock before."""
    index, described = connection.standing(), connection.described() or {}
    old = [alias for alias in described.get("aliases", {}) if _WRITES in alias]
    actions = [{"remove": {"index": index, "alias": alias}} for alias in old]
    actions.append({"add": {"index": index, "alias": fence(connection, token), "is_write_index": True}})
    connection.ask("POST", "/_aliases", {"actions": actions})


def _taken(connection: Connection, token: str) -> Version:
    """Take the lock, from a dead builder if need be; return its version."""
    try:
        return connection.put(LOCK, _said(token), None)
    except Conflict:
        pass
    held = connection.get(LOCK)
    if held is None:
        return _taken(connection, token)
    if held.source.get("owner") == _said(token)["owner"]:
        return held.version  # the answer to an earlier try was lost
    if not _is_gone(held):
        _watch(connection, held)
    try:
        return connection.put(LOCK, _said(token), held.version)
    except Conflict:
        raise _busy(connection, held) from None


def _watch(connection: Connection, held: StoredDocument) -> None:
    """Wait until a lock has lapsed.

    Raises:
        IndexFailure: its holder is alive.
    """
    ends = time.monotonic() + LAPSE
    while time.monotonic() < ends:
        time.sleep(BEAT / 2)
        seen = connection.get(LOCK)
        if seen is None or seen.version != held.version:
            raise _busy(connection, held)


def _busy(connection: Connection, held: StoredDocument) -> IndexFailure:
    owner = json.loads(held.source["owner"])
    who = f"process {owner['process']} on {owner['machine']}"
    return IndexFailure(f"{connection.address}: another build is under way ({who}); wait until it ends")


def _said(token: str, beat: int = 0) -> dict[str, object]:
    owner = {
        "token": token,
        "machine": os.uname().nodename,
        "boot": _boot(),
        "process": os.getpid(),
        "began": psutil.Process().create_time(),
    }
    return {"kind": LOCK, "owner": json.dumps(owner), "beat": beat}


def _is_gone(held: StoredDocument) -> bool:
    """Return whether the process that holds a lock was one of this machine, and is no more."""
    owner = json.loads(held.source["owner"])
    if not _boot() or owner["boot"] != _boot():
        return False
    try:
        return bool(psutil.Process(owner["process"]).create_time() != owner["began"])
    except psutil.NoSuchProcess:
        return True
    except psutil.Error:
        return False


def _boot() -> str:
    """Return what names this run of this machine, and the processes that see each other; empty where nothing does."""
    try:
        return f"{Path('/proc/sys/kernel/random/boot_id').read_text().strip()} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return ""


class _Heart(threading.Thread):
    """Writes signs of life until it is stopped, or somebody else has taken over."""

    def __init__(self, connection: Connection, token: str, version: Version) -> None:
        super().__init__(daemon=True)
        self.version = version
        self._connection = connection
        self._token = token
        self._stopped = threading.Event()
        self._beat = 0

    def run(self) -> None:
        """See :meth:`threading.Thread.run`."""
        while not self._stopped.wait(BEAT):
            self._beat += 1
            try:
                self.version = self._connection.put(LOCK, _said(self._token, self._beat), self.version)
            except Conflict:
                held = self._connection.get(LOCK)
                if held is None or json.loads(held.source["owner"])["token"] != self._token:
                    return
                self.version = held.version
            except IndexFailure:
                continue  # the builder itself meets it, too

    def stop(self) -> None:
        """Stop, and wait for what is being written."""
        self._stopped.set()
        self.join()
