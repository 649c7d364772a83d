"""Addresses: where an index is, in a folder of this machine or on a cluster."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, urlsplit

from indexer.errors import IndexFailure

_SCHEMES = {"opensearch+http": False, "opensearch+https": True}
_PORT = 9200
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,199}")
_EXAMPLE = "opensearch+https://host1:9200,host2:9200/name"


@dataclass(frozen=True, slots=True)
class ClusterAddress:
    """The address of an index on a cluster.

    Attributes:
        hosts: nodes that may be asked, with their ports.
        name: what the index is called there.
        secure: whether it is asked by TLS.
        verified: whether the nodes' certificates are verified.
        shards, replicas: what the index is made with where there is none yet; None for the usual.
    """

    hosts: tuple[tuple[str, int], ...]
    name: str
    secure: bool = True
    verified: bool = True
    shards: int | None = field(default=None, compare=False)
    replicas: int | None = field(default=None, compare=False)

    def __str__(self) -> str:
        hosts = ",".join(f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in self.hosts)
        scheme = next(scheme for scheme, secure in _SCHEMES.items() if secure is self.secure)
        return f"{scheme}://{hosts}/{self.name}{'' if self.verified else '?verify=no'}"


IndexAddress = Path | ClusterAddress
"""Where an index is."""


def index_address(text: str) -> IndexAddress:
    """Return the address that a text names: a cluster's, or a folder.

    >>> str(index_address("opensearch+http://127.0.0.1:9200,127.0.0.2/texts?replicas=0"))
    'opensearch+http://127.0.0.1:9200,127.0.0.2:9200/texts'
    >>> index_address("index").name
    'index'

    Raises:
        IndexFailure: it is an address of something else, or names a user or a password.
    """
    if "://" not in text:
        return Path(text)
    try:
        parts = urlsplit(text)
    except ValueError:
        raise IndexFailure(f"an address that can't be read; write it like {_EXAMPLE}") from None
    if "@" in text:
        advice = (
            "give them by WENYUAN_OPENSEARCH_USER and WENYUAN_OPENSEARCH_PASSWORD, or WENYUAN_OPENSEARCH_CREDENTIALS"
        )
        raise IndexFailure(f"the address of the index holds a user or a password; {advice}")
    if parts.scheme not in _SCHEMES:
        raise IndexFailure(f"{text}: no such kind of index; name a folder, or a cluster like {_EXAMPLE}")
    name = parts.path.removeprefix("/")
    if not _NAME.fullmatch(name):
        raise IndexFailure(f"{text}: an index is called by small letters, digits, '.', '_', '-', as in {_EXAMPLE}")
    options = _options(text, parts)
    return ClusterAddress(
        hosts=tuple(_host(text, host) for host in parts.netloc.split(",")),
        name=name,
        secure=_SCHEMES[parts.scheme],
        verified=options.get("verify") != "no",
        shards=_number(text, options, "shards", 1),
        replicas=_number(text, options, "replicas", 0),
    )


def _host(text: str, host: str) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{host}")
        name, port = parts.hostname, parts.port
    except ValueError:
        name = port = None
    if not name:
        raise IndexFailure(f"{text}: {host!r} is no host with a port; write it like {_EXAMPLE}")
    return name, port or _PORT


def _options(text: str, parts: SplitResult) -> dict[str, str]:
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    known = {"shards", "replicas", "verify"}
    if parts.fragment or options.keys() - known or options.get("verify", "no") not in ("yes", "no"):
        raise IndexFailure(f"{text}: after '?' may stand shards=3, replicas=1 and verify=no, joined by '&'")
    return options


def _number(text: str, options: dict[str, str], name: str, least: int) -> int | None:
    if name not in options:
        return None
    said = options[name]
    if not re.fullmatch(r"[0-9]{1,4}", said) or int(said) < least:
        raise IndexFailure(f"{text}: {name} is a number from {least} on, not {said!r}")
    return int(said)
