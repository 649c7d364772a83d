"""The query language: from what a reader types to an engine-free tree.

``whoosh.qparser`` does the reading: taggers cut the query into syntax nodes and filters arrange them. Here its
nodes are repaired where the query is odd (each repair is explained), and turned into the tree below. Nothing
of Whoosh leaves this module.

========================  ===================================================================================
``完顏 阿骨打``            both words (white space, also U+3000, separates them)
``"完顏阿骨打"``           one exact phrase; also “ ”, 「 」, 『 』 around a whole word or phrase
``金 AND 遼``              both; ``OR`` either; ``NOT`` excludes; ``( )`` groups
``金 NEAR/5 遼``           at most 5 characters between them, in either order; ``BEFORE/5`` in that order
``金 NEAR/篇 遼``          both in one section, also ``NEAR/section``; ``BEFORE/篇`` in that order
``完顏?打`` ``完顏□打``     ``?``, □, 〓 and a circle that is no zero: any one character, also one that is lost or
                          described; ``*`` any run of up to 8
``[將军帥]印``              one of these characters; ``[^將軍]`` any one but these
``"完顏阿骨打"~``          a phrase, or a word, with one character wrong, missing or too much
``/完顏.{1,2}打/``         a regular expression (:mod:`search.expressions`)
``title:金史``             the catalogue record; by a name that :mod:`corpora.catalogue` declares
``when:天輔六年``           dates in the text, by their years (:mod:`search.dates`); also ``紀年:``
========================  ===================================================================================

``NEAR`` and ``BEFORE`` bind tightest, then ``NOT``, ``AND``, ``OR``, then plain adjacency; without a number they mean
NEAR/10 and BEFORE/10.
Every operator may be typed full-width. A ``?`` that ends a bare word, and any ``?``, ``*`` or bracket in a word with
other punctuation, is punctuation. Square brackets around parts that an operator joins (``[車*犬]``), or around a
remark that characters are lacking (``[缺三字]``), are a character. The grammar stands in docs/queries.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from itertools import groupby
from typing import Any

from whoosh.qparser import QueryParser, plugins, syntax, taggers

from corpora.catalogue import QUERIED
from indexer.text.folding import fold
from indexer.text.readings import Letter, composed, phrase_letters
from search import dates
from search.dates import When, read_when
from search.expressions import Expression, read_expression
from search.model import MAX_CHARACTERS, SearchError

MAX_TERMS = 32
MAX_NESTING = 10
MAX_RUN = 8
"""The most characters that one ``*`` stands for."""
MAX_RUNS = 8
"""The most ``*`` in one phrase."""
MAX_CHOICES = 100
"""The most characters in one pair of square brackets."""
LENGTHS_WITH_A_SLIP = range(3, 33)
"""How many characters a phrase has in which one may be wrong: of two, one that is right says next to nothing."""
MAX_DISTANCE = 100
DEFAULT_DISTANCE = 10
SHOWN = 20
"""The most characters of a query that an error or an explanation repeats."""


class Wild(Enum):
    """A wildcard in a phrase's pattern."""

    ONE = "?"  # exactly one character
    RUN = "*"  # 0 to MAX_RUN characters


ANY_ONE = Wild.ONE
ANY_RUN = Wild.RUN


@dataclass(frozen=True, slots=True)
class CharacterClass:
    """One character out of some, or (``negated``) any one but those, however they are spelled."""

    letters: tuple[Letter, ...]
    negated: bool = False

    @property
    def codes(self) -> tuple[int, ...]:
        """Their folded code points, each once."""
        return tuple(dict.fromkeys(letter.code for letter in self.letters))

    def __str__(self) -> str:
        """Write it as a reader does, folded."""
        return f"[{'^' * self.negated}{''.join(map(chr, self.codes))}]"


Element = int | Wild | CharacterClass
_Sought = tuple[Letter | Wild | CharacterClass, ...]


