"""Commands as they are typed."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient

from indexer.errors import IndexFailure
from web.api.parameters import SEARCH
from web.commands.main import main
from web.commands.printing import print_json
from web.commands.reports import Fault
from web.commands.searching import search


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_help_loads_no_engine_and_no_model() -> None:
    code = (
        "import sys; from web.commands.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'torch', 'faiss', 'tantivy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for command in ("check", "fetch", "index", "search", "serve", "status"):
        assert f"\n  {command} " in done.stdout
    assert done.stdout.endswith("[]\n")


def test_build_look_and_search(tmp_path: Path) -> None:
    text = tmp_path / "江.txt"
    text.write_text("松花江出長白山", "utf-8")
    built = run("index", text, "--index", tmp_path / "ix")
    assert built.exit_code == 0, built.output
    facts = json.loads(run("status", "--index", tmp_path / "ix", "--json").stdout)
    assert facts["works"] == 1
    assert "works" in run("status", "--index", tmp_path / "ix").stdout
    found = run("search", "长白山", "--mode", "exact", "--index", tmp_path / "ix")
    assert "松花江出長白山" in found.stdout
    answer = json.loads(run("search", "长白山", "--json", "--index", tmp_path / "ix").stdout)
    assert answer["total"]["occurrences"] == 1


def test_a_build_goes_on_past_every_fault_and_notes_are_no_problems(tmp_path: Path) -> None:
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "江.txt").write_bytes("混".encode("big5"))
    (texts / "山.txt").write_text("松花江出長白山", "utf-8")
    (texts / "a.xml").write_text("<a/>")
    for _ in range(2):  # what is in the index already is not read again, and said again
        built = run("index", texts, "--index", tmp_path / "ix")
        assert built.exit_code == 0, built.output
        assert "texts: note: passed over: 1 .xml\n" in built.stdout
        assert "江.txt: note: is taken for" in built.stdout
        assert "0 problems" in built.stderr
    os.mkfifo(texts / "b.txt")
    (texts / "c.txt").write_bytes(b"\x89PNG\0\0\xff")
    (texts / "d.txt").write_bytes("松花江\n出".encode() + b"\xff" + "長白山".encode())
    built = run("index", texts, "--encoding", "big5:江.*", "--index", tmp_path / "ix")
    assert built.exit_code == 1
    assert "3 problems" in built.stderr
    assert [line.partition("texts/")[2][:7] for line in built.stdout.splitlines()] == [
        "b.txt: ",
        "",
        "c.txt: ",
        "d.txt:2",
    ]
    found = json.loads(run("search", "混", "--mode", "exact", "--json", "--index", tmp_path / "ix").stdout)
    assert found["total"]["occurrences"] == 1


def test_what_is_damaged_is_a_character_in_search(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("王".encode() + b"\xff" + "氏".encode())
    run("index", tmp_path / "a.txt", "--index", tmp_path / "ix")
    found = json.loads(run("search", "王氏", "--mode", "exact", "--json", "--index", tmp_path / "ix").stdout)
    assert found["total"]["occurrences"] == 0


def test_compact_says_what_it_did(tmp_path: Path) -> None:
    index = tmp_path / "ix"
    refused = run("compact", "--index", index)
    assert (refused.exit_code, "no index there" in refused.stderr) == (2, True)
    for name in ("江", "山"):
        (tmp_path / f"{name}.txt").write_text("松花江出長白山", "utf-8")
        run("index", tmp_path / f"{name}.txt", "--index", index)
    done = run("compact", "--index", index)
    assert (done.exit_code, "generation 3: 2 of 2 packs rewritten; 1 packs" in done.stderr) == (0, True)
    again = run("compact", "--index", index)
    assert (again.exit_code, "generation 3: there is nothing to merge; 1 packs" in again.stderr) == (0, True)


def test_search_prints_what_the_endpoint_answers(index: Path, client: FlaskClient) -> None:
    options = [
        "--limit",
        "1",
        "--scope",
        "text",
        "--sort",
        "place",
        "--strict",
        "--no-aliases",
        "--work",
        "松花江志",
        "--json",
    ]
    printed = json.loads(run("search", "完顏 會寧府", "--mode", "exact", *options, "--index", index).stdout)
    answer = client.get(
        "/api/v1/search?q=完顏 會寧府&mode=exact&limit=1&scope=text&sort=place"
        "&strict=true&aliases=false&work=松花江志&facets=true"
    ).json
    assert answer is not None
    assert answer["hits"]
    assert printed.keys() == answer.keys()
    assert {**printed, "took_ms": 0} == {**answer, "took_ms": 0}


def test_search_has_an_option_for_each_parameter_of_the_endpoint() -> None:
    options = {each.name for each in search.params if isinstance(each, click.Option)}
    assert options == (set(SEARCH.model_fields) - {"q", "facets"}) | {"as_json", "index", "whole"}


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--cursor", "", "cursor: must have 1 to 500 characters"),
        ("--work", "x" * 201, "work: must have at most 50 values, each of 1 to 200 characters"),
        ("--limit", "101", "'--limit': 101 is not in the range 1<=x<=100"),
        ("--mode", "fuzzy", "'fuzzy' is not one of 'hybrid', 'exact', 'semantic'"),
    ],
)
def test_an_option_out_of_bounds_is_one_line(index: Path, option: str, value: str, told: str) -> None:
    refused = run("search", "江", option, value, "--index", index)
    assert refused.exit_code == 2
    assert told in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_json_steers_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    name = "江\x1b[2J\x9b2J\u202e\udcff"
    print_json([Fault(file=name, line=0, reason="")])
    printed = capsys.readouterr().out
    assert not re.search("[\x1b\x7f-\x9f\u202e\ud800-\udfff]", printed)
    assert json.loads(printed) == [{"file": name, "line": 0, "reason": ""}]


def test_search_shows_place_and_text_with_what_was_found(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    shown = run("search", "会宁府", "--mode", "exact", "--index", index).stdout
    assert "松花江志" in shown
    assert "\x1b[1;31m會寧府\x1b[0m" in shown
    assert "1 passages, 1 occurrences" in shown


def test_the_index_may_be_named_by_the_environment(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WENYUAN_INDEX", str(index))
    assert run("status").exit_code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["search"],
        ["search", "x", "--limit", "0"],
        ["search", "x", "--index", "nowhere"],
        ["search", "x", "--mode", "fuzzy"],
        ["status", "--index", "nowhere"],
        ["index"],
        ["serve", "--library-network", "10.0.0.0/99"],
        ["serve", "--proxy", "the proxy"],
        ["database", "restore", "nowhere"],
        ["accounts", "disable", "nobody"],
        ["index", "no-such-collection"],
        ["index", "--remove", "no-such-work", "--index", "nowhere"],
        ["no-such-command"],
    ],
)
def test_failures_are_one_line(arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(*arguments)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("failure", [IndexFailure("broken"), OSError(28, "No space left"), ZeroDivisionError("odd")])
def test_no_failure_is_a_traceback(failure: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise failure

    monkeypatch.setattr("search.library.Library.open", fail)
    done = run("status")
    assert done.exit_code == 2
    assert done.stderr.startswith("wenyuan: ")
    assert "Traceback" not in done.output


def test_a_terminal_obeys_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("---\ntitle: 江\x9b31m\n---\n松花江\x1b]0;owned\x07出長白山", "utf-8")
    run("index", tmp_path / "a.md", "--index", tmp_path / "ix")
    shown = run("search", "长白山", "--index", tmp_path / "ix").stdout
    assert "松花江␛]0;owned␇出長白山" in shown
    assert not [char for char in shown if ord(char) < 0x20 and char != "\n"]


OLD_FORMAT = "an index of format 4, and this program reads format 5; build it again from the texts"


@pytest.mark.parametrize(
    "arguments",
    [
        ["index", "TEXTS", "--index", "ix"],
        ["index", "--remove", "江", "--index", "ix"],
        ["compact", "--index", "ix"],
        ["status", "--index", "ix"],
        ["search", "江", "--index", "ix"],
        ["verify", "--index", "ix"],
        ["repair", "--index", "ix"],
        ["access", "--index", "ix"],
        ["access", "local", "open", "--index", "ix"],
        ["backup", "saved.tar", "--index", "ix"],
        ["restore", "old.tar", "--index", "new"],
        ["serve", "--index", "ix", "--port", "0"],
    ],
    ids=" ".join,
)
def test_every_command_says_that_an_index_is_of_an_older_format(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("TEXTS").mkdir()
    Path("TEXTS", "江.txt").write_text("松花江出長白山", "utf-8")
    Path("ix").mkdir()
    manifest = json.dumps({"format": 4, "number": 1, "packs": [], "sources": {}, "sha256": "0" * 64}).encode()
    for name in ("manifest.json", "previous.json"):
        Path("ix", name).write_bytes(manifest)
    info = tarfile.TarInfo("manifest.json")
    info.size = len(manifest)
    with tarfile.open("old.tar", "w") as tar:
        tar.addfile(info, io.BytesIO(manifest))
    done = run(*arguments)
    assert done.exit_code == 2
    assert OLD_FORMAT in done.output
    assert "`wenyuan index PATH --index FOLDER`" in done.output
    assert len(done.output.splitlines()) == 1
    assert Path("ix", "manifest.json").read_bytes() == manifest


def test_an_index_of_more_files_than_a_shell_lets_one_open_is_opened(index: Path) -> None:
    """Each pack has some thirty, and what a shell allows at first is often 1,024."""
    code = (
        "import resource; from web.commands.main import main\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (20, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))\n"
        f"main(['search', '长白山', '--index', {str(index)!r}])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "長白山" in done.stdout
