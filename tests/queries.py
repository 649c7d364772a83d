"""Queries that nobody would type, and what holds of every one of them.

    python tests/queries.py --count 1000000 --first 0 --searched 5000

parses so many, the same for the same numbers on every machine, has so many of them answered in every mode, with other
names and without, and says how long the slowest took. One that breaks what is promised stops it and is named.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

# For the folders of the tests bear the names of the packages, and would else be taken for these.
sys.path.insert(0, str(Path(__file__).parents[1]))

from oracle import occurrences

from corpora.manifests import bundled_folder
from corpora.model import Section, Work
from corpora.readers import read
from corpora.sources.discover import discover
from indexer.building.build import build
from search.expressions import Expression
from search.library import Library
from search.model import MAX_CHARACTERS, Mode, Scope, SearchError, SearchRequest, SearchResponse
from search.query import (
    LENGTHS_WITH_A_SLIP,
    MAX_CHOICES,
    MAX_DISTANCE,
    MAX_NESTING,
    MAX_RUNS,
    MAX_TERMS,
    And,
    Approximate,
    CharacterClass,
    Field,
    Near,
    Not,
    Nothing,
    Or,
    Phrase,
    Tree,
    Wild,
    Words,
    parse,
)
from search.words.aliases import expand

REFUSALS = frozenset(
    {"query-too-long", "query-too-complex", "wildcard-too-broad"}
    | {"slip-wildcard", "slip-length", "slip-too-broad"}
    | {f"expression-{why}" for why in ("sign", "malformed", "too-long", "too-broad")}
)
LONGEST_DETAIL = 100
"""Characters of a query that what is said about it repeats at most."""
PATIENCE = 20.0
"""Seconds of work on one query: a hundred times what it takes, and nothing to what a pattern gone wrong takes."""

OPERATORS = (
    *("AND", "OR", "NOT", "NEAR", "NEAR/", "NEAR/10", "NEAR/99999999999999999999", "NEAR/٣", "ＮＥＡＲ／３", "ＮＯＴ"),
    *("~ ", "～ ", "BEFORE", "BEFORE/3", "NEAR/篇", "BEFORE/section", "ＢＥＦＯＲＥ／９"),
    *("title:", "TITLE: ", "題名：", "作者:", "专题：", "nonsense:", "ＴＩＴＬＥ：", "title:title:", "TO", "&&", "||"),
)
MARKS = "()（）\"“”「」『』＂?？*＊:：/／\\~^-+[]［］{}<>;'，。！□"
CLASSES = ("[金遼]", "[^金]", "［將軍］", "[^，]", "[缺三字]", "[金*先]", "[" + "金遼元宋" * 30 + "]")
CHARACTERS = (
    *("\ufb01", "e\u0301", "\u0301", "Ⅻ", "１", "ａ", "ß", "İ", "豈", "㑹", "𤣥", "\U0002f800", "○", "〇", "〓"),
    *("\u200b", "\u200d", "\u202a", "\u202e", "\u2066", "\u2069", "\ufeff", "\ufe0f", "\U000e0100", "\uffff"),
    *("\ud800", "\udfff", "\ud840\udc00", "\x00", "\x1b[2J", "\x7f", "\x85", "😀", "👩‍👩‍👧", "%00", "--", "'"),
    *(" ", "\u3000", "\n", "\r\n", "\t", "\u2028", "\xa0"),
)
EXPRESSIONS = (
    *(" /金.{0,3}國/ ", " /[金遼](?:史|國)?/ ", "/金*", "/(", "(金|遼)+/ ", " /(((((((((((金)))))))))))/ ", " /^金/ "),
    *(
        " /(金{20}){20}/ ",
        " /金，/ ",
        " /[金-/ ",
        " /.*/ ",
        " /金{9,2}/ ",
        " /\\p{Han}金/ ",
        " /(?=金)/ ",
        "／金｜遼／",
    ),
)
PLANES = ((0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2EBE0), (0x30000, 0x323AF), (0, 0x10FFFF))
"""Han characters with their extensions A to H, and everything."""
WORDS = ("完顏", "阿骨打", "完颜阿骨打", "金", "遼", "上京會寧府", "黑龙江", "冬天凿冰捕鱼", "猛安謀克", "吉林")


def made_up(chance: random.Random, words: Sequence[str] = WORDS) -> str:
    """A query of operators, marks, words and any characters, in any order; now and then one piece again and again."""
    pieces = [_piece(chance, words) for _ in range(chance.randrange(40))]
    if pieces and chance.random() < 0.05:
        pieces.insert(chance.randrange(len(pieces)), chance.choice(pieces) * chance.randrange(MAX_CHARACTERS))
    return chance.choice(("", " ")).join(pieces)


def _piece(chance: random.Random, words: Sequence[str]) -> str:
    match chance.randrange(8):
        case 0 | 1:
            return chance.choice(OPERATORS)
        case 2:
            return chance.choice(MARKS)
        case 3:
            return chance.choice(CLASSES + EXPRESSIONS) if chance.random() < 0.5 else chance.choice(MARKS)
        case 4 | 5:
            return chance.choice(words)
        case 6:
            return chance.choice(CHARACTERS)
        case _:
            return chr(chance.randint(*chance.choice(PLANES)))


def assert_understood(query: str) -> str:
    """The query is read as a tree that can be paid for, or refused with a reason; the reason, or nothing."""
    try:
        parsed = parse(query)
    except SearchError as refused:
        return _reason(refused)
    assert all(len(detail) <= LONGEST_DETAIL for _, detail in parsed.explanations), parsed.explanations
    _assert_paid_for(parsed.tree, len(query), 2 * MAX_TERMS)
    _assert_paid_for(expand(parsed).tree, 4 * MAX_CHARACTERS, 4 * MAX_TERMS)  # a name may have a longer one
    return ""


def _reason(refused: SearchError) -> str:
    assert refused.code in REFUSALS, refused
    assert len(str(refused)) <= LONGEST_DETAIL, refused
    return refused.code


def _assert_paid_for(tree: Tree, longest: int, most: int) -> None:
    assert isinstance(tree, Nothing) or 0 < len(list(_leaves(tree))) <= most, "too many words"
    assert _depth(tree) <= 3 * MAX_NESTING + 3, "too deep"  # a pair of brackets makes an AND of an OR of a NOT
    for leaf in _leaves(tree):
        if isinstance(leaf, Phrase):
            assert 0 < len(leaf.pattern) <= longest, "a phrase of nothing, or of more than was typed"
            assert leaf.pattern.count(Wild.RUN) <= MAX_RUNS, "too many wildcards"
            told = [each for each in leaf.pattern if isinstance(each, int | CharacterClass)]
            assert any(isinstance(each, int) or not each.negated for each in told), "wildcards alone"
            assert all(isinstance(each, int) or len(each.letters) <= MAX_CHOICES for each in told), "too many choices"


def _leaves(tree: Tree) -> Iterator[Words | Field]:
    match tree:
        case Approximate(phrase):
            assert len(phrase.pattern) in LENGTHS_WITH_A_SLIP, "too little, or too much, to be near to"
            yield phrase
        case Phrase() | Expression() | Field():
            yield tree
        case And(children):
            assert len(children) > 1, "a branch that does not branch"
            assert not all(isinstance(child, Not) for child in children), "nothing is wanted"
            for child in children:
                yield from _leaves(child.child if isinstance(child, Not) else child)
        case Or(children):
            assert len(children) > 1, "a branch that does not branch"
            assert not any(isinstance(child, Not) for child in children), "everything is wanted"
            for child in children:
                yield from _leaves(child)
        case Near(left, right, distance):
            assert distance is None or 0 <= distance <= MAX_DISTANCE, "too far"
            for operand in (left, right):
                assert all(isinstance(leaf, Words) for leaf in _leaves(operand)), "a field has no place"
                yield from _leaves(operand)
        case Not():
            raise AssertionError("an exclusion stands outside of AND")


def _depth(tree: Tree) -> int:
    match tree:
        case And(children) | Or(children):
            return 1 + max(map(_depth, children))
        case Not(child):
            return 1 + _depth(child)
        case _:
            return 1


class Answering:
    """A library of the bundled gazetteer, all of its text to look at, and cuttings from it to ask for."""

    def __init__(self, folder: Path) -> None:
        texts = bundled_folder("bundled")
        assert texts
        path = texts / "hanjiang-zhilue"
        build([path], folder)
        items = [item for source in discover(path)[0] for item in read(source)]
        self.sections: list[Section] = [
            section for item in items if isinstance(item, Work) for section in item.sections
        ]
        self.library = Library.open(folder)
        chance = random.Random(0)
        self.words = [*WORDS, *(self._cutting(chance) for _ in range(200))]

    def _cutting(self, chance: random.Random) -> str:
        text = chance.choice([section.text for section in self.sections if section.text])
        start = chance.randrange(len(text))
        return text[start : start + chance.randrange(1, 9)]

    def assert_answered(self, query: str, chance: random.Random) -> None:
        """The query has an answer in every mode, with other names and without; a phrase is counted as a scan does."""
        scope, strict = chance.choice(list(Scope)), chance.random() < 0.3
        for mode in Mode:
            for aliases in (True, False):
                self._answer(SearchRequest(query, mode, scope, strict, aliases, facets=mode is Mode.EXACT))
        plain = f'"{query.replace(chr(34), "")[: MAX_CHARACTERS - 2]}"'
        for asked in (query, plain):
            self._assert_counted(SearchRequest(asked, Mode.EXACT, scope, strict))

    def _answer(self, request: SearchRequest) -> SearchResponse | None:
        try:
            response = self.library.search(request)
        except SearchError as refused:
            _reason(refused)
            return None
        for hit in response.hits:
            ranges = (*hit.highlights, *hit.notes, *((hit.nearest_passage_range,) if hit.nearest_passage_range else ()))
            assert all(0 <= start < end <= len(hit.text) for start, end in ranges), hit
        return response

    def _assert_counted(self, request: SearchRequest) -> None:
        response = self._answer(request)
        tree = parse(request.q).tree if response else None
        if response and isinstance(tree, Phrase):
            expected = occurrences(self.sections, tree.text, request.scope, request.strict)
            assert response.total.occurrences == len(expected), request


def timed(work: Callable[[], object]) -> float:
    """Seconds of the processor that some work takes."""
    before = time.process_time()
    work()
    return time.process_time() - before


def main() -> None:
    """Try many, and tell."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--count", type=int, default=1_000_000, help="how many are parsed")
    arguments.add_argument("--first", type=int, default=0, help="the number of the first")
    arguments.add_argument("--searched", type=int, default=2_000, help="how many are answered, too")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        answering = Answering(Path(folder))
        assert_understood("完颜阿骨打")  # tables are read before anything is timed
        codes, slowest, began = Counter[str](), (0.0, ""), time.monotonic()
        for number in range(given.first, given.first + given.count):
            query = made_up(random.Random(number))
            try:
                slowest = max(slowest, (timed(lambda query=query: codes.update([assert_understood(query)])), query))
            except Exception as failure:
                sys.exit(f"query {number} fails by {failure!r}: {query[:400]!a}")
        print(f"{given.count} parsed in {time.monotonic() - began:.0f} s: {dict(codes)}")
        print(f"the slowest took {1000 * slowest[0]:.1f} ms: {slowest[1][:200]!a}")
        slowest, began = (0.0, ""), time.monotonic()
        for number in range(given.first, given.first + given.searched):
            chance = random.Random(number)
            query = made_up(chance, answering.words)
            try:
                work = timed(lambda query=query, chance=chance: answering.assert_answered(query, chance))
            except Exception as failure:
                sys.exit(f"search {number} fails by {failure!r}: {query[:400]!a}")
            slowest = max(slowest, (work, query))
        print(f"{given.searched} answered, eight times each, in {time.monotonic() - began:.0f} s")
        print(f"the slowest took {1000 * slowest[0]:.1f} ms: {slowest[1][:200]!a}")


if __name__ == "__main__":
    main()
