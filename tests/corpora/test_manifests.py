"""Manifests: the shipped ones are complete, and a bad one is one line."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
import yaml
from shared_texts import KANRIPO

from corpora.manifests import ManifestFailure, Watched, bundled_folder, collections, load
from corpora.model import Access

GOOD = {
    "id": "small",
    "title": {"zh": "小", "en": "Small"},
    "description": {"zh": "一种", "en": "One work"},
    "licence": "CC0",
    "access": "open",
    "works": [{"id": "W1", "title": "書", "origin": "https://example.org/w1"}],
}


def write(place: Path, changes: dict[str, object] | None = None, name: str = "small.yaml") -> Path:
    (place / name).write_text(yaml.safe_dump(GOOD | (changes or {}), allow_unicode=True), encoding="utf-8")
    return place


def test_shipped_collections_load_with_titles_in_both_languages() -> None:
    found = collections()
    assert {"northeast", "bundled"} <= set(found)
    for collection in found.values():
        for text in (collection.title, collection.description):
            assert text.zh
            assert text.en
        assert collection.licence


def test_every_record_of_the_northeast_is_full() -> None:
    northeast = collections()["northeast"]
    assert len(northeast.records) == len(northeast.origins) == 13
    for work_id, record in northeast.records.items():
        assert all((record.title, record.author, record.dynasty, record.edition, record.place, record.date))
        assert re.fullmatch(r"史部/.+類", record.category)
        assert record.source == f"https://github.com/kanripo/{work_id}"
        assert record.licence == northeast.licence


@pytest.mark.skipif(not KANRIPO.is_dir(), reason="the Kanripo files are not beside the project")
def test_titles_agree_with_the_files() -> None:
    for work_id, record in collections()["northeast"].records.items():
        head = (KANRIPO / work_id / f"{work_id}_000.txt").read_text(encoding="utf-8")[:400]
        assert record.title.endswith(re.search(r"#\+TITLE: (\S+)", head)[1])  # type: ignore[index]  # None fails too


def test_a_work_is_found_with_its_collection() -> None:
    found = load().record_of("KR2a0035")
    assert found is not None
    assert (found[0], found[1].title, found[1].year) == ("northeast", "金史", 1344)
    assert load().record_of("KR9z9999") is None


def test_only_shipped_collections_have_a_folder() -> None:
    folder = bundled_folder("bundled")
    assert folder is not None
    assert any(folder.rglob("WY0001_001.txt"))
    assert bundled_folder("northeast") is None
    assert bundled_folder("nothing") is None


def test_defaults(tmp_path: Path) -> None:
    collection = collections(write(tmp_path))["small"]
    assert collection.access is Access.OPEN
    record = collection.records["W1"]
    assert (record.licence, record.source, record.language, record.script, record.year) == (
        "CC0", "https://example.org/w1", "lzh", "Hant", None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": "../up"}, "id: '../up'"),
        ({"title": "小"}, "title"),
        ({"title": {"zh": "小"}}, "title: en is missing"),
        ({"licence": ""}, "licence is missing"),
        ({"access": "secret"}, "access: 'secret'"),
        ({"access": "Staff"}, "small.yaml:1: access: 'Staff' is none of open, in-library, staff"),
        ({"access": "this-machine"}, "access: 'this-machine'"),
        ({"access": ""}, "access is missing"),
        ({"colour": "red"}, "unknown field 'colour'"),
        ({"folder": "../.."}, "folder"),
        ({"works": {"W1": 1}}, "works: a list"),
        ({"works": [{"id": "W1"}]}, "W1: title is missing"),
        ({"works": [{"id": "W1", "title": "書", "year": "1344"}]}, "W1: year: '1344'"),
        ({"works": [{"id": "W1", "title": "書", "year": True}]}, "W1: year: True"),
        ({"works": [{"id": "W1", "title": 5}]}, "W1: title: text is needed, not int"),
        ({"works": [{"id": "W1", "title": "書"}] * 2}, "W1: stands twice"),
        ({"works": [{"id": "W1", "title": "書", "origin": "file:///etc"}]}, "W1: origin: 'file:///etc'"),
        ({"works": [{"id": "W1", "title": "書", "origin": "--upload-pack=x"}]}, "W1: origin"),
        ({"works": [{"id": "W1", "title": "書", "script": "Latn"}]}, "W1: script: 'Latn'"),
        ({"works": [{"id": "W1", "title": "書" * 2001}]}, "W1: title: longer than 2000"),
        ({"works": [{"id": "W1", "title": "書", "year": 10**30}]}, "W1: year: 1" + "0" * 30 + " is more than 9999"),
        ({"works": [{"id": "W1", "title": "書", "author": 5}]}, "W1: author: a list is needed, not int"),
        ({"works": [{"id": "W1", "title": "書", "author": ["甲", 5]}]}, "W1: author 2: a mapping of fields is needed"),
        ({"works": [{"id": "W1", "title": "書", "author": [{"role": "撰"}]}]}, "W1: author 1: name is missing"),
        ({"works": [{"id": "W1", "title": "書", "author": [{"name": "甲", "as": 1}]}]}, "author 1: unknown field 'as'"),
        ({"works": [{"id": "W1", "title": "書", "author": "甲", "responsibilities": ["甲"]}]}, "are the same field"),
        ({"works": [{"id": "W1", "title": "書", "subjects": ["史", ""]}]}, "W1: subjects 2: text is missing"),
        ({"works": [{"id": "W1", "title": "書", "subjects": ["史"] * 101}]}, "W1: subjects: more than 100 items"),
        ({"works": [{"id": "W1", "title": "書", "identifiers": [{"value": "1"}]}]}, "scheme is missing"),
        ({"works": [{"id": "W1", "title": "書", "<text>": 1}]}, "W1: unknown field '<text>'"),
        ({"works": [{"id": "W1", "title": "書", "year": None, "author": None}, 5]}, "work 2: a mapping of fields"),
        ({1: "x"}, "the manifest: unknown field"),
    ],
)
def test_a_bad_manifest_is_one_line(tmp_path: Path, changes: dict[str, object], reason: str) -> None:
    with pytest.raises(ManifestFailure) as failure:
        collections(write(tmp_path, changes))
    message = str(failure.value)
    assert reason in message
    assert "small.yaml" in message
    assert "\n" not in message


@pytest.mark.parametrize(
    "data",
    [
        *(b"id: [", b"\xff\xfe\x00", b"", b"id: x\n\tid: y", b"[" * 5000, b"#" * (1 << 21), b'id: "\\UFFFFFFFF"'),
        *(b"id: !!timestamp x", b"id: !!int ''", b"id: !!bool x", b"id: 2020-13-45", b"id: !!float ''"),
    ],
)
def test_what_is_no_manifest_is_one_line(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "bad.yaml").write_bytes(data)
    with pytest.raises(ManifestFailure) as failure:
        collections(tmp_path)
    assert "bad.yaml" in str(failure.value)
    assert "\n" not in str(failure.value)


def test_a_work_stands_in_one_collection_only(tmp_path: Path) -> None:
    write(tmp_path)
    write(tmp_path, {"id": "other"}, "other.yaml")
    with pytest.raises(ManifestFailure, match="W1 is in two manifests"):
        collections(tmp_path)


def test_a_librarys_own_manifest_closes_a_shipped_collection_and_opens_none(tmp_path: Path) -> None:
    shipped, own = tmp_path / "shipped", tmp_path / "own"
    for folder in (shipped, own):
        folder.mkdir()
    for here, mine, wanted in (("open", "staff", "staff"), ("staff", "open", "staff"), ("open", "open", "open")):
        write(shipped, {"access": here})
        write(own, {"access": mine, "title": {"zh": "本館", "en": "Ours"}, "works": []})
        found = load(own, shipped=shipped)
        assert found.access_of("small") == wanted
        assert found.collections["small"].title.zh == "本館"
        assert found.record_of("W1") is not None
    assert found.access_of("other") is None


def test_own_manifests_need_not_be_there(tmp_path: Path) -> None:
    assert load(tmp_path / "nowhere", [tmp_path / "collection.yaml"]).collections == collections()


def test_what_is_wrong_is_named_by_its_line(tmp_path: Path) -> None:
    good = "id: a\ntitle: {zh: 小, en: Small}\ndescription: {zh: 一, en: One}\nlicence: x\naccess: open\n"
    for data, reason in {
        good.replace("open", "Staff"): "a.yaml:5: access: 'Staff'",
        good + "acces: staff\n": "a.yaml:6: the manifest: unknown field 'acces'",
        good + "access: staff\n": "a.yaml:6: not YAML: access stands twice",
        good + "works:\n  - id: W1\n    title: 書\n    year: 元年\n": "a.yaml:9: W1: year",
        good + "works:\n  - id: W1\n": "a.yaml:7: W1: title is missing",
        good + "works:\n  - id: W1\n    title: 書\n    author:\n      - 甲\n      - name: 乙\n        x: 1\n": (
            "a.yaml:12: W1: author 2: unknown field 'x'"
        ),
        good.replace("open", "Staff") + "works: 1\n": "a.yaml:5: access: 'Staff'",
    }.items():
        (tmp_path / "a.yaml").write_text(data, "utf-8")
        with pytest.raises(ManifestFailure, match=re.escape(reason)):
            collections(tmp_path)


def test_a_pipe_is_no_manifest(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(ManifestFailure, match="not a plain file"):
        collections(tmp_path)


def test_manifests_are_read_anew_only_when_one_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(write(tmp_path))
    watched.current()
    with monkeypatch.context() as patch:
        patch.setattr("corpora.manifests.read", lambda path: pytest.fail(f"{path} was read again"))
        first = watched.current()
        assert watched.current() is first
    write(tmp_path, {"access": "staff"})
    assert watched.current().access_of("small") is Access.STAFF


def test_while_two_manifests_contradict_each_other_what_either_closes_is_closed(tmp_path: Path) -> None:
    watched = Watched(write(tmp_path))
    write(tmp_path, {"access": "in-library"})
    write(tmp_path, {"id": "other"}, "other.yaml")  # it has W1, too
    assert watched.current().access_of("small") is Access.IN_LIBRARY
