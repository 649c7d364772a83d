"""The roles in deploy/cluster/roles.yml and what Wenyuan asks of a cluster are in step, both ways.

Which actions a request becomes was read from the log of the nodes (``org.opensearch.tasks.TaskManager`` at ``trace``)
while it was asked alone. That the security plugin judges by them as it says was not tried: it is not to be had here.
"""

from __future__ import annotations

import ast
import json
import re
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.request import Request, urlopen

import pytest
import yaml
from clusters import empty_index, hosts
from open_index import build

from corpora.model import Access
from indexer.building.build import compact
from indexer.cluster import building, snapshots
from indexer.cluster.address import ClusterAddress, index_address
from indexer.cluster.carrying import carry
from indexer.errors import IndexFailure
from indexer.upkeep.backup import backup, restore
from indexer.upkeep.declaring import declare
from indexer.upkeep.repair import repair, verify
from search.library import Library
from search.model import Mode, SearchRequest
from web.app import create_app

ROOT = Path(__file__).parents[2]
ROLES = ROOT / "deploy" / "cluster" / "roles.yml"
ASKING = ("indexer/cluster", "search/stores/cluster")
REPOSITORY = "snapshots"
REMOVED = "remove_index"

_SEARCH = ("indices:data/read/search",)
_WRITTEN = ("indices:data/write/bulk", "indices:data/write/bulk[s]")
ACTIONS: dict[str, tuple[str, ...]] = {
    "POST /INDEX/_search": _SEARCH,
    "POST /_msearch": ("indices:data/read/msearch", *_SEARCH),
    "POST /INDEX/_mget": ("indices:data/read/mget", "indices:data/read/mget[shard]"),
    "GET /INDEX/_doc/ID": ("indices:data/read/get", "indices:data/read/get[s]"),
    "PUT /INDEX/_doc/ID": ("indices:data/write/index", *_WRITTEN),
    "DELETE /INDEX/_doc/ID": ("indices:data/write/delete", *_WRITTEN),
    "POST /INDEX/_bulk": _WRITTEN,
    "POST /INDEX/_delete_by_query": (
        *("indices:data/write/delete/byquery", "indices:admin/shards/search_shards", *_SEARCH),
        *("indices:data/read/scroll", "indices:data/read/scroll/clear", *_WRITTEN),
    ),
    "POST /INDEX/_termvectors": ("indices:data/read/tv", "indices:data/read/tv[s]"),
    "POST /INDEX/_refresh": ("indices:admin/refresh", "indices:admin/refresh[s]"),
    "POST /INDEX/_forcemerge": ("indices:admin/forcemerge", "indices:admin/forcemerge[n]"),
    "GET /INDEX": ("indices:admin/get",),
    "PUT /INDEX": ("indices:admin/create",),
    "DELETE /INDEX": ("indices:admin/delete",),
    "GET /INDEX/_alias": ("indices:admin/aliases/get",),
    "POST /_aliases": ("indices:admin/aliases",),
    f"POST /_aliases {REMOVED}": ("indices:admin/aliases", "indices:admin/delete"),
    "PUT /INDEX/_settings": ("indices:admin/settings/update",),
    "PUT /INDEX/_clone/INDEX": (
        # The plugin asks for the right to make what is made.
        *("indices:admin/resize", "indices:admin/create", "indices:admin/mapping/put"),
        *("indices:monitor/stats", "indices:monitor/stats[n]"),
    ),
    "GET /INDEX/_stats/segments,store": ("indices:monitor/stats", "indices:monitor/stats[n]"),
    "GET /INDEX/_stats/docs,store": ("indices:monitor/stats", "indices:monitor/stats[n]"),
    "GET /INDEX/_recovery": ("indices:monitor/recovery", "indices:monitor/recovery[n]"),
    "GET /_cluster/health/INDEX": ("cluster:monitor/health",),
    "GET /_cat/segment_replication/INDEX": (
        *("indices:monitor/segment_replication", "indices:monitor/segment_replication[n]"),
    ),
    "GET /_snapshot/REPOSITORY": ("cluster:admin/repository/get",),
    "PUT /_snapshot/REPOSITORY/ID": ("cluster:admin/snapshot/create",),
    "GET /_snapshot/REPOSITORY/ID": ("cluster:admin/snapshot/get",),
    "GET /_snapshot/REPOSITORY/ID/_status": ("cluster:admin/snapshot/status", "cluster:admin/snapshot/status[nodes]"),
    "DELETE /_snapshot/REPOSITORY/ID": ("cluster:admin/snapshot/delete",),
    # The plugin asks for the rights to make and to write what is restored.
    "POST /_snapshot/REPOSITORY/ID/_restore": (
        *("cluster:admin/snapshot/restore", "indices:admin/create", "indices:data/write/index"),
    ),
}
"""Which actions a request becomes."""


