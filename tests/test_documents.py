"""What the documents for developers name is there, and what describes the project to machines agrees with it."""

from __future__ import annotations

import ast
import re
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
DECISIONS = ROOT / "docs" / "decisions"
DOCUMENTS = [ROOT / "CONTRIBUTING.md", ROOT / "docs" / "concepts.md", *sorted(DECISIONS.glob("*.md"))]
FOLDERS = "corpora|indexer|search|web|eval|tests|docs|deploy|requirements"
PATH = re.compile(rf"(?<![\w/.])((?:{FOLDERS})/[\w./-]*\w/?|\.(?:ci|github)/[\w./-]*\w|(?:{FOLDERS})/)(?:::(\w+))?")


def configuration() -> ConfigParser:
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", "utf-8")
    return config


def workflow() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text("utf-8"))
    return read


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_files_and_tests_that_are_named_are_there(document: Path) -> None:
    codes = re.findall(r"`([^`\n]+)`|^    (.+)$", document.read_text("utf-8"), re.MULTILINE)
    named = [match.groups() for code in codes for match in PATH.finditer("".join(code))]
    assert named or document == DECISIONS / "README.md"
    for path, test in named:
        assert (ROOT / path).exists(), path
        if test:
            tree = ast.parse((ROOT / path).read_text("utf-8"))
            assert test in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, f"{path}::{test}"


def test_every_decision_is_listed_in_order_and_says_how_it_was_reached() -> None:
    pages = sorted(path for path in DECISIONS.glob("*.md") if path.name != "README.md")
    listed = re.findall(r"(?m)^\| \[(\d{4})\]\(([^)]+)\)", (DECISIONS / "README.md").read_text("utf-8"))
    assert listed == [(f"{number:04}", page.name) for number, page in enumerate(pages, 1)]
    for page in pages:
        text = page.read_text("utf-8")
        assert text.startswith(f"# {page.name[:4]} ")
        assert re.findall(r"(?m)^## (.+)$", text) == ["Context", "Decision", "Measured", "Consequences"]
        assert re.search(r"(?m)^要点：.+。\n\nStatus: .+\.", text)


def test_the_citation_is_of_this_program() -> None:
    citation, metadata = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8")), configuration()["metadata"]
    assert citation["cff-version"] == "1.2.0"
    assert citation["title"] == "Wenyuan 文渊"
    assert citation["version"] == metadata["version"]
    assert citation["license"] == metadata["license"]


def test_the_workflow_tries_every_python_from_the_lowest_that_is_allowed() -> None:
    jobs = workflow()["jobs"]
    pythons = jobs["test"]["strategy"]["matrix"]["python"]
    assert pythons == ["3.11", "3.12", "3.13"]
    lowest = configuration()["options"]["python_requires"]
    assert lowest == f">={pythons[0]}"
    assert [step["with"]["python-version"] for step in jobs["lint"]["steps"] if "with" in step] == [pythons[0]]
    assert [step["run"] for step in jobs["test"]["steps"] if "run" in step] == ["bash .ci/run"]


def test_the_workflow_may_only_read_and_names_its_actions_by_major_version() -> None:
    text = (ROOT / ".github" / "workflows" / "test.yml").read_text("utf-8")
    assert workflow()["permissions"] == {"contents": "read"}
    assert "permissions" not in str(workflow()["jobs"])
    assert "secrets" not in text
    actions = re.findall(r"uses: (\S+)", text)
    assert actions
    assert [action for action in actions if not re.fullmatch(r"actions/[\w-]+@v\d+", action)] == []
