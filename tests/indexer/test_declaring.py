"""Who may read what is written with the generation, travels with it, and never opens by itself."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from inside import engine_folder

from corpora.manifests import Catalogue, load
from corpora.model import Access, strictest
from indexer.building.build import build, compact
from indexer.errors import IndexFailure
from indexer.store import checksums
from indexer.store.access import LOCAL, Declared, declared_from, effective
from indexer.store.generation import Generation, previous, published
from indexer.upkeep.backup import backup, restore
from indexer.upkeep.declaring import adopt, declare, survey
from indexer.upkeep.repair import repair, verify

OPEN, HERE, ROOM, STAFF = Access.OPEN, Access.THIS_MACHINE, Access.IN_LIBRARY, Access.STAFF
MANIFEST = """\
id: {id}
title: {{zh: 密藏, en: Secret}}
description: {{zh: 無, en: None}}
licence: none
access: {access}
"""


def write(folder: Path, name: str, text: str = "松花江出長白山。") -> Path:
    path = folder / f"{name}.md"
    path.write_text(f"---\nid: {name}\ntitle: {name}\n---\n\n{text}\n", "utf-8")
    return path


def catalogue(folder: Path, **collections: Access) -> Catalogue:
    """The manifests, with these of a library's own."""
    own = folder / "collections"
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir()
    for name, access in collections.items():
        (own / f"{name}.yaml").write_text(MANIFEST.format(id=name, access=access), "utf-8")
    return load(own)


def state(index: Path) -> Generation:
    generation = published(index)
    assert generation is not None
    return generation


def said(index: Path, work: str = "w", collection: str = LOCAL) -> Access | None:
    return state(index).access.of(collection, work)


def as_of_today(index: Path) -> None:
    """Make the index one in which nothing was declared."""
    for path in index.glob("*.json"):
        data = checksums.unchecked(json.loads(path.read_text("utf-8")))
        data.pop("access", None)
        path.write_text(json.dumps(checksums.checked(data)), "utf-8")


@pytest.mark.parametrize(
    ("declared", "manifest", "wanted"),
    [
        (None, None, STAFF),
        (None, OPEN, STAFF),
        (OPEN, None, OPEN),
        (OPEN, OPEN, OPEN),
        (OPEN, STAFF, STAFF),
        (STAFF, OPEN, STAFF),
        (ROOM, OPEN, ROOM),
        (HERE, OPEN, HERE),
        (HERE, ROOM, STAFF),
        (ROOM, HERE, STAFF),
        (ROOM, STAFF, STAFF),
    ],
)
def test_the_stricter_counts_and_what_the_index_does_not_declare_is_staffs(
    declared: Access | None, manifest: Access | None, wanted: Access
) -> None:
    assert effective(declared, manifest) is wanted


def test_the_strictest_of_nothing_is_nothing() -> None:
    assert strictest(None, None) is None


def test_a_build_writes_what_the_manifest_says_and_leaves_the_rest_undeclared(tmp_path: Path) -> None:
    index = tmp_path / "index"
    build([write(tmp_path, "w")], index, collection="secret", catalogue=catalogue(tmp_path, secret=ROOM))
    build([write(tmp_path, "v")], index)
    assert (said(index, "w", "secret"), said(index, "v")) == (ROOM, None)
    assert survey(index, None)["secret"].effect == {ROOM: 1}
    assert survey(index, None)[LOCAL].is_undeclared


def test_works_of_none_are_declared_one_by_one(tmp_path: Path) -> None:
    index = tmp_path / "index"
    build([write(tmp_path, "w")], index, access=OPEN)
    build([write(tmp_path, "v")], index)
    assert (said(index, "w"), said(index, "v")) == (OPEN, None)
    build([write(tmp_path, "v")], index, access=HERE)  # nothing changed but this
    assert (said(index, "w"), said(index, "v")) == (OPEN, HERE)
    assert state(index).number == 2


def test_a_work_that_is_replaced_stays_as_it_was_declared(tmp_path: Path) -> None:
    index = tmp_path / "index"
    build([write(tmp_path, "w")], index, access=ROOM)
    for access in (None, OPEN):
        report = build([write(tmp_path, "w", f"改矣{access}")], index, access=access)
        assert report.replaced == 1
        assert said(index) is ROOM
    build([write(tmp_path, "w", "又改矣")], index, access=STAFF)
    assert said(index) is STAFF


