"""Encodings: which one the bytes of a text are in, and how they become characters.

A mark at the head of a file (UTF-8, UTF-16, UTF-32) decides. Without one, what decodes strictly as UTF-8 is that. Else
the file is decoded in each of :data:`LEGACY`, and in UTF-8 with its bad bytes, and the likeliest text wins: the sum of
log-probabilities of its characters and of its pairs of characters, by the tables ``characters.tsv`` and ``pairs.npy``
(made by ``python -m eval.learning.encodings train``). Every candidate explains the same bytes, so the sums compare.

Each encoding is decoded with its extensions as they are really written, and so that a byte that makes no character
costs one: :data:`BAD` stands where it was.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

BAD = "\udcff"
"""Stands for bytes that make no character while a text is decoded; no encoding can write it."""
SKIP, _RESUME = "wenyuan.skip", "wenyuan.resume"
"""Names of the handlers of errors."""
PLACEHOLDER = "\ufffd"
"""Stands for them in a text: Unicode's own sign for it, which no edition prints."""

LEGACY = ("gb18030", "big5", "shift_jis", "euc-jp", "euc-kr")
"""Encodings of bytes that are not UTF-8, the most usual first: it wins a tie."""
NAMES = ("utf-8", *LEGACY, "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be")
"""Every encoding that serves."""
_CODECS = {"big5": "big5hkscs", "shift_jis": "cp932", "euc-jp": "euc_jp", "euc-kr": "cp949"}
"""The codec that decodes an encoding, where it is called otherwise."""
_SAME = {
    "utf-8-sig": "utf-8",
    "ascii": "utf-8",
    **dict.fromkeys(("gbk", "gb2312"), "gb18030"),
    **dict.fromkeys(("cp950", "big5hkscs"), "big5"),
    **dict.fromkeys(("cp932", "shift_jis", "shift_jis_2004", "shift_jisx0213"), "shift_jis"),
    **dict.fromkeys(("euc_jp", "euc_jis_2004", "euc_jisx0213"), "euc-jp"),
    **dict.fromkeys(("euc_kr", "cp949"), "euc-kr"),
    "utf-16": "utf-16-le",
    "utf-32": "utf-32-le",
}
"""Python's names of codecs, by the encoding that serves for them here."""
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_EXTENSIONS = {"euc_jp": "euc_jis_2004", "cp932": "shift_jis_2004"}
"""The codec that is asked where the first knows no character."""
_ETEN = {b"\xa3\xe1": "€", b"\xc6\xcf": "廴", b"\xc6\xd3": "无", b"\xc6\xd5": "癶", b"\xc6\xd7": "隶"} | {
    b"\xc6\xde": "〃",
    b"\xc6\xdf": "仝",
}
"""Characters of ETEN's and Windows' Big5 that HKSCS has elsewhere."""
_USER_DEFINED = ((0xFA, 0xFE, 0xE000), (0x8E, 0xA0, 0xE311), (0xC6, 0xC8, 0xF672))
"""User-defined ranges of Windows' Big5: first and last lead byte, and the code point of private use that
its first row begins with. The third range begins with the second half of that row, at U+F6B1."""
_WINDOWS = dict(zip("•､‾∼♁☉¥¢£￭", "‧﹑¯～⊕⊙￥￠￡▓", strict=True))
"""The same code of Big5 in the mapping of HKSCS and in that of Windows, which wrote most of the files."""
_BINARY = bytes(code for code in range(0x20) if code not in b"\b\t\n\v\f\r\x1a\x1b")
_HIGH = bytes(range(0x80, 0x100))
_MAX_BINARY = 0.01
_MAX_BAD = 0.1
"""Shares of a file's bytes above which it is no text: control characters, and what makes no character."""
_FEW = 1
"""So many of either are forgiven a file of any length."""
_SAMPLE = 8 * 1024
"""Bytes of lines with characters beyond ASCII that are decoded to decide."""
_CAREFUL = 1024
"""Bytes of it that are decoded with an eye to where characters begin, where the likeliest text has bad bytes."""
_SURE = 7.0
"""Nats by which the likeliest text must lead; with less than that, an encoding is assumed."""
_AHEAD = 16
"""Bytes after a bad one that show where the next character begins."""
_COST = {0: 13.0, 1: 12.0, 2: 16.0}
"""Nats that it costs to leave out so many bytes of a character, or none but one that came in between."""
_LATIN = 4.0
"""Nats that each Latin letter costs there."""
_NEVER = frozenset((0xC0, 0xC1, *range(0xF5, 0x100)))
"""Bytes that stand nowhere in UTF-8."""


