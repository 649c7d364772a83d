"""Credentials: who asks the cluster, from the environment or a file that only its owner reads."""

from __future__ import annotations

import os
import ssl
import stat
from pathlib import Path

from indexer.cluster.address import ClusterAddress
from indexer.errors import IndexFailure

USER, PASSWORD = "WENYUAN_OPENSEARCH_USER", "WENYUAN_OPENSEARCH_PASSWORD"
FILE = "WENYUAN_OPENSEARCH_CREDENTIALS"
"""Names a file that holds one line, ``user:password``."""
AUTHORITIES = "WENYUAN_OPENSEARCH_CA"
"""Names a file of certificates that are trusted instead of the system's."""


def credentials() -> tuple[str, str] | None:
    """Return user and password; None where nobody gave any.

    Raises:
        IndexFailure: one of the two is missing, or the file can't be read or is open to others.
    """
    user, password, file = (os.environ.get(name, "") for name in (USER, PASSWORD, FILE))
    if user and password:
        return user, password
    if user or password:
        raise IndexFailure(f"{USER if user else PASSWORD} is set without {PASSWORD if user else USER}; set both")
    return _from_file(Path(file)) if file else None


def _from_file(file: Path) -> tuple[str, str]:
    try:
        with file.open(encoding="utf-8") as opened:
            if stat.S_IMODE(os.fstat(opened.fileno()).st_mode) & 0o077:
                raise IndexFailure(f"{FILE}: others may read {file}; `chmod 600 {file}` keeps it to its owner")
            user, colon, password = opened.readline().strip().partition(":")
    except (OSError, UnicodeDecodeError) as failure:
        reason = getattr(failure, "strerror", None) or "it is no text"
        raise IndexFailure(f"{FILE}: {file} can't be read ({reason})") from None
    if not (user and colon and password):
        raise IndexFailure(f"{FILE}: {file} does not hold one line like user:password")
    return user, password


def trust(address: ClusterAddress) -> ssl.SSLContext | None:
    """Return what says which certificates are trusted; None where TLS is not used.

    Raises:
        IndexFailure: the file of certificates can't be read.
    """
    if not address.secure:
        return None
    file = os.environ.get(AUTHORITIES) or None
    try:
        context = ssl.create_default_context(cafile=file)
    except (OSError, ssl.SSLError) as failure:
        raise IndexFailure(f"{AUTHORITIES}: {file} holds no certificates that can be read ({failure})") from None
    if not address.verified:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
