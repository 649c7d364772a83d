"""Quotations of a case: passages as they are in the index at that moment, put in order, and watched from then on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache, partial
from itertools import groupby
from operator import attrgetter

from corpora.catalogue import CatalogueRecord, record_of
from corpora.model import Section, SpanKind
from search.addresses import Address, Standing, follow
from search.library import Library
from web.accounts.models import Account
from web.citing.references import Reference
from web.desk import quoting
from web.desk.cases import Refused, note
from web.desk.drafting import Quoted
from web.desk.models import LONGEST_PAGE, Case, Quotation
from web.desk.quoting import NotInPassage, Passage
from web.presenting.urls import address_url

LONGEST = 5000
"""The longest passage that is kept, in characters."""
MOST = 500
"""The most passages of a case."""


class AlreadyKept(Refused):
    """The passage is in the case already, under ``number``."""

    def __init__(self, number: int) -> None:
        super().__init__("already-kept", f"[@{number}]")
        self.number = number


@dataclass(frozen=True, slots=True)
class QuotationGroup:
    """Quotations under one heading, which may be empty."""

    heading: str
    evidence: tuple[Quotation, ...]


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
) -> Quotation:
    """Keep a passage in the case: the index's text of that moment, whatever the page showed.

    One that was withdrawn is restored.

    Raises:
        AlreadyKept: the case has just this passage.
        Refused: there is no such passage, it is too long, or the case has too many.
    """
    try:
        view = library.section(work, section)
    except KeyError:
        raise Refused("no-such-passage") from None
    held = view.section
    if not 0 <= start < end <= len(held.text) or end - start > LONGEST:
        raise Refused("no-such-passage")
    if twin := _at(case.evidence, work, section, start, held.text[start:end]):
        return _restored(case, twin, account, remark)
    if len(case.evidence) >= MOST:
        raise Refused("too-many-passages")
    on = held.page_at(start)
    page = held.pages[on] if on is not None else None
    notes = [
        (max(span.start, start) - start, min(span.end, end) - start)
        for span in held.spans
        if span.kind is SpanKind.NOTE and span.start < end and span.end > start
    ]
    kept = Quotation(
        number=max((each.number for each in case.evidence), default=0) + 1,
        position=max((each.position for each in case.evidence), default=0) + 1,
        address=Address(work, section, page.label[:LONGEST_PAGE] if page else "", start, held.text[start:end]),
        work=work,
        collection=view.work.collection,
        record=json.dumps(asdict(view.work.record), ensure_ascii=False),
        section=held.title,
        facsimile=page.facsimile if page else "",
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
    place = dict.fromkeys((f"[@{kept.number}]", view.work.record.title, held.title, kept.address.page))
    note(case, account, "quote", " ".join(each for each in place if each))
    return kept


def _at(evidence: Iterable[Quotation], work: str, section: int, start: int, text: str) -> Quotation | None:
    """Return the quotation of just this text at this place."""
    place = (work, section, start)
    return next(
        (
            each
            for each in evidence
            if (each.work, each.address.section, each.address.start) == place and each.text == text
        ),
        None,
    )


def _restored(case: Case, twin: Quotation, account: Account, remark: str) -> Quotation:
    if not twin.withdrawn:
        raise AlreadyKept(twin.number)
    twin.withdrawn, twin.note = False, remark or twin.note
    note(case, account, "restore", f"[@{twin.number}]")
    return twin


def kept_within(library: Library, case: Case, work: str, section: int, start: int, end: int) -> list[Quotation]:
    """Return what the case quotes of a stretch of a section, as far as it still stands there."""
    found = [
        each
        for each in case.kept
        if (each.work, each.address.section) == (work, section)
        and each.address.start < end
        and each.address.start + each.address.length > start
    ]
    if not found:
        return []
    text = _section(library, work, section).text
    return [each for each in found if text.startswith(each.text, each.address.start)]


def record(quotation: Quotation) -> CatalogueRecord:
    """Return the work's catalogue record as it was then."""
    return record_of(json.loads(quotation.record))