@dataclass(frozen=True, slots=True)
class DetectedEncoding:
    """The encoding that was found for a file.

    Attributes:
        name: its encoding, one of :data:`NAMES`; empty where it is no text.
        mark: length in bytes of the mark at its head.
        instead: where the bytes don't decide, the encoding that is nearly as likely; else empty.
    """

    name: str
    mark: int = 0
    instead: str = ""


@dataclass(frozen=True, slots=True)
class EncodingChoice:
    """An encoding that was named for some files: those whose path ends as ``pattern`` says, or all if it is empty."""

    encoding: str
    pattern: str = ""

    @classmethod
    def parse(cls, written: str) -> EncodingChoice:
        """Parse a choice that is written as ``big5`` or ``big5:*/漢書/*.txt``.

        Raises ValueError where no encoding that serves has the name, or the pattern is more than a line.
        """
        name, _, pattern = written.partition(":")
        if "\n" in pattern:
            raise ValueError(f"pattern {pattern[:40]!r} is more than one line")
        return cls(_canonical(name), pattern)

    def __str__(self) -> str:
        return f"{self.encoding}:{self.pattern}" if self.pattern else self.encoding

    def takes(self, file: Path) -> bool:
        """Return whether the choice was made for this file; ``*`` matches any characters, ``/`` among them."""
        return not self.pattern or fnmatchcase(f"/{file.as_posix()}", f"*/{self.pattern}")


def option(choices: Sequence[EncodingChoice], files: Iterable[Path]) -> tuple[tuple[str, str], ...]:
    """Return the choices for these files as an option of their source; none where no choice takes one of them."""
    files = tuple(files)
    wanted = "\n".join(str(choice) for choice in choices if any(map(choice.takes, files)))
    return (("encoding", wanted),) if wanted else ()


def chosen(wanted: str, file: Path) -> str:
    """Return the encoding that an :func:`option` names for a file, or an empty string; a pattern beats none, then the
    last.
    """
    choices = [choice for choice in map(EncodingChoice.parse, filter(None, wanted.split("\n"))) if choice.takes(file)]
    choices.sort(key=lambda choice: bool(choice.pattern))
    return choices[-1].encoding if choices else ""


def find(chunks: Iterable[bytes], wanted: str = "") -> DetectedEncoding:
    """Detect the encoding of a file from its chunks; ``wanted`` is the encoding that was named for it.

    A mark beats what was named: it is the file's own word.
    """
    chunks = iter(chunks)
    first = next(chunks, b"")
    for mark, name in _MARKS:
        if first.startswith(mark):
            return DetectedEncoding(name, len(mark))
    if wanted:
        return DetectedEncoding(wanted)
    return _judge(_Scan.of(_with(first, chunks)))


def decoder(name: str) -> codecs.IncrementalDecoder:
    """Return a decoder of an encoding in which bytes that make no character become :data:`BAD`.

    Its ``errors`` may be set to :data:`SKIP` after many: then it no longer looks where the next character begins.
    """
    return codecs.getincrementaldecoder(_CODECS.get(name, name))(_RESUME)


def tidied(text: str, name: str) -> str:
    """Return decoded text with the characters that the encoding's usual writers meant."""
    if name == "big5":
        for written, meant in _WINDOWS.items():
            text = text.replace(written, meant)
    if name == "shift_jis":
        for single in "\uf8f0\uf8f1\uf8f2\uf8f3":  # what Windows' codec makes of bytes that are no character
            text = text.replace(single, BAD)
    return text


def decode(data: bytes, name: str, final: bool = True, skips: bool = False) -> str:
    """Decode some bytes; without ``final`` a last character that is cut off is left out.

    With ``skips`` it is quicker where much is bad, and worse.
    """
    found = decoder(name)
    if skips:
        found.errors = SKIP
    return tidied(found.decode(data, final), name)


