"""What is installed is fixed: exact versions with hashes, which agree with setup.cfg and name no host."""

from __future__ import annotations

import re
from configparser import ConfigParser
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "requirements"
LOCKS = ("build", "run", "cluster", "test")
ENTRY = re.compile(r"(?m)^(?P<requirement>[a-z0-9][^#\\\n]*==[^#\\\n]*?)(?: \\\n    --hash=sha256:[0-9a-f]{64})+$")
PRIVATE = {"docxtpl", "gunicorn", "markdown-it-py", "weasyprint"}
"""Libraries of which the program uses what their authors did not promise."""


def locked(name: str) -> dict[str, Requirement]:
    text = (FOLDER / f"{name}.txt").read_text("utf-8")
    found = [Requirement(entry["requirement"]) for entry in ENTRY.finditer(text)]
    return {canonicalize_name(each.name): each for each in found}


def version(requirement: Requirement) -> Version:
    (exact,) = requirement.specifier
    assert exact.operator == "=="
    return Version(exact.version)


def asked() -> dict[str, dict[str, Requirement]]:
    """What setup.cfg asks for, by lock."""
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", "utf-8")

    def read(text: str) -> dict[str, Requirement]:
        parsed = map(Requirement, filter(None, text.split("\n")))
        return {canonicalize_name(each.name): each for each in parsed}

    run = read(config["options"]["install_requires"])
    extras = config["options.extras_require"]
    cluster = {**run, **read(extras["cluster"])}
    return {"run": run, "cluster": cluster, "test": {**run, **read(extras["models"]), **read(extras["test"])}}


@pytest.mark.parametrize("name", LOCKS)
def test_every_line_of_a_lock_belongs_to_an_exact_version_with_hashes(name: str) -> None:
    text = (FOLDER / f"{name}.txt").read_text("utf-8")
    assert ENTRY.search(text)
    rest = ENTRY.sub("", text).split("\n")
    assert [line for line in rest if line and not line.startswith("#")] == []


@pytest.mark.parametrize("file", sorted(FOLDER.iterdir()), ids=lambda file: file.name)
def test_a_lock_names_no_host(file: Path) -> None:
    assert re.findall(r"https?:|://|--(?:extra-)?index-url|--find-links", file.read_text("utf-8")) == []


@pytest.mark.parametrize("name", ["run", "cluster", "test"])
def test_a_lock_holds_what_setup_cfg_asks_for(name: str) -> None:
    lock = locked(name)
    wrong = [
        str(each) for key, each in asked()[name].items() if key not in lock or version(lock[key]) not in each.specifier
    ]
    assert wrong == []


def test_the_locks_agree_with_each_other() -> None:
    every = {name: {key: version(each) for key, each in locked(name).items()} for name in LOCKS}
    assert every["build"].items() <= every["test"].items()
    assert every["run"].items() <= every["cluster"].items() <= every["test"].items()


@pytest.mark.parametrize("name", LOCKS)
def test_torch_and_what_only_its_build_for_graphics_cards_needs_is_not_locked(name: str) -> None:
    assert [key for key in locked(name) if re.match(r"torch$|triton|nvidia-|cuda-", key)] == []
    assert re.fullmatch(r"torch==[0-9.]+\n", (FOLDER / "torch.txt").read_text("utf-8"))


def test_the_program_runs_without_the_libraries_of_other_models() -> None:
    large = {"sentence-transformers", "transformers", "tokenizers", "scikit-learn", "sympy"}
    assert large & locked("run").keys() == set()
    assert large <= locked("test").keys()


def test_libraries_whose_private_parts_are_used_have_an_upper_bound() -> None:
    bounds = {key: {part.operator for part in asked()["run"][key].specifier} for key in PRIVATE}
    assert [key for key, operators in bounds.items() if "<" not in operators] == []


def test_the_parser_of_queries_is_one_release() -> None:
    assert str(asked()["run"]["whoosh-reloaded"].specifier) == "==2.7.5"