def test_a_work_that_was_open_and_left_comes_back_undeclared(tmp_path: Path) -> None:
    index = tmp_path / "index"
    build([write(tmp_path, "w"), write(tmp_path, "v")], index, access=OPEN)
    build([], index, remove=["w"])
    build([write(tmp_path, "w", "別一書也")], index)
    assert (said(index, "w"), said(index, "v")) == (None, OPEN)


def test_a_new_work_of_a_collection_that_the_index_closed_is_closed(tmp_path: Path) -> None:
    index, known = tmp_path / "index", catalogue(tmp_path, secret=OPEN)
    build([write(tmp_path, "w")], index, collection="secret", catalogue=known)
    declare(index, "secret", STAFF)
    build([write(tmp_path, "v")], index, collection="secret", catalogue=known, access=OPEN)
    assert said(index, "v", "secret") is STAFF


def test_others_of_an_undeclared_collection_are_not_opened_along(tmp_path: Path) -> None:
    index = tmp_path / "index"
    build([write(tmp_path, "w")], index, collection="lost")
    build([write(tmp_path, "v")], index, collection="lost", access=OPEN)
    assert said(index, "w", "lost") is None


def test_any_build_writes_down_what_manifests_have_closed_by_now(tmp_path: Path) -> None:
    index = tmp_path / "index"
    build([write(tmp_path, "w")], index, collection="secret", catalogue=catalogue(tmp_path, secret=OPEN))
    build([write(tmp_path, "v")], index, access=OPEN, catalogue=catalogue(tmp_path, secret=STAFF))
    assert said(index, "w", "secret") is STAFF
    build([write(tmp_path, "u")], index, access=OPEN, catalogue=catalogue(tmp_path, secret=OPEN))
    assert said(index, "w", "secret") is STAFF


@pytest.mark.parametrize("declared", [None, HERE, ROOM, STAFF])
def test_a_work_leaves_a_collection_that_is_not_open_only_when_told(tmp_path: Path, declared: Access | None) -> None:
    index = tmp_path / "index"
    build([write(tmp_path, "w"), write(tmp_path, "x")], index, collection="secret", access=declared)
    before = state(index)
    changed = write(tmp_path, "w", "改矣")
    report = build([changed], index)
    (problem,) = report.problems
    assert "w: belongs to the collection secret" in str(problem)
    assert "--collection secret" in str(problem)
    assert "--move" in str(problem)
    assert state(index) == before
    assert build([changed, write(tmp_path, "y")], index, access=OPEN).added == 1  # the rest goes on
    assert said(index, "w", "secret") is declared
    assert build([changed], index).problems == report.problems  # it is not held for done
    assert build([changed], index, move=True).problems == ()
    assert survey(index, None)[LOCAL].declared == {None: 1, OPEN: 1}
    assert build([write(tmp_path, "x", "改矣")], index, collection="secret").replaced == 1


def test_an_open_work_may_go_to_another_collection(tmp_path: Path) -> None:
    index = tmp_path / "index"
    build([write(tmp_path, "w")], index, access=OPEN)
    report = build([write(tmp_path, "w")], index, collection="secret", access=STAFF)
    assert (report.problems, said(index, "w", "secret")) == ((), STAFF)


def test_a_work_that_a_closed_manifest_names_goes_nowhere_else(tmp_path: Path) -> None:
    own = tmp_path / "collections"
    own.mkdir()
    named = MANIFEST.format(id="secret", access=STAFF) + "works: [{id: w, title: 書}]\n"
    (own / "secret.yaml").write_text(named, "utf-8")
    with pytest.raises(IndexFailure, match="w: belongs to the collection secret"):
        build([write(tmp_path, "w")], tmp_path / "index", collection="other", access=OPEN, catalogue=load(own))
    assert build([tmp_path / "w.md"], tmp_path / "index", catalogue=load(own)).added == 1
    assert said(tmp_path / "index", "w", "secret") is STAFF


