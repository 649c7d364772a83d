"""A mail server for tests, which really speaks SMTP."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP

from web.mail import MailServer


class Post:
    """A mail server that behaves as it is told: ``fault`` is where it fails, and how."""

    def __init__(self) -> None:
        self.fault = ""
        self.taken: list[Message] = []

    async def handle_RCPT(self, server: Any, _: Any, envelope: Any, address: str, options: Any) -> str:
        if self.fault == "dies before":
            server.transport.abort()
        if self.fault in ("451 later", "550 nobody"):
            return self.fault
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _: Any, envelope: Any) -> str:
        if self.fault in ("452 full", "554 no"):
            return self.fault
        self.taken.append(message_from_bytes(envelope.content, policy=default))
        if self.fault == "dies after":
            server.transport.abort()
        return "250 OK"


@contextmanager
def post_office() -> Iterator[tuple[Post, MailServer]]:
    """A server that runs, and its address."""
    handler = Post()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    opening = loop.create_server(lambda: SMTP(handler, loop=loop), "127.0.0.1", 0)
    opened = asyncio.run_coroutine_threadsafe(opening, loop).result()
    yield handler, MailServer("127.0.0.1", opened.sockets[0].getsockname()[1], encrypted=False)
    loop.call_soon_threadsafe(opened.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
