"""A load test of a running server: many clients search it at once for a given time, or so many times in all.

    python -m eval.speed.load http://127.0.0.1:8000/ --clients 32 --seconds 60
    python -m eval.speed.load http://127.0.0.1:8000/ --clients 32 --requests 100000

Each client keeps its connection and asks the next query as soon as it has an answer: hybrid searches with counts for
each filter, as the page asks. Every second query is a modern sentence, the others are phrases of two to six characters;
hardly any is asked twice. It prints how many a second were answered, the times that shares of them stay within, what
was shed (503, which is no error) and what failed; and at the start, after each tenth and in the end the memory of the
server's processes.

The clients are one process that does little but wait, for what it takes of the machine the server has not. How much
processor time either of them spent on an answer is printed, too.

Only a server of this machine is asked, for at most ten minutes or 100,000 times, by at most 256 clients.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from ipaddress import ip_address
from itertools import cycle
from math import inf
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import click
import numpy as np
import psutil

from eval.datasets.liaojin import aligned
from web.commands.main import finish

MOST_CLIENTS = 256
MOST_SECONDS = 600
MOST_REQUESTS = 100_000
SHARES = (50, 90, 99, 99.9, 100)
LENGTHS = range(2, 7)
"""Characters of a phrase."""
_TIMEOUT = 30
_SEED = 7
_TENTHS = 10
_GLANCE = 0.05

_Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class Memory:
    """MiB that a server's processes hold after so many answers, each page that they share counted once.

    ``written`` is what they have written, each for itself: it must not grow. The rest are pages of the index's files,
    which the system takes back when it needs them, and what the processes share.
    """

    answered: int
    all: float
    written: float


@dataclass(frozen=True, slots=True)
class Load:
    """What a server carried. ``milliseconds`` are of answered searches: what so many in a hundred stay within.

    The processor time, of the server and of the clients, is milliseconds for each answer: with both, one can tell what
    the machine would carry if the clients were elsewhere.
    """

    clients: int
    seconds: float
    answered: int
    shed: int
    failed: dict[str, int]
    a_second: float
    milliseconds: dict[float, float]
    processor: float
    processor_of_clients: float
    memory: list[Memory]


@dataclass(slots=True)
class _Run:
    """What all clients together were to ask, and were answered so far."""

    host: str
    port: int
    paths: Iterator[str]
    most: float
    until: float
    asked: int = 0
    times: list[float] = field(default_factory=list)
    shed: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    memory: list[Memory] = field(default_factory=list)

    def is_over(self) -> bool:
        """Return whether the time is over, or enough was asked."""
        return self.asked >= self.most or time.perf_counter() >= self.until

    async def client(self) -> None:
        """Send one search after another."""
        connection: _Connection | None = None
        while not self.is_over():
            self.asked += 1
            began = time.perf_counter()
            try:
                async with asyncio.timeout(_TIMEOUT):
                    connection = connection or await asyncio.open_connection(self.host, self.port)
                    status, headers = await self._ask(*connection)
            except (OSError, EOFError, ValueError, KeyError) as failure:  # a timeout is an OSError
                self.failed[type(failure).__name__] += 1
                _close(connection)
                connection = None
                continue
            if status == HTTPStatus.OK:
                self.times.append(1000 * (time.perf_counter() - began))
            elif status == HTTPStatus.SERVICE_UNAVAILABLE:
                self.shed += 1
                await asyncio.sleep(min(float(headers.get("retry-after", 0)), max(self.until - began, 0)))
            else:
                self.failed[str(status)] += 1
            if headers.get("connection") == "close":
                _close(connection)
                connection = None
        _close(connection)

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[int, dict[str, str]]:
        writer.write(f"GET {next(self.paths)} HTTP/1.1\r\nHost: {self.host}\r\n\r\n".encode())
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().splitlines()
        headers = dict(line.split(": ", 1) for line in lines if line)
        await reader.readexactly(int(headers["content-length"]))
        return int(first.split()[1]), headers

    async def watch(self, server: set[psutil.Process], seconds: float) -> None:
        """Measure the server's memory at the start and after each tenth of the run."""
        began = time.perf_counter()
        for tenth in range(_TENTHS):
            while (
                max(self.asked / self.most, (time.perf_counter() - began) / seconds) < tenth / _TENTHS
                and not self.is_over()
            ):
                await asyncio.sleep(_GLANCE)
            self.memory.append(await asyncio.to_thread(memory, server, len(self.times)))


def _close(connection: _Connection | None) -> None:
    if connection:
        connection[1].close()