def of_the_cluster(action: str) -> bool:
    """Whether the plugin looks for an action among the permissions of the cluster, not of indexes."""
    ways = ("indices:data/write/bulk", "indices:data/read/mget", "indices:data/read/msearch")
    return action.startswith(("cluster:", "indices:data/read/scroll")) or action in ways


@dataclass(frozen=True)
class Role:
    """What a role may do: actions, and the names of indexes on which it may do those of an index."""

    cluster: tuple[str, ...]
    names: tuple[str, ...]
    actions: tuple[str, ...]

    def covers(self, action: str, name: str = "wenyuan") -> bool:
        if of_the_cluster(action):
            return any(fnmatchcase(action, _literal(each)) for each in self.cluster)
        named = any(fnmatchcase(name, each) for each in self.names)
        return named and any(fnmatchcase(action, _literal(each)) for each in self.actions)


def _literal(pattern: str) -> str:
    return pattern.replace("[", "[[]")


def roles() -> dict[str, Role]:
    said = yaml.safe_load(ROLES.read_text("utf-8"))
    del said["_meta"]
    found = {}
    for name, each in said.items():
        (permission,) = each["index_permissions"]
        found[name] = Role(
            tuple(each["cluster_permissions"]),
            tuple(permission["index_patterns"]),
            tuple(permission["allowed_actions"]),
        )
    return found


@dataclass
class Record:
    """What was asked: requests, each with the indexes it names, and the functions that asked."""

    name: str
    asked: set[tuple[str, frozenset[str]]] = field(default_factory=set)
    functions: set[tuple[str, str]] = field(default_factory=set)

    def note(self, method: str, path: str, body: Any) -> None:
        path = path.replace("%2C", ",").replace(self.name, "wenyuan")
        text = body if isinstance(body, str) else ""
        names = set(re.findall(r"wenyuan[\w.-]*", path.partition("/_snapshot/")[0]))
        if path.endswith(("/_aliases", "/_msearch", "/_restore")):
            names |= set(re.findall(r'"(wenyuan[\w.-]*)"', text.replace(self.name, "wenyuan")))
        pattern = re.sub(r"/_snapshot/[^/]+(/[^/]+)?", lambda at: f"/_snapshot/REPOSITORY{'/ID' * bool(at[1])}", path)
        pattern = re.sub(r"wenyuan[\w.-]*", "INDEX", re.sub(r"/_doc/.+", "/_doc/ID", pattern))
        removed = f" {REMOVED}" if pattern == "/_aliases" and REMOVED in text else ""
        self.asked.add((f"{method} {pattern}{removed}", frozenset(names)))
        frame: FrameType | None = sys._getframe()
        while frame:
            if any(place in frame.f_code.co_filename for place in ASKING):
                self.functions.add((Path(frame.f_code.co_filename).name, frame.f_code.co_qualname))
            frame = frame.f_back

    def uncovered(self, role: Role) -> list[str]:
        """The requests that a role does not allow, each with the action that it lacks."""
        found = set()
        for request, names in self.asked:
            for action in ACTIONS.get(request, ("nobody has said what this becomes",)):
                for name in names or {"wenyuan"}:
                    if not role.covers(action, name):
                        found.add(f"{request} on {name}: {action}")
        return sorted(found)


