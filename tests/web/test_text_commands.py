"""``check``, ``collections`` and ``fetch`` as they are typed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from corpora.catalogue import CatalogueRecord
from corpora.manifests import bundled_folder
from corpora.model import Problem, Section, Source, Work
from corpora.readers import READERS, Reader
from corpora.readers.encodings import NAMES, EncodingChoice
from web.commands import checking, texts
from web.commands.reports import FileReport


def run(command: str, *arguments: object) -> Result:
    return CliRunner().invoke(getattr(texts, command), [str(argument) for argument in arguments])


def reader_of(monkeypatch: pytest.MonkeyPatch, *items: Work | Problem) -> None:
    def discover(path: Path, choices: Sequence[EncodingChoice]) -> tuple[list[Source], list[Problem]]:
        return [Source("test", path, ())], []

    def read(_: Source) -> Iterator[Work | Problem]:
        yield from items

    monkeypatch.setattr(checking, "discover", discover)
    monkeypatch.setitem(READERS, "test", Reader(read))


WORK = Work("W1", CatalogueRecord(title="書"), (Section("卷一", "黑龍江"), Section("卷二", "松花江")))
PROBLEM = Problem(Path("W1/W1_001.txt"), 7, "a note is not closed")


def test_check_clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    reader_of(monkeypatch, WORK)
    result = run("check", tmp_path)
    assert result.exit_code == 0
    assert [cell.strip() for cell in result.stdout.splitlines()[2].split("│")] == [
        str(tmp_path), "test", "", "W1", "書", "", "2", "6", "0",
    ]  # fmt: skip
    assert len(result.stdout.splitlines()) == 3
    assert "1 works, 2 sections, 6 characters, 0 problems" in result.stderr


def test_check_with_problems(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    reader_of(monkeypatch, WORK, PROBLEM)
    result = run("check", tmp_path)
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1] == "W1/W1_001.txt:7: a note is not closed"


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


def checked(*arguments: object) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(run("check", *arguments, "--json").stdout)
    return facts


def test_check_takes_encodings_for_some_files_and_says_which_it_took(tmp_path: Path) -> None:
    for folder in ("甲", "乙"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{folder}江.txt").write_bytes("混同".encode("big5"))
    named = checked(tmp_path, "--encoding", "gb18030:甲/*", "--encoding", "big5")
    assert [(work["title"], work["encoding"]) for work in named["works"]] == [("乙江", "big5"), ("甲江", "gb18030")]
    wrong = run("check", tmp_path, "--encoding", "utf-8")
    assert wrong.exit_code == 1
    assert "甲江.txt:1: " in wrong.stdout


def test_an_encoding_that_does_not_serve_is_refused_and_the_help_names_those_that_do(tmp_path: Path) -> None:
    refused = run("check", tmp_path, "--encoding", "klingon:*.txt")
    assert refused.exit_code == 2
    assert "'klingon' is not known; use one of utf-8, gb18030, big5" in refused.stderr
    told = "".join(run("check", "--help").stdout.split())
    assert all(name in told for name in NAMES)


def test_check_says_as_json_what_each_file_was_taken_for(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text('---\ntitle: "江志\\x9b"\nauthor: 甲\n---\n# 卷一\n混同江\n', "utf-8")
    (tmp_path / "b.txt").write_bytes("翼言：「一漢，冊利諸".encode("gbk"))
    (tmp_path / "c.txt").write_bytes(b"\x89PNG\0\0\xff")
    for name in ("d.xml", "e.xml", "f.pdf"):
        (tmp_path / name).write_text("x")
    result = run("check", tmp_path, "--json")
    assert result.exit_code == 1
    assert "\x9b" not in result.stdout
    facts = json.loads(result.stdout)
    book = {"file": str(tmp_path / "a.md"), "format": "plain", "encoding": "utf-8", "id": "a", "title": "江志\x9b"}
    assert facts["works"][0] == book | {"author": "甲", "sections": 1, "characters": 7, "problems": 0}
    assert [row["encoding"].rstrip("?") for row in facts["works"][1:]] == ["gb18030", ""]
    assert facts["works"][2]["problems"] == len(facts["problems"]) == 1
    assert facts["notes"][0] == {"file": str(tmp_path), "line": 0, "reason": "passed over: 2 .xml, 1 .pdf"}


def test_a_folder_of_kinds_that_are_not_read_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text("x")
    result = run("check", tmp_path)
    assert result.exit_code == 2
    assert "note: passed over: 1 .xml" in result.stdout
    assert "no texts found" in result.stdout


def test_an_assumption_is_a_note_and_no_problem(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("混".encode("big5"))
    result = run("check", tmp_path)
    assert result.exit_code == 0
    assert "a.txt: note: is taken for " in result.stdout
    assert "--encoding " in result.stdout
    assert "0 problems" in result.stderr


def test_on_a_narrow_terminal_a_work_is_a_few_lines() -> None:
    work = {"id": "a", "title": "龍沙紀略[bold]\x1b[2J", "sections": 1, "characters": 12_345}
    rows = (FileReport.model_validate({"file": "a.txt", "format": "plain", "encoding": "utf-8", **work}),)
    narrow = Console(width=40, force_terminal=True, file=StringIO(), height=100, color_system=None)
    checking.show(checking.Check(rows, ()), narrow)
    assert narrow.file.getvalue().splitlines() == [  # type: ignore[attr-defined]  # it is the StringIO above
        "a.txt", "  format: plain", "  encoding: utf-8", "  id: a", "  title: 龍沙紀略[bold]\\x1b[2J", "  sections: 1",
        "  characters: 12,345",
    ]  # fmt: skip


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
