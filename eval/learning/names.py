"""Old and new spellings of names, read from 欽定遼金元三史國語解, which states them one by one.

``python -m eval.learning.names --data ../shared`` writes ``corpora/aliases/liao-jin-yuan.tsv`` and says what it
found.

An entry of that book is a name as the Siku editors spell it, and a note: what it means, and for each volume of the
history how the name was written there before (卷二作頦領), with now and then what it names (河名). The note has no
punctuation, so that the end of an old spelling is found by the words that may follow one. What cannot be a name is
dropped: a spelling that does not differ once folded, one of a single character, one much longer or shorter than the
new one, one that older books use for something else (:data:`ORDINARY`), and a modern word (:data:`EVERYDAY`). A pair
that the authority lacks is taken from a table of candidates where aligned sentences confirm it.
"""

from __future__ import annotations

import csv
import json
import lzma
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import jieba

from corpora.aliases import FOLDER, Alias, write_aliases
from eval.datasets.data import expected
from eval.datasets.liaojin import aligned
from indexer.text.folding import fold
from web.commands.main import finish

AUTHORITY = "KR2a0037"
TABLE = FOLDER / "liao-jin-yuan.tsv"
ABOUT = (
    "Names in the histories of Liao, Jin and Yuan: the Siku editors' spelling and the older one. "
    "Made by eval.learning.names."
)
CONFIRMED = 5
"""Sentences of the 金史, even rows, that must show a pair which the authority lacks."""
AGREEING = 0.8
"""The least share of the sentences with an old spelling that must show the new one in the Siku edition."""
ORDINARY = 3
"""A spelling that stands this often in books older than the Liao, and is not far commoner in later ones, is a word."""
COMMONER = 20
"""The factor by which a name must be commoner in later books all the same."""
LENGTHS = range(2, 8)
"""Characters of a name."""
EVERYDAY = 250
"""A spelling of two characters with this frequency in jieba's dictionary is a modern word, such as 蒙古 or 喇嘛."""
_OLDER = frozenset(
    (
        *(
            "史记",
            "汉书",
            "后汉书",
            "三国志",
            "晋书",
            "宋书",
            "南齐书",
            "梁书",
            "陈书",
            "魏书",
            "周书",
            "隋书",
            "南史",
            "北史",
        ),
        *(
            "旧唐书",
            "左传",
            "论衡",
            "水经注",
            "战国策",
            "管子",
            "淮南子",
            "韩非子",
            "礼记",
            "吕氏春秋",
            "国语",
            "仪礼",
            "庄子",
        ),
        *("墨子", "贞观政要", "孟子", "周礼", "荀子", "论语", "尚书", "太平广记"),
    )
)
_LATER = frozenset(("元史", "宋史", "明史"))
_CHAPTERS = {
    "姓氏": "clan",
    "部族": "people",
    "宫衛": "camp",
    "軍名": "camp",
    "地理": "place",
    "職官": "office",
    "名物": "thing",
    "君名": "person",
    "帝名": "person",
    "后妃": "person",
    "皇子": "person",
    "公主": "person",
    "人名": "person",
}
"""The kinds of names that a chapter lists, by the word that begins its heading."""
_GLOSSES = {
    "place": "河水山川地城嶺濼泊寨村關路州縣島江谷堡站驛淀殿宫門泉津澤鄉",
    "people": "部國族",
    "camp": "軍",
    "office": "官",
    "clan": "姓",
    "person": "人后妃帝戒",
}
"""Words behind a name, before 名, and the kind that they tell."""

_KIND_OF = {character: kind for kind, characters in _GLOSSES.items() for character in characters}
_NUMBER = "[一二三四五六七八九十百]+"
_MARKS = re.compile(r"^#.*\n|<pb:[^>]*>|¶", re.MULTILINE)
_ENTRY = re.compile(
    # A small character of the name in brackets of its own, as in 努(爾)蘇, or in those of the note: 伊蘇濟(勒　…).
    r"(?P<name>[^\u3000()]+(?:\([^\u3000()]{1,2}\)[^\u3000()]*)*(?:\([^\u3000()]{1,2}(?=\u3000))?)\u3000*(?P<note>.*)"
)
_FORMER = re.compile(rf"[卷巻]{_NUMBER}[又亦訛誤]*作([^卷巻]+)")
_BEHIND = re.compile("[又並]?(?:併|今[從従改]|[從従]八|因[無以]|非一|係|俱|誤|訛)|[又按]$|按|又")
_GLOSS = re.compile("(?P<sort>.)名$")
_WHOSE = re.compile(
    "(?:[太世肅懿昭德徳熙穆景聖興道章宣哀順仁英成武明憲睿裕獻康顯海遼].?[祖宗陵帝逺遠始]|[皇后妃之]).*$"
)
_UNCLEAR = re.compile(r"[^\u3400-\u9fff\U00020000-\U0003ffff]|[卷巻作]")


@dataclass(frozen=True, slots=True)
class AuthorityEntry:
    """One name of the authority: its new spelling, the note on it, the file's number and what its chapter lists."""

    name: str
    note: str
    juan: str
    kind: str


def entries(folder: Path) -> Iterator[AuthorityEntry]:
    """Read the entries of the authority, in its order. Raises OSError where a file cannot be read."""
    for path in sorted(folder.glob(f"{AUTHORITY}_*.txt")):
        kind = ""
        for block in re.split(r"\n(?=\u3000\u3000)", _MARKS.sub("", path.read_text(encoding="utf-8"))):
            text = block.replace("\n", "").strip("\u3000")
            kind = next((each for word, each in _CHAPTERS.items() if text.startswith(word)), kind)
            match = _ENTRY.match(text)
            if kind and match and match["note"]:
                yield AuthorityEntry(re.sub("[()]", "", match["name"]), match["note"], path.stem[-3:], kind)