@contextmanager
def recorded(name: str) -> Iterator[Record]:
    """Write down what is asked of the index of a name."""
    from opensearchpy import Transport

    record, perform = Record(name), Transport.perform_request

    def noted(self: Any, method: str, path: str, *arguments: Any, **named: Any) -> Any:
        record.note(method, path, named.get("body"))
        return perform(self, method, path, *arguments, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Transport, "perform_request", noted)
        yield record


def ask(method: str, path: str, body: Any = None) -> Any:
    data = json.dumps(body).encode() if body is not None else None
    request = Request(f"{hosts()[0]}{path}", data, {"Content-Type": "application/json"}, method=method)
    with urlopen(request, timeout=60) as answer:
        return json.load(answer)


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Record]]:
    """What each role's commands ask: building and keeping; serving; backup and restoration."""
    folder, repository = tmp_path_factory.mktemp("texts"), f"{REPOSITORY}-{uuid.uuid4().hex}"
    with empty_index("?shards=2&replicas=1") as named, pytest.MonkeyPatch.context() as patch:
        patch.setattr(building, "GRACE", 0.0)
        address = index_address(named)
        assert isinstance(address, ClusterAddress)
        ask("PUT", f"/_snapshot/{repository}", {"type": "fs", "settings": {"location": repository}})
        try:
            with recorded(address.name) as indexing:
                build_and_keep(folder, address)
            with recorded(address.name) as searching:
                serve(folder, address)
            with recorded(address.name) as saving:
                save(folder, address, repository, patch)
            # What was restored is named by an alias now; all goes on.
            with recorded(address.name) as again:
                build([write(folder, "水", "混同江")], address)
            indexing.asked |= again.asked
            with recorded(address.name) as again:
                serve(folder, address)
            searching.asked |= again.asked
        finally:
            for each in ask("GET", f"/_snapshot/{repository}/_all")["snapshots"]:
                ask("DELETE", f"/_snapshot/{repository}/{each['snapshot']}")
            ask("DELETE", f"/_snapshot/{repository}")
        yield {"wenyuan_index": indexing, "wenyuan_search": searching, "wenyuan_backup": saving}


def write(folder: Path, name: str, text: str) -> Path:
    file = folder / f"{name}.txt"
    file.write_text(text, "utf-8")
    return file


def build_and_keep(folder: Path, address: ClusterAddress) -> None:
    build([write(folder, "江", "松花江出長白山")], folder / "carried")
    carry(folder / "carried", address)
    for text in ("黑龍江", "黑龍江在其北", "黑龍江在其北焉"):
        build([write(folder, "山", text)], address)
    declare(address, "local", Access.STAFF)
    declare(address, "local", Access.OPEN)
    repair(address)
    repair(address, go_back=True)
    build([write(folder, "山", "黑龍江")], address)
    build([write(folder, "山", "黑龍江在")], address)
    compact(address)
    carry(address, folder / "back")


def serve(folder: Path, address: ClusterAddress) -> None:
    library = Library.open(address)
    for mode in Mode:
        library.search(SearchRequest("松花江", mode=mode))
    library.status()
    verify(address)
    site = create_app(address, str(folder / "site.sqlite")).test_client()
    for page in ("/", "/search?q=松花江", "/works", "/works/江", "/readyz", "/api/v1/search?q=松花江"):
        assert site.get(page).status_code in (200, 302, 404), page


def save(folder: Path, address: ClusterAddress, repository: str, patch: pytest.MonkeyPatch) -> None:
    note = folder / f"{uuid.uuid4().hex}.json"
    backup(address, note, repository=repository)
    restore(note, address, over=True)
    restore(note, address, over=True)
    note.write_text(note.read_text("utf-8").replace('"manifest": "', '"manifest": "0'), "utf-8")
    with pytest.raises(IndexFailure, match="not the one that was noted"):
        restore(note, address, over=True)
    with patch.context() as meanwhile:
        meanwhile.setattr(snapshots, "_digest", lambda _: uuid.uuid4().hex)
        with pytest.raises(IndexFailure, match="published faster"):
            backup(address, folder / "none", repository=repository)


