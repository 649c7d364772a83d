"""What the documents say of the house is so: modules, imports, promises, commands."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from configparser import ConfigParser
from importlib.metadata import EntryPoint
from pathlib import Path

import click
import pytest
from open_index import build

from web.api import PREFIX
from web.api.routes import OPERATIONS
from web.app import create_app

ROOT = Path(__file__).parents[1]
COMMANDS = (ROOT / "docs" / "commands.md").read_text("utf-8")
API = (ROOT / "docs" / "api.md").read_text("utf-8")
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
MAY_IMPORT = {
    "corpora": set(),
    "indexer": {"corpora"},
    "search": {"corpora", "indexer"},
    "web": {"corpora", "indexer", "search"},
    "eval": {"corpora", "indexer", "search", "web"},
}
"""What each floor may use of the others."""
MODULES = {
    path.relative_to(ROOT).as_posix(): ast.parse(path.read_text("utf-8"))
    for floor in MAY_IMPORT
    for path in sorted((ROOT / floor).rglob("*.py"))
}
BEHIND = re.compile(r"indexer\.(store|cluster|engines\.(?!base))|search\.(exact|stores\.(embedded|cluster))")
"""Modules that are behind the stores' protocol."""
NOT_OURS = {"index", "data", "build", "__pycache__"}
"""Folders of what was made or fetched here."""


def imports(nodes: Iterable[ast.AST]) -> set[str]:
    """Modules that are imported, and those that a string names, for they are imported later."""
    found: set[str] = set()
    for node in nodes:
        match node:
            case ast.Import(names):
                found.update(alias.name for alias in names)
            case ast.ImportFrom(module=str(name), level=0):
                found.add(name)
            case ast.Constant(value=str(text)) if re.fullmatch(rf"(?:{'|'.join(MAY_IMPORT)})(?:\.\w+)+", text):
                found.add(text)
    return found


def outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    """What runs when a module is imported."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from outside_functions(child)


def head(module: str) -> str:
    return module.partition(".")[0]


def entries() -> list[EntryPoint]:
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", "utf-8")
    lines = config["options.entry_points"]["wenyuan.commands"].split("\n")
    pairs = (line.split(" = ") for line in lines if line)
    return [EntryPoint(name, value, "wenyuan.commands") for name, value in pairs]


def test_imports_follow_the_flow() -> None:
    against = [
        f"{file} imports {module}"
        for file, tree in MODULES.items()
        for module in sorted(imports(ast.walk(tree)))
        if head(module) in MAY_IMPORT.keys() - MAY_IMPORT[file.partition("/")[0]] - {file.partition("/")[0]}
    ]
    assert against == []


def test_torch_is_imported_with_two_modules_only() -> None:
    heavy = {
        file
        for file, tree in MODULES.items()
        if {"torch", "sentence_transformers"} & set(map(head, imports(outside_functions(tree))))
    }
    assert heavy == {"eval/learning/training.py", "indexer/embedding/static_module.py"}


def test_an_engine_stays_in_its_module() -> None:
    users = {
        file: sorted(module for module in imports(ast.walk(tree)) if head(module) in ("tantivy", "whoosh"))
        for file, tree in MODULES.items()
    }
    # Whoosh's query parser, which knows no index, reads the query language of every engine.
    assert users.pop("search/query.py") == ["whoosh.qparser"]
    del users["eval/speed/peer_engines.py"]  # it measures them as they are, beside ours
    assert {file for file, used in users.items() if used} == {"indexer/engines/tantivy.py", "indexer/engines/whoosh.py"}


def test_the_clusters_library_stays_in_the_connection() -> None:
    users = {file for file, tree in MODULES.items() if "opensearchpy" in map(head, imports(ast.walk(tree)))}
    assert users == {"indexer/cluster/connection.py"}


def test_above_the_stores_protocol_nothing_knows_packs() -> None:
    behind = ("search/stores/embedded/", "search/stores/cluster/", "search/stores/views.py", "search/exact/")
    named = {
        file: sorted(module for module in imports(ast.walk(tree)) if BEHIND.match(module))
        for file, tree in MODULES.items()
        if file.startswith("search/") and not file.startswith(behind)
    }
    # Who may read what is said by a value, and so is where an index is; one module finds the store of an address.
    assert {file: used for file, used in named.items() if used} == {
        "search/library.py": ["indexer.cluster.address", "indexer.store.access"],
        "search/shelf.py": ["indexer.cluster.address"],
        "search/stores/base.py": ["indexer.store.access"],
        "search/stores/opening.py": [
            "indexer.cluster.address",
            "search.stores.cluster.store",
            "search.stores.cluster.watching",
            "search.stores.embedded.store",
            "search.stores.embedded.watching",
        ],
    }


def test_who_serves_knows_an_index_by_its_address_alone() -> None:
    """What is done to an index is done by a module below, the same for both kinds."""
    named = {
        file: sorted(module for module in imports(ast.walk(tree)) if re.match(r"indexer\.cluster\.(?!address)", module))
        for file, tree in MODULES.items()
        if file.startswith("web/")
    }
    # One command is about the two kinds of index themselves.
    assert {file: used for file, used in named.items() if used} == {
        "web/commands/carrying.py": ["indexer.cluster.carrying"],
    }


def test_the_two_stores_do_not_know_each_other() -> None:
    for one, other in (("embedded", "cluster"), ("cluster", "embedded")):
        users = [
            file
            for file, tree in MODULES.items()
            if file.startswith(f"search/stores/{one}/")
            and any(module.startswith(f"search.stores.{other}") for module in imports(ast.walk(tree)))
        ]
        assert users == []


def test_commands_need_neither_torch_nor_a_network(tmp_path: Path) -> None:
    index = ["--index", str(tmp_path)]
    commands = [
        ["--help"],
        ["check", str(ROOT / "corpora" / "bundled")],
        ["index", "bundled", *index],
        ["status", *index],
        ["search", "会宁府", "--mode", "exact", *index],
        ["search", "冬天在冰上捕鱼", *index],
    ]
    code = (
        "import json, sys\n"
        "calls = []\n"
        "sys.addaudithook(lambda event, _: calls.append(event) if event in ('socket.connect', 'socket.getaddrinfo',\n"
        "                 'subprocess.Popen') else None)\n"
        "from web.commands.main import main\n"
        "for command in json.loads(sys.argv[1]):\n"
        "    try: main(command)\n"
        "    except SystemExit as end: assert not end.code, command\n"
        "    assert not calls, (command, calls)\n"
        "    assert not {'torch', 'sentence_transformers'} & set(sys.modules), command\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(commands)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_what_the_architecture_names_is_there() -> None:
    named = set(re.findall(rf"(?<![\w/])(?:{'|'.join(MAY_IMPORT)})/(?:\w+/)*(?:\w+\.py)?", ARCHITECTURE))
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_every_module_is_named_in_the_architecture() -> None:
    def is_named(file: str) -> bool:
        folder = file.rpartition("/")[0] + "/"
        return file in ARCHITECTURE or (folder.count("/") > 1 and folder in ARCHITECTURE)

    assert [file for file in MODULES if not file.endswith("__init__.py") and not is_named(file)] == []


def test_every_promise_is_held_by_tests_that_are_there() -> None:
    promises = re.split(r"(?m)^\d\. ", ARCHITECTURE.partition("## What we promise")[2])[1:]
    assert len(promises) == 8
    for promise in promises:
        named = re.findall(r"(tests/[\w/]+\.py)(?:::(\w+))?", promise)
        assert named, promise
        for file, test in named:
            functions = [
                node.name
                for node in ast.parse((ROOT / file).read_text("utf-8")).body
                if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
            ]
            assert test in functions or (not test and functions), f"{file}::{test}"


def halves(document: str) -> tuple[str, str]:
    """The Chinese half of a document and the English one."""
    chinese, english = document.split("\n## English\n")
    return chinese, english


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.name)
def test_every_command_loads_and_is_documented(entry: EntryPoint) -> None:
    command = entry.load()
    assert isinstance(command, click.Command)
    assert command.help
    for text in halves(COMMANDS):
        assert re.search(rf"(?m)^[#|].*`wenyuan {entry.name}\b", text)


def test_the_endpoint_answers_as_documented(tmp_path: Path) -> None:
    build([ROOT / "corpora" / "bundled"], tmp_path)
    asked = {"q": "长白山", "mode": "exact", "limit": "1"}
    answer = create_app(tmp_path).test_client().get("/api/v1/search", query_string=asked).get_json()
    documented = re.findall(r"(?m)^    \{\n(?:     .*\n)+    \}$", API)
    assert len(documented) == 2
    for text in documented:
        example = json.loads(text)
        for varying in ("score", "text"):  # the score is rounded, the text shortened
            example["hits"][0][varying] = answer["hits"][0][varying]
        assert answer["next"]  # which is of one state of the index, and means nothing to who reads it
        assert example == {**answer, **{varying: example[varying] for varying in ("took_ms", "next")}}


def test_every_endpoint_and_parameter_is_documented() -> None:
    for text in halves(API):
        for operation in OPERATIONS:
            assert f"{PREFIX}{operation.path}" in text
            assert [name for name in operation.parameters.model_fields if f"`{name}`" not in text] == []


DOCUMENTS = [
    *("README.md", "CHANGELOG.md", "CONTRIBUTING.md"),
    *(path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "docs").glob("*.md"))),
]
DECISIONS = [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "docs" / "decisions").glob("*.md"))]


@pytest.mark.parametrize("document", DOCUMENTS + DECISIONS)
def test_links_lead_to_files(document: str) -> None:
    path = ROOT / document
    links = re.findall(r"\]\(([^)#:]+)\)", path.read_text("utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_no_file_names_a_folder_of_one_machine() -> None:
    machine = re.compile(rb"(?<![\w.])/(?:work|home)\b")
    found = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [
            name
            for name in folders
            if name not in NOT_OURS and not name.endswith(".egg-info") and (name[0] != "." or name == ".ci")
        ]
        paths = (Path(folder, name) for name in files)
        found += [path.relative_to(ROOT).as_posix() for path in paths if machine.search(path.read_bytes())]
    assert found == []
