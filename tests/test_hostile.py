"""Whatever is typed or stands in a file gets an answer or a reason, in bounded time, and runs nothing.

No format that is read here is XML, so that there are no entities to expand; YAML can be at the head of a text.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
from fuzzing import harmed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from queries import PATIENCE, Answering, assert_understood, made_up, timed
from seeds import SEED, slice_of

from corpora.aliases import AliasFailure, read_aliases
from corpora.manifests import MANIFESTS, ManifestFailure, collections
from corpora.model import Problem, SpanKind, Work
from corpora.readers import read
from corpora.sources.discover import discover
from search.model import MAX_CHARACTERS

ROOT = Path(__file__).parents[1]
QUERIES = 2_000
SEARCHES = 12
FILES = 150


@pytest.fixture(scope="module")
def answering(tmp_path_factory: pytest.TempPathFactory) -> Answering:
    return Answering(tmp_path_factory.mktemp("answering"))


def test_every_query_is_understood_or_refused_with_a_reason() -> None:
    for chance in slice_of(QUERIES):
        query = made_up(chance)
        try:
            taken = timed(partial(assert_understood, query))
        except Exception as failure:
            pytest.fail(f"{failure!r} with the seed {SEED}: {query[:400]!a}")
        assert taken < PATIENCE, (SEED, query)


def test_every_query_is_answered_in_every_mode(answering: Answering) -> None:
    for chance in slice_of(SEARCHES):
        query = made_up(chance, answering.words)
        try:
            taken = timed(partial(answering.assert_answered, query, chance))
        except Exception as failure:
            pytest.fail(f"{failure!r} with the seed {SEED}: {query[:400]!a}")
        assert taken < 10 * PATIENCE, (SEED, query)  # it is searched eight times


@pytest.mark.parametrize("query", ["x" * 10_000_000, "(" * 1000, '"' * 1000, "NOT " * 250, "*?" * 500, "(a" * 500])
def test_what_is_too_long_or_too_deep_is_refused_before_it_is_read(query: str) -> None:
    assert_understood(query)


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
    for item in (*problems, *(item for source in sources for item in read(source))):
        if isinstance(item, Work):
            assert_whole(item)
        else:
            assert isinstance(item, Problem)
            assert len(str(item).splitlines()) == 1


def assert_whole(work: Work) -> None:
    """The work can be written down, and what is said of its text is in the text and in order."""
    json.dumps(asdict(work), ensure_ascii=False).encode()
    assert re.fullmatch(r"[\w.-]{1,100}", work.id)
    assert work.record.title
    for section in work.sections:
        assert "\0" not in section.text
        starts = [page.start for page in section.pages]
        assert starts == sorted(starts)
        assert all(0 <= start <= len(section.text) for start in starts)
        assert all(page.facsimile == "" or page.facsimile.startswith(("http://", "https://")) for page in section.pages)
        assert all(0 <= span.start < span.end <= len(section.text) for span in section.spans)
        assert list(section.spans) == sorted(section.spans, key=lambda span: span.start)
        notes = [span for span in section.spans if span.kind is SpanKind.NOTE]
        assert all(before.end <= after.start for before, after in pairwise(notes))


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


def test_every_table_and_manifest_is_used_or_refused(tmp_path: Path) -> None:
    table = b"# names\nname\tother\tkind\tsource\n" + "卜奎\t齊齊哈爾\tplace\town\n".encode() * 3
    manifest = sorted(MANIFESTS.glob("*.yaml"))[0].read_bytes()[:3000]
    for number, chance in enumerate(slice_of(FILES)):
        folder = tmp_path / str(number)  # manifests are read once
        folder.mkdir()
        (folder / "a.tsv").write_bytes(harmed(table, chance))
        (folder / "a.yaml").write_bytes(harmed(manifest, chance))
        try:
            with suppress(AliasFailure):
                read_aliases(folder / "a.tsv")
            with suppress(ManifestFailure):
                collections(folder)
        except Exception as failure:
            pytest.fail(f"{failure!r} with the seed {SEED}, number {number}")


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
    "gaps": "x" + " " * 1_000_000 + "x",
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
        images = tmp_path / name / "KR9a0001" / "_data" / "imglist"
        images.mkdir(parents=True)
        (images.parent / "imginfo.cfg").write_text(f"[Versions]\nWYG=https://example.org/\n{line}\n", "utf-8")
        (images / "KR9a0001_001.txt").write_text(f"1\tWYG 001-1a\t{line}\n{line}\n", "utf-8")
    code = "import sys; from web.commands.main import main; main(['check', sys.argv[1]])"
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, timeout=DEADLINE, cwd=ROOT, check=False
    )
    assert done.returncode in (0, 1), done.stderr


def test_no_query_keeps_the_parser_busy() -> None:
    queries = [line[:MAX_CHARACTERS] for line in LINES.values()]
    code = (
        "import json, sys; from search.query import parse; from search.model import SearchError\n"
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


PARSED = ["web/citing/styles/__init__.py", "web/taking/works/epub.py"]
"""A style that comes with a package or from the operator; and a part of a book that this program wrote before."""


def test_nothing_that_people_send_is_unpickled_and_no_xml_is_read_with_entities_or_from_a_network() -> None:
    unpickled = re.compile(
        r"^\s*(?:import|from)\s+(?:pickle|marshal|shelve|dill|xml\.(?:sax|dom))\b|allow_pickle=True|yaml\.load\(", re.M
    )
    parsed = re.compile(r"\b(?:fromstring|iterparse|XMLPullParser|XML|parse)\(|XMLParser\(([^\n]*)\)")
    importing = re.compile(r"^\s*(?:import|from)\s+(?:xml|lxml)\b", re.M)
    texts = {
        path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
        for floor in ("corpora", "indexer", "search", "web")
        for path in (ROOT / floor).rglob("*.py")
    }
    assert [name for name, text in texts.items() if unpickled.search(text)] == []
    reading = {name: text for name, text in texts.items() if importing.search(text) and parsed.search(text)}
    assert sorted(reading) == PARSED
    for text in reading.values():
        parsers = [found for found in parsed.findall(text) if found]
        assert parsers
        assert all("resolve_entities=False, no_network=True" in parser for parser in parsers)
