"""Passages are quoted into a case as they stand in the index at that moment, put in order, and watched from then on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import groupby
from operator import attrgetter

from corpora.catalogue import CatalogueRecord, record_of
from corpora.model import SpanKind
from search.library import Library
from web.accounts.models import Account
from web.desk import quoting
from web.desk.cases import Refused, note
from web.desk.citations import Source
from web.desk.drafting import Quoted
from web.desk.models import LONGEST_PAGE, Case, Evidence
from web.desk.quoting import NotInPassage, Passage
from web.presenting.urls import section_url

LONGEST = 5000
"""The longest passage that is kept, in characters."""
MOST = 500
"""The most passages of a case."""


class Fate(StrEnum):
    """What became of a quoted passage in the index that is published now."""

    SAME = "same"
    MOVED = "moved"  # it stands elsewhere in its work
    CHANGED = "changed"  # its place says something else
    GONE = "gone"  # its work or section is not there any more


@dataclass(frozen=True, slots=True)
class Group:
    """Evidence under one heading, which may be empty."""

    heading: str
    evidence: tuple[Evidence, ...]


def quote(
    library: Library,
    case: Case,
    account: Account,
    work: str,
    section: int,
    start: int,
    end: int,
    *,
    query: str = "",
    remark: str = "",
) -> Evidence:
    """Keep a passage in the case: the index's text of that moment, whatever the page showed.

    Raises:
        Refused: there is no such passage, it is too long, or the case has too many.
    """
    try:
        view = library.section(work, section)
    except KeyError:
        raise Refused("no-such-passage") from None
    held = view.section
    if not 0 <= start < end <= len(held.text) or end - start > LONGEST:
        raise Refused("no-such-passage")
    if len(case.evidence) >= MOST:
        raise Refused("too-many-passages")
    page = next((page for page in reversed(held.pages) if page.start <= start), None)
    notes = [
        (max(span.start, start) - start, min(span.end, end) - start)
        for span in held.spans
        if span.kind is SpanKind.NOTE and span.start < end and span.end > start
    ]
    kept = Evidence(
        number=max((each.number for each in case.evidence), default=0) + 1,
        position=max((each.position for each in case.evidence), default=0) + 1,
        work=work,
        collection=view.work.collection,
        record=json.dumps(asdict(view.work.record), ensure_ascii=False),
        section_number=section,
        section=held.title,
        page=page.label[:LONGEST_PAGE] if page else "",
        facsimile=page.facsimile if page else "",
        start=start,
        end=end,
        text=held.text[start:end],
        notes=json.dumps(notes),
        trim_start=0,
        trim_end=end - start,
        generation=library.generation,
        query=query,
        note=remark,
        account_id=account.id,
    )
    case.evidence.append(kept)
    place = dict.fromkeys((f"[@{kept.number}]", view.work.record.title, held.title, kept.page))
    note(case, account, "quote", " ".join(each for each in place if each))
    return kept


def record(evidence: Evidence) -> CatalogueRecord:
    """The work's catalogue record as it was then."""
    return record_of(json.loads(evidence.record))


def passage(evidence: Evidence) -> Passage:
    """The passage with what of it is shown."""
    notes = tuple((first, last) for first, last in json.loads(evidence.notes))
    return Passage(evidence.text, notes, evidence.trim_start, evidence.trim_end)


def quoted(case: Case, root: str) -> Mapping[int, Quoted]:
    """The evidence of a case, for its reply; addresses begin with ``root``."""
    return {
        each.number: Quoted(
            passage(each),
            Source(
                work=each.work,
                record=record(each),
                section_number=each.section_number,
                section=each.section,
                page=each.page,
                url=root + section_url(each.work, each.section_number),
                accessed=each.added.astimezone().date(),
            ),
        )
        for each in case.kept
    }


def place_url(evidence: Evidence) -> str:
    """Where the passage is read, below the application's root."""
    at, to = evidence.start + evidence.trim_start, evidence.start + evidence.trim_end
    return section_url(evidence.work, evidence.section_number, at=at, to=to) + "#hit"


def trim(evidence: Evidence, first: str, last: str) -> None:
    """Show of the passage what begins with ``first`` and ends with ``last``; both empty: all of it.

    Raises:
        Refused: the words do not stand in the passage.
    """
    try:
        evidence.trim_start, evidence.trim_end = quoting.trim(evidence.text, first, last)
    except NotInPassage as failure:
        raise Refused("not-in-passage", str(failure)) from None


def fates(library: Library, kept: Iterable[Evidence]) -> dict[int, Fate]:
    """Return for each quoted passage, by its row's id, whether the published index still says what was quoted.

    Text is compared with text: a generation's number says nothing, since an index that is built anew counts from 1
    again. Each section is read once, however many passages were quoted from it.
    """
    found: dict[int, Fate] = {}
    for work, quoted in groupby(sorted(kept, key=attrgetter("work", "section_number")), key=attrgetter("work")):
        found |= _fates_in(library, work, tuple(quoted))
    return found


def _fates_in(library: Library, work: str, quoted: Sequence[Evidence]) -> dict[int, Fate]:
    """Do :func:`fates` for the passages of one work, sorted by section."""
    found: dict[int, Fate] = {}
    elsewhere: list[Evidence] = []
    sections = 0
    for number, of_section in groupby(quoted, key=attrgetter("section_number")):
        try:
            view = library.section(work, number)
        except KeyError:
            found |= {each.id: Fate.GONE for each in of_section}
            continue
        text, sections = view.section.text, view.work.sections
        for each in of_section:
            if text[each.start : each.end] == each.text:
                found[each.id] = Fate.SAME
            else:
                elsewhere.append(each)
    for number in range(sections if elsewhere else 0):
        text = library.section(work, number).section.text
        found |= {each.id: Fate.MOVED for each in elsewhere if each.text in text}
    return {each.id: Fate.CHANGED for each in elsewhere} | found


def groups(case: Case) -> list[Group]:
    """The evidence by its headings, each where it comes first."""
    ordered = _ordered(case.kept)
    return [Group(heading, tuple(each)) for heading, each in groupby(ordered, key=lambda one: one.heading)]


def shift(case: Case, evidence: Evidence, step: int) -> None:
    """Move a passage up (-1) or down (1) under its heading."""
    ordered = _ordered(case.kept)
    at = ordered.index(evidence)
    other = at + step
    if 0 <= other < len(ordered) and ordered[other].heading == evidence.heading:
        ordered[at], ordered[other] = ordered[other], ordered[at]
    _number(ordered)


def shift_group(case: Case, heading: str, step: int) -> None:
    """Move a heading with all that stands under it up (-1) or down (1)."""
    held = groups(case)
    at = next((at for at, group in enumerate(held) if group.heading == heading), None)
    if at is not None and 0 <= at + step < len(held):
        held[at], held[at + step] = held[at + step], held[at]
    _number([each for group in held for each in group.evidence])


def _ordered(kept: list[Evidence]) -> list[Evidence]:
    """In order of their places, those of one heading together."""
    by_place = sorted(kept, key=lambda each: (each.position, each.number))
    first = {each.heading: at for at, each in reversed(list(enumerate(by_place)))}
    return sorted(by_place, key=lambda each: first[each.heading])


def _number(ordered: list[Evidence]) -> None:
    for place, each in enumerate(ordered, start=1):
        each.position = place