def load(url: str, queries: Iterator[str], clients: int, seconds: float, requests: int | None = None) -> Load:
    """Run ``clients`` that search the server at ``url`` for some seconds, or so many times, however long it takes.

    Raises:
        ValueError: the server is not of this machine, or too much was asked for.
    """
    target = urlsplit(url)
    host, port = target.hostname or "", target.port or 80
    if not (host == "localhost" or ip_address(host).is_loopback):
        raise ValueError(f"{host} is not this machine")
    if not (1 <= clients <= MOST_CLIENTS and 0 < seconds <= MOST_SECONDS and (requests or 1) <= MOST_REQUESTS):
        raise ValueError(f"at most {MOST_CLIENTS} clients, {MOST_SECONDS} seconds and {MOST_REQUESTS} searches")
    before = f"{target.path.rstrip('/')}/api/v1/search?"
    paths = (before + urlencode({"q": q, "facets": "true"}) for q in queries)
    lasting = inf if requests else seconds
    server = processes(port)
    began, spent, own = time.perf_counter(), processor(server), time.process_time()
    run = _Run(host, port, paths, requests or inf, began + lasting)

    async def everyone() -> None:
        await asyncio.gather(run.watch(server, lasting), *(run.client() for _ in range(clients)))

    asyncio.run(everyone())
    elapsed = time.perf_counter() - began
    answered = len(run.times)
    return Load(
        clients=clients,
        seconds=elapsed,
        answered=answered,
        shed=run.shed,
        failed=dict(run.failed),
        a_second=answered / elapsed,
        milliseconds=dict(zip(SHARES, np.percentile(run.times or [0.0], SHARES).tolist(), strict=True)),
        processor=1000 * (processor(server) - spent) / max(answered, 1),
        processor_of_clients=1000 * (time.process_time() - own) / max(answered, 1),
        memory=[*run.memory, memory(server, answered)],
    )


def memory(server: set[psutil.Process], answered: int) -> Memory:
    """Measure the memory of a server's processes after so many answers."""
    held: Counter[str] = Counter()
    for process in server:
        with suppress(ProcessLookupError):  # one that has ended holds none
            for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()[1:]:
                name, kilobytes = line.split()[:2]
                held[name] += int(kilobytes)
    return Memory(answered, held["Pss:"] / 1024, held["Private_Dirty:"] / 1024)


def processor(server: set[psutil.Process]) -> float:
    """Return seconds of processor time that the processes of a server have used."""
    return float(sum(sum(process.cpu_times()[:2]) for process in server))


def processes(port: int) -> set[psutil.Process]:
    """Return the processes that listen on a port, and their children."""
    found: set[psutil.Process] = set()
    for process in psutil.process_iter():
        with suppress(psutil.AccessDenied, psutil.NoSuchProcess):
            held = process.net_connections("tcp")
            if any(each.status == psutil.CONN_LISTEN and each.laddr.port == port for each in held):
                found |= {process, *process.children(recursive=True)}
    return found


def realistic(sentences: Sequence[str], texts: Sequence[str]) -> Iterator[str]:
    """Yield queries without end: in turn a sentence, and a phrase from anywhere in the texts."""
    chosen = random.Random(_SEED)
    for sentence in cycle(chosen.sample(sentences, len(sentences))):
        yield sentence
        text, length = chosen.choice(texts), chosen.choice(LENGTHS)
        start = chosen.randrange(max(len(text) - length, 0) + 1)
        yield text[start : start + length]


def _questions(data: Path) -> Iterator[str]:
    """Return sentences of the test data, or of the bundled articles where there is none."""
    file = data / "eval" / "liaojin" / "KR2a0035.tsv"
    if file.exists():
        rows = list(aligned(file))
        return realistic([row["modern"] for row in rows], [row["kanripo_text"] for row in rows])
    lines = (Path(__file__).parents[1] / "datasets" / "bundled_queries.jsonl").read_text("utf-8").splitlines()
    bundled = [json.loads(line)["query"] for line in lines]
    return realistic(bundled, bundled)


def _lines(queries: Path) -> list[str]:
    if not (lines := [line for line in queries.read_text("utf-8").splitlines() if line]):
        raise ValueError(f"{queries}: no queries in it")
    return lines


@click.command()
@click.argument("url")
@click.option("--clients", type=click.IntRange(1, MOST_CLIENTS), default=32, show_default=True)
@click.option("--seconds", type=click.FloatRange(1, MOST_SECONDS), default=60, show_default=True)
@click.option("--requests", type=click.IntRange(1, MOST_REQUESTS), help="Ask so often, however long it takes.")
@click.option("--queries", type=click.Path(exists=True, path_type=Path), help="A file of queries, one a line.")
@click.option("--data", type=click.Path(path_type=Path), default=Path("../shared"), show_default=True)
def main(url: str, clients: int, seconds: float, requests: int | None, queries: Path | None, data: Path) -> None:
    """Search the server at URL with many clients at once."""
    try:
        asked = cycle(_lines(queries)) if queries else _questions(data)
        result = load(url, asked, clients, seconds, requests)
    except ValueError as failure:
        raise click.ClickException(str(failure)) from failure
    click.echo(json.dumps(asdict(result), indent=2))


if __name__ == "__main__":
    finish(lambda: main(standalone_mode=False))
