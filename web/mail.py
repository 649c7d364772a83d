"""Sending one message by SMTP, and saying truly what became of it.

A message that was handed over and never acknowledged may have arrived or not: nobody can tell, so it has a fate of its
own, and is never taken for one that failed (RFC 5321, 4.2.5 and 6.1).
"""

from __future__ import annotations

import re
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import unquote, urlsplit

PATIENCE = 30
"""Seconds that each answer of the server is waited for."""
LOOPBACK = ("localhost", "127.0.0.1", "::1")
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")
_DOTS = re.compile(rb"(?m)^\.")
_GO_ON, _DONE = 354, 250
_LONGEST = 300
"""Characters of what a server said that are kept."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """An SMTP server.

    ``encrypted`` is from the first byte on (465); else STARTTLS is needed, but for a server on this machine.
    """

    host: str
    port: int
    encrypted: bool
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def parse(cls, address: str) -> MailServer:
        """Read ``smtps://user:password@host:465`` or ``smtp://…``.

        Raises:
            ValueError: it is neither.
        """
        parts = urlsplit(address)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError("it is smtp://host:587 or smtps://host:465, with user:password@ before the host if needed")
        encrypted = parts.scheme == "smtps"
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(parts.hostname, parts.port or (465 if encrypted else 587), encrypted, user, password)


class LetterFate(StrEnum):
    """What became of a message."""

    SENT = "sent"  # the server has taken it over
    DEFERRED = "deferred"  # it has not, and may later
    REFUSED = "refused"  # it has not, and will not
    UNKNOWN = "unknown"  # it was handed over, and nobody said whether it was taken


@dataclass(frozen=True, slots=True)
class Sending:
    """The outcome of a sending; ``trouble`` is what the server or the connection said of it."""

    fate: LetterFate
    trouble: str = ""


class _Answer(Exception):
    """The server answered something else than was needed."""

    def __init__(self, code: int, said: bytes) -> None:
        super().__init__(code, said)
        self.code = code
        self.told = f"{code} {said.decode('utf-8', 'replace')}"


def address_in(text: str) -> str:
    """Return the mail address that stands in a text; empty where there is none, or several.

    >>> address_in("微信 abc；zhang@example.org"), address_in("0451-8888"), address_in("a@b.org 或 c@d.org")
    ('zhang@example.org', '', '')
    """
    found = set(_ADDRESS.findall(text))
    return found.pop() if len(found) == 1 else ""


def send(server: MailServer, sender: str, recipient: str, content: bytes) -> Sending:
    """Send a message with lines that end in CRLF; whatever happens is in what is returned."""
    link: smtplib.SMTP | None = None
    handed_over = False
    try:
        link = _connected(server)
        _need(link.mail(sender), _DONE)
        _need(link.rcpt(recipient), _DONE, 251)
        _need(link.docmd("DATA"), _GO_ON)
        handed_over = True
        link.send(_DOTS.sub(b"..", content) + b".\r\n")
        _need(link.getreply(), _DONE)
    except _Answer as answer:
        permanent = 500 <= answer.code < 600
        known = permanent or 400 <= answer.code < 500
        if handed_over and not known:
            return Sending(LetterFate.UNKNOWN, answer.told[:_LONGEST])
        return Sending(LetterFate.REFUSED if permanent else LetterFate.DEFERRED, answer.told[:_LONGEST])
    except (OSError, smtplib.SMTPException) as failure:
        told = f"{type(failure).__name__}: {failure}"[:_LONGEST]
        return Sending(LetterFate.UNKNOWN if handed_over else LetterFate.DEFERRED, told)
    finally:
        if link is not None:
            with suppress(OSError, smtplib.SMTPException):
                link.quit()
            link.close()
    return Sending(LetterFate.SENT)


def _connected(server: MailServer) -> smtplib.SMTP:
    if server.encrypted:
        link: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, timeout=PATIENCE, context=ssl.create_default_context()
        )
    else:
        link = smtplib.SMTP(server.host, server.port, timeout=PATIENCE)
    try:
        link.ehlo_or_helo_if_needed()
        if not server.encrypted and server.host not in LOOPBACK:
            link.starttls(context=ssl.create_default_context())
        if server.user:
            link.login(server.user, server.password)
    except BaseException:
        link.close()
        raise
    return link


def _need(answer: tuple[int, bytes], *codes: int) -> None:
    if answer[0] not in codes:
        raise _Answer(*answer)