def likelihood(text: str, name: str = "") -> float:
    """Return the natural logarithm of a text's probability, by its characters and pairs of characters.

    ``name`` is its encoding: kana are what is expected in those of Japanese alone. Of what is there n times only
    1 + ln n count, else a text that is full of one sign (□, │) would be judged by that sign. What is bad, of
    private use or a narrow kana counts each time: a wrong encoding makes whole texts of few such characters.
    """
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    characters, pairs, hit, miss = _tables()
    different, counts = np.unique(codes, return_counts=True)
    weights = np.where(_suspicious()[different], counts, 1 + np.log(counts))
    total = float(characters[different] @ weights)
    if name in _JAPANESE:
        total += _KANA * float(weights[(different >= 0x3041) & (different <= 0x30FF)].sum())
    both = (codes[1:] >= 0x80) & (codes[:-1] >= 0x80)
    places, counts = np.unique(bucket(codes[:-1][both], codes[1:][both], len(pairs)), return_counts=True)
    return total + float(np.where(pairs[places], hit, miss) @ (1 + np.log(counts)))


def bucket(first: NDArray[np.uint32], second: NDArray[np.uint32], size: int) -> NDArray[np.uint32]:
    """Hash each pair of code points to its bit in a table of ``size`` bits, a power of two."""
    mixed = (first * np.uint32(0x9E3779B1)) ^ (second * np.uint32(0x85EBCA77))
    places: NDArray[np.uint32] = (mixed ^ (mixed >> np.uint32(15))) & np.uint32(size - 1)
    return places


@dataclass(slots=True)
class _Scan:
    """Result of a first reading of a file: sizes in bytes, and lines that go beyond ASCII."""

    size: int = 0
    high: int = 0
    binary: int = 0
    padding: int = 0  # NULs at the end, as a disk that failed leaves them
    is_utf8: bool = True
    sample: bytes = b""
    is_whole: bool = True  # whether the sample's last character can't have been cut

    @classmethod
    def of(cls, chunks: Iterable[bytes]) -> _Scan:
        scan = cls()
        strict = codecs.getincrementaldecoder("utf-8")()
        for chunk in chunks:
            scan._add(chunk)
            try:
                if scan.is_utf8:
                    strict.decode(chunk)
            except UnicodeDecodeError:
                scan.is_utf8 = False
        scan.is_utf8 = scan.is_utf8 and not strict.getstate()[0]
        return scan

    def _add(self, chunk: bytes) -> None:
        self.size += len(chunk)
        self.binary += len(chunk) - len(chunk.translate(None, _BINARY))
        text = chunk.rstrip(b"\0")
        self.padding = len(chunk) - len(text) + (0 if text else self.padding)
        if chunk.isascii():
            return
        self.high += len(chunk) - len(chunk.translate(None, _HIGH))
        room = _SAMPLE - len(self.sample)
        if room > 0:
            # A chunk that begins within a character costs a few wrong ones, the same to each encoding.
            piece = b"\n".join(line for line in chunk.split(b"\n") if not line.isascii())
            self.is_whole = len(piece) <= room
            self.sample += piece[:room] + b"\n" * self.is_whole


def _judge(scan: _Scan) -> DetectedEncoding:
    """Return the likeliest encoding of a file without a mark."""
    if scan.padding == scan.size or scan.binary - scan.padding > _FEW + _MAX_BINARY * scan.size:
        return DetectedEncoding("")
    if scan.is_utf8:
        return DetectedEncoding("utf-8")
    texts = {name: decode(scan.sample, name, scan.is_whole, skips=True) for name in ("utf-8", *LEGACY)}
    (best, name), (second, other) = _ranked(texts)[:2]
    if BAD in texts[name] and name != "utf-8":  # what comes after may have been read from the wrong byte on
        few = scan.sample[:_CAREFUL]
        texts = {each: decode(few, each, scan.is_whole and few == scan.sample) for each in texts}
        (best, name), (second, other) = _ranked(texts)[:2]
    if texts[name].count(BAD) > _FEW + _MAX_BAD * (len(texts[name]) + scan.size - scan.high):
        return DetectedEncoding("")
    return DetectedEncoding(name, instead=other if best - second < _SURE else "")


