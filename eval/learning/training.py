"""Training of the static model that ships with the package.

One table of token vectors serves modern and classical text alike. It is trained for both ways in which it is used:

- a text is the sum of its tokens' vectors, brought to unit length (what the vector index holds);
- each token of a query seeks the token most like it in a text, and the cosines are summed with the tokens'
  importance as weights (``search.ranking.late_interaction``; MaxSim of ColBERT, Khattab and Zaharia, SIGIR 2020).

Either way pairs of a modern sentence and its classical original are told from other pairs by the InfoNCE loss (van
den Oord et al. 2018). Half of each batch are runs of neighbouring sentences, so that what has to be told apart speaks
of the same people and places; those so near that a window may reach into them are not counted against it. Half of the
classical sentences are replaced by a random unpunctuated window around them, because windows are what the index holds,
and some of the modern ones by a part of themselves, because readers ask short. A few descriptions of verses, each with
its four verses to choose from (``eval.datasets.ccpm``, its training part), are in every batch. Tokens of verses, which
are few and come again often, are dropped at random, so that none is learnt by heart from a token or two.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from torch import nn
from torch.nn.functional import cross_entropy, embedding, normalize, softplus

from eval.datasets import ccpm
from indexer.embedding import StaticEmbedder, token_keys
from indexer.text.folding import fold
from indexer.text.streams import WINDOW, code_points

Ids = NDArray[np.int64]

DIMENSIONS = 256
VOCABULARY = 60_000
BATCH = 2048
RUN = 32
"""Neighbouring sentences that enter a batch together."""
REACH = 4
"""Neighbours on either side that a window may reach into."""
VERSES = 64
"""Descriptions of verses in a batch."""
DROPPED = 0.4
"""The share of a verse's tokens, and of its description's, that are left out."""
VERSES_COUNT = 0.15
"""The weight of the verses in the loss, beside the sentences."""
TEMPERATURE = 0.05
LEARNING_RATE = 0.006
HELD_OUT = 5_000
WHOLE_QUERIES = 0.7
"""The share of modern sentences that are taken whole."""
SHORTEST_QUERY = 6

COMPARED = 256
"""Queries of a batch that are compared token by token."""
HARDEST = 7
"""Wrong texts that each of them is compared with: those of its batch that are nearest by the sums."""
QUERY_CHARACTERS, TEXT_CHARACTERS = 32, 48
"""Characters that are compared of a query and of a text."""
TOKEN_TEMPERATURE = 0.04
IMPORTANCE_RATE = 0.02

UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class TextSide:
    """All texts of one side in a row, folded. ``bounds[i]`` and ``bounds[i + 1]`` enclose text i.

    ``first`` and ``last`` enclose the section that text i stands in.
    """

    characters: Ids
    pairs: Ids
    bounds: Ids
    first: Ids
    last: Ids


Stretches = tuple[Ids, Ids]
"""The bounds of texts in their side."""


@dataclass(frozen=True, slots=True)
class _Verses:
    """Descriptions, and for each its verses in a row, the right one first."""

    descriptions: TextSide
    verses: TextSide
    choices: int


def train(pairs: Path, verses: Path, out: Path, seed: int = 7, epochs: int = 3, limit: int | None = None) -> float:
    """Train on ``pairs`` (JSON Lines in xz) and ``verses`` (CCPM), write the model's folder, return a first measure.

    The first epoch trains the sums alone, the others both uses. What is returned is R@1 on pairs held out: the share
    of held-out modern sentences whose own classical sentence is nearest among all held out.
    """
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    modern, classical, sections = _read(pairs, limit)
    items = [(fold(item.description), _right_first(item)) for item in ccpm.read(verses, "train")]
    described, poems = [text for text, _ in items], [verse for _, choices in items for verse in choices]
    keys = _vocabulary([*modern, *classical])
    sides = (_side(modern, sections, keys), _side(classical, sections, keys))
    choices = _Verses(_side(described, described, keys), _side(poems, poems, keys), len(poems) // max(len(items), 1))
    runs = [np.arange(at, min(at + RUN, len(modern))) for at in range(0, len(modern), RUN)]
    chosen = random.permutation(len(runs))
    aside = HELD_OUT // RUN + 1
    held, kept = np.concatenate([runs[at] for at in chosen[:aside]])[:HELD_OUT], [runs[at] for at in chosen[aside:]]
    model = _Model(len(keys), random)
    batches = len(kept) * RUN // BATCH
    steps = epochs * batches
    optimizer = torch.optim.Adam(
        [
            {"params": [model.table.weight], "lr": LEARNING_RATE},
            {"params": [model.importance], "lr": IMPORTANCE_RATE},
        ],
        betas=(0.9, 0.99),
        fused=True,
    )
    rates = [LEARNING_RATE, IMPORTANCE_RATE]
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rates, total_steps=steps, pct_start=0.1)
    with _bar() as bar:
        task = bar.add_task("train", total=steps)
        for step, batch in enumerate(_batches(kept, epochs, random)):
            if step == batches:
                model.weigh(_rarity(sides, len(keys)))
            queries, texts = _parts(sides[0], batch, random), _windows(sides[1], batch, random)
            verse = random.choice(len(items), min(VERSES, len(items)), replace=False)
            loss = _loss(model, sides, batch, queries, texts, choices, verse, step >= batches)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            bar.update(task, advance=1, description=f"train loss {loss.item():.3f}")
    weights = model.table.weight.detach().numpy()[:-1]
    StaticEmbedder.from_weights(keys, weights, softplus(model.importance.detach()).numpy()[:-1]).save(out)
    with torch.no_grad():
        asked = normalize(model.sums(sides[0], _sentences(sides[0], held)), dim=1)
        found = normalize(model.sums(sides[1], _sentences(sides[1], held)), dim=1)
        return float((torch.argmax(asked @ found.T, dim=1) == torch.arange(len(held))).float().mean())


class _Model(nn.Module):  # type: ignore[misc]  # torch is not read for its types
    """The table, its last row for tokens that it lacks, and what each token counts when tokens are compared."""

    def __init__(self, tokens: int, random: np.random.Generator) -> None:
        super().__init__()
        self.unknown = tokens
        self._random = random
        self.table = nn.EmbeddingBag(tokens + 1, DIMENSIONS, mode="sum")
        nn.init.normal_(self.table.weight, std=0.05)
        self.importance = nn.Parameter(torch.zeros(tokens + 1))

    def weigh(self, rarity: NDArray[np.float32]) -> None:
        """Initialise the importances by how rare a token is, and how much it moves a sum."""
        with torch.no_grad():
            lengths = self.table.weight[:-1].norm(dim=1)
            start = (lengths / lengths.mean() * torch.from_numpy(rarity)).clamp(min=0.05)
            # The inverse of softplus.
            self.importance[:-1] = torch.log(torch.expm1(start.clamp(max=20.0)))

    def sums(self, side: TextSide, stretches: Stretches, dropped: float = 0.0) -> torch.Tensor:
        """Return the sum of each stretch's token vectors, a share of them left out."""
        starts, ends = stretches
        characters, lengths = _gather(side.characters, starts, ends)
        pairs, pair_lengths = _gather(side.pairs, starts, np.maximum(ends - 1, starts))
        owners = np.concatenate(
            [np.repeat(np.arange(len(starts)), lengths), np.repeat(np.arange(len(starts)), pair_lengths)]
        )
        ids = np.concatenate([characters, pairs])
        known = (ids != UNKNOWN) & (self._random.random(len(ids)) >= dropped)
        ids, owners = ids[known], owners[known]
        order = np.argsort(owners, kind="stable")
        offsets = np.searchsorted(owners[order], np.arange(len(starts)))
        summed: torch.Tensor = self.table(torch.from_numpy(ids[order]), torch.from_numpy(offsets))
        return summed

    def tokens(self, side: TextSide, stretches: Stretches, characters: int, dropped: float = 0.0) -> torch.Tensor:
        """Return the rows of each stretch's first tokens, a stretch a line, a share of them left out."""
        starts, ends = stretches
        places = starts[:, None] + np.arange(characters)
        inside = places < ends[:, None]
        paired = places < ends[:, None] - 1
        places = np.minimum(places, len(side.characters) - 1)
        rows = np.concatenate(
            [np.where(inside, side.characters[places], UNKNOWN), np.where(paired, side.pairs[places], UNKNOWN)], axis=1
        )
        lacking = (rows == UNKNOWN) | (self._random.random(rows.shape) < dropped)
        return torch.from_numpy(np.where(lacking, self.unknown, rows))

    def compared(self, asked: torch.Tensor, texts: torch.Tensor) -> torch.Tensor:
        """Score each query (queries × tokens) with its own texts (queries × texts × tokens)."""
        queries, count, length = texts.shape
        known = asked != self.unknown
        with torch.no_grad():
            units = normalize(self.table.weight, dim=1)
            units[self.unknown] = 0
            cosines = embedding(asked, units) @ embedding(texts.reshape(queries, -1), units).transpose(1, 2)
            likest = cosines.view(queries, -1, count, length).argmax(dim=3)
            chosen = torch.gather(
                texts.transpose(1, 2)[:, None].expand(-1, asked.shape[1], -1, -1), 2, likest[:, :, None]
            ).squeeze(2)
        # Only the pairs of tokens that won learn.
        pair = torch.stack([asked[:, :, None].expand_as(chosen), chosen])[:, known]
        one, other = normalize(embedding(pair, self.table.weight), dim=-1)
        weights = softplus(self.importance)[asked] * known
        weights = weights / weights.sum(dim=1, keepdim=True).clamp(min=1e-6)
        gained = (one * other).sum(dim=-1).clamp(min=0) * (chosen[known] != self.unknown) * weights[known][:, None]
        owners = torch.arange(queries)[:, None].expand_as(asked)[known]
        return torch.zeros(queries, count).index_add(0, owners, gained)


