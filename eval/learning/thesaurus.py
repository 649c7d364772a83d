"""Training of the thesaurus: classical words for modern ones, learnt from aligned sentences, and judged by hand.

Words are aligned by IBM's model 1 (Brown et al. 1993) in both directions, and a pair counts only as far as both
agree. A classical sentence has no word bounds: its words are its characters and its commoner pairs of them. What
stands on both sides alike needs no translation and is taken out before; a word that often does is no modern word.

    python -m eval.learning.thesaurus mine      writes search/words/thesaurus.tsv, about eight minutes on two cores
    python -m eval.learning.thesaurus measure   holds it against eval/learning/word_pairs.jsonl
"""

from __future__ import annotations

import json
import lzma
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import jieba
import jieba.posseg
import numpy as np
from numpy.typing import NDArray
from opencc import OpenCC

from eval.datasets.data import expected
from indexer.text.folding import fold
from indexer.text.grams import grams
from search.words.thesaurus import LONGEST_WORD, TABLE, Thesaurus
from web.commands.main import finish

JUDGED = Path(__file__).with_name("word_pairs.jsonl")
"""Modern words of everyday subjects, each with the classical words that are right for it; some are held out."""

LONGEST = 200
"""Characters of a sentence; longer ones say little about which word goes with which."""
ROUNDS = 5
MODERN_AT_LEAST, CHARACTER_AT_LEAST, PAIR_AT_LEAST = 40, 80, 200
"""Sentences that a modern word, a classical character and a classical pair must stand in to be aligned."""
AGREED_AT_LEAST = 8
"""Sentences in which a modern word must be expected to have stood for a classical one."""
MODERN = 0.6
"""The least share of sentences with a modern word whose original lacks it."""
WIDELY_USED = 60
"""Works that use a word which jieba takes for a name, for it to be more than a name: 太阳 is, 王莽 is not."""
WEAKEST, WEAKEST_OF_BEST = 0.005, 0.025
"""The least share of a word's sentences, and of its best translation's worth, that a translation must have."""
OF_ITS_OWN = 0.25
"""The share of a character's sentences in which a particle must stand beside it for the two to be a word: 有司."""
MOST = 8
PARTICLES = frozenset(
    "之以而者所其于也矣焉乎哉夫则乃且即遂皆又亦尝犹尚唯惟但仅必未不非勿莫甚颇稍略愈弥更屡频俱悉咸或盖殆岂诚遽辄耳"
    "已与此何谁孰若如为有无是竟终常"
)
"""Classical characters, folded, that nobody would search for."""
_NAMES = ("nr", "ns", "nt", "nz")
_PARTICLE_TAGS = tuple("rmupcqyeoxhk")
"""Tags of jieba: of names, and of modern words that nobody would search for."""
_TRADITIONAL = OpenCC("s2t")
_RUN = re.compile(r"\w+")
_CHUNK = 20_000

Ids = NDArray[np.int32]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class SentenceWords:
    """The distinct words of each sentence, by number: those of sentence i between ``bounds[i]`` and the next."""

    words: tuple[str, ...]
    ids: Ids
    bounds: NDArray[np.int64]

    @property
    def counts(self) -> NDArray[np.int64]:
        """In how many sentences each word stands."""
        return np.bincount(self.ids, minlength=len(self.words))


