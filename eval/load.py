"""How much a running server carries: many clients search it at once for a given time.

    python -m eval.load http://127.0.0.1:8000/ --clients 32 --seconds 60

Each client keeps its connection and asks the next of the queries as soon as it has an answer: hybrid searches with
counts for each filter, as the page asks. It prints how many a second were answered, the time that half of them and 99
of 100 stay within, what was shed (503, which is no error) and what failed, and the memory that the server's processes
hold before and after.

Only a server of this machine is asked, for at most ten minutes, by at most 256 clients.
"""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import click
import numpy as np
import psutil

MOST_CLIENTS = 256
MOST_SECONDS = 600
_TIMEOUT = 30
_SEED = 7


@dataclass(frozen=True, slots=True)
class Load:
    """What a server carried. Times are milliseconds of answered searches; memory is MiB, shared pages counted once.

    ``processor`` is the server's own processor time for each answer, in milliseconds: it says what the machine could
    carry if nothing else ran on it, clients included.
    """

    clients: int
    seconds: float
    answered: int
    shed: int
    failed: dict[str, int]
    a_second: float
    p50: float
    p99: float
    processor: float
    memory_before: float
    memory_after: float


@dataclass(slots=True)
class _Client:
    """One client: what it was answered so far."""

    times: list[float] = field(default_factory=list)
    shed: int = 0
    failed: Counter[str] = field(default_factory=Counter)

    def run(self, host: str, port: int, paths: list[str], until: float) -> None:
        """Ask, one search after another, until the time is over."""
        connection = http.client.HTTPConnection(host, port, timeout=_TIMEOUT)
        for path in _endlessly(paths):
            began = time.perf_counter()
            if began >= until:
                break
            try:
                connection.request("GET", path)
                response = connection.getresponse()
                response.read()
            except (OSError, http.client.HTTPException) as failure:
                self.failed[type(failure).__name__] += 1
                connection.close()
                continue
            if response.status == http.client.SERVICE_UNAVAILABLE:
                self.shed += 1
                time.sleep(min(float(response.headers.get("Retry-After", 0)), max(until - began, 0)))
            elif response.status != http.client.OK:
                self.failed[str(response.status)] += 1
            else:
                self.times.append(1000 * (time.perf_counter() - began))
        connection.close()


def _endlessly(paths: list[str]) -> Iterator[str]:
    while True:
        yield from paths


def load(url: str, queries: list[str], clients: int, seconds: float) -> Load:
    """Have ``clients`` search the server at ``url`` for some seconds.

    Raises:
        ValueError: the server is not of this machine, or too much was asked for.
    """
    target = urlsplit(url)
    host, port = target.hostname or "", target.port or 80
    if not (host == "localhost" or ip_address(host).is_loopback):
        raise ValueError(f"{host} is not this machine")
    if not (1 <= clients <= MOST_CLIENTS and 0 < seconds <= MOST_SECONDS):
        raise ValueError(f"at most {MOST_CLIENTS} clients and {MOST_SECONDS} seconds")
    paths = [f"{target.path.rstrip('/')}/api/v1/search?{urlencode({'q': q, 'facets': 'true'})}" for q in queries]
    before, spent = memory(port), processor(port)
    everyone = [_Client() for _ in range(clients)]
    began = time.perf_counter()
    threads = []
    for number, client in enumerate(everyone):
        shuffled = random.Random(_SEED + number).sample(paths, len(paths))
        threads.append(threading.Thread(target=client.run, args=(host, port, shuffled, began + seconds)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - began
    times = [each for client in everyone for each in client.times]
    p50, p99 = np.percentile(times, [50, 99]).tolist() if times else (0.0, 0.0)
    return Load(
        clients,
        elapsed,
        len(times),
        sum(client.shed for client in everyone),
        dict(sum((client.failed for client in everyone), Counter())),
        len(times) / elapsed,
        p50,
        p99,
        1000 * (processor(port) - spent) / max(len(times), 1),
        before,
        memory(port),
    )


def memory(port: int) -> float:
    """MiB that the processes of a server hold, each page that they share counted once."""
    return float(sum(process.memory_full_info().pss for process in _processes(port))) / 2**20


def processor(port: int) -> float:
    """Seconds of processor time that the processes of a server have used."""
    return float(sum(sum(process.cpu_times()[:2]) for process in _processes(port)))


def _processes(port: int) -> set[psutil.Process]:
    """The processes that listen on a port, and their children."""
    found: set[psutil.Process] = set()
    for process in psutil.process_iter():
        with suppress(psutil.AccessDenied, psutil.NoSuchProcess):
            held = process.net_connections("tcp")
            if any(each.status == psutil.CONN_LISTEN and each.laddr.port == port for each in held):
                found |= {process, *process.children(recursive=True)}
    return found


@click.command()
@click.argument("url")
@click.option("--clients", type=click.IntRange(1, MOST_CLIENTS), default=32, show_default=True)
@click.option("--seconds", type=click.FloatRange(1, MOST_SECONDS), default=60, show_default=True)
@click.option("--queries", type=click.Path(exists=True, path_type=Path), help="A file of queries, one a line.")
def main(url: str, clients: int, seconds: float, queries: Path | None) -> None:
    """Search the server at URL with many clients at once."""
    bundled = Path(__file__).with_name("bundled_queries.jsonl")
    if queries:
        asked = [line for line in queries.read_text("utf-8").splitlines() if line]
    else:
        asked = [json.loads(line)["query"] for line in bundled.read_text("utf-8").splitlines()]
    try:
        result = load(url, asked, clients, seconds)
    except ValueError as failure:
        raise click.ClickException(str(failure)) from failure
    click.echo(json.dumps(asdict(result), indent=2))


if __name__ == "__main__":
    main()
