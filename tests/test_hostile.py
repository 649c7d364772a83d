"""Whatever is typed or stands in a file gets an answer or a reason, in bounded time, and runs nothing.

No format that is read here is XML, so that there are no entities to expand; YAML can be at the head of a text.
"""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from harming import harmed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from slices import SEED, slice_of

from corpora.model import Problem, Work
from corpora.readers import discover, read
from search.query import MAX_CHARACTERS, parse
from search.results import SearchError

ROOT = Path(__file__).parents[1]
QUERIES = 5_000
FILES = 150
CODES = frozenset({"query-too-long", "query-too-complex", "wildcard-too-broad"})
BRICKS = (
    *("AND", "OR", "NOT", "NEAR", "NEAR/", "NEAR/10", "NEAR/99999999999999999999", "ＮＥＡＲ／３", "ＮＯＴ"),
    *(
        "(",
        ")",
        "（",
        "）",
        '"',
        "“",
        "”",
        "「",
        "」",
        "『",
        "』",
        "?",
        "？",
        "*",
        "＊",
        ":",
        "：",
        "/",
        "\\",
        "~",
        "^",
        "-",
        "+",
    ),
    *("title:", "題名：", "作者:", "nonsense:", "[", "]", "{", "}", "<", ">", "TO", "&&", "||", "'", ";", "--", "%00"),
    *(
        "完顏",
        "阿骨打",
        "金",
        "遼",
        "𠀀",
        "豈",
        "\ufb01",
        "e\u0301",
        "\u200b",
        "\u202e",
        "\ufeff",
        "\ud800",
        "\x00",
        "\x1b[2J",
    ),
    *(" ", "\u3000", "\n", "\r\n", "\t", "\u2028", "a", "１", "Ⅻ", "😀", "👩‍👩‍👧"),
)


def made_up(chance: random.Random) -> str:
    """A query of operators, marks, words and any characters, in any order."""
    parts = [
        chance.choice(BRICKS) if chance.random() < 0.85 else chr(chance.randrange(0x110000))
        for _ in range(chance.randrange(40))
    ]
    return chance.choice(("", " ")).join(parts)


def refusal(query: str) -> str:
    """Why a query is refused, or nothing."""
    try:
        parse(query)
    except SearchError as refused:
        return refused.code if len(str(refused)) < MAX_CHARACTERS else "too long an explanation"
    return ""


def test_every_query_is_understood_or_refused_with_a_reason() -> None:
    for chance in slice_of(QUERIES):
        query = made_up(chance)
        try:
            code = refusal(query)
        except Exception as failure:
            pytest.fail(f"{type(failure).__name__} with the seed {SEED}: {query!r}")
        assert code in CODES | {""}, (SEED, query)


@pytest.mark.parametrize("query", ["x" * 10_000_000, "(" * 1000, '"' * 1000, "NOT " * 250, "*?" * 500, "(a" * 500])
def test_what_is_too_long_or_too_deep_is_refused_before_it_is_read(query: str) -> None:
    assert refusal(query) in CODES | {""}


HEADER = "---\nid: a\ntitle: 江\nauthor: [甲, 乙]\nyear: 1720\n---\n"
SAMPLES = {
    "a.txt": f"{HEADER}松花江出長白山\n".encode(),
    "b.md": f"{HEADER}# 卷一\n松花江\n```\n# 山\n```\n".encode(),
    "c.jsonl": json.dumps(
        {
            "id": "c",
            "title": "江",
            "sections": [
                {
                    "title": "卷",
                    "text": "混同江",
                    "pages": [{"label": "1", "start": 0}],
                    "notes": [[0, 2]],
                    "role": "body",
                }
            ],
        }
    ).encode(),
    "d.json": json.dumps([{"title": "詩", "author": "人", "paragraphs": ["江", "山"], "notes": ["注"]}]).encode(),
    "KR9a0001_001.txt": (
        "#+TITLE: 志\n#+PROPERTY: JUAN 1\n<pb:KR9a0001_WYG_001-1a>¶\n混同(江也/水名)&KR0001;[菱-土+艾]¶\n"
    ).encode(),
}


def assert_read(folder: Path) -> None:
    """Whatever stands in the folder gives works and problems."""
    sources, problems = discover(folder)
    items = [item for source in sources for item in read(source)]
    assert all(isinstance(item, Work | Problem) for item in [*items, *problems])


