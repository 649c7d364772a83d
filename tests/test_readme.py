"""The README is short, leads to every document, and what it shows runs and prints what it says."""

from __future__ import annotations

import re
from pathlib import Path

import jieba
import pytest
from click.testing import CliRunner
from open_index import build

from web.commands.main import main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
EXAMPLE = re.compile(r"(?m)^    from .*\n(?:(?:    .*)?\n)+?(?=^\S)")
BLOCK = re.compile(r"(?m)^(?:    .+\n)+")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which `make run` has built its index."""
    place = tmp_path_factory.mktemp("project")
    build([ROOT / "corpora" / "bundled"], place / "index" / "bundled")
    return place


def unindented(block: str) -> str:
    return re.sub(r"(?m)^    ", "", block)


@pytest.mark.parametrize("half", README.split("## English\n"), ids=["Chinese", "English"])
def test_ten_lines_of_python_print_what_is_shown(
    half: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (example,) = EXAMPLE.finditer(half)
    code, shown = unindented(example[0]), BLOCK.search(half, example.end())
    assert shown
    assert len([line for line in code.splitlines() if line]) == 10
    assert {".search(", ".find(", ".section(", ".works("} <= set(re.findall(r"\.\w+\(", code))
    monkeypatch.chdir(folder)
    exec(compile(code, "README.md", "exec"), {})
    assert capsys.readouterr().out == unindented(shown[0])


@pytest.mark.parametrize("half", README.split("## English\n"), ids=["Chinese", "English"])
def test_the_search_that_is_shown_prints_what_is_shown(
    half: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    shown = re.search(r"(?m)^    \$ \.venv/bin/wenyuan (.+)\n((?:    .+\n|\n)+)", half)
    assert shown
    printed = CliRunner().invoke(main, shown[1].split()).stdout
    assert without_time(unindented(shown[2])) == without_time(printed)


def without_time(printed: str) -> str:
    return re.sub(r"\d+ ms", "", printed).strip()


def test_each_half_is_of_1200_words_at_most() -> None:
    chinese, english = README.split("## English\n")
    assert len([word for word in jieba.cut(chinese) if re.search(r"\w", word)]) <= 1200
    assert len(english.split()) <= 1200


@pytest.mark.parametrize("half", README.split("## English\n"), ids=["Chinese", "English"])
def test_every_document_is_linked(half: str) -> None:
    linked = {link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", half)}
    there = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md")}
    assert there - linked == set()
    assert {"CONTRIBUTING.md", "CHANGELOG.md", "CITATION.cff", "LICENSE"} <= linked
