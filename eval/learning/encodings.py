"""Training and measuring of the frequencies of characters and their pairs, by which encodings are told apart.

    python -m eval.learning.encodings train      writes corpora/readers/characters.tsv and pairs.npy; a few minutes
    python -m eval.learning.encodings            reads texts in every encoding, and prints how many were read rightly

What is learnt are frequencies, from the training pairs of classical and modern sentences, in simplified and traditional
characters and, with little weight, in Japanese forms. What is measured are texts of other books: the Northeast, the
poems, books of which no sentence is in the pairs, Japanese texts. Of each, stretches are cut at random and written as
prose, without punctuation, as lists, with lacunae, and as tables.
"""

from __future__ import annotations

import json
import lzma
import random
import re
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray
from opencc import OpenCC

from corpora.model import Work
from corpora.readers import encodings, read
from corpora.sources.discover import discover
from eval.datasets.data import expected
from web.commands.main import finish

FOLDER = Path(encodings.__file__).parent
LENGTHS = (3, 5, 10, 20, 50, 100, 300, 1000)
FILES = 300
"""Files of each encoding and length."""
_EVERY = 4
"""One of so many training pairs is read: more changes no frequency that counts."""
_PAIR_BITS = 1 << 19
_USUAL_PAIRS = 80_000
_LEAST = 15.0
"""Nats: what is less likely than that is left to the kind of the character."""
_JAPANESE = 0.1
"""Weight of the training texts in Japanese forms."""
_QUOTES = str.maketrans("“”‘’", "「」『』")
_MARKS = re.compile(r"[^\w\s]")


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts to measure on: one string a kind, by the encodings that can write it."""

    name: str
    text: str
    encodings: tuple[str, ...]


@click.group(invoke_without_command=True)
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), default=Path("../shared"), show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print it for programs.")
@click.pass_context
def main(context: click.Context, data: Path, as_json: bool) -> None:
    """Read texts in every encoding, and print how many were read rightly, by length."""
    context.obj = data
    if context.invoked_subcommand is None:
        with expected(data):
            rows = measured(texts(data))
        if as_json:
            click.echo(json.dumps(list(rows), ensure_ascii=False, indent=2))
            return
        click.echo(f"{'encoding':12}{'text':14}" + "".join(f"{length:>15}" for length in LENGTHS))
        for row in rows:
            cells = (f"{each['right']}/{each['files']} ({each['assumed']})" for each in row["lengths"])
            click.echo(f"{row['encoding']:12}{row['text']:14}" + "".join(f"{cell:>15}" for cell in cells))
        click.echo("\nrightly read / files (of which the report says what was assumed); columns are characters")


@main.command()
@click.pass_obj
def train(data: Path) -> None:
    """Learn the tables from the training pairs and write them."""
    with expected(data), lzma.open(data / "eval" / "parallel.train.jsonl.xz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in islice(file, 0, None, _EVERY)]
    simplified = "\n".join(f"{row['classical']}\n{row['modern']}" for row in rows)
    cut = len(simplified) * 9 // 10  # the rest says how often a usual pair is met
    traditional = _converted(simplified, "s2t").translate(_QUOTES)
    characters = _frequencies([(simplified, 1.0), (traditional, 1.0), (_converted(traditional, "t2jp"), _JAPANESE)])
    bits = np.zeros(_PAIR_BITS, bool)
    for text in (simplified, traditional):
        bits[_usual_pairs(text[:cut])] = True
    held_out = np.concatenate([_pair_buckets(text[cut:]) for text in (simplified, traditional)])
    met, full = float(bits[held_out].mean()), float(bits.mean())
    hit, miss = np.log(met / full), np.log((1 - met) / (1 - full))
    np.save(FOLDER / "pairs.npy", np.packbits(bits))
    rows_out = [f"usual\t{hit:.2f}", f"unusual\t{miss:.2f}"]
    rows_out += [f"{level:.1f}\t{''.join(sorted(found))}" for level, found in sorted(characters.items(), reverse=True)]
    head = (
        "# How usual characters are: natural logarithm of the frequency, and the characters of that frequency.\n"
        "# `usual` and `unusual` are what a pair adds that is or is not in pairs.npy.\n"
        "# Frequencies in NiuTrans/Classical-Modern (MIT); made by `python -m eval.learning.encodings train`.\n"
    )
    (FOLDER / "characters.tsv").write_text(head + "\n".join(rows_out) + "\n", "utf-8")
    click.echo(f"{sum(map(len, characters.values()))} characters; pairs fill {full:.3f}, {met:.3f} are met")


def texts(data: Path) -> list[Texts]:
    """Return the texts that are measured on, none of which was trained on."""
    siku = _indexed(data / "corpora" / "kanripo", 40)
    poems = _indexed(data / "corpora" / "chinese-poetry" / "yudingquantangshi", 60)
    books = _unlearnt_books(data)
    japanese = "".join(
        file.read_text("cp932", errors="ignore") for file in sorted((data / "corpora/formats/aozora").glob("*_*.txt"))
    )
    modern = _modern(data)
    return [
        Texts("Siku", siku, ("gb18030", "big5", "euc-kr", "utf-8")),
        Texts("poems", poems, ("gb18030", "big5", "euc-kr", "utf-8")),
        Texts("classics", books, ("gb18030", "utf-8")),
        Texts("classics 繁", _converted(books, "s2t").translate(_QUOTES), ("gb18030", "big5")),
        Texts("modern", modern, ("gb18030",)),
        Texts("modern 繁", _converted(modern, "s2twp").translate(_QUOTES), ("big5", "gb18030")),
        Texts("Japanese", japanese, ("shift_jis", "euc-jp")),
    ]


def measured(given: Sequence[Texts], files: int = FILES, seed: int = 7) -> Iterator[dict[str, Any]]:
    """Count, for each encoding and text, the files of each length that were read rightly, character by character."""
    for name in ("gb18030", "big5", "shift_jis", "euc-jp", "euc-kr", "utf-8"):
        for source in given:
            if name not in source.encodings:
                continue
            chance = random.Random(f"{seed} {name} {source.name}")
            text = "".join(character for character in source.text if _writes(character, name))
            lengths = []
            for length in LENGTHS:
                right = assumed = 0
                for _ in range(files):
                    piece = _shaped(text, length, chance)
                    data = _written(piece, name)
                    if name == "utf-8":  # with a byte that is none
                        place = chance.randrange(len(data))
                        data = data[:place] + b"\xff" + data[place + 1 :]
                    found = encodings.find([data])
                    right += found.name == name or (bool(found.name) and encodings.decode(data, found.name) == piece)
                    assumed += bool(found.instead)
                lengths.append({"characters": length, "files": files, "right": right, "assumed": assumed})
            yield {"encoding": name, "text": source.name, "lengths": lengths}


def _shaped(text: str, length: int, chance: random.Random) -> str:
    """Draw a stretch of a text, written in one of six ways; not all of it ASCII."""
    while True:
        start = chance.randrange(max(len(text) - 4 * length, 1))
        raw = text[start : start + 4 * length]
        bare = _MARKS.sub("", raw).replace("\n", "") or raw
        match chance.randrange(6):
            case 0:
                piece = raw
            case 1:
                piece = bare
            case 2:
                piece = "、".join(_words(bare, chance))
            case 3:
                share = chance.choice((0.1, 0.3, 0.6))
                piece = "".join("□" if chance.random() < share else character for character in raw)
            case 4:
                piece = "│".join(_words(bare, chance))
            case _:
                piece = "\t".join(_words(bare, chance)) + "\n"
        piece = piece[:length]
        if not piece.isascii():
            return piece


def _words(text: str, chance: random.Random) -> Iterator[str]:
    at = 0
    while at < len(text):
        size = chance.randint(1, 4)
        yield text[at : at + size]
        at += size


_writable: dict[tuple[str, str], bool] = {}


def _writes(character: str, name: str) -> bool:
    if (name, character) not in _writable:
        try:
            _writable[name, character] = encodings.decode(_written(character, name), name) == character
        except UnicodeEncodeError:
            _writable[name, character] = False
    return _writable[name, character]


def _written(text: str, name: str) -> bytes:
    codec = {"big5": "cp950", "shift_jis": "cp932", "euc-jp": "euc_jp", "euc-kr": "cp949"}.get(name, name)
    return text.encode(codec)


def _indexed(folder: Path, sections: int) -> str:
    """Return the text of some sections of each work below a folder."""
    works = (item for source in discover(folder)[0] for item in read(source) if isinstance(item, Work))
    return "".join(section.text for work in works for section in work.sections[:sections])


def _unlearnt_books(data: Path, most: int = 3_000_000) -> str:
    """Return chapters of books of which no sentence is in the training pairs."""
    with lzma.open(data / "eval" / "parallel.train.jsonl.xz", "rt", encoding="utf-8") as file:
        learnt = {json.loads(line)["work"] for line in file}
    parts: list[str] = []
    size = 0
    with tarfile.open(data / "corpora" / "classical-originals.tar.xz", "r|xz") as archive:
        for member in archive:
            book = Path(member.name).parts[1:2]
            if member.isfile() and book and book[0] not in learnt:
                content = archive.extractfile(member)
                assert content is not None, "it is a regular file"
                parts.append(content.read().decode())
                size += len(parts[-1])
                if size > most:
                    break
    return "".join(parts)


def _modern(data: Path) -> str:
    with lzma.open(data / "eval" / "parallel.test.jsonl.xz", "rt", encoding="utf-8") as file:
        return "\n".join(json.loads(line)["modern"] for line in file)


def _converted(text: str, how: str) -> str:
    converter = OpenCC(how)
    size = 100_000  # OpenCC takes its time with one long string
    return "".join(converter.convert(text[at : at + size]) for at in range(0, len(text), size))


def _codes(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)


def _frequencies(weighted: Sequence[tuple[str, float]]) -> dict[float, list[str]]:
    """Group characters by log-frequency, in steps of half a nat. ASCII, kana and the like are left to their kinds."""
    counts = np.zeros(0x110000)
    for text, weight in weighted:
        counts += weight * np.bincount(_codes(text), minlength=len(counts))
    levels: dict[float, list[str]] = {}
    total = counts.sum()
    for code in np.flatnonzero(counts):
        character, level = chr(code), round(2 * float(np.log(counts[code] / total))) / 2
        is_learnt = code >= 0x2000 and not 0x3041 <= code <= 0x30FF and not 0xE000 <= code <= 0xF8FF
        if is_learnt and level >= -_LEAST:
            levels.setdefault(level, []).append(character)
    return levels


def _pairs(text: str) -> NDArray[np.uint64]:
    """Return pairs of characters beyond ASCII, as one number each."""
    codes = _codes(text)
    both = (codes[1:] >= 0x80) & (codes[:-1] >= 0x80)
    return (codes[:-1][both].astype(np.uint64) << np.uint64(32)) | codes[1:][both]


def _pair_buckets(text: str) -> NDArray[np.uint32]:
    pairs = _pairs(text)
    first, second = (pairs >> np.uint64(32)).astype(np.uint32), pairs.astype(np.uint32)
    return encodings.bucket(first, second, _PAIR_BITS)


def _usual_pairs(text: str) -> NDArray[np.uint32]:
    """Return the buckets of the most frequent pairs."""
    pairs, counts = np.unique(_pairs(text), return_counts=True)
    usual = pairs[np.argsort(-counts, kind="stable")[:_USUAL_PAIRS]]
    first, second = (usual >> np.uint64(32)).astype(np.uint32), usual.astype(np.uint32)
    return encodings.bucket(first, second, _PAIR_BITS)


if __name__ == "__main__":
    finish(lambda: main(standalone_mode=False))