def former(entry: AuthorityEntry) -> Iterator[tuple[str, str]]:
    """Yield the old spellings that an entry states, each with the kind of what it names."""
    for match in _FORMER.finditer(re.sub("[()\u3000]", "", entry.note)):
        for name in re.split("[又或亦]作", match[1]):
            kind = entry.kind
            if behind := _BEHIND.search(name, 1):
                name = name[: behind.start()]
            if gloss := _GLOSS.search(name):
                name, kind = name[: gloss.start()], _KIND_OF.get(gloss["sort"], kind)
            if entry.kind == "person" and (whose := _WHOSE.search(name, 2)):
                name = name[: whose.start()]
            if is_pair(name, entry.name):
                yield name, kind


def is_pair(old: str, new: str) -> bool:
    """Return whether two spellings can be of one name and differ once folded."""
    if _UNCLEAR.search(old + new) or fold(old) == fold(new):
        return False
    short, long = sorted((len(fold(old)), len(fold(new))))
    return short in LENGTHS and long in LENGTHS and long - short <= max(1, short // 2)


def table(data: Path) -> tuple[list[Alias], dict[str, int]]:
    """Return the rows of the table, and what was counted on the way.

    Raises OSError where a file of ``data`` cannot be read, and KeyError or ValueError where it is not the right one.
    """
    stated: dict[tuple[str, str], Alias] = {}
    for entry in entries(data / "corpora" / "kanripo" / AUTHORITY):
        if entry.kind == "clan" and "原文" in entry.note:
            unchanged = Alias(entry.name, entry.name, entry.kind, f"{AUTHORITY} {entry.juan}")
            stated.setdefault((fold(entry.name), fold(entry.name)), unchanged)
        for old, kind in former(entry):
            stated.setdefault((fold(old), fold(entry.name)), Alias(old, entry.name, kind, f"{AUTHORITY} {entry.juan}"))
    candidates = list(_candidates(data))
    olds = {old for old, _ in stated}
    counted = {
        "stated": len(stated),
        "candidates": len(candidates),
        "candidates stated": sum((fold(old), fold(new)) in stated for old, new in candidates),
        "candidates stated otherwise": sum(
            (fold(old), fold(new)) not in stated and fold(old) in olds for old, new in candidates
        ),
    }
    confirmed = [
        Alias(old, new, "name", "KR2a0035 aligned")
        for old, new in _confirmed(data, candidates)
        if fold(old) not in olds and not any(_within(old, new, each) for each in stated)
    ]
    counted["candidates confirmed"] = len(confirmed)
    rows = [*stated.values(), *confirmed]
    words = _ordinary(data, rows)
    kept = [row for row in rows if not {fold(row.name), fold(row.other)} & words]
    counted["ordinary words"] = len(rows) - len(kept)
    counted["kept"] = len(kept)
    return kept, counted


def _candidates(data: Path) -> Iterator[tuple[str, str]]:
    path = data / "corpora" / "tables" / "liaojin-transliteration-candidates.tsv"
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            pair = row["original_simplified"], row["siku_rewritten_traditional"]
            if is_pair(*pair):
                yield pair


def _confirmed(data: Path, candidates: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield the candidates that the even rows of the aligned 金史 show."""
    path = data / "eval" / "liaojin" / "KR2a0035.tsv"
    rows = aligned(path, "even")
    sentences = [(fold(row["classical_simplified"]), fold(row["kanripo_text"])) for row in rows]
    for old, new in candidates:
        texts = [siku for sentence, siku in sentences if fold(old) in sentence]
        shown = sum(fold(new) in siku for siku in texts)
        if shown >= CONFIRMED and shown >= AGREEING * len(texts):
            yield old, new


def _within(old: str, new: str, pair: tuple[str, str]) -> bool:
    """Return whether a pair is only a part of another one."""
    return fold(old) in pair[0] and fold(new) in pair[1]


def _ordinary(data: Path, rows: Iterable[Alias]) -> set[str]:
    """Return the folded spellings that older books have as words, or as other people's names."""
    names = {fold(name) for row in rows for name in (row.name, row.other)}
    # Longer ones do not stand anywhere by accident.
    lengths = (2, 3)
    older, later = Counter[str](), Counter[str]()

    def count(counter: Counter[str], text: str) -> None:
        for length in lengths:
            parts = (text[at : at + length] for at in range(len(text) - length + 1))
            counter.update(part for part in parts if part in names)

    with lzma.open(data / "eval" / "parallel.train.jsonl.xz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if row["work"] in _OLDER or row["work"] in _LATER:
                for text in (row["classical"], row["modern"]):
                    count(older if row["work"] in _OLDER else later, fold(text))
    for path in sorted((data / "corpora" / "kanripo").glob("*/*.txt")):
        if path.parent.name != AUTHORITY:
            count(later, fold(_MARKS.sub("", path.read_text(encoding="utf-8"))))
    jieba.initialize()
    everyday = {name for name in names if len(name) == lengths[0] and jieba.dt.FREQ.get(name, 0) >= EVERYDAY}
    return everyday | {name for name in names if older[name] >= ORDINARY and older[name] * COMMONER > later[name]}


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True, help="Has corpora/ and eval/.")
def main(data: Path) -> None:
    """Write the table of old and new spellings."""
    with expected(data):
        rows, counted = table(data)
    write_aliases(TABLE, ABOUT, rows)
    for what, number in counted.items():
        click.echo(f"{number:6,} {what}")


if __name__ == "__main__":
    finish(lambda: main(standalone_mode=False))
