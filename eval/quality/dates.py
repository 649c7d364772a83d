"""How many dates in real texts are annotated, and how many annotations are right: a sample to read by eye.

``python -m eval.quality.dates`` draws annotations and stretches of text without one from five works, and prints them
with what goes before and after; which of them were judged wrong is written in ``docs/dates.md``.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from corpora.model import Section, Work
from corpora.readers import read
from corpora.sources.discover import discover
from eval.datasets.data import expected
from indexer.dates.annotating import Annotator, Mention
from indexer.dates.date import written
from indexer.text.streams import code_points, main_stream, notes_stream

WORKS = ("KR2a0033", "KR2a0035", "KR2c0004", "KR2k0038", "KR2k0040")
"""遼史, 金史, 三朝北盟會編, 滿洲源流考, 盛京通志."""
_BEFORE, _BEHIND = 60, 20
_STRETCH = 60
"""Characters of a stretch without a date."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A range of a section to be judged; ``mention`` is None where nothing is annotated in it."""

    work: str
    section: Section
    start: int
    end: int
    mention: Mention | None

    def __str__(self) -> str:
        text = self.section.text
        before, said = text[max(0, self.start - _BEFORE) : self.start], text[self.start : self.end]
        shown = "".join(f"{before}【{said}】{text[self.end : self.end + _BEHIND]}".split())
        if not self.mention:
            return f"{self.work} {self.section.title}: {shown}"
        doubts = ", ".join(sorted(self.mention.doubts))
        dates = " / ".join(map(written, self.mention.dates))
        return f"{self.work} {self.section.title}: {shown} = {dates}{f' ({doubts})' if doubts else ''}"


def sample(works: list[Work], number: int, seed: int) -> tuple[list[Excerpt], list[Excerpt]]:
    """Draw annotations and stretches without one, as many of each work as of another."""
    chance = random.Random(seed)
    annotated: list[Excerpt] = []
    bare: list[Excerpt] = []
    for work in works:
        mine: list[Excerpt] = []
        others: list[Excerpt] = []
        for section, found in annotated_sections(work):
            mine += (Excerpt(work.id, section, *bounds, mention) for bounds, mention in found)
            others += (Excerpt(work.id, section, *each, None) for each in _between(section, dict(found)))
        share = number // len(works)
        annotated += chance.sample(mine, share)
        bare += chance.sample(others, share)
    return annotated, bare


def annotated_sections(work: Work) -> Iterator[tuple[Section, list[tuple[tuple[int, int], Mention]]]]:
    """Yield the sections of a work with their dates, each after its half-open range of the text."""
    dates = Annotator(work.record.title)
    for section in work.sections:
        codes = code_points(section.text)
        streams = main_stream(section, codes), notes_stream(section, codes)
        yield section, [(each.in_text(streams), each) for each in dates.annotate(section, streams)]


def _between(section: Section, dated: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield stretches of one length that no annotation reaches into, one beside another."""
    start = 0
    for end, behind in (*dated, (len(section.text),) * 2):
        while start + _STRETCH <= end:
            yield start, start + _STRETCH
            start += _STRETCH
        start = max(start, behind)


def read_works(data: Path) -> list[Work]:
    """Read the five works."""
    with expected(data):
        sources, _ = discover(data / "corpora" / "kanripo")
    wanted = [source for source in sources if source.root.name in WORKS]
    return [item for source in wanted for item in read(source) if isinstance(item, Work)]


@click.command()
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), default=Path("../shared"), show_default=True)
@click.option("--number", default=200, show_default=True, help="So many annotations, and so many stretches without.")
@click.option("--seed", default=16, show_default=True)
def main(data: Path, number: int, seed: int) -> None:
    """Print annotated dates, and stretches of text without one, to be judged by eye."""
    works = read_works(data)
    for work in works:
        found = sum(len(dated) for _, dated in annotated_sections(work))
        size = sum(len(section.text) for section in work.sections)
        click.echo(f"{work.id} {work.record.title}: {found} annotations in {size} characters")
    for title, excerpts in zip(("annotated", "not annotated"), sample(works, number, seed), strict=True):
        click.echo(f"# {title}")
        for place, excerpt in enumerate(excerpts, start=1):
            click.echo(f"{place:3} {excerpt}")


if __name__ == "__main__":
    main()
