"""Fetching: whole works or none, resumable, one line a failure."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from corpora.catalogue import CatalogueRecord, Localized
from corpora.model import Access, Collection, Origin
from corpora.sources import fetch as module
from corpora.sources.fetch import FetchFailure, FetchStep, State, count_present, fetch

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def collection(**repositories: str) -> Collection:
    return Collection(
        id="small",
        title=Localized("小", "Small"),
        description=Localized("小", "Small"),
        licence="CC0",
        access=Access.OPEN,
        records={name: CatalogueRecord(title=name) for name in repositories},
        origins={name: Origin(repository, name) for name, repository in repositories.items()},
    )


def folder_of_text(place: Path, text: str = "黒龍江¶\n") -> Path:
    place.mkdir(parents=True)
    (place / "W_001.txt").write_text(text, encoding="utf-8")
    return place


def repository(place: Path, link: str = "") -> str:
    folder_of_text(place)
    if link:
        (place / "link.txt").symlink_to(link)
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-C", str(place)]
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "--no-verify", "-m", "text"]):
        # Run from a git hook, git would otherwise work on the project's own repository.
        subprocess.run([*git, *command], check=True, env={"PATH": os.environ["PATH"], "HOME": str(place.parent)})
    return place.as_uri()


@needs_git
def test_clones_shallow_then_skips_what_is_there(tmp_path: Path) -> None:
    small = collection(W1=repository(tmp_path / "a"), W2=repository(tmp_path / "b"))
    steps: list[FetchStep] = []
    first = fetch(small, tmp_path / "data", on_progress=steps.append)
    assert (first.fetched, first.present, first.failures) == (("W1", "W2"), (), ())
    assert (tmp_path / "data" / "small" / "W1" / "W_001.txt").read_text(encoding="utf-8") == "黒龍江¶\n"
    assert [(step.work_id, step.state, step.number) for step in steps] == [
        ("W1", State.STARTED, 1),
        ("W1", State.FETCHED, 1),
        ("W2", State.STARTED, 2),
        ("W2", State.FETCHED, 2),
    ]
    again = fetch(small, tmp_path / "data")
    assert (again.fetched, again.present) == ((), ("W1", "W2"))
    assert count_present(small, tmp_path / "data") == 2


@needs_git
def test_one_missing_repository_does_not_stop_the_others(tmp_path: Path) -> None:
    small = collection(W1=(tmp_path / "none").as_uri(), W2=repository(tmp_path / "b"))
    result = fetch(small, tmp_path / "data")
    assert result.fetched == ("W2",)
    assert len(result.failures) == 1
    assert "none" in result.failures[0]
    assert "\n" not in result.failures[0]
    assert sorted(os.listdir(tmp_path / "data" / "small")) == ["W2"]


@needs_git
def test_a_link_in_a_repository_becomes_a_plain_file(tmp_path: Path) -> None:
    result = fetch(collection(W1=repository(tmp_path / "a", link="/etc/passwd")), tmp_path / "data")
    copy = result.folder / "W1" / "link.txt"
    assert not copy.is_symlink()
    assert copy.read_text(encoding="utf-8") == "/etc/passwd"


@needs_git
def test_offline_stops_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    steps: list[FetchStep] = []
    small = collection(W1="https://127.0.0.1:9/w1", W2="https://127.0.0.1:9/w2")  # nothing listens there
    with pytest.raises(FetchFailure, match=r"run again.*--from"):
        fetch(small, tmp_path, on_progress=steps.append)
    assert [step.work_id for step in steps] == ["W1"]


def test_without_git_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FetchFailure, match="git is not installed"):
        fetch(collection(W1="https://example.org/w1"), tmp_path / "data")
    assert count_present(collection(W1=""), tmp_path / "data") == 0


@needs_git
def test_a_clone_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CLONE_SECONDS", 0)
    with pytest.raises(FetchFailure, match="not here after 0 s"):
        fetch(collection(W1=repository(tmp_path / "a")), tmp_path / "data")
    assert os.listdir(tmp_path / "data" / "small") == []


def test_copies_from_a_folder_without_hidden_files(tmp_path: Path) -> None:
    folder_of_text(tmp_path / "in" / "W1")
    folder_of_text(tmp_path / "in" / "W1" / "_data")
    folder_of_text(tmp_path / "in" / "W1" / ".git")
    result = fetch(collection(W1="", W2=""), tmp_path / "data", tmp_path / "in")
    assert result.fetched == ("W1",)
    assert len(result.failures) == 1
    assert "no such folder" in result.failures[0]
    assert sorted(os.listdir(result.folder / "W1")) == ["W_001.txt", "_data"]


@pytest.mark.parametrize("kind", ["file", "folder", "fifo", "work"])
def test_links_and_odd_files_are_refused(tmp_path: Path, kind: str) -> None:
    outside = folder_of_text(tmp_path / "outside")
    work = tmp_path / "in" / "W1"
    if kind == "work":
        work.parent.mkdir()
        work.symlink_to(outside)
    else:
        folder_of_text(work)
        if kind == "fifo":
            os.mkfifo(work / "odd.txt")
        else:
            (work / "odd.txt").symlink_to(outside if kind == "folder" else outside / "W_001.txt")
    result = fetch(collection(W1=""), tmp_path / "data", tmp_path / "in")
    assert len(result.failures) == 1
    assert os.listdir(result.folder) == []


def test_a_folder_without_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in" / "W1").mkdir(parents=True)
    (failure,) = fetch(collection(W1=""), tmp_path / "data", tmp_path / "in").failures
    assert "holds no text files" in failure


def test_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder_of_text(tmp_path / "in" / "W1")
    monkeypatch.setattr(module, "MAX_BYTES", 5)
    (failure,) = fetch(collection(W1=""), tmp_path / "data", tmp_path / "in").failures
    assert "5 bytes" in failure


def test_what_cannot_start_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(FetchFailure, match="nothing to fetch"):
        fetch(collection(), tmp_path)
    with pytest.raises(FetchFailure, match="no such folder"):
        fetch(collection(W1=""), tmp_path, tmp_path / "none")
    (tmp_path / "file").write_text("")
    with pytest.raises(FetchFailure, match="cannot be made"):
        fetch(collection(W1=""), tmp_path / "file")


def test_a_collection_in_an_archive_is_unpacked_once(tmp_path: Path) -> None:
    (tmp_path / "in" / "书" / "卷一").mkdir(parents=True)
    (tmp_path / "in" / "书" / "卷一" / "text.txt").write_text("会宁府", "utf-8")
    with tarfile.open(tmp_path / "books.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "in" / "书", "书")
    title = Localized("书", "books")
    books = Collection("books", title, title, "CC0-1.0", Access.OPEN, archive="books.tar.gz")
    with pytest.raises(FetchFailure, match="--from"):
        fetch(books, tmp_path / "data")
    for source in (tmp_path / "books.tar.gz", tmp_path):
        assert (tmp_path / "data" / "books").exists() is (source == tmp_path)
        done = fetch(books, tmp_path / "data", source)
    assert done.present == ("books",)
    assert (tmp_path / "data" / "books" / "书" / "卷一" / "text.txt").read_text("utf-8") == "会宁府"
