"""A connection to the index of a cluster: every call is bounded in time, every answer is whole or an error.

What another node or the next second may answer is asked again: a node that has gone, a copy that is moving, a queue
that is full. How long is for the caller to say: a reader gives up in about a second, an indexer waits for the cluster
to mend itself. Nothing is asked for twice that would count twice: rows have ids, and what must happen once is written
on the condition that nothing has changed.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote

from indexer.cluster.address import ClusterAddress
from indexer.cluster.credentials import FILE, PASSWORD, USER, credentials, trust
from indexer.errors import Incomplete, IndexFailure, Unavailable, Unreachable, need

T = TypeVar("T")
Body = dict[str, Any]
"""What is sent or answered as JSON."""

READING = 10.0
"""Seconds that one answer may take where nothing else is said."""
WRITING = 60.0
"""Seconds that one request of an indexer may take."""
_CLEARING = 3600.0
_CONNECTING = 1.0
_LONGEST_PAUSE = 0.5
_MOST_SILENT = 2
"""Hosts that may be silent: the next one has all the time that is left, so that a long search can be done."""
_BUSY = {429, 502, 503, 504}
"""Answers that another node or the next second may not give."""
_GONE = {
    "connect_transport_exception",
    "node_closed_exception",
    "node_disconnected_exception",
    "node_not_connected_exception",
}
"""Errors of a node that went while another one asked it for its part: told as an error of the server itself (500)."""
_LINES = "application/x-ndjson"
_ONE_SHARD = "0"
"""Leads to some shard."""


class Conflict(IndexFailure):
    """Something was written meanwhile by somebody else."""


class NoSuchIndex(IndexFailure):
    """There is no index of this name."""


class Version(NamedTuple):
    """A version of a document, on condition of which it is written again."""

    seq_no: int
    primary_term: int


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document that was read by its id."""

    version: Version
    source: Body


@dataclass(frozen=True, slots=True)
class Patience:
    """For how many seconds what fails in passing is asked again.

    Attributes:
        away: where no node can be reached.
        busy: where the cluster says that it can't now.
        late: where no answer came in time.
        silent: after how many seconds without an answer another host is asked for what is only read.
    """

    away: float
    busy: float
    late: float
    silent: float

    def of(self, failure: Unavailable) -> float:
        """Return how long to ask again after a failure."""
        if isinstance(failure, _Late):
            return self.late
        return self.away if isinstance(failure, Unreachable) else self.busy


READER = Patience(1.0, 8.0, 0.0, 2.0)
"""A page has to say within two seconds that all nodes are away; where one was lost, others soon take its place."""
WRITER = Patience(120.0, 120.0, 120.0, 20.0)
"""A cluster that loses a node needs some seconds until another copy of each shard is written to."""


