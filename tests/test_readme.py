"""The Python that the README shows runs, and prints what the README says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from openly import build

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