def test_an_index_of_today_opens_undeclared_and_one_call_brings_it_up_to_date(tmp_path: Path) -> None:
    index, own = tmp_path / "index", tmp_path / "collections"
    known = catalogue(tmp_path, secret=ROOM)
    build([write(tmp_path, "w")], index, collection="secret", catalogue=known)
    build([write(tmp_path, "v")], index, access=OPEN)
    with_access = state(index)
    as_of_today(index)
    assert state(index) == replace(with_access, access=Declared())
    assert [each.effect for each in survey(index, own).values()] == [{STAFF: 1}, {STAFF: 1}]
    adopt(index, own)
    assert (said(index, "w", "secret"), said(index, "v")) == (ROOM, None)
    declare(index, LOCAL, OPEN)
    assert state(index).access == with_access.access
    assert verify(index).damages == ()


def test_an_unread_manifest_file_has_no_word_of_access_where_none_was_said(tmp_path: Path) -> None:
    build([write(tmp_path, "w")], tmp_path / "index")
    assert "access" not in json.loads((tmp_path / "index" / "manifest.json").read_text("utf-8"))


@pytest.mark.parametrize("access", [{"works": {"w": "public"}}, {"works": []}, [], "open"])
def test_damaged_words_are_damage(tmp_path: Path, access: object) -> None:
    index = tmp_path / "index"
    build([write(tmp_path, "w")], index, access=OPEN)
    data = checksums.unchecked(json.loads((index / "manifest.json").read_text("utf-8"))) | {"access": access}
    (index / "manifest.json").write_text(json.dumps(checksums.checked(data)), "utf-8")
    with pytest.raises(IndexFailure, match="unreadable"):
        published(index)


def test_access_travels_with_backup_and_restore_compact_and_repair(tmp_path: Path) -> None:
    index = tmp_path / "index"
    build([write(tmp_path, "w")], index, collection="secret", access=STAFF)
    build([write(tmp_path, "v")], index, access=ROOM)
    wanted = state(index).access
    backup(index, tmp_path / "saved.tar")
    restore(tmp_path / "saved.tar", tmp_path / "other")
    assert state(tmp_path / "other").access == wanted
    compact(index)
    assert (state(index).access, len(state(index).packs)) == (wanted, 1)
    next(engine_folder(index, state(index).number).glob("*.store")).unlink()
    assert repair(index).engine
    assert state(index).access == wanted


def test_going_back_opens_nothing_that_was_closed_since(tmp_path: Path) -> None:
    index = tmp_path / "index"
    build([write(tmp_path, "w")], index, collection="secret", access=OPEN)
    backup(index, tmp_path / "saved.tar")
    build([write(tmp_path, "v")], index, access=OPEN)
    declare(index, "secret", STAFF)
    repair(index, go_back=True)
    assert list(state(index).live_works()) == ["w"]
    assert said(index, "w", "secret") is STAFF
    restore(tmp_path / "saved.tar", index, over=True)
    assert said(index, "w", "secret") is STAFF


@pytest.mark.parametrize("harm", ["{", ""])
def test_going_back_opens_nothing_even_when_the_manifest_is_lost(tmp_path: Path, harm: str) -> None:
    index = tmp_path / "index"
    for name in ("w", "v"):
        build([write(tmp_path, name)], index, access=OPEN)
    declare(index, LOCAL, STAFF)
    (index / "manifest.json").write_text(harm)
    repair(index)
    assert said(index) is STAFF


def test_a_work_that_was_closed_and_removed_does_not_come_back_open(tmp_path: Path) -> None:
    index = tmp_path / "index"
    build([write(tmp_path, "w"), write(tmp_path, "v")], index, access=OPEN)
    backup(index, tmp_path / "saved.tar")
    declare(index, LOCAL, STAFF)
    build([], index, remove=["w"])
    build([write(tmp_path, "v", "改矣")], index)
    restore(tmp_path / "saved.tar", index, over=True)
    assert (said(index, "w"), said(index, "v")) == (STAFF, STAFF)