def mine(pairs: Path, limit: int | None = None) -> dict[str, tuple[str, ...]]:
    """Learn modern words with their classical ones, best first, from ``pairs`` (JSON Lines in xz)."""
    met: Counter[str] = Counter()
    works: Counter[str] = Counter()
    last: dict[str, str] = {}
    modern: list[list[str]] = []
    classical: list[list[str]] = []
    for work, new, old in _sentences(pairs, limit):
        met.update(new)
        works.update(word for word in new if last.get(word) != work)
        last.update(dict.fromkeys(new, work))
        shared = {word for word in new & old if len(word) <= 2}
        spent = shared.union(*(grams(word) for word in shared))
        modern.append(sorted(new - shared))
        classical.append(sorted(old - spent))
    sides = _side(modern, MODERN_AT_LEAST, MODERN_AT_LEAST), _side(classical, CHARACTER_AT_LEAST, PAIR_AT_LEAST)
    agreed = np.minimum(align(sides[0], sides[1]), align(sides[1], sides[0]).T)
    agreed[:, [not fit for fit in _searchable(sides[1])]] = 0
    agreed[agreed < AGREED_AT_LEAST] = 0
    usual = sides[1].counts / len(classical)
    found = {}
    for number, (word, left) in enumerate(zip(sides[0].words, sides[0].counts, strict=True)):
        if left >= MODERN * met[word] and _is_listed(word, works[word]):
            shares = agreed[number] / left
            # What is only common beside everything is worth less.
            worth = shares * np.log(np.maximum(shares / usual, 1))
            if chosen := tuple(_chosen(worth, shares, sides[1].words)):
                found[word] = tuple(_spelt(word, each) for each in chosen)
    return found


def align(source: SentenceWords, target: SentenceWords) -> Floats:
    """Estimate how often each word of ``source`` became each word of ``target``, by IBM's model 1."""
    width, nothing = len(target.words), len(source.words)
    chances = np.ones((nothing + 1) * width, np.float32)
    for _ in range(ROUNDS):
        expected = np.zeros_like(chances)
        for first in range(0, len(source.bounds) - 1, _CHUNK):
            cells, starts, sizes = _cells(source, target, first, nothing)
            share = chances[cells]
            share /= np.repeat(np.add.reduceat(share, starts), sizes)
            np.add.at(expected, cells, share)
        table = expected.reshape(-1, width)
        chances = (table / np.maximum(table.sum(axis=1, keepdims=True), 1e-9)).ravel()
    result: Floats = table[:nothing]
    return result


def measure(thesaurus: Thesaurus, judged: Path = JUDGED, held_out: bool = True) -> dict[str, float]:
    """Measure the classical words of the judged ones: of those held out, or of those used for development.

    ``precision@3`` is the share of right ones among the first three (fewer where fewer are given; 0 where none are),
    ``right in 5`` the share of modern words with a right one among the first five.
    """
    precisions: list[float] = []
    right: list[bool] = []
    with judged.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if row["held_out"] != held_out:
                continue
            accepted = set(map(fold, row["classical"]))
            given = tuple(map(fold, thesaurus.classical(fold(row["word"]))))
            precisions.append(sum(word in accepted for word in given[:3]) / max(len(given[:3]), 1))
            right.append(any(word in accepted for word in given[:5]))
    return {
        "words": len(right),
        "precision@3": sum(precisions) / len(precisions),
        "right in 5": sum(right) / len(right),
    }


