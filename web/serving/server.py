"""The server: processes that share one application and one port, under Gunicorn.

The application is loaded once and then forked, so that the processes share its memory. Told to stop (SIGTERM), a
process first says at /readyz that it is stopping, goes on for as long as the configuration says, then takes no more
requests, ends those that it has, and goes.
"""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import socket
import sys
import threading
from types import FrameType
from typing import Any

from flask import Flask
from gunicorn import util
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from gunicorn.http import message
from prometheus_client.multiprocess import mark_process_dead

from web.access import shelf_of
from web.alerts import watching
from web.database.storage import storage
from web.jobs.setup import runner
from web.serving import admission, health, post
from web.serving.config import Config
from web.serving.connections import PatientWorker, write_error
from web.usage import recording

LONGEST_ADDRESS = 1 << 16
"""Bytes of a request line. Gunicorn's own bound has no room for a query of a thousand characters, nine bytes each."""
LONGEST_FIELD = LONGEST_ADDRESS + 1024
"""Bytes of a header: the page of a search is the Referer of what is asked from it, its address with the host's name."""
SPARE_THREADS = 32
"""Threads of a process beside those that work or wait: to turn away what is too much, for health and metrics, and for
clients that are slow to take their answers."""
SENT_AHEAD = 1 << 18
"""Bytes of an answer that the system is asked to keep for a client, so that no thread waits for it; few are longer."""

JOBS_NICE = 10
"""Steps by which the process that does long work is nicer than those that answer."""
LET_GO = 4
"""Of the requests that have to wait, one in so many is the last of its connection: enough to even out the processes, at
a fraction of what it would cost to connect each time."""
_M_ARENA_MAX = -8
"""The name of a setting in glibc's malloc.h."""


class Server(BaseApplication):  # type: ignore[misc]  # Gunicorn's classes are untyped
    """One application at one socket, in as many processes as the configuration says."""

    def __init__(self, app: Flask, listening: socket.socket, config: Config) -> None:
        self.config = config
        self._app = app
        self._listening = listening
        _spare_memory()
        super().__init__()

    def load_config(self) -> None:
        """Set Gunicorn's configuration."""
        config = self.config
        message.MAX_REQUEST_LINE = LONGEST_ADDRESS
        util.write_error = write_error
        for name, value in {
            "bind": f"fd://{self._listening.fileno()}",
            "workers": config.workers + (config.jobs > 0),
            "worker_class": Worker,
            "threads": config.threads + config.queue + SPARE_THREADS,
            "preload_app": True,
            "graceful_timeout": int(config.drain + config.grace) + 1,
            "keepalive": 15,
            "limit_request_line": LONGEST_ADDRESS,
            "limit_request_field_size": LONGEST_FIELD,
            "control_socket_disable": True,
            "forwarded_allow_ips": "",  # web.networks believes proxies, and the declared ones alone
            "logger_class": Log,
            "child_exit": _forget,
            "pre_fork": _share_roles,
            "post_fork": _open_anew,
            "worker_exit": _write_down,
            "pre_request": _share,
        }.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Return the application."""
        return self._app


class Log(Logger):  # type: ignore[misc]  # Gunicorn's classes are untyped
    """A logger that leaves Gunicorn's messages to the log of the whole program."""

    def setup(self, cfg: Any) -> None:
        """Add no handlers of its own, and log what matters; its warnings quote what readers typed."""
        self.error_log.propagate = True
        self.error_log.setLevel(logging.ERROR)

    def exception(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Log a failure, but not that a client took too long."""
        if isinstance(sys.exc_info()[1], TimeoutError):
            return
        if msg.startswith("Error handling request"):  # it quotes the address, which may hold a secret or a query
            msg, args = "Error handling a request", ()
        super().exception(msg, *args, **kwargs)


class Worker(PatientWorker):
    """A process that says that it is stopping before it stops. One of them does long work instead of answering."""

    does_jobs = False

    def run(self) -> None:
        """Answer requests, or do jobs, until told to stop."""
        if not self.does_jobs:
            super().run()
            return
        os.nice(JOBS_NICE)
        app = self.wsgi
        stopping = health.stopping(app)
        working = threading.Thread(target=runner(app, shelf_of(app)).run, args=[stopping], daemon=True)
        working.start()
        watching.start(app, stopping)
        while working.is_alive() and self.is_parent_alive():
            self.notify()
            working.join(1)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Record that the server was told to stop."""
        stopping = health.stopping(self.wsgi)
        if stopping.is_set():
            return
        stopping.set()
        timer = threading.Timer(self.app.config.drain, super().handle_exit, (sig, frame))
        timer.daemon = True
        timer.start()


def listen(host: str, port: int) -> socket.socket:
    """Open a socket to serve at.

    Raises:
        OSError: the address can't be had.
    """
    kind, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    listening = socket.create_server(address[:2], family=kind, backlog=2048)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SENT_AHEAD)  # connections inherit it
    return listening


def _spare_memory() -> None:
    """Keep pre-fork memory shared between processes: freeze the collector, and allow glibc two heaps a process.

    Python's collector would write into all that it looks through, so that each process came to have its own copy. And
    glibc would give each of many threads a heap, which keeps as much as the largest search ever took there.
    """
    gc.freeze()
    if setting := getattr(ctypes.CDLL(None), "mallopt", None):  # other C libraries have neither this nor such heaps
        setting(_M_ARENA_MAX, 2)


def _share_roles(server: Any, worker: Worker) -> None:
    """Assign long work to a process, where enough others of this server answer."""
    answering = sum(not each.does_jobs for each in server.WORKERS.values())
    worker.does_jobs = answering >= worker.app.config.workers


def _open_anew(_: Any, worker: Worker) -> None:
    """Drop inherited connections to the database, so that no process uses one that another opened."""
    with worker.app.load().app_context():
        storage().engine.dispose(close=False)
    post.start(worker.app.load(), worker.app.config)


def _write_down(_: Any, worker: Worker) -> None:
    """Put what a process that ends has counted into the database."""
    with worker.app.load().app_context():
        recording.write()


def _share(worker: Worker, request: message.Request) -> None:
    """Close some connections whose requests have to wait: the next ones go to whichever process takes them first.

    A connection that is kept stays with its process. Of a few dozen busy ones one process may come to hold most, and
    their clients would wait several times as long as the others.
    """
    if worker.nr % LET_GO == 0 and admission.is_full(worker.wsgi):
        request.force_close()


def _forget(_: Any, worker: Worker) -> None:
    """Remove the figures of a process that has ended."""
    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]  # it has no types
