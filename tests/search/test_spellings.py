"""Words and how works spell them, in every kind of store; and that a cluster is not asked for more than is wanted."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from stores import Indexing, clustered

from indexer.cluster.connection import Body, Connection
from search.stores.base import Store
from search.stores.opening import open_store

MANY = 300


def page(number: int, said: str) -> str:
    return f"<pb:KR9z0001_WYG_001-{number + 1}a>¶\n{said}¶\n"


def write(folder: Path) -> list[Path]:
    """Write works of which the first is spelled in its own way; in another, 江黑 stands across notes alone."""
    dice = random.Random(7)
    said = {"first": ("車來", 24), "other": ("国立國月立", 24)}
    said |= {f"most{number}": ("车来", 16) for number in range(8)}
    for name, (word, paragraphs) in said.items():
        text = "\n\n".join("".join(f"{word}{dice.choice('日月水火')}。" for _ in range(60)) for _ in range(paragraphs))
        rare = "\n\n國立。" if name == "other" else ""
        (folder / f"{name}.txt").write_text(f"---\nid: {name}\ntitle: 書\nlanguage: lzh\n---\n{text}{rare}\n", "utf-8")
    volume = folder / "KR9z0001"
    volume.mkdir()
    header = "#+TITLE: 注\n#+PROPERTY: ID KR9z0001\n#+PROPERTY: JUAN 卷一\n"
    pages = "".join(page(number, "江(黑/水)日月") for number in range(MANY))
    (volume / "KR9z0001_001.txt").write_text(header + pages, "utf-8")
    return sorted(folder.iterdir())


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write(tmp_path_factory.mktemp("texts"))


@pytest.fixture(scope="module")
def store(indexing: Indexing, paths: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Store:
    return open_store(indexing([paths], tmp_path_factory.mktemp("index")))


def test_a_word_that_stands_so_once_is_spelled_so(store: Store) -> None:
    assert list(store.spellings(["國立", "國"], "lzh")) == ["國立", "國"]


def test_else_a_word_is_spelled_as_most_works_have_it_and_not_the_first(store: Store) -> None:
    assert list(store.spellings(["车来", "车來"], "lzh")) == ["车来", "车来"]


def test_a_word_stands_wherever_it_stands(store: Store) -> None:
    assert store.stands(["江黑", "车来", "黑江"]) == {"江黑", "车来"}


@pytest.fixture(scope="module")
def cluster(paths: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with clustered() as index:
        yield open_store(index([paths], tmp_path_factory.mktemp("index")))


@pytest.mark.parametrize("word", ["江黑", "车来", "江"])
def test_whether_a_word_stands_is_asked_of_few_passages(
    cluster: Store, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    search = Connection.msearch

    def counted(self: Connection, bodies: list[Body], routed: Mapping[str, Body]) -> list[Body]:
        answers = search(self, bodies, routed)
        assert not any("aggs" in body or body.get("track_total_hits") for body in bodies)
        sizes.extend(len(answer["hits"]["hits"]) for answer in answers)
        return answers

    monkeypatch.setattr(Connection, "msearch", counted)
    assert cluster.stands([word])
    assert sum(sizes) < MANY / 10
