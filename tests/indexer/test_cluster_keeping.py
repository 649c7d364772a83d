"""An index on a cluster is kept as one in a folder is: declared, verified, mended, taken back, backed up, restored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from clusters import empty_index, hosts
from open_index import build

from corpora.model import Access
from indexer.building.build import compact
from indexer.cluster.address import ClusterAddress, index_address
from indexer.errors import IndexFailure
from indexer.upkeep.backup import backup, restore
from indexer.upkeep.declaring import adopt, declare, survey
from indexer.upkeep.repair import repair, verify
from indexer.upkeep.standing import published, standing


def ask(method: str, path: str, body: Any = None) -> Any:
    """What a node answers."""
    data = json.dumps(body).encode() if body is not None else None
    request = Request(f"{hosts()[0]}{path}", data, {"Content-Type": "application/json"}, method=method)
    with urlopen(request, timeout=60) as answer:
        return json.load(answer)


@pytest.fixture
def address() -> Iterator[ClusterAddress]:
    with empty_index("?shards=2&replicas=0") as named:
        made = index_address(named)
        assert isinstance(made, ClusterAddress)
        yield made


@pytest.fixture
def index(address: ClusterAddress, tmp_path: Path) -> ClusterAddress:
    """An index of two works, which came one after the other."""
    for name, text in (("江", "松花江出長白山"), ("山", "黑龍江在其北")):
        (tmp_path / f"{name}.txt").write_text(text, "utf-8")
        build([tmp_path / f"{name}.txt"], address)
    return address


@pytest.fixture
def repository(address: ClusterAddress) -> Iterator[str]:
    """A repository of snapshots, in the first folder that the nodes allow."""
    name = address.name
    ask("PUT", f"/_snapshot/{name}", {"type": "fs", "settings": {"location": name}})
    yield name
    for each in ask("GET", f"/_snapshot/{name}/_all")["snapshots"]:
        ask("DELETE", f"/_snapshot/{name}/{each['snapshot']}")
    ask("DELETE", f"/_snapshot/{name}")


def works(address: ClusterAddress) -> set[str]:
    found = published(address)
    return set(found.live_works()) if found else set()


def test_who_may_read_is_declared_without_indexing(index: ClusterAddress) -> None:
    before = standing(index).generation
    declare(index, "local", Access.STAFF)
    assert survey(index, None)["local"].effect == {Access.STAFF: 2}
    assert standing(index).generation.number == before.number
    adopt(index, None)
    with pytest.raises(IndexFailure, match="no works of a collection elsewhere"):
        declare(index, "elsewhere", Access.OPEN)


def test_what_is_whole_is_told_as_whole(index: ClusterAddress) -> None:
    verdict = verify(index)
    assert verdict.damages == ()
    assert verdict.generation == 2
    assert verdict.files >= 8
    assert verdict.bytes > 0
    assert repair(index).damages == ()


@pytest.mark.parametrize("harm", ["changed", "missing part", "missing section", "missing card", "missing passage"])
def test_damage_is_named_and_its_work_leaves_the_index(index: ClusterAddress, tmp_path: Path, harm: str) -> None:
    stamp = next(entry.name for entry in standing(index).generation.packs if "山" in entry.works)
    where = {
        "changed": f"{stamp}.0.0",
        "missing part": f"{stamp}.0.0",
        "missing section": f"{stamp}.s0",
        "missing card": stamp,
        "missing passage": f"{stamp}.0",
    }[harm]
    if harm == "changed":
        ask("POST", f"/{index.name}/_update/{where}?refresh=true", {"doc": {"blob": "AAAA"}})
    else:
        ask("DELETE", f"/{index.name}/_doc/{where}?refresh=true")
    (damage,) = verify(index).damages
    assert damage.path.parts[0] == "山"
    done = repair(index)
    assert done.lost == ("山",)
    assert works(index) == {"江"}
    assert verify(index).generation == 3
    build([tmp_path / "山.txt"], index)  # as the command advises
    assert works(index) == {"江", "山"}
    assert verify(index).damages == ()


def test_going_back_and_forth_opens_nothing(index: ClusterAddress) -> None:
    declare(index, "local", Access.STAFF)
    done = repair(index, go_back=True)
    assert (done.back, done.generation, works(index)) == (True, 3, {"江"})
    assert survey(index, None)["local"].effect == {Access.STAFF: 1}
    assert verify(index).damages == ()
    repair(index, go_back=True)
    assert works(index) == {"江", "山"}
    assert survey(index, None)["local"].effect == {Access.STAFF: 2}
    compact(index)
    assert verify(index).damages == ()


def test_a_snapshot_comes_back_in_one_step_and_keeps_what_was_there(
    index: ClusterAddress, repository: str, tmp_path: Path
) -> None:
    file = tmp_path / "index.json"
    backup(index, file, repository=repository)
    (tmp_path / "水.txt").write_text("混同江", "utf-8")
    build([tmp_path / "水.txt"], index)
    declare(index, "local", Access.STAFF)
    with pytest.raises(IndexFailure, match="--replace"):
        restore(file, index)
    assert works(index) == {"江", "山", "水"}

    done = restore(file, index, over=True)
    assert works(index) == {"江", "山"}
    assert done.generation == 4
    assert survey(index, None)["local"].effect == {Access.STAFF: 2}  # what was closed since stays closed
    assert standing(index).generation.tombstones.keys() == {"水"}
    assert verify(index).damages == ()
    kept = index_address(f"{str(index).rpartition('/')[0]}/{done.aside}")
    assert isinstance(kept, ClusterAddress)
    assert works(kept) == {"江", "山", "水"}

    build([tmp_path / "水.txt"], index)  # it goes on as any other
    assert works(index) == {"江", "山", "水"}
    again = restore(file, index, over=True)
    assert works(index) == {"江", "山"}
    assert again.aside != done.aside
    assert verify(index).damages == ()


def test_a_snapshot_comes_back_where_nothing_was(index: ClusterAddress, repository: str, tmp_path: Path) -> None:
    backup(index, tmp_path / "index.json", repository=repository)
    with empty_index() as elsewhere:
        other = index_address(elsewhere)
        assert isinstance(other, ClusterAddress)
        assert restore(tmp_path / "index.json", other).aside == ""
        assert works(other) == {"江", "山"}
        assert verify(other).damages == ()


def test_what_a_build_was_writing_is_not_in_what_comes_back(
    index: ClusterAddress, repository: str, tmp_path: Path
) -> None:
    """Rows of a build that was killed before it published are in the snapshot, and must never be seen."""
    born = {"kind": "passage", "stamp": "3-stray", "born": 3, "work": "stray", "place": 0}
    ask("PUT", f"/{index.name}/_doc/3-stray.0?refresh=true", born)
    backup(index, tmp_path / "index.json", repository=repository)
    restore(tmp_path / "index.json", index, over=True)
    assert ask("GET", f"/{index.name}/_count?q=stamp:3-stray")["count"] == 0
    assert verify(index).damages == ()


@pytest.mark.parametrize("wrong", ["repository", "snapshot", "note", "manifest", "folder's"])
def test_what_can_not_be_restored_leaves_all_as_it_was(
    index: ClusterAddress, repository: str, tmp_path: Path, wrong: str
) -> None:
    file = tmp_path / "index.json"
    backup(index, file, repository=repository)
    note = json.loads(file.read_text("utf-8"))
    match wrong:
        case "note":
            file.write_text('{"snapshot": 1}', "utf-8")
        case "folder's":
            build([tmp_path / "江.txt"], tmp_path / "folder")
            file.unlink()
            backup(tmp_path / "folder", file)
        case _:
            file.write_text(json.dumps({**note, wrong: "other"}), "utf-8")
    before = set(ask("GET", f"/{index.name}*"))
    with pytest.raises(IndexFailure):
        restore(file, index, over=True)
    assert set(ask("GET", f"/{index.name}*")) == before
    assert works(index) == {"江", "山"}


def test_no_repository_is_told_with_what_to_do(index: ClusterAddress, tmp_path: Path) -> None:
    with pytest.raises(IndexFailure, match="register it"):
        backup(index, tmp_path / "index.json", repository=f"{index.name}-none")
    assert not (tmp_path / "index.json").exists()


@pytest.mark.parametrize("body", [{}, {"mappings": {"_meta": {"wenyuan": {"format": 99}}}}], ids=["foreign", "format"])
def test_what_is_not_ours_is_refused_and_left_alone(address: ClusterAddress, tmp_path: Path, body: Any) -> None:
    ask("PUT", f"/{address.name}", body)
    before = ask("GET", f"/{address.name}")
    (tmp_path / "江.txt").write_text("松花江出長白山", "utf-8")
    for act in (
        lambda: build([tmp_path / "江.txt"], address),
        lambda: verify(address),
        lambda: repair(address, go_back=True),
        lambda: declare(address, "local", Access.OPEN),
        lambda: compact(address),
        lambda: backup(address, tmp_path / "file"),
    ):
        with pytest.raises(IndexFailure, match=r"not Wenyuan's|format 99"):
            act()
    assert ask("GET", f"/{address.name}") == before


def test_a_refusal_of_the_cluster_is_no_traceback(address: ClusterAddress) -> None:
    with pytest.raises(HTTPError):
        ask("GET", f"/{address.name}")
    with pytest.raises(IndexFailure, match="no index there"):
        verify(address)