@dataclass(frozen=True, slots=True)
class Phrase:
    """Characters that stand in a row. ``text`` is as typed; ``pattern`` holds folded code points, and what may be
    several.

    ``alias`` says that the reader did not type it: it holds another name for one that was typed.
    """

    text: str
    pattern: tuple[Element, ...]
    alias: bool = False

    @property
    def literal(self) -> bool:
        """Whether it is characters alone, with no wildcards or classes."""
        return all(isinstance(element, int) for element in self.pattern)

    @property
    def folded(self) -> str:
        """The folded text; empty where it is not literal."""
        return shown(self.pattern) if self.literal else ""


@dataclass(frozen=True, slots=True)
class Approximate:
    """A phrase of characters alone, in which one may be wrong, missing or too much."""

    phrase: Phrase

    @property
    def parts(self) -> tuple[tuple[Letter, ...], tuple[Letter, ...]]:
        """The phrase in two, as typed: one slip leaves one of them as it is."""
        letters = phrase_letters(self.phrase.text)
        return letters[: len(letters) // 2], letters[len(letters) // 2 :]


Words = Phrase | Approximate | Expression | When
"""What stands in a text."""


@dataclass(frozen=True, slots=True)
class Field:
    """A condition on the catalogue record: ``value`` (as typed), folded, is part of the named field, folded."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class InYears:
    """A condition on passages: a date of the years that were asked for begins there. No word of it is an occurrence."""

    when: When


@dataclass(frozen=True, slots=True)
class And:
    """All children, in the order typed. A ``Not`` stands only here, never without a child that is not a ``Not``."""

    children: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any child; none of them is a ``Not``."""

    children: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """What the child does not match."""

    child: Tree


@dataclass(frozen=True, slots=True)
class Near:
    """Both operands with at most ``distance`` characters of the folded stream between them, in either order.

    Where ``ordered``, the left one comes first. Without a distance both stand in one section, however far apart. An
    operand is words, or an ``Or`` of words.
    """

    left: Words | Or
    right: Words | Or
    distance: int | None
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class Nothing:
    """Nothing can be searched: ``empty`` (no words) or ``not-alone`` (nothing to exclude from)."""

    reason: str


Tree = Phrase | Approximate | Expression | When | Field | InYears | And | Or | Not | Near | Nothing


@dataclass(frozen=True, slots=True)
class Parsed:
    """A query as it was understood.

    ``text`` is its wanted words without operators and fields; ``phrases``, ``fields`` and ``dates`` are the wanted
    ones;
    ``explanations`` are (code, detail) pairs that say how an odd query was read; ``whole`` is the query as one
    phrase, where it is one or is only literal words; ``quoted`` are those of the phrases that stand in quotation marks.
    """

    tree: Tree
    text: str
    phrases: tuple[Phrase, ...]
    fields: tuple[Field, ...]
    explanations: tuple[tuple[str, str], ...]
    whole: Phrase | None
    quoted: tuple[Phrase, ...] = ()
    dates: tuple[When, ...] = ()


def parse(q: str) -> Parsed:
    """Read a query.

    :raises SearchError: ``query-too-long``, ``query-too-complex`` or ``wildcard-too-broad``.
    """
    if len(q) > MAX_CHARACTERS:
        raise SearchError("query-too-long", f"{len(q)} > {MAX_CHARACTERS}")
    if _PLAIN.fullmatch(q) and (pattern := _literal(q)):
        phrase = Phrase(q, pattern)
        return Parsed(tree=phrase, text=q, phrases=(phrase,), fields=(), explanations=(), whole=phrase)
    return _read(q)


def _read(q: str) -> Parsed:
    reading = _Reading(q)
    tree = reading.tree()
    wanted = tuple(dict.fromkeys(leaves(tree)))
    phrases = tuple(dict.fromkeys(_phrases(wanted)))
    if isinstance(tree, Phrase):
        whole: Phrase | None = tree
    elif reading.plain and phrases and all(phrase.literal for phrase in phrases):
        whole = Phrase(q.strip(), _literal(q))
    else:
        whole = None
    return Parsed(
        tree=tree,
        text=" ".join(phrase.text for phrase in phrases),
        phrases=phrases,
        fields=tuple(leaf for leaf in wanted if isinstance(leaf, Field)),
        explanations=tuple(dict.fromkeys(reading.explanations)),
        whole=whole,
        quoted=tuple(phrase for phrase in phrases if phrase in reading.quoted),
        dates=tuple(leaf for leaf in wanted if isinstance(leaf, When)),
    )


def cut(q: str) -> Iterator[tuple[str, str]]:
    """Yield a query in pieces, each with what it is: ``(`` or ``)``, ``"`` for a quotation left open, or nothing."""
    text = _one_for_one(q)
    at = 0
    while at < len(text):
        whole = _QUOTED.match(text, at) or _EXPRESSION.match(text, at)
        end = whole.end() if whole else at + 1
        is_open = whole is not None and whole.groupdict().get("close") == ""
        yield q[at:end], '"' if is_open else text[at] if text[at:end] in ("(", ")") else ""
        at = end


def masked(q: str) -> str:
    """Return a query, character by character, in which quotations and regular expressions are quotation marks alone.

    >>> masked("「遼 or 金」 or 宋")
    '”””””””” or 宋'
    """
    return "".join(_QUOTATION * len(piece) if len(piece) > 1 else piece for piece, _ in cut(_one_for_one(q)))


def leaves(tree: Tree, wanted: bool = True) -> Iterator[Words | Field]:
    """Yield the leaves under an even number of ``Not``, in order."""
    match tree:
        case Phrase() | Approximate() | Expression() | When() | Field():
            if wanted:
                yield tree
        case And(children) | Or(children):
            for child in children:
                yield from leaves(child, wanted)
        case Not(child):
            yield from leaves(child, not wanted)
        case Near(left, right):
            yield from leaves(left, wanted)
            yield from leaves(right, wanted)


def _phrases(some: Iterable[Words | Field]) -> Iterator[Phrase]:
    for leaf in some:
        if isinstance(leaf, Phrase | Approximate):
            yield leaf if isinstance(leaf, Phrase) else leaf.phrase


def narrowed_to(tree: Tree, when: When | None) -> Tree:
    """Return what a tree finds, in passages with a date of some years alone; None for all of them."""
    return tree if when is None or isinstance(tree, Nothing) else And((tree, InYears(when)))


def without_slips(tree: Tree) -> Tree:
    """Return a tree that wants each phrase just as it is."""
    match tree:
        case Approximate(phrase):
            return phrase
        case And(children) | Or(children):
            return replace(tree, children=tuple(map(without_slips, children)))
        case Not(child):
            return Not(without_slips(child))
        case Near(left, right):
            return replace(tree, left=without_slips(left), right=without_slips(right))  # type: ignore[arg-type]  # still words
        case _:
            return tree


# Phrases

_QUOTATION = "”"
_WILD = {"?": ANY_ONE, "？": ANY_ONE, "*": ANY_RUN, "＊": ANY_RUN}
_QUESTION_MARKS = "?？"
_TILDES = "~～"
_UNKNOWN = "□〓〇"
"""What stands for a character that nobody can read or print, folded: any one, where it is looked for."""
_PLAIN = re.compile("[\u3400-\u9fff，。、；！]+")
"""Most queries: a word or a sentence, in which nothing could be an operator. They need no parser."""
_PASSAGE = re.compile("[，。、；：！…,;!“”「」『』《》]")
"""What shows that a word is running text, where ``?``, ``*`` and brackets are punctuation."""
_MARK = re.compile(r"(?P<wild>[?？*＊])|[\[［](?P<negated>[\^＾]?)(?P<choices>[^\[\]［］\s]+)[\]］]")


def shown(pattern: Iterable[Element]) -> str:
    """Return a pattern as a reader would write it.

    >>> shown((ord("会"), ANY_ONE, ord("府")))
    '会?府'
    >>> [shown(parse(q).phrases[0].pattern) for q in ("會寧?", '"黑龍?江"')]
    ['会宁', '黑龙?江']
    """
    return "".join(chr(each) if isinstance(each, int) else _sign(each) for each in pattern)


def _sign(element: Wild | CharacterClass) -> str:
    return element.value if isinstance(element, Wild) else str(element)


def _literal(text: str) -> tuple[Element, ...]:
    return tuple(letter.code for letter in phrase_letters(text))


def _codes(sought: _Sought) -> tuple[Element, ...]:
    return tuple(each.code if isinstance(each, Letter) else each for each in sought)


@lru_cache(64)
def sought_in(phrase: Phrase) -> tuple[tuple[Element, ...], tuple[Letter, ...]]:
    """Return the pattern that a phrase is in a text, with its characters as the reader typed them."""
    sought = phrase_letters(phrase.text) if phrase.literal else _sought(phrase.text)
    return _codes(sought), tuple(letter for letter in sought if isinstance(letter, Letter))


def _sought(text: str) -> _Sought:
    """Return what a phrase says; ``*`` at its ends, where it adds nothing, and doubled ``*`` are dropped.

    Raises:
        SearchError: there are too many wildcards or choices, or nothing but wildcards.
    """
    sought: list[Letter | Wild | CharacterClass] = []
    for part in (text,) if _PASSAGE.search(text) else _parts(text):
        if isinstance(part, str):
            sought += map(_or_unknown, phrase_letters(part))
        elif part is not ANY_RUN or (sought and sought[-1] is not ANY_RUN):
            sought.append(part)
    while sought and sought[-1] is ANY_RUN:
        sought.pop()
    if sought.count(ANY_RUN) > MAX_RUNS:
        raise SearchError("query-too-complex", f"* > {MAX_RUNS}")
    rows = [list(row) for is_run, row in groupby(sought, lambda each: each is ANY_RUN) if not is_run]
    # What is only known not to be something is everywhere, unless it stands beside a character.
    lost = [row for row in rows if any(map(_is_negated, row)) and not any(map(_is_told, row))]
    if lost or not (any(map(_is_told, sought)) or not (sought or any(mark in text for mark in _WILD))):
        raise SearchError("wildcard-too-broad", text[:SHOWN])
    return tuple(sought)


def _is_told(element: Letter | Wild | CharacterClass) -> bool:
    return not isinstance(element, Wild) and not _is_negated(element)


def _is_negated(element: Letter | Wild | CharacterClass) -> bool:
    return isinstance(element, CharacterClass) and element.negated


def _or_unknown(letter: Letter) -> Letter | Wild:
    """Return a letter, or any character for a sign that stands for one; a remark that one is lacking is a letter."""
    is_sign = chr(letter.code) in _UNKNOWN and len(letter.typed) == 1 and not letter.name
    return ANY_ONE if is_sign else letter


def _parts(text: str) -> Iterator[str | Wild | CharacterClass]:
    """Split a phrase at its wildcards and classes; what stands for a character and holds one is whole."""
    text = text.translate(_SQUARE)
    whole = {at for start, end in composed(text) for at in range(start, end)}
    start = 0
    for mark in _MARK.finditer(text):
        if mark.start() in whole:
            continue
        if mark.start() > start:
            yield text[start : mark.start()]
        yield from (_WILD[mark["wild"]],) if mark["wild"] else _class(mark["choices"], bool(mark["negated"]))
        start = mark.end()
    if start < len(text):
        yield text[start:]


def _class(choices: str, negated: bool) -> Iterator[Wild | CharacterClass]:
    """Yield a class; nothing for one of punctuation alone, and any character for all but punctuation."""
    letters = tuple(dict.fromkeys(phrase_letters(choices)))
    if len(letters) > MAX_CHOICES:
        raise SearchError("query-too-complex", f"[ > {MAX_CHOICES}")
    if letters:
        yield CharacterClass(letters, negated)
    elif negated:
        yield ANY_ONE


# Whoosh's side: taggers and filters

_START = r"(?<![^\s()\"”」』])"  # an operator or a field starts a word
_END = r"(?![^\s()\"“「『])"  # and an operator ends one
_QUOTED = re.compile(
    r'"(?P<plain>[^"]*)(?P<close>"|$)(?P<slip>~(?![^\s)]))?'
    r"|(?<![^\s(:])(?:“(?P<curly>[^“”]*)”|「(?P<corner>[^「」]*)」|『(?P<hollow>[^『』]*)』)(?P<tilde>~)?(?=[\s)]|$)"
)
_FIELD = rf"(?i:{_START}(?P<text>{'|'.join((*QUERIED, *dates.NAMES))}):\s*)"
_EXPRESSION = re.compile(rf"{_START}/(?=\S)[^/]*[^/\s]/{_END}")
_NEAR = re.compile(r"(?P<word>NEAR|BEFORE)(?:/(?P<distance>[0-9]*|篇|(?i:section)))?")
_SQUARE = str.maketrans("［］＾", "[]^")
_ASCII = {ord("\u3000"): " "} | {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
_GLOSS = re.compile(r"(?<=[^\x00-\x7f])\(([^()\s\"]*)\)")
"""A bracketed remark inside running text, such as 黑龍江（今…）將軍: the brackets are punctuation."""


def _one_for_one(q: str) -> str:
    """Return a query as it is cut: one character stays one character, so that offsets hold in what was typed."""
    return _GLOSS.sub("·\\1·", q.translate(_ASCII))


class _NearGroup(syntax.BinaryGroup):  # type: ignore[misc]  # Whoosh's base is untyped
    """Two operands of ``NEAR`` or ``BEFORE``; the operator is in ``kwargs``."""


class _NearOperator(syntax.InfixOperator):  # type: ignore[misc]  # Whoosh's base is untyped
    def replace_self(self, parser: Any, group: Any, position: int) -> int:
        """Put a group in the place of the operator and its operands, as every operator of Whoosh does."""
        operands = [group[position - 1], group[position + 1]]
        group[position - 1 : position + 2] = [_NearGroup(operands, operator=self.text)]
        return position


class _ApproximateNode(syntax.TextNode):  # type: ignore[misc]  # Whoosh's base is untyped
    """A quoted phrase before a tilde."""


class _ExpressionNode(syntax.TextNode):  # type: ignore[misc]  # Whoosh's base is untyped
    """A regular expression between slashes."""


@dataclass(frozen=True, slots=True)
class _Plugin:
    """A Whoosh plugin made of ready parts: (tagger, priority) and (filter, priority) pairs."""

    tags: tuple[tuple[Any, int], ...] = ()
    sieves: tuple[tuple[Callable[[Any, Any], Any], int], ...] = ()

    def taggers(self, parser: Any) -> Sequence[tuple[Any, int]]:
        return self.tags

    def filters(self, parser: Any) -> Sequence[tuple[Callable[[Any, Any], Any], int]]:
        return self.sieves


@dataclass(frozen=True, slots=True)
class _Meaning:
    """A bounded set of passages, or (``negative``) all but that set."""

    tree: Tree
    negative: bool = False


class _Reading:
    """One reading of one query: Whoosh's parser with our plugins, and what there is to explain."""

    def __init__(self, q: str) -> None:
        self.q = q
        self.explanations: list[tuple[str, str]] = []
        self.plain = True
        self.quoted: set[Phrase] = set()
        self._terms = 0
        self._text = _one_for_one(q)
        self._parser = QueryParser(
            None,
            None,
            plugins=[
                plugins.GroupPlugin(),
                plugins.FieldsPlugin(_FIELD, remove_unknown=False),
                plugins.OperatorsPlugin(
                    ops=[
                        (
                            plugins.OperatorsPlugin.OpTagger(
                                rf"{_START}{_NEAR.pattern}{_END}", _NearGroup, _NearOperator
                            ),
                            0,
                        )
                    ],
                    Not=rf"{_START}NOT{_END}",
                    And=rf"{_START}AND{_END}",
                    Or=rf"{_START}OR{_END}",
                    AndNot=None,
                    AndMaybe=None,
                    Require=None,
                ),
                _Plugin(
                    tags=(
                        (taggers.FnTagger(_QUOTED, self._quoted), -1),
                        (taggers.FnTagger(_EXPRESSION, lambda: _ExpressionNode("")), -1),
                    ),
                    sieves=((self._balance, -1), (self._drop_empty_fields, 90), (self._tidy_operators, 590)),
                ),
            ],
        )

    def tree(self) -> Tree:
        """Return the tree of the query."""
        meaning = self._convert(self._parser.process(self._text))
        if meaning is None:
            if any(mark in self.q for mark in _WILD):
                raise SearchError("wildcard-too-broad", self.q.strip()[:SHOWN])
            return Nothing("empty")
        if meaning.negative:
            self._explain("not-alone")
            return Nothing("not-alone")
        return meaning.tree

    def _explain(self, code: str, detail: str = "") -> None:
        self.explanations.append((code, detail))

    # Taggers and filters

    def _quoted(self, close: str | None, slip: str | None, tilde: str | None, **texts: str | None) -> Any:
        if close == "":
            self._explain("quote-unclosed")
        self.plain = False
        kind = _ApproximateNode if slip or tilde else syntax.TextNode
        return kind(next(text for text in texts.values() if text is not None))

    def _balance(self, parser: Any, group: Any) -> Any:
        """Drop brackets that close nothing, close those left open, and bound the nesting before anything recurses."""
        opening, closing = plugins.GroupPlugin.OpenBracket, plugins.GroupPlugin.CloseBracket
        balanced = group.empty_copy()
        depth = 0
        for node in group:
            if isinstance(node, opening):
                self.plain = False
                depth += 1
                if depth > MAX_NESTING:
                    raise SearchError("query-too-complex", f"( > {MAX_NESTING}")
            elif isinstance(node, closing):
                if not depth:
                    self._explain("bracket-unbalanced", ")")
                    continue
                depth -= 1
            balanced.append(node)
        if depth:
            self._explain("bracket-unbalanced", "(")
            balanced.extend([closing() for _ in range(depth)])
        return balanced

    def _drop_empty_fields(self, parser: Any, group: Any) -> Any:
        """Drop a field's name with no value behind it."""
        kept = group.empty_copy()
        for position, node in enumerate(group):
            if isinstance(node, syntax.FieldnameNode):
                self.plain = False
                behind = group[position + 1] if position + 1 < len(group) else None
                if not isinstance(behind, syntax.TextNode | syntax.GroupNode):
                    self._explain("field-empty", node.original.strip())
                    continue
            kept.append(self._drop_empty_fields(parser, node) if isinstance(node, syntax.GroupNode) else node)
        return kept

    def _tidy_operators(self, parser: Any, group: Any) -> Any:
        """Drop operators that lack an operand, and doubled ``NOT``."""
        tidy = group.empty_copy()

        def last(kind: Any) -> bool:
            return bool(tidy) and isinstance(tidy[-1], kind)

        for node in group:
            if isinstance(node, syntax.Operator):
                self.plain = False
            if isinstance(node, syntax.PrefixOperator) and last(syntax.PrefixOperator):
                tidy.pop()
            elif (isinstance(node, syntax.InfixOperator) and (not tidy or last(syntax.Operator))) or (
                isinstance(node, syntax.PrefixOperator) and last(_NearOperator)
            ):
                self._explain("operator-dangling", node.text)
            else:
                tidy.append(self._tidy_operators(parser, node) if isinstance(node, syntax.GroupNode) else node)
        while last(syntax.Operator):
            self._explain("operator-dangling", tidy.pop().text)
        return tidy

    # From Whoosh's nodes to the tree

    def _convert(self, node: Any) -> _Meaning | None:
        """Convert a node of the parser; None where there is nothing to search for in it."""
        if isinstance(node, syntax.TextNode):
            return self._leaf(node)
        meanings = [meaning for child in node if (meaning := self._convert(child)) is not None]
        if not meanings:
            return None
        if isinstance(node, syntax.NotGroup):
            return _Meaning(meanings[0].tree, not meanings[0].negative)
        if isinstance(node, _NearGroup) and len(meanings) == 2:
            return self._near(meanings[0], meanings[1], node.kwargs["operator"])
        return _join_any(meanings) if isinstance(node, syntax.OrGroup) else _join_all(meanings)

    def _leaf(self, node: Any) -> _Meaning | None:
        self._terms += 1
        if self._terms > MAX_TERMS:
            raise SearchError("query-too-complex", f"{self._terms} > {MAX_TERMS}")
        if isinstance(node, _ExpressionNode):
            self.plain = False
            return _Meaning(read_expression(self.q[node.startchar + 1 : node.endchar - 1].translate(_ASCII)))
        bare = isinstance(node, syntax.WordNode)
        text = self.q[node.startchar : node.endchar] if bare else self.q[node.startchar + 1 :][: len(node.text)]
        if node.fieldname:
            return self._in_field(node.fieldname.lower(), text.strip())
        text = text.rstrip(_QUESTION_MARKS) if bare else text.rstrip("？")
        may_slip = isinstance(node, _ApproximateNode) or (bare and text[-1:] in _TILDES and not _PASSAGE.search(text))
        if bare and may_slip:
            text = text.rstrip(_TILDES)
        pattern = _codes(_sought(text))
        if "？" in text and ANY_ONE in pattern:
            self._explain("question-mark-is-wildcard", text[:SHOWN])
        if not pattern:
            return None
        phrase = Phrase(text.strip(), pattern)
        if not bare:
            self.quoted.add(phrase)
        if not may_slip:
            return _Meaning(phrase)
        self.plain = False
        return _Meaning(_approximate(phrase))

    def _in_field(self, name: str, text: str) -> _Meaning | None:
        if not fold(text):
            self._explain("field-empty", f"{QUERIED.get(name, dates.NAMES[0])}:")
            return None
        if name in QUERIED:
            return _Meaning(Field(QUERIED[name], text))
        when, explanations = read_when(text)
        self.explanations += explanations
        return _Meaning(when)

    def _distance(self, written: str | None) -> int | None:
        if not written:
            self._explain("near-without-distance", str(DEFAULT_DISTANCE))
            return DEFAULT_DISTANCE
        if not written.isdecimal():
            return None
        if int(written) > MAX_DISTANCE:
            self._explain("near-too-far", str(MAX_DISTANCE))
        return min(int(written), MAX_DISTANCE)

    def _near(self, left: _Meaning, right: _Meaning, operator: str) -> _Meaning:
        """Convert ``a NEAR/n b NEAR/m c``, where each must be near the one before it; other operands are only
        joined.
        """
        before = left.tree
        if isinstance(before, And) and isinstance(before.children[-1], Near):
            before = before.children[-1]
        if isinstance(before, Near):
            before = before.right
        if left.negative or right.negative or not (_is_operand(before) and _is_operand(right.tree)):
            self._explain("near-operand")
            return _join_all([left, right])
        found = _NEAR.fullmatch(operator)
        assert found
        distance, is_ordered = self._distance(found["distance"]), found["word"] == "BEFORE"
        near = _Meaning(Near(before, right.tree, distance, is_ordered))  # type: ignore[arg-type]  # both were just checked
        return near if before is left.tree else _join_all([left, near])


def _approximate(phrase: Phrase) -> Approximate:
    """Return a phrase in which one character may be wrong.

    Raises:
        SearchError: it has wildcards or classes, or too few characters, or too many.
    """
    if not phrase.literal:
        raise SearchError("slip-wildcard", phrase.text[:SHOWN])
    if len(phrase.pattern) not in LENGTHS_WITH_A_SLIP:
        raise SearchError("slip-length", phrase.text[:SHOWN])
    return Approximate(phrase)


def _is_operand(tree: Tree) -> bool:
    return isinstance(tree, Words) or (isinstance(tree, Or) and all(isinstance(c, Words) for c in tree.children))


def _join_all(meanings: Sequence[_Meaning]) -> _Meaning:
    if all(meaning.negative for meaning in meanings):
        return _Meaning(_flat(Or, [meaning.tree for meaning in meanings]), negative=True)
    return _Meaning(_flat(And, [Not(m.tree) if m.negative else m.tree for m in meanings]))


def _join_any(meanings: Sequence[_Meaning]) -> _Meaning:
    if not any(meaning.negative for meaning in meanings):
        return _Meaning(_flat(Or, [meaning.tree for meaning in meanings]))
    # a OR NOT b is everything but (b AND NOT a).
    return _Meaning(_flat(And, [m.tree if m.negative else Not(m.tree) for m in meanings]), negative=True)


def _flat(kind: type[And] | type[Or], children: Iterable[Tree]) -> Tree:
    """Return one node of that kind with its like among the children merged and repetitions dropped."""
    merged: dict[Tree, None] = {}
    for child in children:
        merged.update(dict.fromkeys(child.children if isinstance(child, kind) else (child,)))
    trees = tuple(merged)
    return trees[0] if len(trees) == 1 else kind(trees)
