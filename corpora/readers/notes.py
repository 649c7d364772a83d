"""Numbers of notes in a text, and the notes at its foot, told from what only looks like them.

``[1]``, ``[^1]``, ``〔三〕``, ``[校一]``, ``①`` and ``¹`` may send the reader to a note, or be text: 〔三〕 that an
editor adds (凡〔三〕十人), ① of a list, [1] of a table of contents. What decides is in the file: a line that begins
with the same number further down is the note that the number belongs to; numbers that go up without a gap belong to
notes; a bracket that the file also uses around words adds words; a numeral before a measure is a numeral. What stays
in doubt is text.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from corpora.model import Span, SpanKind
from corpora.readers.markup import HAN
from corpora.readers.titles import number

_NUMERALS = "〇零一二三四五六七八九十百"
_CANDIDATE = re.compile(
    r"\[\^(?P<label>[^\[\]\s^]{1,40})\]"
    rf"|(?P<open>[\[［〔【(（])(?P<word>[校注註案按補补]?)(?P<number>[0-9０-９]{{1,3}}|[{_NUMERALS}０-９]{{1,5}})[\]］〕】)）]"
    r"|(?P<circled>[①-⑳㉑-㉟㊱-㊿❶-❿⓫-⓴])"
    r"|(?P<raised>[¹²³⁴-⁹⁰]{1,3})"
)
_PRONOUNCED = re.compile(rf"(?<=[{HAN}])[(（](?P<reading>[A-Za-zÀ-ɏ̀-̏Ḁ-ỿ0-9'’ -]{{1,40}}|[ㄅ-ㄯˊˇˋ˙ ]{{1,20}})[)）]")
_SYLLABLE = (
    r"(?:(?:zh|ch|sh|[dtnlgkhjqxrzcsyw])?e(?:[inr]|ng)?|[bpmf]e(?:[in]|ng)|me|"
    r"(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?(?:a[ino]?|ang|ou?|ong|i|i[aeu]|ia[on]|iang|in|ing|iong|u|u[aeoi]|ua[in]|uang|"
    r"uo|un|ü|üe|üan|ün))"
)
_PINYIN = re.compile(rf"{_SYLLABLE}[1-5]?(?:[ '’-]?{_SYLLABLE}[1-5]?){{0,7}}")
_TONES = {"\u0300", "\u0301", "\u0304", "\u030c"}
_ADDITION = re.compile(rf"[\[［〔【](?![校注註案按補补]?[{_NUMERALS}０-９]+[\]］〕】])[{HAN}]{{1,4}}[\]］〕】]")
_INDENT = " \t　"
_DEEPEST_INDENT = 64
_LABELS = "第圖图表見见式例參参如卷頁页條条"
"""Characters before a number that is no note's: 圖①, 見[3]."""
_MEASURES = set(
    "〇零一二三四五六七八九十百千萬万億亿年月日時时歲岁世代人子女口戶户家姓族部種种州郡縣县府軍军路道里步丈尺寸石斗升斤兩两匹疋"
    "卷篇章回條条品級级次等度分品隻只頭头座間间所處处餘余"
)
_LIST_SIGNS = "：:、，,；;·"
_DENSE = 0.8
"""Share of the numbers of one kind that go up by one, or begin again, from which they are taken for notes' numbers."""


class _Place(Enum):
    """The kinds of thing that a number in a text is."""

    TEXT = auto()
    REFERENCE = auto()
    NOTE = auto()  # at the head of the note itself


@dataclass
class _Number:
    """A candidate for the number of a note. ``style`` are its brackets and how it is written."""

    start: int
    end: int
    style: str
    value: str
    count: int  # 0 where the label is no number
    line: int  # where its line starts
    heads_line: bool
    place: _Place = _Place.TEXT


def find(text: str) -> list[Span]:
    """Find the numbers, the notes at the foot and pronunciations in brackets; return their spans, sorted.

    A number and its note carry one name.
    """
    numbers = list(_numbers(text))
    styles: defaultdict[str, list[_Number]] = defaultdict(list)
    for each in numbers:
        styles[each.style].append(each)
    brackets = {found[0][0] for found in _ADDITION.finditer(text)}
    for style, group in styles.items():
        _decide(text, style, group, adds_words=style[0] in brackets)
    spans = [*_spans(text, numbers), *_pronunciations(text)]
    return sorted(spans, key=lambda span: (span.start, -span.end))


def _numbers(text: str) -> Iterator[_Number]:
    line = after = 0
    for found in _CANDIDATE.finditer(text):
        line = max(line, text.rfind("\n", after, found.start()) + 1)
        after = found.start()
        heads = found.start() - line <= _DEEPEST_INDENT and not text[line : found.start()].strip(_INDENT)
        if label := found["label"]:
            style, value = "^", label
        elif found["open"]:
            written = unicodedata.normalize("NFKC", found["number"])
            kind = found["word"] or ("1" if written.isascii() else "一")
            style, value = found["open"] + kind, written
        else:
            style = "①" if found["circled"] else "¹"
            value = str(_circled(found[0])) if found["circled"] else unicodedata.normalize("NFKC", found[0])
        count = number(value) if re.fullmatch(f"[0-9]{{1,4}}|[{_NUMERALS}0-9]{{1,5}}", value) else 0
        yield _Number(found.start(), found.end(), style, value, count, line, heads)


