"""``check``, ``collections`` and ``fetch`` as they are typed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from corpora.manifests import bundled_folder
from corpora.model import CatalogueRecord, Problem, Section, Source, Work
from web.commands import texts


def run(command: str, *arguments: object) -> Result:
    return CliRunner().invoke(getattr(texts, command), [str(argument) for argument in arguments])


def reader_of(monkeypatch: pytest.MonkeyPatch, *items: Work | Problem) -> None:
    def discover(path: Path, encoding: str | None) -> tuple[list[Source], list[Problem]]:
        return [Source("test", path, ())], []

    def read(_: Source) -> Iterator[Work | Problem]:
        yield from items

    monkeypatch.setattr(texts, "discover", discover)
    monkeypatch.setattr(texts, "read", read)


WORK = Work("W1", CatalogueRecord(title="書"), (Section("卷一", "黑龍江"), Section("卷二", "松花江")))
PROBLEM = Problem(Path("W1/W1_001.txt"), 7, "a note is not closed")


def test_check_clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    reader_of(monkeypatch, WORK)
    result = run("check", tmp_path)
    assert result.exit_code == 0
    assert result.stdout == ""
    assert "1 works, 2 sections, 6 characters, 0 problems" in result.stderr


def test_check_with_problems(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    reader_of(monkeypatch, WORK, PROBLEM)
    result = run("check", tmp_path)
    assert result.exit_code == 1
    assert result.stdout == "W1/W1_001.txt:7: a note is not closed\n"


def test_check_with_nothing_readable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    reader_of(monkeypatch, PROBLEM)
    assert run("check", tmp_path).exit_code == 2


def test_check_of_an_empty_folder_says_so(tmp_path: Path) -> None:
    result = run("check", tmp_path)
    assert result.exit_code == 2
    assert "no texts found" in result.stdout


def test_check_goes_on_after_a_path_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("松花江出長白山", encoding="utf-8")
    result = run("check", tmp_path / "none", tmp_path / "a.txt")
    assert result.exit_code == 1
    assert "none: cannot be read" in result.stdout
    assert "1 works" in result.stderr


def test_check_takes_an_encoding(tmp_path: Path) -> None:
    (tmp_path / "江.txt").write_bytes("混同江".encode("big5"))
    assert run("check", tmp_path, "--encoding", "big5").exit_code == 0
    wrong = run("check", tmp_path, "--encoding", "utf-8")
    assert wrong.exit_code != 0
    assert "江.txt" in wrong.output


def test_check_reports_a_work_that_is_there_twice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    reader_of(monkeypatch, WORK, WORK)
    result = run("check", tmp_path)
    assert result.exit_code == 1
    assert "W1 was already read" in result.stdout


def test_the_shipped_gazetteer_can_be_read() -> None:
    folder = bundled_folder("bundled")
    assert folder is not None
    result = run("check", folder / "hanjiang-zhilue")
    assert result.exit_code in (0, 1)  # one gaiji in it has no known reading, which a reader may report
    assert "1 works" in result.stderr


def test_collections_lists_every_one_in_both_languages(tmp_path: Path) -> None:
    result = run("collections", "--in", tmp_path)
    assert result.exit_code == 0
    for word in ("northeast", "东北古籍", "bundled", "shipped", "0 of 13", "open"):
        assert word in result.stdout


def test_fetch_from_a_folder(tmp_path: Path) -> None:
    for work in ("KR2a0033", "KR2a0035"):
        (tmp_path / "in" / work).mkdir(parents=True)
        (tmp_path / "in" / work / f"{work}_001.txt").write_text("黒龍江¶\n", encoding="utf-8")
    result = run("fetch", "northeast", "--from", tmp_path / "in", "--to", tmp_path / "data")
    assert result.exit_code == 1
    assert "2 fetched, 0 already there, 11 missing" in result.stdout
    assert "KR2k0130: no such folder" in result.stderr
    assert (tmp_path / "data" / "northeast" / "KR2a0035" / "KR2a0035_001.txt").is_file()
    assert "2 of 13" in run("collections", "--in", tmp_path / "data").stdout


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("nothing",), "no such collection; there are: bundled, classical, northeast"),
        (("bundled",), "nothing to fetch"),
        (("northeast", "--from", "none"), "none: no such folder"),
    ],
)
def test_fetch_that_cannot_start_exits_2_with_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], reason: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("fetch", *arguments)
    assert result.exit_code == 2
    assert reason in result.stderr
    assert "Traceback" not in result.output


def test_a_bad_manifest_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(own: Path) -> None:
        raise texts.ManifestFailure("small.yaml: licence is missing")

    monkeypatch.setattr(texts, "load", broken)
    result = run("collections")
    assert result.exit_code == 2
    assert result.stderr == "small.yaml: licence is missing\n"
