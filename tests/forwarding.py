"""A way to a cluster that can be cut: what is sent to a port of this machine goes on to another, or nowhere."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self


class Forwarder:
    """A port that leads to another while it is open. Cut, it refuses; silent, it takes all and never answers."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listening: socket.socket | None = None
        self._held: list[socket.socket] = []
        self.is_silent = False
        self.port = 0
        self.open()

    def open(self) -> None:
        """Lead there, from the same port as before."""
        self._listening = socket.create_server(("127.0.0.1", self.port), backlog=64)
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    def cut(self) -> None:
        """Refuse from now on, and break what is under way."""
        if self._listening:
            with suppress(OSError):
                self._listening.shutdown(socket.SHUT_RDWR)
            self._listening.close()
        for each in self._held:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._held.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.cut()

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                caller, _ = listening.accept()
                self._held.append(caller)
                if self.is_silent:
                    continue
                called = socket.create_connection(self._target)
                self._held.append(called)
                for one, other in ((caller, called), (called, caller)):
                    threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(1 << 16):
                if not self.is_silent:
                    other.sendall(data)
        with suppress(OSError):
            other.shutdown(socket.SHUT_RDWR)