def _loss(
    model: _Model,
    sides: tuple[TextSide, TextSide],
    batch: Ids,
    queries: Stretches,
    texts: Stretches,
    verses: _Verses,
    verse: Ids,
    compare: bool,
) -> torch.Tensor:
    asked = normalize(model.sums(sides[0], queries), dim=1)
    found = normalize(model.sums(sides[1], texts), dim=1)
    near = np.abs(batch[:, None] - batch)
    apart = torch.from_numpy((near == 0) | (near > REACH))
    logits = (asked @ found.T).masked_fill(~apart, -1.0)
    target = torch.arange(len(batch))
    loss = (cross_entropy(logits / TEMPERATURE, target) + cross_entropy(logits.T / TEMPERATURE, target)) / 2
    described = _sentences(verses.descriptions, verse)
    options = _sentences(verses.verses, (verse[:, None] * verses.choices + np.arange(verses.choices)).ravel())
    verse_target = torch.zeros(len(verse), dtype=torch.int64)
    if len(verse):
        description = normalize(model.sums(verses.descriptions, described, DROPPED), dim=1)
        option = normalize(model.sums(verses.verses, options, DROPPED), dim=1).view(len(verse), verses.choices, -1)
        loss = loss + VERSES_COUNT * cross_entropy(
            (option @ description[:, :, None]).squeeze(2) / TEMPERATURE, verse_target
        )
    if not compare:
        return loss
    some = slice(0, COMPARED)
    with torch.no_grad():
        hardest = logits[some].scatter(1, target[some, None], -1.0).topk(min(HARDEST, len(batch) - 1), dim=1).indices
    rows = torch.cat([target[some, None], hardest], dim=1)
    scores = model.compared(
        model.tokens(sides[0], (queries[0][some], queries[1][some]), QUERY_CHARACTERS),
        model.tokens(sides[1], texts, TEXT_CHARACTERS)[rows],
    )
    loss = loss + cross_entropy(scores / TOKEN_TEMPERATURE, torch.zeros(len(rows), dtype=torch.int64))
    if len(verse):
        lines = model.tokens(verses.verses, options, TEXT_CHARACTERS, DROPPED)
        asking = model.tokens(verses.descriptions, described, QUERY_CHARACTERS, DROPPED)
        scores = model.compared(asking, lines.view(len(verse), verses.choices, -1))
        loss = loss + VERSES_COUNT * cross_entropy(scores / TOKEN_TEMPERATURE, verse_target)
    return loss


