"""The share of sentences of a modern punctuated edition found verbatim in an old printing, under a given folding.

The sentences are those of the 金史 in simplified characters, aligned with the Siku edition (KR2a0035). Even rows
were looked at when the table of variants was drawn up; odd rows are held out and are what is measured.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from corpora.model import SpanKind, Work
from eval.datasets.liaojin import aligned

__all__ = ["AlignedSentence", "VerbatimShare", "held_out", "read_sentences", "verbatim_share"]


@dataclass(frozen=True, slots=True)
class AlignedSentence:
    """A sentence of the modern edition, and how well the Siku edition's wording agrees with it (0 to 1)."""

    text: str
    score: float


@dataclass(frozen=True, slots=True)
class VerbatimShare:
    """Of ``sentences``, ``found`` stand verbatim in the work."""

    found: int
    sentences: int

    @property
    def share(self) -> float:
        """Between 0 and 1; 0 where there are no sentences."""
        return self.found / self.sentences if self.sentences else 0.0


def read_sentences(path: Path) -> list[AlignedSentence]:
    """Read the rows of an alignment file, in its order.

    Raises OSError where it cannot be read, and KeyError or ValueError where it is no alignment file.
    """
    return [AlignedSentence(row["classical_simplified"], float(row["score"])) for row in aligned(path)]


def held_out(sentences: Sequence[AlignedSentence], score: float = 0.0) -> list[AlignedSentence]:
    """Return the odd rows (from 0) with at least ``score``."""
    return [sentence for sentence in sentences[1::2] if sentence.score >= score]


def verbatim_share(sentences: Sequence[AlignedSentence], work: Work, folding: Callable[[str], str]) -> VerbatimShare:
    """Count the sentences that, folded, are in the folded main text of a section; those of no text are left out."""
    # Each section ends in a line end, which no folded sentence holds, so that nothing is found across two of them.
    text = "\n".join(folding(main_text) for main_text in _main_texts(work))
    folded = [found for sentence in sentences if (found := folding(sentence.text))]
    return VerbatimShare(sum(sentence in text for sentence in folded), len(folded))


def _main_texts(work: Work) -> list[str]:
    """Return each section without its notes, their numbers and running heads."""
    texts = []
    for section in work.sections:
        parts, start = [], 0
        for span in section.spans:
            if span.kind in (SpanKind.NOTE, SpanKind.HEAD, SpanKind.MARK):
                parts.append(section.text[start : span.start])
                start = max(start, span.end)
        texts.append("".join([*parts, section.text[start:]]))
    return texts
