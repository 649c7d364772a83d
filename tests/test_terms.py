"""The field's words: what a function's docstring begins with, and that a class's name means one thing."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = ("corpora", "indexer", "search", "web", "eval")
MODULES = {
    path.relative_to(ROOT).as_posix(): ast.parse(path.read_text("utf-8"))
    for folder in FOLDERS
    for path in sorted((ROOT / folder).rglob("*.py"))
}
NO_VERB = re.compile(
    r"(?:A|All|An|As|At|By|Each|Every|For|From|Have|How|If|In|Let|No|Of|One|Our|Ours|That|The|Their|These|This|Those|"
    r"What|When|Where|Whether|Which|Who|Whoever|Whose|Why)\b"
)
"""Words that a sentence in the imperative does not begin with, and turns for which there is a plain verb."""
ANSWER = "web/api/schemas.py"
"""Models of answers bear the names of the values that they are filled from."""


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield the functions that are called: not properties, which are described as what they are."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            decorators = {ast.unparse(decorator) for decorator in node.decorator_list}
            if not decorators & {"property", "cached_property"}:
                yield node


def test_a_functions_docstring_begins_with_a_verb() -> None:
    against = [
        f"{file}:{node.lineno} {node.name}: {text.splitlines()[0]}"
        for file, tree in MODULES.items()
        for node in functions(tree)
        if (text := ast.get_docstring(node)) and NO_VERB.match(text)
    ]
    assert against == []


def test_a_class_has_its_name_to_itself() -> None:
    places = defaultdict(list)
    for file, tree in MODULES.items():
        for node in ast.iter_child_nodes(tree):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and file != ANSWER:
                places[node.name].append(file)
    assert {name: files for name, files in places.items() if len(files) > 1} == {}