def test_every_file_gives_works_or_problems(tmp_path: Path) -> None:
    for number, chance in enumerate(slice_of(FILES)):
        folder = tmp_path / str(number)
        folder.mkdir()
        for name, content in SAMPLES.items():
            (folder / name).write_bytes(harmed(content, chance))
        try:
            assert_read(folder)
        except Exception as failure:
            pytest.fail(f"{type(failure).__name__} with the seed {SEED}, number {number}: {failure}")


@given(name=st.sampled_from(sorted(SAMPLES)), content=st.binary(max_size=300))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_give_works_or_problems(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert_read(tmp_path)


def long(line: Callable[[int], str]) -> str:
    return line(200_000)


LINES = {
    "heading": long(lambda size: "# " * size + "x"),
    "blanks": long(lambda size: "# " + " " * size + "x"),
    "brackets": long(lambda size: "(" * size),
    "notes": long(lambda size: "(a/" * size),
    "tags": long(lambda size: "<a" * size),
    "pages": long(lambda size: "<pb:a_" * size),
    "page": long(lambda size: "<pb:" + "a_" * size),
    "gaiji": long(lambda size: "&a" * size),
    "composed": long(lambda size: "[-" * size),
    "keyword": long(lambda size: "#+" + "A" * size),
    "ends": long(lambda size: "。」" * size),
    "digits": long(lambda size: "1" * size),
    "authors": long(lambda size: "撰　" * size + "x"),
    "json": long(lambda size: "[" * size),
    "combining": long(lambda size: "e" + "\u0301" * size),
}
"""Lines that a pattern might try in more ways than a life is long."""
DEADLINE = 300
"""Seconds: a thousand times what it takes, and far less than the square of a line's length."""


def test_no_line_keeps_a_reader_busy(tmp_path: Path) -> None:
    for name, line in LINES.items():
        for file in ("a.md", "b.txt", "c.jsonl", "d.json", "KR9a0001/KR9a0001_001.txt"):
            path = tmp_path / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{line}\n", "utf-8")
    code = "import sys; from web.cli import main; main(['check', sys.argv[1]])"
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, timeout=DEADLINE, cwd=ROOT, check=False
    )
    assert done.returncode in (0, 1), done.stderr


def test_no_query_keeps_the_parser_busy() -> None:
    queries = [line[:MAX_CHARACTERS] for line in LINES.values()]
    code = (
        "import json, sys; from search.query import parse; from search.results import SearchError\n"
        "for query in json.load(sys.stdin):\n"
        "    try: parse(query)\n"
        "    except SearchError: pass\n"
    )
    subprocess.run(
        [sys.executable, "-c", code], input=json.dumps(queries), text=True, timeout=DEADLINE, cwd=ROOT, check=True
    )


def test_yaml_makes_no_objects_and_does_not_swell(tmp_path: Path) -> None:
    swelling = "".join(
        f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    marker = tmp_path / "made"
    headers = {
        "swells": f"a: &a [x, x]\n{swelling}title: *i\n",
        "makes": f"title: !!python/object/apply:os.mkdir ['{marker}']\n",
        "deep": f"title: {'[' * 5000}\n",
    }
    for name, header in headers.items():
        (tmp_path / f"{name}.md").write_text(f"---\n{header}---\n江\n", "utf-8")
    sources, _ = discover(tmp_path)
    works = [item for source in sources for item in read(source) if isinstance(item, Work)]
    assert {work.record.title for work in works} == set(headers)
    assert not marker.exists()


XML = ("charts.py", "citations.py", "docx.py")
"""Drawings of our own, which are written; a style that comes with a package; an exception alone."""


def test_nothing_that_people_send_is_read_as_xml_or_unpickled() -> None:
    words = re.compile(
        r"^\s*(?:import|from)\s+(?:xml|lxml|pickle|marshal|shelve|dill)\b|allow_pickle=True|yaml\.load\(", re.M
    )
    sources = (path for floor in ("corpora", "indexer", "search", "web") for path in (ROOT / floor).rglob("*.py"))
    assert sorted(path.name for path in sources if words.search(path.read_text("utf-8"))) == list(XML)
    assert "resolve_entities=False, no_network=True" in (ROOT / "web" / "desk" / "citations.py").read_text("utf-8")