def test_there_are_three_roles_and_none_may_do_all() -> None:
    found = roles()
    assert list(found) == ["wenyuan_search", "wenyuan_index", "wenyuan_backup"]
    for role in found.values():
        assert all(":" in action for action in role.cluster + role.actions)
        assert all(each == "wenyuan" or re.fullmatch(r"wenyuan[.-][a-z]+-\*", each) for each in role.names)
    for action in ("indices:data/write/index", "indices:admin/delete", "indices:admin/create", "indices:admin/aliases"):
        assert not found["wenyuan_search"].covers(action)
    assert not found["wenyuan_index"].covers("indices:admin/delete")
    assert not found["wenyuan_index"].covers("cluster:admin/snapshot/restore")


def test_what_no_role_covers_is_found() -> None:
    record = Record("library")
    record.note("POST", "/library/_search", "{}")
    assert record.uncovered(roles()["wenyuan_search"]) == []
    record.note("POST", "/library/_close", None)
    record.note("POST", "/library-other/_search", "{}")
    record.note("PUT", "/library/_doc/state", "{}")
    assert [each.partition(":")[0] for each in record.uncovered(roles()["wenyuan_search"])] == [
        "POST /INDEX/_close on wenyuan",
        "POST /INDEX/_search on wenyuan-other",
        *["PUT /INDEX/_doc/ID on wenyuan"] * 3,
    ]


@pytest.mark.parametrize("name", ["wenyuan_search", "wenyuan_index", "wenyuan_backup"])
def test_a_role_covers_what_its_commands_ask(records: dict[str, Record], name: str) -> None:
    assert records[name].uncovered(roles()[name]) == []


@pytest.mark.parametrize("name", ["wenyuan_search", "wenyuan_index", "wenyuan_backup"])
def test_a_role_has_no_right_that_its_commands_do_not_need(records: dict[str, Record], name: str) -> None:
    # Asked while a snapshot, or a restoration, takes its time.
    role, rare = roles()[name], {"GET /INDEX/_recovery", "GET /_snapshot/REPOSITORY/ID/_status"}
    asked = {request for request, _ in records[name].asked} | (rare if name == "wenyuan_backup" else set())
    needed = {action for request in asked for action in ACTIONS[request]}
    for patterns, where in ((role.cluster, True), (role.actions, False)):
        used = {action for action in needed if of_the_cluster(action) == where}
        assert [each for each in patterns if not any(fnmatchcase(action, _literal(each)) for action in used)] == []


def test_every_place_that_asks_was_reached(records: dict[str, Record]) -> None:
    """So that a request that is new is among those that are looked at."""
    reached = {function for record in records.values() for function in record.functions}
    missed = [
        f"{file}: {name}"
        for file, name in places()
        if not any(
            file == other and (name == asked or asked.startswith(f"{name}.<locals>")) for other, asked in reached
        )
    ]
    assert missed == []


def places() -> Iterator[tuple[str, str]]:
    """The functions that name a request."""
    for path in [path for folder in ASKING for path in sorted((ROOT / folder).glob("*.py"))]:
        for node in ast.parse(path.read_text("utf-8")).body:
            for function in node.body if isinstance(node, ast.ClassDef) else [node]:
                if not isinstance(function, ast.FunctionDef):
                    continue
                calls = [each for each in ast.walk(function) if isinstance(each, ast.Call)]
                if any(isinstance(each.func, ast.Attribute) and each.func.attr in ("ask", "_once") for each in calls):
                    owner = f"{node.name}." if isinstance(node, ast.ClassDef) else ""
                    yield path.name, owner + function.name
