"""Connections of the server: a request gets a thread when all of it is there, and keeps it no longer than is fair.

Gunicorn's threaded worker gives each connection a thread as soon as a byte is there, so that a few dozen clients that
say a byte a second silence it. Here the loop that waits for all connections reads them, and hands a request on
when its head and its body are whole. A client that takes too long is dropped; it has cost a little memory.
"""

from __future__ import annotations

import errno
import re
import selectors
import socket
import time
from collections import Counter, defaultdict, deque
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import Any

from gunicorn import http
from gunicorn.http.message import Request
from gunicorn.workers.gthread import TConn, ThreadWorker

from web.api import PREFIX
from web.api.schemas import PROBLEM_TYPE, ProblemDetails
from web.networks import is_within, networks_of

HEAD_SECONDS = 10
"""Seconds in which the head of a request has to come, from the connection's beginning or else from its first byte."""
BODY_SECONDS = 30
"""Seconds in which the body has to come after the head."""
TAKING_SECONDS = 30
"""Seconds in which a client has to take an answer, beyond what the system keeps for it."""
LINGER_SECONDS = 2
"""Seconds that a connection which is closed stays open for a client that still speaks (RFC 9112, section 9.6)."""
LONGEST_HEAD = 1 << 18
"""Bytes of a head."""
_LONGEST_NUMBER = 18
"""Digits of a length that is taken for a number at all."""
MOST_BUFFERED = 1 << 26
"""Bytes of requests that are not whole yet, in one process."""
KEPT_FREE = 16
"""Threads of a process that the requests of one address leave to others, where more of them wait for a thread; declared
proxies speak for many."""
SHARE = 2
"""One address may hold one in so many of a process's connections; again declared proxies are excepted."""
BARE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Connection": "close",
}
"""Headers of an answer that the application had no part in."""

_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"(?im)^content-length[ \t]*:[ \t]*0*([0-9]+)[ \t]*\r$")
_ENCODED = re.compile(rb"(?im)^transfer-encoding[ \t]*:")
_EXPECTING = re.compile(rb"(?im)^expect[ \t]*:[ \t]*100-continue[ \t]*\r$")


class Patient(socket.socket):
    """A client's socket; what blocks on it ends in time, however little by little the client takes what it gets."""

    def setblocking(self, flag: bool) -> None:
        """Block for so many seconds at most; a whole answer that is sent at once has to be taken in them."""
        self.settimeout(TAKING_SECONDS if flag else 0.0)


class WebConnection(TConn):  # type: ignore[misc]  # Gunicorn's classes are untyped
    """A connection: what it has said of its next request, and when that has to be whole.

    ``peer`` stands for its address; it is empty for a declared proxy, which speaks for many.
    """

    def __init__(self, worker: PatientWorker, sock: Patient, client: Any, server: Any, peer: str) -> None:
        super().__init__(worker.cfg, sock, client, server)
        self.peer = peer
        self.received = bytearray()
        self.length: int | None = None  # bytes of the request, once its head is there
        self.deadline = 0.0
        self.is_last = False  # whether it is not known where the next request would begin
        self._worker = worker

    def close(self, graceful: bool = False) -> None:
        """Close it: at once, or when the client has stopped speaking, which nobody waits for."""
        if graceful:
            self._worker.linger(self)
        else:
            self._worker.gone(self)
            super().close()