def test_what_was_opened_since_stays_closed_in_the_state_before(tmp_path: Path) -> None:
    index = tmp_path / "index"
    for name in ("w", "v"):
        build([write(tmp_path, name)], index, access=STAFF)
    declare(index, LOCAL, OPEN)
    before = previous(index)
    assert said(index) is OPEN
    assert before is not None
    assert before.access.of(LOCAL, "w") is STAFF
    assert repair(index).damages == ()
    assert said(index) is OPEN  # a repair of what is whole changes nothing


class Killed(BaseException):
    pass


CHANGES: dict[str, Callable[[Path], object]] = {
    "declaring": lambda index: declare(index, "secret", STAFF),
    "building": lambda index: build([write(index.parent, "u")], index, access=OPEN),
    "building anew": lambda index: build([write(index.parent, "w", "改矣")], index, collection="secret", access=OPEN),
    "compacting": compact,
    "going back": lambda index: repair(index, go_back=True),
    "restoring": lambda index: restore(index.parent / "saved.tar", index, over=True),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whenever_it_dies_nothing_opens(
    tmp_path: Path, change: Callable[[Path], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each renaming is a moment at which a state becomes what is there; it dies before and after each."""
    seed = tmp_path / "seed"
    build([write(tmp_path, "w")], seed, collection="secret", access=OPEN)
    backup(seed, tmp_path / "saved.tar")
    build([write(tmp_path, "v")], seed, collection="secret")
    declare(seed, "secret", ROOM)
    really_replace = os.replace
    for number in range(2, 200):
        index = Path(shutil.copytree(seed, tmp_path / f"index-{number}"))
        calls = iter(range(2, 1000, 2))

        def replace(source: Path, target: Path, calls: object = calls, number: int = number) -> None:
            call = next(calls)  # type: ignore[call-overload]  # an iterator, bound as a default lest the loop change it
            if call == number:
                raise Killed
            really_replace(source, target)
            if call + 1 == number:
                raise Killed

        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", replace)
            try:
                change(index)
                done = True
            except Killed:
                done = False
        former = previous(index)
        for each in (state(index), former):
            assert each is not None
            assert each.access.of("secret", "w") in (ROOM, STAFF)
        if done:
            break
    else:
        pytest.fail("it never ends")
    assert number > 2


def test_only_one_process_declares_at_a_time_and_there_has_to_be_an_index(tmp_path: Path) -> None:
    with pytest.raises(IndexFailure, match="no index there"):
        declare(tmp_path / "index", LOCAL, OPEN)
    assert not (tmp_path / "index").exists()
    build([write(tmp_path, "w")], tmp_path / "index")
    with pytest.raises(IndexFailure, match="no works of a collection secret; there are: local"):
        declare(tmp_path / "index", "secret", OPEN)


def test_declarations_join_to_the_stricter() -> None:
    one = Declared({"a": OPEN, "b": STAFF}, {"w": HERE})
    other = Declared({"a": ROOM, "c": OPEN}, {"w": ROOM, "v": OPEN})
    assert one.tightened(other) == Declared({"a": ROOM, "b": STAFF, "c": OPEN}, {"w": STAFF, "v": OPEN})
    assert not Declared()


@pytest.mark.parametrize("former", ["", "shown"])
def test_a_work_that_was_moved_to_a_closed_collection_does_not_come_back_open(tmp_path: Path, former: str) -> None:
    index = tmp_path / "index"
    build([write(tmp_path, "w"), write(tmp_path, "v")], index, collection=former, access=OPEN)
    backup(index, tmp_path / "saved.tar")
    assert build([write(tmp_path, "w", "改矣")], index, collection="secret", access=STAFF).problems == ()
    assert said(index, "v", former or LOCAL) is OPEN
    (index / "manifest.json").write_text("{")
    repair(index)
    assert [said(index, work, former or LOCAL) for work in ("w", "v")] == [STAFF, OPEN]
    restore(tmp_path / "saved.tar", index, over=True)
    assert [said(index, work, former or LOCAL) for work in ("w", "v")] == [STAFF, OPEN]
    declare(index, former or LOCAL, OPEN)
    assert [said(index, work, former or LOCAL) for work in ("w", "v")] == [OPEN, OPEN]


def test_a_manifest_beside_the_texts_is_no_other_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no manifest"):
        declared_from({"manifests": {"secret": "/etc/passwd"}})