def _bar() -> Progress:
    return Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())


def _right_first(item: ccpm.Item) -> list[str]:
    wrong = [verse for at, verse in enumerate(item.verses) if at != item.right]
    return [fold(verse) for verse in (item.verses[item.right], *wrong)]


def _read(path: Path, limit: int | None) -> tuple[list[str], list[str], list[str]]:
    modern: list[str] = []
    classical: list[str] = []
    sections: list[str] = []
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            modern.append(fold(row["modern"]))
            classical.append(fold(row["classical"]))
            sections.append(f"{row['work']}/{row['section']}")
            if len(modern) == limit:
                break
    return modern, classical, sections


def _vocabulary(texts: list[str]) -> NDArray[np.uint64]:
    """Return the commonest characters and pairs, sorted."""
    counts: dict[int, int] = {}
    for first in range(0, len(texts), 200_000):
        chunk = code_points("\x00".join(texts[first : first + 200_000]))
        characters, pairs = token_keys(chunk)
        keys, numbers = np.unique(np.concatenate([characters, pairs]), return_counts=True)
        # A pair that holds the separator is no pair.
        real = (keys & np.uint64(0xFFFFFFFF)) != 0
        for key, number in zip(keys[real].tolist(), numbers[real].tolist(), strict=True):
            counts[key] = counts.get(key, 0) + number
    chosen = sorted(counts, key=lambda key: (-counts[key], key))[:VOCABULARY]
    return np.array(sorted(chosen), dtype=np.uint64)


