"""Reading works back from a cluster, whole."""

from __future__ import annotations

import zlib
from base64 import b64decode
from collections.abc import Iterator, Sequence

from corpora.catalogue import record_of
from corpora.model import Section, Work
from indexer.cluster.connection import Body, Connection
from indexer.cluster.parts import decode
from indexer.cluster.sections import restored
from indexer.store.checksums import Damaged
from indexer.text.streams import text_of

_ASKED = 200
"""Documents that are read at once: parts of texts are some thousands of bytes each."""


def read_work(connection: Connection, stamp: str, card: Body) -> Work:
    """Return the work with this stamp and card, as it was sent.

    Raises:
        Damaged: something of it is missing, or is not what was sent.
    """
    names = [f"{stamp}.s{number}" for number in range(len(card["titles"]))]
    heads = list(_documents(connection, names, ("meta", "parts")))
    places = [f"{stamp}.{number}.{part}" for number, head in enumerate(heads) for part in range(head["parts"])]
    blobs = _documents(connection, places, ("blob", "sum"))
    return Work(
        card["id"], record_of(card["record"]), tuple(_section(connection, stamp, head, blobs) for head in heads)
    )


def _section(connection: Connection, stamp: str, head: Body, blobs: Iterator[Body]) -> Section:
    """Return a section, whose parts are the next ones of ``blobs``."""
    try:
        texts = [text_of(decode(_checked(next(blobs))).columns["text"]) for _ in range(head["parts"])]
        return restored(head["meta"], "".join(texts))
    except (ValueError, KeyError, TypeError, zlib.error) as failure:
        raise Damaged(f"{connection.address}: the work of stamp {stamp} is damaged ({failure})") from failure


def _checked(part: Body) -> bytes:
    blob = b64decode(part["blob"], validate=True)
    if f"{zlib.crc32(blob):08x}" != part["sum"]:
        raise ValueError("bytes of a part have changed")
    return blob


def _documents(connection: Connection, names: Sequence[str], fields: Sequence[str]) -> Iterator[Body]:
    for first in range(0, len(names), _ASKED):
        some = names[first : first + _ASKED]
        for name, found in zip(some, connection.mget(some, fields), strict=True):
            if found is None:
                raise Damaged(f"{connection.address}: {name} is missing; restore a backup of the index")
            yield found