class PatientWorker(ThreadWorker):  # type: ignore[misc]  # Gunicorn's classes are untyped
    """A process whose threads work on whole requests alone."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._arriving: set[WebConnection] = set()
        self._lingering: set[WebConnection] = set()
        self._connected: Counter[str] = Counter()
        self._working: Counter[str] = Counter()
        self._ready: defaultdict[str, deque[WebConnection]] = defaultdict(deque)
        self._buffered = 0
        self._looked = 0.0

    def accept(self, listener: socket.socket) -> None:
        """Accept a connection, unless its address has too many."""
        try:
            taken, client = listener.accept()
        except OSError as failure:
            if failure.errno in (errno.EAGAIN, errno.EWOULDBLOCK, errno.ECONNABORTED, errno.EMFILE, errno.ENFILE):
                return
            raise
        peer = "" if is_within(client[0], self.app.config.proxies) else networks_of(client[0])[0]
        if peer and self._connected[peer] >= self.worker_connections // SHARE:
            taken.close()
            return
        sock = Patient(taken.family, taken.type, taken.proto, fileno=taken.detach())
        self.nr_conns += 1
        self._connected[peer] += 1
        self._await(WebConnection(self, sock, client, listener.getsockname(), peer))

    def on_client_socket_readable(self, conn: WebConnection, client: Patient) -> None:
        """Read the beginning of the next request of a connection that was kept."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._await(conn)
        self._hear(conn, client)

    def enqueue_req(self, conn: WebConnection) -> None:
        """Queue a whole request for a thread."""
        self._working[conn.peer] += 1
        super().enqueue_req(conn)

    def finish_request(self, conn: WebConnection, done: Future[Any]) -> None:
        """Keep the connection, or close it; another request of its address may have its thread."""
        self._working[conn.peer] -= 1
        if not self._working[conn.peer]:
            del self._working[conn.peer]
        super().finish_request(conn, done)
        if waiting := self._ready.get(conn.peer):
            self._pass_on(waiting.popleft())
            if not waiting:
                del self._ready[conn.peer]

    def handle_request(self, req: Request, conn: WebConnection) -> bool:
        """Pass a request to the application."""
        if conn.is_last:
            req.force_close()
        return bool(super().handle_request(req, conn))

    def murder_pending(self) -> None:
        """Drop those that have taken too long; Gunicorn calls it all the time, which once a second is enough for."""
        now = time.monotonic()
        if now < self._looked + 1:
            return
        self._looked = now
        for conn in [each for each in self._arriving if each.deadline <= now]:
            self._drop(conn)
        for conn in [each for each in self._lingering if each.deadline <= now]:
            self._end(conn)

    def linger(self, conn: WebConnection) -> None:
        """Stop sending, and close when the client has stopped, too: closed at once, it might lose the answer."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.setblocking(False)
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._ignore, conn))
        except (OSError, ValueError, KeyError):  # it is closed already
            conn.close()
            return
        conn.deadline = time.monotonic() + LINGER_SECONDS
        self.nr_conns += 1
        self._lingering.add(conn)

    def gone(self, conn: WebConnection) -> None:
        """Count a connection no more."""
        self._connected[conn.peer] -= 1
        if not self._connected[conn.peer]:
            del self._connected[conn.peer]

    # What arrives

    def _await(self, conn: WebConnection) -> None:
        conn.sock.setblocking(False)
        conn.received, conn.length = bytearray(), None
        conn.deadline = time.monotonic() + HEAD_SECONDS
        self._arriving.add(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._hear, conn))

    def _hear(self, conn: WebConnection, sock: Patient) -> None:
        try:
            said = sock.recv(1 << 16)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            said = b""
        if not said:
            self._drop(conn)
            return
        known = len(conn.received)
        conn.received += said
        self._buffered += len(said)
        if conn.length is None:
            end = conn.received.find(_END, max(0, known - len(_END)))
            if end < 0:
                if len(conn.received) > LONGEST_HEAD:
                    self._refuse(conn, 431 if b"\r\n" in conn.received else 414)
                return
            conn.length = self._length(conn, end + len(_END))
            if conn.length is None:
                self._refuse(conn, 411)
                return
        if len(conn.received) >= conn.length:
            self._forget(conn)
            conn.is_last = conn.is_last or len(conn.received) > conn.length
            self._buffered -= len(conn.received) - conn.length
            del conn.received[conn.length :]
            self._pass_on(conn)
        elif self._buffered > MOST_BUFFERED:
            self._refuse(conn, 503)

    def _length(self, conn: WebConnection, head: int) -> int | None:
        """Return the bytes of a request whose head has so many; None where the body does not say how long it is.

        What Gunicorn will refuse, and what the application will find too long, is passed on without its body.
        """
        said = bytes(conn.received[:head])
        lengths = _LENGTH.findall(said)
        if _ENCODED.search(said):
            conn.is_last = True
            return head if lengths else None
        if len(lengths) != 1:
            conn.is_last = conn.is_last or len(lengths) > 1
            return head
        most = self.wsgi.config["MAX_CONTENT_LENGTH"]
        if len(lengths[0]) > _LONGEST_NUMBER or int(lengths[0]) > most:
            conn.is_last = True
            return head
        whole = head + int(lengths[0])
        if whole > len(conn.received):
            conn.deadline = time.monotonic() + BODY_SECONDS
            if _EXPECTING.search(said):
                _say(conn, b"HTTP/1.1 100 Continue\r\n\r\n")
        return whole

    def _pass_on(self, conn: WebConnection) -> None:
        """Pass a whole request to a thread, when those of its address do not have too many."""
        if conn.peer and self._working[conn.peer] >= self.cfg.threads - KEPT_FREE:
            self._ready[conn.peer].append(conn)
            return
        if conn.parser is None:
            conn.parser = http.get_parser(self.cfg, conn.sock, conn.client)
            conn.initialized = True
        conn.parser.unreader.unread(bytes(conn.received))
        self._buffered -= len(conn.received)
        conn.received = bytearray()
        self.enqueue_req(conn)

    def _refuse(self, conn: WebConnection, status: int) -> None:
        is_program = f" {PREFIX}/".encode() in conn.received.partition(b"\r\n")[0]
        self._forget(conn)
        self._buffered -= len(conn.received)
        retry = {"Retry-After": str(self.app.config.retry_after)} if status == 503 else {}
        _say(conn, bare(status, is_program=is_program, **retry))
        self.nr_conns -= 1
        self.linger(conn)

    def _drop(self, conn: WebConnection) -> None:
        self._forget(conn)
        self._buffered -= len(conn.received)
        self.nr_conns -= 1
        conn.close()

    def _forget(self, conn: WebConnection) -> None:
        self._arriving.discard(conn)
        self.poller.unregister(conn.sock)

    # What is closed

    def _ignore(self, conn: WebConnection, sock: Patient) -> None:
        try:
            if sock.recv(1 << 16):
                return
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            pass
        self._end(conn)

    def _end(self, conn: WebConnection) -> None:
        self._lingering.discard(conn)
        self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()


def bare(status: int, *, is_program: bool = False, **headers: str) -> bytes:
    """Return a whole answer without the application: a plain page, or for programs a problem (RFC 9457)."""
    phrase = HTTPStatus(status).phrase
    if is_program:
        kind = PROBLEM_TYPE
        body = ProblemDetails.written(status, f"http-{status}", phrase, phrase)
    else:
        kind = "text/html; charset=utf-8"
        body = f"<!doctype html><title>{status}</title><p>{status} {phrase}</p>\n".encode()
    told = {**BARE_HEADERS, **headers, "Content-Type": kind, "Content-Length": str(len(body))}
    lines = [f"HTTP/1.1 {status} {phrase}", *(f"{name}: {value}" for name, value in told.items()), "", ""]
    return "\r\n".join(lines).encode() + body


def write_error(sock: socket.socket, status: int, _reason: str, _message: str) -> None:
    """Answer what is no request, or what failed outside of the application, in place of Gunicorn's own function.

    Gunicorn's has none of the headers, and quotes what was sent.
    """
    sock.sendall(bare(status))


def _say(conn: WebConnection, words: bytes) -> None:
    """Send what is short enough to be taken at once; a client that takes nothing misses it."""
    with suppress(OSError):
        conn.sock.send(words)
