"""Training of the static model that ships with the package.

One table of token vectors serves both sides: a text is the sum of its tokens' vectors, brought to unit length.
Pairs of a modern sentence and its classical original are told from the other pairs of a batch by the InfoNCE loss
(van den Oord et al. 2018). Half of the classical sentences are replaced by a random unpunctuated window around
them, because windows are what the index holds.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from torch import nn
from torch.nn.functional import cross_entropy, normalize

from indexer.embedding import StaticEmbedder, token_keys
from indexer.folding import fold
from indexer.passages import WINDOW, code_points

Ids = NDArray[np.int64]

DIMENSIONS = 256
VOCABULARY = 60_000
BATCH = 2048
TEMPERATURE = 0.05
LEARNING_RATE = 0.006
HELD_OUT = 5_000
UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class Side:
    """All texts of one side in a row, folded. ``bounds[i]`` and ``bounds[i + 1]`` enclose text i.

    ``first`` and ``last`` enclose the section that text i stands in.
    """

    characters: Ids
    pairs: Ids
    bounds: Ids
    first: Ids
    last: Ids


def train(pairs: Path, out: Path, seed: int = 7, epochs: int = 2, limit: int | None = None) -> float:
    """Train on ``pairs`` (JSON Lines in xz), write the model's folder, and return R@1 on pairs held out.

    R@1 is the share of held-out modern sentences whose own classical sentence is nearest among all held out.
    """
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    modern, classical, sections = _read(pairs, limit)
    keys = _vocabulary([*modern, *classical])
    sides = (_side(modern, sections, keys), _side(classical, sections, keys))
    order = random.permutation(len(modern))
    held, rows = order[:HELD_OUT], order[HELD_OUT:]
    table = nn.EmbeddingBag(len(keys), DIMENSIONS, mode="sum")
    nn.init.normal_(table.weight, std=0.05)
    steps = epochs * (len(rows) // BATCH)
    optimizer = torch.optim.Adam(table.parameters(), lr=LEARNING_RATE, betas=(0.9, 0.99))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps, pct_start=0.1)
    with _bar() as bar:
        task = bar.add_task("train", total=steps)
        for batch in _batches(rows, epochs, random):
            queries = normalize(_encode(table, sides[0], *_sentences(sides[0], batch)), dim=1)
            texts = normalize(_encode(table, sides[1], *_windows(sides[1], batch, random)), dim=1)
            logits = queries @ texts.T / TEMPERATURE
            target = torch.arange(len(batch))
            loss = (cross_entropy(logits, target) + cross_entropy(logits.T, target)) / 2
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            bar.update(task, advance=1, description=f"train loss {loss.item():.3f}")
    weights = table.weight.detach().numpy()
    StaticEmbedder.from_weights(keys, weights, _importance(sides, weights)).save(out)
    with torch.no_grad():
        queries = normalize(_encode(table, sides[0], *_sentences(sides[0], held)), dim=1)
        texts = normalize(_encode(table, sides[1], *_sentences(sides[1], held)), dim=1)
        return float((torch.argmax(queries @ texts.T, dim=1) == torch.arange(len(held))).float().mean())


def _bar() -> Progress:
    return Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())


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
    """The commonest characters and pairs, sorted."""
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


def _side(texts: list[str], sections: list[str], keys: NDArray[np.uint64]) -> Side:
    codes = code_points("".join(texts))
    characters, pairs = token_keys(codes)
    bounds = np.concatenate([[0], np.cumsum([len(text) for text in texts])]).astype(np.int64)
    change = np.array([True, *(after != before for before, after in pairwise(sections))])
    starts = np.flatnonzero(change)
    own = np.cumsum(change) - 1
    ends = np.append(starts[1:], len(texts))
    pair_ids = np.append(_lookup(keys, pairs), UNKNOWN)
    return Side(_lookup(keys, characters), pair_ids, bounds, bounds[starts[own]], bounds[ends[own]])


def _lookup(keys: NDArray[np.uint64], wanted: NDArray[np.uint64]) -> Ids:
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    ids: Ids = np.where(keys[at] == wanted, at, UNKNOWN)
    return ids


def _importance(sides: tuple[Side, Side], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """The length of each token's vector times the logarithm of how rare it is among the sentences."""
    sentences = np.zeros(len(weights))
    for side in sides:
        owners = np.repeat(np.arange(len(side.bounds) - 1), np.diff(side.bounds))
        for ids in (side.characters, side.pairs):
            known = ids != UNKNOWN
            seen = np.unique(owners[known] * len(weights) + ids[known])
            sentences += np.bincount(seen % len(weights), minlength=len(weights))
    total = sum(len(side.bounds) - 1 for side in sides)
    rarity = np.log(1 + total / (sentences + 1))
    return (np.linalg.norm(weights, axis=1) * rarity).astype(np.float32)


def _batches(rows: Ids, epochs: int, random: np.random.Generator) -> Iterator[Ids]:
    for _ in range(epochs):
        shuffled = random.permutation(rows)
        for first in range(0, len(shuffled) - BATCH + 1, BATCH):
            yield shuffled[first : first + BATCH]


def _sentences(side: Side, rows: Ids) -> tuple[Ids, Ids]:
    return side.bounds[rows], side.bounds[rows + 1]


def _windows(side: Side, rows: Ids, random: np.random.Generator) -> tuple[Ids, Ids]:
    """The sentences, half of them replaced by a window that begins shortly before or inside them."""
    starts, ends = _sentences(side, rows)
    slack = np.maximum(ends - starts - WINDOW // 2, 0)
    moved = starts - random.integers(0, WINDOW // 2, len(rows)) + (random.random(len(rows)) * slack).astype(np.int64)
    moved = np.maximum(moved, side.first[rows])
    use = random.random(len(rows)) < 0.5
    return np.where(use, moved, starts), np.where(use, np.minimum(moved + WINDOW, side.last[rows]), ends)


def _encode(table: nn.EmbeddingBag, side: Side, starts: Ids, ends: Ids) -> torch.Tensor:
    characters, lengths = _gather(side.characters, starts, ends)
    pairs, pair_lengths = _gather(side.pairs, starts, np.maximum(ends - 1, starts))
    owners = np.concatenate(
        [np.repeat(np.arange(len(starts)), lengths), np.repeat(np.arange(len(starts)), pair_lengths)]
    )
    ids = np.concatenate([characters, pairs])
    known = ids != UNKNOWN
    ids, owners = ids[known], owners[known]
    order = np.argsort(owners, kind="stable")
    offsets = np.searchsorted(owners[order], np.arange(len(starts)))
    summed: torch.Tensor = table(torch.from_numpy(ids[order]), torch.from_numpy(offsets))
    return summed


def _gather(ids: Ids, starts: Ids, ends: Ids) -> tuple[Ids, Ids]:
    lengths = ends - starts
    shifts = np.repeat(starts - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths)
    return ids[np.arange(int(lengths.sum())) + shifts], lengths