def passage(quotation: Quotation) -> Passage:
    """Return the passage with what of it is shown."""
    notes = tuple((first, last) for first, last in json.loads(quotation.notes))
    return Passage(quotation.text, notes, quotation.trim_start, quotation.trim_end)


def quoted(case: Case, root: str) -> Mapping[int, Quoted]:
    """Return what a case quotes, by number, for its reply; URLs begin with ``root``."""
    return {
        each.number: Quoted(
            passage(each),
            Reference(
                address=each.address,
                record=record(each),
                section=each.section,
                url=root + address_url(each.address),
                accessed=each.added.astimezone().date(),
            ),
        )
        for each in case.kept
    }


def shown_at(quotation: Quotation) -> Address:
    """Return the permanent address of what is shown of a passage."""
    first, last = quotation.trim_start, quotation.trim_end
    start = quotation.address.start + first
    return replace(quotation.address, start=start, words=quotation.text[first:last], length=last - first)


def trim(quotation: Quotation, first: str, last: str) -> None:
    """Show of the passage what begins with ``first`` and ends with ``last``; both empty: all of it.

    Raises:
        Refused: the words do not stand in the passage.
    """
    try:
        quotation.trim_start, quotation.trim_end = quoting.trim(quotation.text, first, last)
    except NotInPassage as failure:
        raise Refused("not-in-passage", str(failure)) from None


def standings(library: Library, kept: Iterable[Quotation]) -> dict[int, Standing]:
    """Return for each quoted passage, by its row's id, whether the published index still says what was quoted.

    The address is followed, and what stands there is compared with the whole of what was quoted: an address holds but
    the ends of a long passage. Each section is read once, however many passages were quoted from it.
    """
    found: dict[int, Standing] = {}
    by_work = attrgetter("address.work")
    for work, quoted in groupby(sorted(kept, key=by_work), key=by_work):
        sections, read = _sections(library, work), cache(partial(_section, library, work))
        found |= {each.id: _standing(each, sections, read) for each in quoted}
    return found


def _sections(library: Library, work: str) -> int:
    try:
        return len(library.contents(work))
    except KeyError:
        return 0


def _section(library: Library, work: str, number: int) -> Section:
    return library.section(work, number).section


def _standing(quotation: Quotation, sections: int, read: Callable[[int], Section]) -> Standing:
    found = follow(quotation.address, sections, read)
    if found.standing in (Standing.SAME, Standing.MOVED):
        now = read(found.section).text[found.start : found.end]
        return found.standing if _same(now, quotation.text) else Standing.CHANGED
    return found.standing


def _same(one: str, other: str) -> bool:
    """Return whether two texts have the same characters; blanks and line ends don't count."""
    return "".join(one.split()) == "".join(other.split())


def groups(case: Case) -> list[QuotationGroup]:
    """Return the quotations by their headings, each where it comes first."""
    ordered = _ordered(case.kept)
    return [QuotationGroup(heading, tuple(each)) for heading, each in groupby(ordered, key=lambda one: one.heading)]


def shift(case: Case, quotation: Quotation, step: int) -> None:
    """Move a passage up (-1) or down (1) under its heading."""
    ordered = _ordered(case.kept)
    at = ordered.index(quotation)
    other = at + step
    if 0 <= other < len(ordered) and ordered[other].heading == quotation.heading:
        ordered[at], ordered[other] = ordered[other], ordered[at]
    _number(ordered)


def shift_group(case: Case, heading: str, step: int) -> None:
    """Move a heading with all that stands under it up (-1) or down (1)."""
    held = groups(case)
    at = next((at for at, group in enumerate(held) if group.heading == heading), None)
    if at is not None and 0 <= at + step < len(held):
        held[at], held[at + step] = held[at + step], held[at]
    _number([each for group in held for each in group.evidence])


def _ordered(kept: list[Quotation]) -> list[Quotation]:
    """Sort passages by their places, those of one heading together."""
    by_place = sorted(kept, key=lambda each: (each.position, each.number))
    first = {each.heading: at for at, each in reversed(list(enumerate(by_place)))}
    return sorted(by_place, key=lambda each: first[each.heading])


def _number(ordered: list[Quotation]) -> None:
    for place, each in enumerate(ordered, start=1):
        each.position = place