def _circled(sign: str) -> int:
    return int(unicodedata.numeric(sign))


def _decide(text: str, style: str, group: Sequence[_Number], adds_words: bool) -> None:
    """Decide for each number of one style whether it belongs to a note."""
    waiting: defaultdict[str, list[_Number]] = defaultdict(list)
    certain: set[int] = set()
    inline: list[_Number] = []
    line, in_note = -1, False
    last = listed = 0  # the number before; and that of a list, if the line goes on with one
    for each in group:
        if each.line != line:
            line, in_note, listed = each.line, False, 0
        begins = each.heads_line or (in_note and each.count == last + 1)
        last = each.count
        if begins and waiting[each.value]:
            each.place, in_note = _Place.NOTE, True
            reference = waiting[each.value].pop()
            reference.place = _Place.REFERENCE
            certain.add(id(reference))
            continue
        before = text[each.start - 1] if each.start else "\n"
        spaced = before in _INDENT and text[each.end : each.end + 1] not in ("", "\n")  # the sign of an item
        in_list = each.heads_line or (style == "①" and each.count == 1 and (before in _LIST_SIGNS or spaced))
        if style != "^" and (in_list or (listed and each.count == listed + 1)):
            listed = each.count
            if before in "，,、；;":
                waiting[each.value].append(each)  # a note further down shows that it is no list
            continue
        listed = 0
        if before in _LABELS or (before.isascii() and before.isalnum()):
            continue
        if each.heads_line and style == "^":
            each.place = _Place.NOTE
            continue
        waiting[each.value].append(each)
        inline.append(each)
    dense = _dense(inline)
    for each in inline:
        if id(each) not in certain and _is_reference(text, style, each, dense, adds_words):
            each.place = _Place.REFERENCE


def _dense(inline: Sequence[_Number]) -> bool:
    """Return whether numbers go up one by one, each beginning at 1."""
    fitting, last = 0, 0
    for each in inline:
        fitting += each.count in (1, last + 1)
        last = each.count
    return len(inline) > 1 and fitting >= _DENSE * len(inline)


def _is_reference(text: str, style: str, each: _Number, dense: bool, adds_words: bool) -> bool:
    """Return whether a number without a note at the foot belongs to a note all the same."""
    if style[0] in "^¹" or style[1:] in set("校注註案按補补"):
        return style[0] not in "(（"
    if style[0] in "(（":
        return False
    following = text[each.end : each.end + 1]
    numeral = following in _MEASURES
    if style[1:] == "一":
        return not numeral and not adds_words
    return dense or not numeral


def _spans(text: str, numbers: Sequence[_Number]) -> Iterator[Span]:
    heads = [each for each in numbers if each.place is _Place.NOTE]
    following = {id(each): after for each, after in itertools.pairwise(heads)}
    for each in numbers:
        if each.place is _Place.TEXT:
            continue
        end = each.end
        if each.place is _Place.NOTE:
            end += text.startswith((":", "："), end)
            stop = text.find("\n", end)
            stop = len(text) if stop < 0 else stop
            after = following.get(id(each))
            limit = after.start if after else len(text)
            while each.style == "^" and stop < limit and (below := _continued(text, stop)) > stop:
                stop = below
            stop = min(stop, limit)
            if text[end:stop].strip():
                yield Span(SpanKind.NOTE, end, stop, each.value)
        yield Span(SpanKind.MARK, each.start, end, each.value)


def _continued(text: str, stop: int) -> int:
    """Return the end of an indented line that goes on with a note of Markdown; ``stop`` where there is none."""
    if not text.startswith(("\n    ", "\n\t"), stop):
        return stop
    end = text.find("\n", stop + 1)
    return len(text) if end < 0 else end


def _pronunciations(text: str) -> Iterator[Span]:
    """Find pronunciations in brackets after a character: 松(sōng), but not 咖啡(café) or 江(see p. 3)."""
    for found in _PRONOUNCED.finditer(text):
        reading = found["reading"]
        if "ㄅ" <= max(reading) <= "ㄯ" or _is_pinyin(reading):
            yield Span(SpanKind.MARK, found.start(), found.end(), reading.strip())


def _is_pinyin(reading: str) -> bool:
    parts = unicodedata.normalize("NFD", reading.lower())
    tones = sum(part in _TONES for part in parts) + sum(part in "12345" for part in parts)
    plain = unicodedata.normalize("NFC", "".join(part for part in parts if part not in _TONES))
    return bool(tones) and bool(_PINYIN.fullmatch(plain.strip()))