def _side(texts: Sequence[str], sections: Sequence[str], keys: NDArray[np.uint64]) -> TextSide:
    codes = code_points("".join(texts))
    characters, pairs = token_keys(codes)
    bounds = np.concatenate([[0], np.cumsum([len(text) for text in texts])]).astype(np.int64)
    change = np.array([True, *(after != before for before, after in pairwise(sections))])
    starts = np.flatnonzero(change)
    own = np.cumsum(change) - 1
    ends = np.append(starts[1:], len(texts))
    pair_ids = np.append(_lookup(keys, pairs), UNKNOWN)
    return TextSide(_lookup(keys, characters), pair_ids, bounds, bounds[starts[own]], bounds[ends[own]])


def _lookup(keys: NDArray[np.uint64], wanted: NDArray[np.uint64]) -> Ids:
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    ids: Ids = np.where(keys[at] == wanted, at, UNKNOWN)
    return ids


def _rarity(sides: tuple[TextSide, TextSide], tokens: int) -> NDArray[np.float32]:
    """Return the logarithm of how rare each token is among the sentences."""
    sentences = np.zeros(tokens)
    for side in sides:
        owners = np.repeat(np.arange(len(side.bounds) - 1), np.diff(side.bounds))
        for ids in (side.characters, side.pairs):
            known = ids != UNKNOWN
            seen = np.unique(owners[known] * tokens + ids[known])
            sentences += np.bincount(seen % tokens, minlength=tokens)
    total = sum(len(side.bounds) - 1 for side in sides)
    return np.log(1 + total / (sentences + 1)).astype(np.float32)


def _batches(runs: Sequence[Ids], epochs: int, random: np.random.Generator) -> Iterator[Ids]:
    """Yield every sentence once an epoch; a batch is half runs, half single sentences, in no order."""
    for _ in range(epochs):
        shuffled = random.permutation(len(runs))
        middle = len(runs) // 2
        together = np.concatenate([runs[at] for at in shuffled[:middle]])
        single = random.permutation(np.concatenate([runs[at] for at in shuffled[middle:]]))
        half = BATCH // 2
        for at in range(0, min(len(together), len(single)) - half + 1, half):
            yield random.permutation(np.concatenate([together[at : at + half], single[at : at + half]]))


def _sentences(side: TextSide, rows: Ids) -> Stretches:
    return side.bounds[rows], side.bounds[rows + 1]


def _parts(side: TextSide, rows: Ids, random: np.random.Generator) -> Stretches:
    """Return the sentences, some of them cut down to a part of at least a third of them."""
    starts, ends = _sentences(side, rows)
    lengths = ends - starts
    least = np.minimum(np.maximum(lengths // 3, SHORTEST_QUERY), lengths)
    taken = least + (random.random(len(rows)) * (lengths - least + 1)).astype(np.int64)
    begin = starts + (random.random(len(rows)) * (lengths - taken + 1)).astype(np.int64)
    whole = random.random(len(rows)) < WHOLE_QUERIES
    return np.where(whole, starts, begin), np.where(whole, ends, begin + taken)


def _windows(side: TextSide, rows: Ids, random: np.random.Generator) -> Stretches:
    """Return the sentences, half of them replaced by a window that begins shortly before or inside them."""
    starts, ends = _sentences(side, rows)
    slack = np.maximum(ends - starts - WINDOW // 2, 0)
    moved = starts - random.integers(0, WINDOW // 2, len(rows)) + (random.random(len(rows)) * slack).astype(np.int64)
    moved = np.maximum(moved, side.first[rows])
    use = random.random(len(rows)) < 0.5
    return np.where(use, moved, starts), np.where(use, np.minimum(moved + WINDOW, side.last[rows]), ends)


def _gather(ids: Ids, starts: Ids, ends: Ids) -> tuple[Ids, Ids]:
    lengths = ends - starts
    shifts = np.repeat(starts - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths)
    return ids[np.arange(int(lengths.sum())) + shifts], lengths