class Connection:
    """The index of an address. ``seconds`` returns how long the next answer may take."""

    def __init__(
        self,
        address: ClusterAddress,
        patience: Patience = READER,
        seconds: Callable[[], float] = lambda: READING,
    ) -> None:
        need("opensearchpy", "cluster")
        self.address = address
        self._patience = patience
        self._seconds = seconds
        self._credentials = credentials()
        self._trust = trust(address)
        self._clients: dict[int, Any] = {}

    # Asking

    def search(self, body: Body, **parameters: Any) -> Body:
        """Return the answer to a search.

        Raises:
            Unavailable: there is none from all shards in time; see :meth:`ask` for others.
        """
        told = {"allow_partial_search_results": "false", **parameters}
        return self._until_whole(lambda: [self._read("POST", self.path("_search"), body, told)])[0]

    def msearch(self, bodies: Sequence[Body], routed: Mapping[str, Body] | None = None) -> list[Body]:
        """Return the answers to several searches, in their order; all of them or an error, as in :meth:`search`.

        After them come those to the ``routed`` ones, which ask only the shard of the document of an id.
        """
        whole = {"index": self.address.name, "allow_partial_search_results": False}
        asked = [(whole, body) for body in bodies]
        asked += [(whole | {"routing": document}, body) for document, body in (routed or {}).items()]
        if not asked:
            return []
        lines = "".join(f"{json.dumps(head)}\n{json.dumps(body, ensure_ascii=False)}\n" for head, body in asked)

        def ask() -> list[Body]:
            answers: list[Body] = self._read("POST", "/_msearch", lines).get("responses", [])
            if len(answers) != len(asked):
                raise Incomplete(f"{self.address}: {len(answers)} answers came to {len(asked)} searches")
            return answers

        return self._until_whole(ask)

    def mget(self, ids: Sequence[str], fields: Sequence[str] | bool = True) -> list[Body | None]:
        """Return what is stored of documents, in the order of their ids; None for one that is not there.

        It sees every document as it was last written, published or not.
        """
        if not ids:
            return []
        told = {"_source": ",".join(fields)} if not isinstance(fields, bool) else {}

        def ask() -> list[Body]:
            found: list[Body] = self._read("POST", self.path("_mget"), {"ids": list(ids)}, told)["docs"]
            if len(found) != len(ids) or any("error" in each for each in found):
                raise Incomplete(f"{self.address}: not all of {len(ids)} documents could be read")
            return found

        return [each["_source"] if each["found"] else None for each in self._retried(ask)]

    def get(self, document: str) -> StoredDocument | None:
        """Return a document as it was last written, and its version; None where there is none."""
        answer = self.ask("GET", self.path("_doc", document), missing=True)
        if not answer.get("found"):
            return None
        return StoredDocument(Version(answer["_seq_no"], answer["_primary_term"]), answer["_source"])

    def frequencies(self, field: str, analyzer: str, terms: Sequence[str]) -> tuple[dict[str, int], int]:
        """Return in how many documents of one shard, always the same, each of some terms is, and how many it has.

        ``analyzer`` makes these terms of a text in which they stand with blanks between.
        """
        body = {
            "doc": {field: " ".join(terms)},
            "per_field_analyzer": {field: analyzer},
            "fields": [field],
            "term_statistics": True,
            **dict.fromkeys(("positions", "offsets", "payloads"), False),
        }
        path, told = self.path("_termvectors"), {"routing": _ONE_SHARD}
        answer: Body = self._retried(lambda: self._read("POST", path, body, told))
        said = answer["term_vectors"].get(field, {"terms": {}, "field_statistics": {"doc_count": 0}})
        found = {term: int(each.get("doc_freq", 0)) for term, each in said["terms"].items()}
        return found, int(said["field_statistics"]["doc_count"])

    def count(self, query: Body) -> int:
        """Return how many documents satisfy a query."""
        answer = self.search({"size": 0, "track_total_hits": True, "query": query})
        return int(answer["hits"]["total"]["value"])

    # Writing

    def bulk(self, lines: bytes, alias: str) -> None:
        """Carry out the actions of a bulk through an alias of the index; each may be carried out twice.

        Raises:
            NoSuchIndex: there is no such alias any more.
            IndexFailure: one of them can't be carried out.
        """
        told = {"require_alias": "true", "filter_path": "errors,items.*.error,items.*.status"}

        def ask() -> None:
            answer = self._once("POST", f"/{alias}/_bulk", lines, told)
            if answer.get("errors"):
                errors = [each for item in answer["items"] for each in item.values() if "error" in each]
                for each in sorted(errors, key=lambda each: each["status"] in _BUSY):
                    raise self._failure(each["status"], each["error"])

        self._retried(ask)

    def put(self, document: str, source: Body, seen: Version | None, *, refresh: bool = False) -> Version:
        """Write a document in place of the version that was seen, None where there was none.

        Raises:
            Conflict: somebody else wrote it meanwhile, or an answer was lost and this call did.
        """
        condition = {"if_seq_no": seen.seq_no, "if_primary_term": seen.primary_term} if seen else {"op_type": "create"}
        told = condition | ({"refresh": "true"} if refresh else {})
        answer = self.ask("PUT", self.path("_doc", document), source, told)
        return Version(answer["_seq_no"], answer["_primary_term"])

    def remove(self, document: str, seen: Version | None = None) -> None:
        """Remove a document, if it is there and, where a version is named, still that one.

        Raises:
            Conflict: it is another one by now.
        """
        condition = {"if_seq_no": seen.seq_no, "if_primary_term": seen.primary_term} if seen else {}
        self.ask("DELETE", self.path("_doc", document), told=condition, missing=True)

    def clear(self, query: Body) -> int:
        """Remove all documents that satisfy a query and are visible; return how many there were."""
        told = {"conflicts": "proceed", "slices": "auto", "scroll_size": "5000"}
        answer = self.ask("POST", self.path("_delete_by_query"), {"query": query}, told, seconds=_CLEARING)
        if answer["failures"]:
            raise Incomplete(f"{self.address}: not all could be cleared away; run the command again")
        return int(answer["deleted"])

    def refresh(self) -> None:
        """Make what was written visible to searches, on every copy of every shard."""
        self._until_whole(lambda: [self._once("POST", self.path("_refresh"))])

    # The index itself

    def described(self) -> Body | None:
        """Return settings and mapping of the index; None where there is none of its name."""
        answer = self.ask("GET", self.path(), missing=True)
        return next(iter(answer.values())) if "status" not in answer else None

    def standing(self) -> str | None:
        """Return what the index itself is called, of which the address may name an alias; None where there is none.

        Raises:
            IndexFailure: it is an alias of several.
        """
        found: Body = self.ask("GET", self.path("_alias"), missing=True)
        if "status" in found:
            return None
        if len(found) > 1:
            raise IndexFailure(f"{self.address}: an alias of several indexes: {', '.join(sorted(found))}; name one")
        return next(iter(found))

    def create(self, body: Body) -> None:
        """Make the index.

        Raises:
            Conflict: there is one by now.
        """
        self.ask("PUT", self.path(), body, {"wait_for_active_shards": "1"})

    def merge(self, segments: int) -> None:
        """Merge the segments of each shard into so many at most, without the rows that were removed."""
        self.ask("POST", self.path("_forcemerge"), told={"max_num_segments": segments}, seconds=_CLEARING)

    def drop(self) -> None:
        """Remove the index with all that is in it; where there is none, do nothing."""
        self.ask("DELETE", self.path(), missing=True)

    # What all of it is made of

    def path(self, *parts: str) -> str:
        """Return the path of something of the index."""
        return "/" + "/".join(quote(part, safe="") for part in (self.address.name, *parts))

    def ask(
        self,
        method: str,
        path: str,
        body: Body | str | bytes | None = None,
        told: Mapping[str, Any] | None = None,
        *,
        missing: bool = False,
        seconds: float | None = None,
    ) -> Any:
        """Return the answer to any request; with ``missing`` also where what is asked for is not there.

        Args:
            method, path, body, told: the request, its parameters among it.
            missing: whether the answer that something is not there is an answer.
            seconds: how long it may take; else as long as this connection's calls may.

        Raises:
            Unreachable: no node answers in time.
            Unavailable: none can answer now.
            IndexFailure: it is refused; the message says why.
        """
        if method == "GET" and seconds is None:
            return self._retried(lambda: self._read(method, path, body, told, missing))
        return self._retried(lambda: self._once(method, path, body, told, missing, seconds))

    def _read(
        self,
        method: str,
        path: str,
        body: Body | str | bytes | None = None,
        told: Mapping[str, Any] | None = None,
        missing: bool = False,
    ) -> Any:
        """Return the answer to what only reads: where a host is silent, another is asked the same."""
        ends = time.monotonic() + self._seconds()
        for _ in range(min(len(self.address.hosts) - 1, _MOST_SILENT)):
            if ends - time.monotonic() > 2 * self._patience.silent:
                with suppress(_Late):
                    return self._once(method, path, body, told, missing, self._patience.silent)
        return self._once(method, path, body, told, missing, ends - time.monotonic())

    def _once(
        self,
        method: str,
        path: str,
        body: Body | str | bytes | None = None,
        told: Mapping[str, Any] | None = None,
        missing: bool = False,
        seconds: float | None = None,
    ) -> Any:
        from opensearchpy.exceptions import ConnectionError as Refused
        from opensearchpy.exceptions import ConnectionTimeout, SSLError, TransportError
        from urllib3 import Timeout

        left = self._seconds() if seconds is None else seconds
        if left <= 0:
            raise _Late(f"{self.address}: no time was left to ask")
        heads = {"content-type": _LINES if isinstance(body, str | bytes) else "application/json"}
        try:
            answer = self._client.transport.perform_request(
                method,
                path,
                params=dict(told or {}),
                body=json.dumps(body, ensure_ascii=False) if isinstance(body, dict) else body,
                timeout=Timeout(connect=min(_CONNECTING, left), read=left),
                ignore=(404,) if missing else (),
                headers=heads,
            )
        except ConnectionTimeout:
            raise _Late(f"{self.address}: no answer came within {left:.0f} seconds") from None
        except SSLError as failure:
            advice = "name a file of trusted certificates by WENYUAN_OPENSEARCH_CA"
            raise IndexFailure(f"{self.address}: its certificate is not trusted ({failure.info}); {advice}") from None
        except Refused as failure:
            if "CERTIFICATE_VERIFY_FAILED" in str(failure.info):
                advice = "name a file of trusted certificates by WENYUAN_OPENSEARCH_CA"
                raise IndexFailure(f"{self.address}: its certificate is not trusted; {advice}") from None
            raise Unreachable(f"{self.address}: no node can be reached; see that the cluster runs") from None
        except TransportError as failure:
            raise self._failure(failure.status_code, failure.info) from None
        if isinstance(answer, str):
            raise IndexFailure(f"{self.address}: what answers there is no OpenSearch; see that host and port are right")
        return answer

    def _failure(self, status: int | str, said: Any) -> IndexFailure:
        """Return the failure that an answer tells."""
        error = said.get("error", said) if isinstance(said, Mapping) else said
        kinds, reason = _read_error(error)
        if "cluster_block_exception" in kinds:
            if "flood-stage" in reason or "read-only" in reason:
                advice = "make room there and write again; what was published is as it was"
                return IndexFailure(f"{self.address}: a disk of the cluster is full, so that it only reads; {advice}")
            return Unavailable(f"{self.address}: the cluster does not answer yet ({reason})")
        if status == 404 and "index_not_found_exception" in kinds:
            return NoSuchIndex(
                f"{self.address}: no index there; build one with `wenyuan index PATH --index {self.address}`"
            )
        if status == 409 or "resource_already_exists_exception" in kinds:
            return Conflict(f"{self.address}: somebody else wrote meanwhile")
        who = self._credentials[0] if self._credentials else "nobody"
        if status == 401:
            advice = f"set {USER} and {PASSWORD}, or name a file of both by {FILE}"
            return IndexFailure(f"{self.address}: user and password of {who} are not accepted; {advice}")
        if status == 403:
            return IndexFailure(f"{self.address}: refused to {who} ({reason}); docs/cluster.md lists the rights")
        if status in _BUSY or kinds & _GONE:
            partial = kinds & {"search_phase_execution_exception", "no_shard_available_action_exception"}
            failure = Incomplete if partial else Unavailable
            return failure(f"{self.address}: the cluster can't answer now ({reason}); try again")
        if "no space left" in reason.lower():
            return IndexFailure(f"{self.address}: a disk of the cluster is full; make room there and write again")
        return IndexFailure(f"{self.address}: the cluster refused what was asked ({status}: {reason})")

    def _until_whole(self, ask: Callable[[], list[Body]]) -> list[Body]:
        """Return answers, each of which is made from all shards."""

        def checked() -> list[Body]:
            answers = ask()
            for answer in answers:
                if "error" in answer:
                    raise self._failure(answer.get("status", 500), answer["error"])
                if answer.get("timed_out"):
                    raise _Late(f"{self.address}: not all of the index answered in time; nothing was counted")
                if answer["_shards"]["failed"]:
                    raise Incomplete(f"{self.address}: a part of the index did not answer; nothing was counted")
            return answers

        return self._retried(checked)

    def _retried(self, ask: Callable[[], T]) -> T:
        began, pause = time.monotonic(), 0.02
        while True:
            try:
                return ask()
            except Unavailable as failure:
                patience = self._patience.of(failure)
                if time.monotonic() - began + pause > patience:
                    raise
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    @property
    def _client(self) -> Any:
        """The client of this process: what a process that forked holds is not to be shared."""
        if os.getpid() not in self._clients:
            self._clients[os.getpid()] = self._connected()
        return self._clients[os.getpid()]

    def _connected(self) -> Any:
        from opensearchpy import OpenSearch  # not everybody has it

        # It would log each failure, which is told by an error, with the whole request.
        logging.getLogger("opensearch").setLevel(logging.CRITICAL)
        return OpenSearch(
            [{"host": host, "port": port, "use_ssl": self.address.secure} for host, port in self.address.hosts],
            http_auth=self._credentials,
            ssl_context=self._trust,
            pool_maxsize=32,
            max_retries=0,
            retry_on_timeout=True,  # which sets a host that is late aside for a while
            retry_on_status=(),
        )


class _Late(Unreachable):
    """No answer came in time."""


def _read_error(error: Any) -> tuple[set[str], str]:
    """Return the kinds of an error and of its causes, and what it says."""
    if not isinstance(error, Mapping):
        return set(), str(error)
    found = list(_causes(error))
    said = next((each["reason"] for each in reversed(found) if each.get("reason")), "no reason was given")
    return {str(each.get("type")) for each in found}, str(said)


def _causes(error: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    yield error
    for cause in error.get("root_cause", ()):
        if cause is not error:
            yield cause
    for failed in error.get("failed_shards", ()):
        if isinstance(reason := failed.get("reason"), Mapping):
            yield from _causes(reason)
    if isinstance(cause := error.get("caused_by"), Mapping):
        yield from _causes(cause)