def _ranked(texts: Mapping[str, str]) -> list[tuple[float, str]]:
    """Score each text, with its encoding, and sort them, the likeliest first."""
    return sorted(((likelihood(text, name), name) for name, text in texts.items()), key=lambda each: -each[0])


def _with(first: bytes, rest: Iterable[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


@cache
def _canonical(name: str) -> str:
    try:
        found = codecs.lookup(name.strip()).name
    except (LookupError, ValueError):
        found = ""
    found = _SAME.get(found, found)
    if found not in NAMES:
        raise ValueError(f"encoding {name[:40]!r} is not known; use one of {', '.join(NAMES)}")
    return found


@cache
def _tables() -> tuple[NDArray[np.float32], NDArray[np.bool_], float, float]:
    """Load the log-probabilities by code point, the buckets of usual pairs, and what usual and unusual pairs add."""
    folder = Path(__file__).parent
    characters = _by_kind()
    hit = miss = 0.0
    for row in (folder / "characters.tsv").read_text("utf-8").split("\n"):
        label, _, value = row.partition("\t")
        if label == "usual":
            hit = float(value)
        elif label == "unusual":
            miss = float(value)
        elif value and not row.startswith("#"):
            characters[[ord(character) for character in value]] = float(label)
    return characters, np.unpackbits(np.load(folder / "pairs.npy")).astype(bool), hit, miss


def _by_kind() -> NDArray[np.float32]:
    """Return the log-probabilities of characters that the table doesn't hold, by their kind."""
    table = np.full(0x110000, -20.0, np.float32)
    for first, last, value in _KINDS:
        table[first : last + 1] = value
    for lead in range(0xB0, 0xC9):  # the syllables of Korean's standard; those that were added later are rare
        row = bytes(byte for trail in range(0xA1, 0xFF) for byte in (lead, trail)).decode("euc_kr")
        table[[ord(character) for character in row]] = -9.5
    table[[ord(character) for character in _SYLLABLES]] = -5.5
    table[ord(BAD)] = -16.0
    return table


@cache
def _suspicious() -> NDArray[np.bool_]:
    table = np.zeros(0x110000, bool)
    for first, last in ((ord(BAD), ord(BAD)), (0xE000, 0xF8FF), (0xFF61, 0xFF9F)):
        table[first : last + 1] = True
    return table


_KINDS = (
    (0x09, 0x0D, -5.0),
    (0x20, 0x7E, -5.0),
    (0xA0, 0x24F, -11.0),  # Latin letters
    (0x250, 0x1FFF, -14.0),
    (0x2000, 0x22FF, -11.0),  # signs, arrows
    (0x2010, 0x2027, -8.0),  # dashes, dots
    (0x2300, 0x2FFF, -14.0),
    (0x2460, 0x2473, -9.0),  # ① and on
    (0x2500, 0x257F, -11.0),  # lines of tables
    (0x25A0, 0x25CF, -8.0),  # lacunae, marks of sections
    (0x3000, 0x303F, -9.0),  # punctuation
    (0x3016, 0x301F, -11.0),
    (0x3041, 0x3096, -8.5),  # hiragana
    (0x3099, 0x30FF, -10.0),  # katakana
    (0x3100, 0x33FF, -13.0),
    (0x3400, 0x4DBF, -16.0),
    (0x4E00, 0x9FFF, -15.0),
    (0xAC00, 0xD7A3, -14.0),  # Korean
    (0xE000, 0xF8FF, -17.0),  # private use
    (0xF900, 0xFAFF, -15.0),
    (0xFE30, 0xFE6F, -13.0),
    (0xFF01, 0xFF5E, -10.0),  # full width
    (0xFF61, 0xFF9F, -12.0),  # half width
    (0x20000, 0x3FFFF, -17.0),
)
"""First and last code point of a kind, and the log-probability of each of its characters; later ones count."""
_JAPANESE = ("shift_jis", "euc-jp")
_KANA = 3.5
"""The addition for each kana in them: half of a Japanese text is written in 46 hiragana."""
_SYLLABLES = (
    "이다는의을에가고를하한로은지도기사자서인대어나그리아들해과전부시있정보여수일라만면제스니상장주것으게원적"
    "소조동안세선마오성연경화비공유국우구거관야없위교무신문없진미개계되던내때요모용등생방발말더음았었했까와"
)
"""Usual syllables of Korean."""


def _resume(error: UnicodeError) -> tuple[str, int]:
    """Handle bytes that make no character: the extension's character, or :data:`BAD` and where to go on.

    A byte that has come in between those of a character costs that character nothing.
    """
    assert isinstance(error, UnicodeDecodeError)
    data, start = error.object, error.start
    if error.encoding == "utf-8":
        return _mended(data, start) or _skip(error)
    if error.encoding.startswith("utf") or len(data) - start < 3 or _extended(data[start : start + 3], error.encoding):
        return _skip(error)
    ways = [(1, data[start + 1 :]), (2, data[start + 2 :])]
    if (parted := data[start : start + 1] + data[start + 2 : start + 3]) and parted[1] >= 0x40:
        ways.append((0, parted + data[start + 3 :]))
    lost = max(ways, key=lambda way: _decoded(way[1][:_AHEAD], error.encoding)[1] - _COST[way[0]])[0]
    if lost or data[start + 1] < 0x40:
        return BAD, start + (lost if data[start + 1] >= 0x40 else 1)
    return BAD + _decoded(parted, error.encoding)[0], start + 3


def _skip(error: UnicodeError) -> tuple[str, int]:
    """Replace bad bytes as :func:`_resume` does, but each by one :data:`BAD`."""
    assert isinstance(error, UnicodeDecodeError)
    known = _extended(error.object[error.start : error.start + 3], error.encoding)
    if known:
        return known[0], error.start + known[1]
    if error.encoding == "utf-8":
        return BAD, _end_of_broken(error.object, error.start, error.end)
    return BAD, error.end if error.encoding.startswith("utf") else error.start + 1


def _mended(data: bytes, start: int) -> tuple[str, int] | None:
    """Return :data:`BAD` and the character that a byte which is never found in UTF-8 has split, and where it ends."""
    length = 2 + (data[start] >= 0xE0) + (data[start] >= 0xF0)
    for place in range(start + 1, min(start + length, len(data))):
        if data[place] in _NEVER:
            try:
                whole = (data[start:place] + data[place + 1 : start + length + 1]).decode()
            except UnicodeDecodeError:
                return None
            return (BAD + whole, start + length + 1) if len(whole) == 1 else None
    return None


def _end_of_broken(data: bytes, start: int, end: int) -> int:
    """Return where the rest of a broken character in UTF-8 ends: at most three bytes that begin no other."""
    while end < min(start + 3, len(data)) and (0x80 <= data[end] < 0xC2 or data[end] > 0xF4):
        end += 1
    return end


def _extended(data: bytes, codec: str) -> tuple[str, int] | None:
    """Return the character at the head of ``data`` by the codec's extensions, and its length in bytes."""
    if codec in _EXTENSIONS:
        for length in (2, 3):
            try:
                return data[:length].decode(_EXTENSIONS[codec]), length
            except UnicodeDecodeError:
                continue
    if codec != "big5hkscs" or len(data) < 2 or not (0x40 <= data[1] < 0x7F or 0xA1 <= data[1] < 0xFF):
        return None
    if data[:2] in _ETEN:
        return _ETEN[data[:2]], 2
    for first, last, private in _USER_DEFINED:
        if first <= data[0] <= last:
            return chr(private + 157 * (data[0] - first) + data[1] - (0x40 if data[1] < 0x7F else 0x62)), 2
    return None


def _decoded(data: bytes, codec: str) -> tuple[str, float]:
    """Decode some bytes and score them within a text: second bytes read by themselves look like Latin."""
    text = codecs.getincrementaldecoder(codec)(SKIP).decode(data)
    return text, likelihood(text) - _LATIN * sum("@" <= character <= "~" for character in text)


codecs.register_error(_RESUME, _resume)
codecs.register_error(SKIP, _skip)