def _sentences(pairs: Path, limit: int | None) -> Iterator[tuple[str, set[str], set[str]]]:
    """Yield the work of each pair of sentences, and their distinct words, folded."""
    with lzma.open(pairs, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            if number == limit:
                break
            row = json.loads(line)
            if max(len(row["modern"]), len(row["classical"])) <= LONGEST:
                yield (
                    row["work"],
                    {word for run in _runs(row["modern"]) for word in jieba.cut(run, HMM=False)},
                    {gram for run in _runs(row["classical"]) for gram in grams(run)},
                )


def _runs(text: str) -> Iterator[str]:
    return map(fold, _RUN.findall(text))


def _side(sentences: Sequence[Sequence[str]], least: int, least_longer: int) -> SentenceWords:
    """Return the words that occur in at least so many sentences: of one character, and longer ones."""
    counts = Counter(word for words in sentences for word in words)
    known = sorted(word for word, count in counts.items() if count >= (least if len(word) == 1 else least_longer))
    numbers = {word: number for number, word in enumerate(known)}
    kept = [[numbers[word] for word in words if word in numbers] for words in sentences]
    bounds = np.cumsum([0, *map(len, kept)])
    return SentenceWords(tuple(known), np.array([number for words in kept for number in words], dtype=np.int32), bounds)


def _cells(source: SentenceWords, target: SentenceWords, first: int, nothing: int) -> tuple[NDArray[np.int64], ...]:
    """Return, for each target word of a chunk, the cells of the table that may have made it: its sentence's and null's.

    They stand in a row; with them come where the cells of each target word start, and how many they are.
    """
    last = min(first + _CHUNK, len(source.bounds) - 1)
    targets = target.ids[target.bounds[first] : target.bounds[last]].astype(np.int64)
    sentences = np.repeat(np.arange(first, last), np.diff(target.bounds[first : last + 1]))
    sizes = np.diff(source.bounds)[sentences] + 1
    ends = np.cumsum(sizes)
    starts = ends - sizes
    places = np.arange(sizes.sum()) + np.repeat(source.bounds[sentences] - starts, sizes)
    sources = source.ids[np.minimum(places, len(source.ids) - 1)].astype(np.int64)
    sources[ends - 1] = nothing
    return sources * len(target.words) + np.repeat(targets, sizes), starts, sizes


def _is_listed(word: str, works: int) -> bool:
    """Return whether a modern word is one that is searched for: it means something by itself, and is no name."""
    tag = jieba.posseg.dt.word_tag_tab.get(word, "x")
    if tag.startswith(_NAMES):
        return len(word) == 2 and works >= WIDELY_USED
    return 2 <= len(word) <= LONGEST_WORD and not tag.startswith(_PARTICLE_TAGS)


def _searchable(side: SentenceWords) -> Iterator[bool]:
    """Yield whether each classical word is one that is searched for: no particle, nor one found beside it by chance."""
    counts = dict(zip(side.words, side.counts.tolist(), strict=True))
    for word in side.words:
        meaning = [character for character in word if character not in PARTICLES]
        if len(meaning) == len(word):
            yield True
        else:
            yield bool(meaning) and counts[word] >= OF_ITS_OWN * counts.get(meaning[0], np.inf)


def _spelt(word: str, classical: str) -> str:
    """Return the spelling that is meant where the folded modern word settles it: 发 in 头发 is 髮, not the usual 發."""
    traditional = _TRADITIONAL.convert(word)
    at = word.find(classical)
    spelt = traditional[at : at + len(classical)]
    settled = at >= 0 and fold(spelt) == classical and spelt != _TRADITIONAL.convert(classical)
    return spelt if settled else classical


def _chosen(worth: Floats, shares: Floats, words: Sequence[str]) -> Iterator[str]:
    """Choose the best words; a pair that has a character of an earlier one is found by searching for that one."""
    order = np.argsort(-worth, kind="stable")[: 4 * MOST]
    least = WEAKEST_OF_BEST * float(worth[order[0]])
    given: list[str] = []
    for number in order.tolist():
        word = words[number]
        if shares[number] < WEAKEST or worth[number] < least or len(given) == MOST:
            break
        if not any(each in word for each in given):
            given.append(word)
            yield word


def _written(found: dict[str, tuple[str, ...]]) -> Iterable[str]:
    yield "# Modern words with the classical words that stand in their place; learnt by eval/learning/thesaurus.py."
    for word, classical in sorted(found.items()):
        yield f"{word}\t{' '.join(classical)}"


@click.group()
def main() -> None:
    """Learn and judge the table of modern words with their classical ones."""


@main.command(name="mine")
@click.option("--data", type=click.Path(path_type=Path), default=Path("../shared"), show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=TABLE)
@click.option("--limit", type=int, help="Pairs to read.  [default: all]")
def _mine(data: Path, out: Path, limit: int | None) -> None:
    """Learn the table from the pairs."""
    with expected(data):
        found = mine(data / "eval" / "parallel.train.jsonl.xz", limit)
    out.write_text("\n".join(_written(found)) + "\n", "utf-8")
    click.echo(f"{out}: {len(found)} words")


@main.command(name="measure")
@click.option("--table", type=click.Path(path_type=Path), default=TABLE)
def _measure(table: Path) -> None:
    """Measure the table on the judged words."""
    for held_out, title in ((True, "held out"), (False, "development")):
        figures = measure(Thesaurus.load(table), held_out=held_out)
        click.echo(f"{title}: " + ", ".join(f"{name} {figure:.3g}" for name, figure in figures.items()))


if __name__ == "__main__":
    finish(lambda: main(standalone_mode=False))
