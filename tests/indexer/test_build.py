import json
from collections.abc import Callable
from pathlib import Path

import pytest
from inside import engine_folder

from indexer.building import merging
from indexer.building.build import BuildReport, build
from indexer.errors import IndexFailure
from indexer.store.generation import published
from indexer.store.lock import builder_lock
from indexer.store.pack import Pack
from search.library import Library
from search.model import Mode, SearchRequest

RIVER = "混同江源出长白山，北流入海。"
TOWN = "会宁府在混同江之南，金之上京也。"


def article(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.md"
    path.write_text(f"---\nid: {name}\ntitle: {name}\nlanguage: zh\nscript: Hans\n---\n\n{text}\n", "utf-8")
    return path


def occurrences(index: Path, q: str) -> int | None:
    return Library.open(index).search(SearchRequest(q=q, mode=Mode.EXACT)).total.occurrences


@pytest.fixture(params=["tantivy", "whoosh"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., BuildReport]:
    def run(*paths: Path, **options: object) -> BuildReport:
        return build(paths, tmp_path / "index", engine=request.param, **options)  # type: ignore[arg-type]  # a test's shorthand

    return run


def test_a_build_adds_skips_replaces_and_removes(make: Callable[..., BuildReport], tmp_path: Path) -> None:
    texts, index = tmp_path / "texts", tmp_path / "index"
    article(texts, "river", RIVER)
    first = make(texts)
    assert (first.generation, first.added, first.unchanged) == (1, 1, 0)
    article(texts, "town", TOWN)
    second = make(texts)
    assert (second.generation, second.added, second.unchanged) == (2, 1, 1)
    assert occurrences(index, "混同江") == 2
    article(texts, "river", RIVER.replace("混同江", "松花江"))
    third = make(texts)
    assert (third.added, third.replaced, third.unchanged) == (0, 1, 1)
    assert occurrences(index, "混同江") == 1
    assert occurrences(index, "松花江") == 1
    fourth = make(remove=["town"])
    assert (fourth.removed, occurrences(index, "混同江")) == (1, 0)
    fifth = make(texts)
    assert (fifth.added, occurrences(index, "混同江")) == (1, 1)


def test_a_build_opens_each_pack_once(
    make: Callable[..., BuildReport], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merging, "GATHERED", 3)
    opened: list[str] = []
    begin = Pack.__init__

    def count(self: Pack, folder: Path) -> None:
        opened.append(folder.name)
        begin(self, folder)

    monkeypatch.setattr(Pack, "__init__", count)
    for number in range(4):  # the third build merges
        make(article(tmp_path / "texts", f"w{number}", RIVER + str(number)))
        state = published(tmp_path / "index")
        assert state
        assert {pack.name for pack in state.packs} <= set(opened)
        assert len(opened) == len(set(opened))
        opened.clear()


def test_nothing_new_publishes_nothing(make: Callable[..., BuildReport], tmp_path: Path) -> None:
    texts = tmp_path / "texts"
    article(texts, "river", RIVER)
    make(texts)
    before = (tmp_path / "index" / "manifest.json").read_bytes()
    assert make(texts).generation == 1
    assert (tmp_path / "index" / "manifest.json").read_bytes() == before


def test_an_open_library_keeps_its_generation(make: Callable[..., BuildReport], tmp_path: Path) -> None:
    texts, index = tmp_path / "texts", tmp_path / "index"
    article(texts, "river", RIVER)
    make(texts)
    reader = Library.open(index)
    article(texts, "river", TOWN)
    make(texts)
    assert reader.search(SearchRequest(q="长白山", mode=Mode.EXACT)).total.occurrences == 1
    assert occurrences(index, "长白山") == 0


def test_an_interrupted_build_goes_on_from_its_last_pack(
    make: Callable[..., BuildReport], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.building.build.PACK_BYTES", 1)
    texts = tmp_path / "texts"
    for number in range(4):
        article(texts, f"w{number}", RIVER + str(number))

    def interrupt(step: str, done: int, total: int) -> None:
        if step == "read" and done > total // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make(texts, on_progress=interrupt)
    assert published(tmp_path / "index") is None
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "index" / "packs").glob("[0-9a-f]*")}
    assert kept
    assert make(texts).added == 4
    assert all(path.stat().st_mtime_ns == made for path, made in kept.items())


def test_two_works_with_one_id_are_one_problem(make: Callable[..., BuildReport], tmp_path: Path) -> None:
    texts = tmp_path / "texts"
    article(texts, "a", RIVER)
    article(texts, "b", TOWN).write_text("---\nid: a\ntitle: b\n---\n" + TOWN, "utf-8")
    report = make(texts)
    assert report.added == 1
    assert len(report.problems) == 1


def test_what_is_wrong_in_a_file_is_said_again_though_it_has_not_changed(
    make: Callable[..., BuildReport], tmp_path: Path
) -> None:
    texts = tmp_path / "texts" / "KR9a0001"
    texts.mkdir(parents=True)
    (texts / "KR9a0001_001.txt").write_text("#+TITLE: 志\n<pb:KR9a0001_WYG_001-1a>¶\n混同江(未完¶\n", "utf-8")
    first = make(texts.parent)
    assert [problem.line for problem in first.problems] == [3]
    moved = texts.parent.rename(tmp_path / "moved")
    again = make(moved)
    assert again.unchanged == 1
    assert [(problem.file, problem.line) for problem in again.problems] == [(moved / "KR9a0001/KR9a0001_001.txt", 3)]


def test_removed_works_are_not_counted(make: Callable[..., BuildReport], tmp_path: Path) -> None:
    article(tmp_path / "texts", "river", RIVER)
    before = make(tmp_path / "texts")
    article(tmp_path / "texts", "town", TOWN)
    make(tmp_path / "texts")
    after = make(remove=["town"])
    assert (after.passages, after.windows) == (before.passages, before.windows)
    status = Library.open(tmp_path / "index").status()
    assert (status["works"], status["passages"], status["windows"]) == (1, before.passages, before.windows)


def test_a_folder_of_indexes_names_them(make: Callable[..., BuildReport], tmp_path: Path) -> None:
    article(tmp_path / "texts", "river", RIVER)
    make(tmp_path / "texts")
    with pytest.raises(IndexFailure, match=r"name one of .*/index"):
        Library.open(tmp_path)


def test_a_second_builder_is_refused(make: Callable[..., BuildReport], tmp_path: Path) -> None:
    with builder_lock(tmp_path / "index"), pytest.raises(IndexFailure, match="another build"):
        make(tmp_path)


def test_an_unknown_work_can_not_be_removed(make: Callable[..., BuildReport], tmp_path: Path) -> None:
    with pytest.raises(IndexFailure, match="no work"):
        make(remove=["nothing"])


def test_no_text_at_all_is_a_failure(make: Callable[..., BuildReport], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(IndexFailure, match="no text"):
        make(tmp_path / "empty")


def test_an_index_of_other_settings_is_not_mixed(tmp_path: Path) -> None:
    article(tmp_path / "texts", "river", RIVER)
    build([tmp_path / "texts"], tmp_path / "index", engine="tantivy")
    with pytest.raises(IndexFailure, match="engine tantivy"):
        build([tmp_path / "texts"], tmp_path / "index", engine="whoosh")


def test_old_generations_are_dropped_but_one(make: Callable[..., BuildReport], tmp_path: Path) -> None:
    texts, index = tmp_path / "texts", tmp_path / "index"
    for number in range(4):
        article(texts, "river", RIVER + str(number))
        make(texts)
    assert not engine_folder(index, 2).exists()
    assert engine_folder(index, 3).exists()
    assert len(list((index / "packs").iterdir())) == 2


@pytest.mark.parametrize("content", ["", "{", "[]", json.dumps({"format": 99})])
def test_a_damaged_manifest_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(IndexFailure, match=r"manifest\.json"):
        Library.open(tmp_path)
