"""The query language: what each query is read as, and that no query breaks the reader."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from profiling import steps
from queries import REFUSALS

from indexer.text.folding import fold
from search.expressions import MAX_MATCH, Expression
from search.model import MAX_CHARACTERS, SearchError
from search.query import (
    ANY_ONE,
    ANY_RUN,
    MAX_CHOICES,
    MAX_NESTING,
    MAX_TERMS,
    And,
    Approximate,
    Field,
    Near,
    Not,
    Nothing,
    Or,
    Parsed,
    Phrase,
    Tree,
    _read,
    parse,
    shown,
)


def shape(tree: Tree) -> str:
    """The tree on one line, its phrases folded."""
    match tree:
        case Phrase(_, pattern):
            return shown(pattern)
        case Approximate(phrase):
            return f"{shape(phrase)}~"
        case Expression(_, pattern):
            return f"/{pattern}/"
        case Field(name, value):
            return f"{name}={value}"
        case And(children):
            return f"({' & '.join(map(shape, children))})"
        case Or(children):
            return f"({' | '.join(map(shape, children))})"
        case Not(child):
            return f"!{shape(child)}"
        case Near(left, right, distance, ordered):
            far = "篇" if distance is None else distance
            return f"[{shape(left)} {'>' if ordered else '~'}{far} {shape(right)}]"
        case Nothing(reason):
            return f"nothing: {reason}"


def leaves(tree: Tree) -> int:
    """The number of phrases and fields in the tree."""
    match tree:
        case And(children) | Or(children):
            return sum(map(leaves, children))
        case Not(child):
            return leaves(child)
        case Near(left, right):
            return leaves(left) + leaves(right)
        case Nothing():
            return 0
    return 1


def outcome(q: str) -> Parsed | str:
    """What a query is read as, or the code of the error."""
    try:
        return parse(q)
    except SearchError as error:
        return error.code


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("金史", "金史"),
        ("金　元", "(金 & 元)"),
        ("金 金", "金"),
        ("金\n元\t宋", "(金 & 元 & 宋)"),
        ('"金 元"', "金元"),
        ('"金""元"', "(金 & 元)"),
        ('金"元"', "(金 & 元)"),
        ("＂金元＂ 宋", "(金元 & 宋)"),
        ("“金 元” 「宋 明」 『辛 丑』", "(金元 & 宋明 & 辛丑)"),
        ("金 AND 元", "(金 & 元)"),
        ("金 ＡＮＤ 元", "(金 & 元)"),
        ("金 and 元", "(金 & and & 元)"),
        ("金 OR 元 OR 宋", "(金 | 元 | 宋)"),
        ("金 AND 元 OR 宋", "((金 & 元) | 宋)"),
        ("明 金 OR 元", "(明 & (金 | 元))"),
        ("（金 ＯＲ 元） ＡＮＤ ＮＯＴ 宋", "((金 | 元) & !宋)"),
        ("(金 OR 元)(宋 OR 明)", "((金 | 元) & (宋 | 明))"),
        ("(金 OR 元) AND 宋", "((金 | 元) & 宋)"),
        ("金 NOT 元", "(金 & !元)"),
        ("NOT(元) 金", "(!元 & 金)"),
        ("金 NOT NOT 元", "(金 & 元)"),
        ("金 NOT (元 NOT 宋)", "(金 & !(元 & !宋))"),
        ("金 NOT (NOT 元 NOT 宋)", "(金 & (元 | 宋))"),
        ("金 AND (元 OR NOT 宋)", "(金 & !(!元 & 宋))"),
        ("金 NEAR/5 元", "[金 ~5 元]"),
        ("金 ＮＥＡＲ／５ 元", "[金 ~5 元]"),
        ("金 NEAR/0 元", "[金 ~0 元]"),
        ("金 BEFORE/5 元", "[金 >5 元]"),
        ("金 ＢＥＦＯＲＥ／５ 元", "[金 >5 元]"),
        ("金 NEAR/篇 元", "[金 ~篇 元]"),
        ("金 BEFORE/section 元", "[金 >篇 元]"),
        ("金 NEAR/卷 元", "(金 & near卷 & 元)"),
        ("(金 OR 明) NEAR/5 元", "[(金 | 明) ~5 元]"),
        ("NOT 金 NEAR/5 元 AND 宋", "(![金 ~5 元] & 宋)"),
        ("title:金史 元", "(title=金史 & 元)"),
        ("题名：金史 元", "(title=金史 & 元)"),
        ("書名:金史", "title=金史"),
        ("TITLE:金史", "title=金史"),
        ("作者:“洪 皓”", "author=洪 皓"),
        ("朝代：清 元", "(dynasty=清 & 元)"),
        (
            "著作:KR2k0040 专题:northeast 分類:史部 地點:吉林",
            "(work=KR2k0040 & collection=northeast & category=史部 & place=吉林)",
        ),
        ("title:(金 OR 元) 宋", "((title=金 | title=元) & 宋)"),
        ("金 NOT title:元", "(金 & !title=元)"),
        ("/黑[龍竜]江(省|将軍)?/ 元", "(/黑[龙龙]江(?:省|将军){0,1}/ & 元)"),
        ("（／金＋？國／ OR 元） NEAR/3 宋", "[(/金{1,21}?国/ | 元) ~3 宋]"),
        ("NOT /金.{2}/ 元", "(!/金.{2,2}/ & 元)"),
        ('"會寧府"~', "会宁府~"),
        ("會寧府～ 上京", "(会宁府~ & 上京)"),
        ("「會寧府」~ NEAR/3 （“金上京”～ OR 元）", "[会宁府~ ~3 (金上京~ | 元)]"),
        ("NOT 會寧府~ 元", "(!会宁府~ & 元)"),
        ('"金、元，史"~', "金元史~"),
        ('"會寧府~"', "会宁府"),
        ('"會寧府"~5', "(会宁府 & 5)"),
        ("金元史，會寧府~", "金元史会宁府"),
        ("1115~1123", "11151123"),
        ("title:金元史~ 元", "(title=金元史~ & 元)"),
        ("上/下", "上下"),
        ("上 / 下 / 中", "(上 & 下 & 中)"),
        ("/上/下", "上下"),
        ('"/上.下/"', "上下"),
        ("title:/史/", "title=/史/"),
        ("其作者：某", "其作者某"),
        ("完?打", "完?打"),
        ("完？打", "完?打"),
        ("?打", "?打"),
        ('"完?"', "完?"),
        ("完*打", "完*打"),
        ("＊完＊＊打＊", "完*打"),
        ("□顏〓打", "?颜?打"),
        ("完○", "完?"),
        ("一○三", "一零三"),
        ("完[○]打", "完[〇]打"),
        ("[將军帥]印", "[将军帅]印"),
        ("［＾將軍］印", "[^将军]印"),
        ("[^.]印", "?印"),
        ("[.]印", "印"),
        ("[將 軍]印", "(将 & 军印)"),
        ('"[將 軍]印"', "将军印"),
        ("[車*犬]印", "〓印"),
        ("[缺三字]印", "□□□印"),
        ("[將軍]印，", "将军印"),
        ("（[將軍] OR 印） NOT [^帥]印", "(([将军] | 印) & ![^帅]印)"),
        ("冬天捕？", "冬天捕"),
        ("「冬天捕？」", "冬天捕"),
        ("(冬天捕?)", "冬天捕"),
        ("捕??", "捕"),
        ("捕 ？", "捕"),
        ("是何也？曰，不知。", "是何也曰不知"),
        ("曰「何也？」曰不知", "曰何也曰不知"),
        ("黑河（今在北）人", "黑河今在北人"),
        ("", "nothing: empty"),
        ("　 \n", "nothing: empty"),
        ("，。", "nothing: empty"),
        ('""', "nothing: empty"),
        ("()", "nothing: empty"),
        ("NOT 金", "nothing: not-alone"),
    ],
)
def test_reading(q: str, expected: str) -> None:
    assert shape(parse(q).tree) == expected


def test_every_form_that_the_document_lists_is_read_as_it_stands() -> None:
    text = (Path(__file__).parents[2] / "docs" / "queries.md").read_text("utf-8")
    forms = [form for row in re.findall(r"(?m)^\| (`.+?`) \| ", text) for form in re.findall("`([^`]+)`", row)]
    assert len(forms) > 40
    for form in forms:
        parsed = parse(form)
        assert not parsed.explanations, form
        assert not isinstance(parsed.tree, Nothing), form


@pytest.mark.parametrize(
    ("q", "expected", "codes"),
    [
        ("AND 金", "金", ["operator-dangling"]),
        ("金 OR", "金", ["operator-dangling"]),
        ("金 AND OR 元", "(金 & 元)", ["operator-dangling"]),
        ("金 NEAR/3 NOT 元", "[金 ~3 元]", ["operator-dangling"]),
        ("NOT", "nothing: empty", ["operator-dangling"]),
        ("NOT 金", "nothing: not-alone", ["not-alone"]),
        ("金 OR NOT 元", "nothing: not-alone", ["not-alone"]),
        ("金 NEAR/ 元", "[金 ~10 元]", ["near-without-distance"]),
        ("金 NEAR 元", "[金 ~10 元]", ["near-without-distance"]),
        ("金 BEFORE 元 NEAR/篇 宋", "([金 >10 元] & [元 ~篇 宋])", ["near-without-distance"]),
        ("金 NEAR/99999 元", "[金 ~100 元]", ["near-too-far"]),
        ("(金 宋) NEAR/9 元", "(金 & 宋 & 元)", ["near-operand"]),
        ("title:金 NEAR/9 元", "(title=金 & 元)", ["near-operand"]),
        ("(金 OR 元", "(金 | 元)", ["bracket-unbalanced"]),
        ("金 AND (宋 OR 元", "(金 & (宋 | 元))", ["bracket-unbalanced"]),
        ("金) 元", "(金 & 元)", ["bracket-unbalanced"]),
        ('"金 元', "金元", ["quote-unclosed"]),
        ("title:", "nothing: empty", ["field-empty"]),
        ("title: AND 金", "金", ["field-empty", "operator-dangling"]),
        ("title:。 金", "金", ["field-empty"]),
        ("完？打", "完?打", ["question-mark-is-wildcard"]),
        ("金 NEAR/3 元 NEAR/4 宋", "([金 ~3 元] & [元 ~4 宋])", []),
    ],
)
def test_odd_queries_are_repaired_and_explained(q: str, expected: str, codes: list[str]) -> None:
    parsed = parse(q)
    assert shape(parsed.tree) == expected
    assert [code for code, _ in parsed.explanations] == codes


@pytest.mark.parametrize(
    ("q", "code"),
    [
        ("金" * (MAX_CHARACTERS + 1), "query-too-long"),
        ("金 " * (MAX_TERMS + 1), "query-too-complex"),
        ("(" * (MAX_NESTING + 1) + "金", "query-too-complex"),
        ("金*" * 10, "query-too-complex"),
        ("*", "wildcard-too-broad"),
        ("?", "wildcard-too-broad"),
        ("???", "wildcard-too-broad"),
        ('"?*"', "wildcard-too-broad"),
        ("金 *?", "wildcard-too-broad"),
        ("□〓", "wildcard-too-broad"),
        ("/.{3}/", "expression-too-broad"),
        ("會寧~", "slip-length"),
        (f"{'金元' * 16}史~", "slip-length"),
        ('"會?府史"~', "slip-wildcard"),
        ("會[寧甯]府史~", "slip-wildcard"),
        ("/金?|元/", "expression-too-broad"),
        ("/[^金]/", "expression-too-broad"),
        ("/[一-龥]/", "expression-too-broad"),
        ("/金，元/", "expression-sign"),
        ("/^金/", "expression-sign"),
        ("/金 元/", "expression-sign"),
        (r"/金\b/", "expression-sign"),
        (r"/(金)\1/", "expression-sign"),
        ("/金(?=元)/", "expression-sign"),
        ("/(?i)金/", "expression-sign"),
        ("/金(元/", "expression-malformed"),
        ("/金)元/", "expression-malformed"),
        ("/[元/", "expression-malformed"),
        ("/+元/", "expression-malformed"),
        ("/元**/", "expression-malformed"),
        ("/元{3,2}/", "expression-malformed"),
        (r"/元\p{Nothing}/", "expression-malformed"),
        (f"/元.{{{MAX_MATCH}}}/", "expression-too-long"),
        ("/(元+宋+)+/", "expression-too-long"),
        ("/" + "(" * (MAX_NESTING + 1) + "元" + ")" * (MAX_NESTING + 1) + "/", "query-too-complex"),
        ("[^金]", "wildcard-too-broad"),
        ("金*[^元]", "wildcard-too-broad"),
        ("[" + "".join(map(chr, range(0x4E00, 0x4E00 + 3 * MAX_CHOICES))) + "]", "query-too-complex"),
    ],
)
def test_limits(q: str, code: str) -> None:
    with pytest.raises(SearchError) as caught:
        parse(q)
    assert caught.value.code == code
    assert len(caught.value.detail) < 50


def test_limits_are_reached_without_error() -> None:
    assert parse("金" * MAX_CHARACTERS).whole is not None
    assert parse("金 " * MAX_TERMS).tree == Phrase("金", (ord("金"),))
    assert shape(parse("(" * MAX_NESTING + "金" + ")" * MAX_NESTING).tree) == "金"


def test_a_phrase_keeps_what_was_typed() -> None:
    phrase = Phrase("盛京，通志", tuple(map(ord, fold("盛京通志"))))
    assert parse("盛京，通志").tree == phrase
    assert phrase.literal
    assert phrase.folded == fold("盛京通志")
    wild = parse("完？打").tree
    assert wild == Phrase("完？打", (ord("完"), ANY_ONE, ord("打")))
    assert isinstance(wild, Phrase)
    assert not wild.literal
    assert wild.folded == ""
    assert ANY_RUN in parse('"完 * 打"').phrases[0].pattern


def test_wanted_and_unwanted() -> None:
    parsed = parse("title:史 NOT author:某 金 NOT (元 NOT 宋) 明 NEAR/2 辛")
    assert parsed.text == "金 宋 明 辛"
    assert [phrase.text for phrase in parsed.phrases] == ["金", "宋", "明", "辛"]
    assert parsed.fields == (Field("title", "史"),)


@pytest.mark.parametrize(
    ("q", "whole"),
    [
        ("金史", "金史"),
        ('"金 史"', "金史"),
        ("金 史？", "金史"),
        ("完?打", "完?打"),
        ("金 AND 史", None),
        ('金 "史"', None),
        ("(金 史)", None),
        ("title:史 金", None),
        ("金 完?打", None),
        ("", None),
    ],
)
def test_the_whole_query_as_one_phrase(q: str, whole: str | None) -> None:
    parsed = parse(q).whole
    assert (None if parsed is None else shape(parsed)) == whole


# Boolean queries mean what they say, whatever the tree was rearranged into.

WORDS = "金元宋明"


@dataclass(frozen=True)
class Formula:
    """A query and what it should accept: a predicate over the words that are present, as a truth table."""

    q: str
    truth: tuple[bool, ...]


PRESENT = [frozenset(w for bit, w in enumerate(WORDS) if row >> bit & 1) for row in range(1 << len(WORDS))]


def combine(operator: str, left: Formula, right: Formula) -> Formula:
    pairs = zip(left.truth, right.truth, strict=True)
    return Formula(f"({left.q}{operator}{right.q})", tuple(a or b if operator == " OR " else a and b for a, b in pairs))


FORMULAS = st.recursive(
    st.sampled_from([Formula(word, tuple(word in present for present in PRESENT)) for word in WORDS]),
    lambda inner: st.one_of(
        st.builds(combine, st.sampled_from([" OR ", " AND ", " "]), inner, inner),
        inner.map(lambda f: Formula(f"(NOT {f.q})", tuple(not truth for truth in f.truth))),
    ),
    max_leaves=8,
)


def holds(tree: Tree, present: frozenset[str]) -> bool:
    match tree:
        case Phrase(text):
            return text in present
        case And(children):
            assert not all(isinstance(child, Not) for child in children)
            return all(holds(child, present) for child in children)
        case Or(children):
            assert not any(isinstance(child, Not) for child in children)
            return any(holds(child, present) for child in children)
        case Not(child):
            return not holds(child, present)
    raise AssertionError(tree)


@given(FORMULAS)
def test_boolean_meaning(formula: Formula) -> None:
    parsed = outcome(formula.q)
    if isinstance(parsed, str):
        assert parsed == "query-too-complex"
        return
    if isinstance(parsed.tree, Nothing):
        # It accepts a passage with none of the words, so it excludes from nothing.
        assert formula.truth[0]
    else:
        assert tuple(holds(parsed.tree, present) for present in PRESENT) == formula.truth
    assert not [code for code, _ in parsed.explanations if code != "not-alone"]


@given(st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1, max_size=60))
def test_a_phrase_means_the_same_bare_and_quoted(text: str) -> None:
    bare = parse(text).tree
    for quoted in (f'"{text}"', f"＂{text}＂", f"“{text}”", f"「{text}」", f"『{text}』"):
        assert parse(quoted).tree == bare
    assert isinstance(bare, Phrase)
    assert bare.folded == fold(text)


PIECES = st.lists(
    st.sampled_from(
        [
            *"金元AB ()（）\"＂“”「」『』?？*＊:：/，。\n　\0-'~^[]{}<>\\",
            *("AND", "OR", "NOT", "NEAR", "NEAR/", "NEAR/3", "BEFORE/3", "NEAR/篇", "ＮＯＴ", "ＮＥＡＲ／９"),
            " title:",
            "作者：",
            *(" /金", "/ ", "[^", "{1,3}", "|", "+", "(?:"),
        ]
    )
    | st.characters(exclude_categories=()),
    max_size=80,
).map("".join)


@settings(max_examples=300)
@given(PIECES)
def test_no_query_breaks_the_reader(q: str) -> None:
    parsed = outcome(q)
    if isinstance(parsed, str):
        assert parsed in REFUSALS
    else:
        assert all(phrase.pattern for phrase in parsed.phrases)
        assert parse(q) == parsed
        assert leaves(parsed.tree) <= 2 * MAX_TERMS  # a word between two NEARs stands in both


@pytest.mark.parametrize(
    "piece",
    [
        "(",
        ")",
        "()",
        "(a)",
        '"',
        '("',
        "“",
        "「",
        "?",
        "*",
        "?*",
        "NOT ",
        "AND ",
        "a NEAR/1 ",
        "title:",
        "title:(",
        "a",
        "金（",
        "NOT(",
        " /",
        "/金/ ",
        "(/金",
    ],
)
def test_reading_takes_steps_in_proportion_to_length(piece: str) -> None:
    q = (piece * MAX_CHARACTERS)[:MAX_CHARACTERS]
    half = q[: MAX_CHARACTERS // 2]
    outcome(q)  # what is made once is made now
    assert steps(lambda: outcome(q)) < 3 * steps(lambda: outcome(half))  # the square would be four times as many


@settings(max_examples=400)
@given(
    st.text(
        st.one_of(st.sampled_from("，。、；！"), st.characters(min_codepoint=0x3400, max_codepoint=0x9FFF)), min_size=1
    )
)
def test_a_query_without_operators_is_read_as_the_parser_reads_it(q: str) -> None:
    assert parse(q) == _read(q)
