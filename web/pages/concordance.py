"""The concordance: every place of a query on a line of its own, and what there is to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from indexer.text.folding import fold
from search.collocates import CollocatesRequest
from search.concordance import Concordance, ConcordanceRequest
from search.distribution import DistributionRequest, timeline
from search.model import Mode, SearchRequest
from search.occurrences import Group, Grouping, GroupName, Occurrence
from search.selection import of_selection, values_of
from web.access import library
from web.api.concordance import CONCORDANCE
from web.api.parameters import read as read_parameters
from web.pages import blueprint
from web.pages.selecting import answered, frame, kept, paging, url_of
from web.presenting import labels
from web.presenting.rendering import one_line
from web.presenting.urls import address_url, page_url
from web.taking import bounds

CONTEXTS = (10, 20, 40, 80)
"""Widths of context that the form offers."""
WIDE = 20
"""Characters of context beyond which a line may take several on the page."""
SHOWN, MORE = 12, 300
"""Groups that are shown at once, and on demand."""


@dataclass(frozen=True, slots=True)
class ShownLine:
    """An occurrence with its number, its text without line ends, and the permanent URL of its place."""

    number: int
    occurrence: Occurrence
    left: str
    text: str
    right: str
    url: str


@dataclass(frozen=True, slots=True)
class ShownGroup:
    """A group: what readers see, whether its lines are among those shown, and URLs to switch it and to have it alone.

    ``codes`` are the code points by which a spelling differs from others that look much like it. Of what stands nowhere
    there is nothing to switch.
    """

    label: str
    codes: str
    count: int
    shown: bool
    switch: str
    alone: str


@dataclass(frozen=True, slots=True)
class _Here:
    """The page that was asked for, and the addresses of pages beside it; they keep its layout."""

    asked: ConcordanceRequest
    vertical: bool

    def url(self, **changes: Any) -> str:
        """Return the address of the same with some changes, at its first line unless they say another."""
        return url_of(self.asked, **changes) + self._layout(self.vertical)

    def of(self, asked: ConcordanceRequest) -> str:
        """Return the address of the first line of another concordance."""
        return url_of(asked) + self._layout(self.vertical)

    def turned(self) -> str:
        """Return the address of the same page in the other layout."""
        return page_url(self.asked) + self._layout(not self.vertical)

    @staticmethod
    def _layout(vertical: bool) -> str:
        return "&layout=vertical" if vertical else ""


@blueprint.get("/concordance")
def concordance() -> ResponseReturnValue:
    """Show the lines of a concordance, or why there are none."""
    asked = _asked()
    here = _Here(asked, request.args.get("layout") == "vertical")
    held = library()
    distributed = of_selection(DistributionRequest, asked, (asked.q,))
    page = {
        **frame(held, asked, here.url),
        "vertical": here.vertical,
        "contexts": sorted({*CONTEXTS, asked.context}),
        "search_url": page_url(_search(asked)),
        "collocates_url": page_url(of_selection(CollocatesRequest, asked, asked.q)),
        "distribution_url": page_url(distributed),
        "timeline_url": page_url(timeline(distributed)),
    }
    if not asked.q.strip():
        return render_template("concordance.html", **page)
    return answered("concordance.html", page, lambda: held.concordance(asked), lambda found: _shown(here, found))


def _asked() -> ConcordanceRequest:
    asked: ConcordanceRequest = read_parameters(CONCORDANCE, dict(request.args.lists()), exact_names=False).request()
    return asked


def _shown(here: _Here, found: Concordance) -> dict[str, object]:
    asked = here.asked
    names = {each.folded: each.text for each in found.sought}
    return {
        "lines": [_line(number, each) for number, each in enumerate(found.lines, start=asked.start)],
        "wide": asked.context > WIDE,
        "turn_url": here.turned(),
        "taken_url": url_of(asked),
        "most_taken": bounds.MOST_LINES,
        "most_in_a_job": bounds.MOST_LINES_OF_A_JOB,
        "paging": paging(asked.start, asked.limit, found.listed, here.url),
        "jump_fields": kept(replace(asked, start=1)),
        "explanations": [labels.explanation(*each) for each in found.explanations],
        "spellings": _groups(here, Grouping.SPELLING, found.spellings),
        "words": _groups(here, Grouping.WORDS, found.words, names),
        "groups": _groups(here, asked.group, found.groups, names),
        "classical": [(each, here.url(q=asked.q.replace(each.word, each.classical))) for each in found.classical],
        "all_url": {
            grouping: here.of(every) if (every := asked.any_of(grouping)) != asked else ""
            for grouping in (Grouping.SPELLING, Grouping.WORDS, asked.group)
        },
        "typed_url": here.url(aliases=False) if any(each.alias for each in found.sought) else "",
        "names_url": here.url(aliases=True) if not asked.aliases and not asked.strict else "",
        "loose_url": here.url(strict=False) if asked.strict else "",
        "whole_url": here.url(sample=0),
        "again_url": here.url(seed=asked.seed + 1),
        "most_shown": SHOWN,
        "most": MORE,
    }


def _line(number: int, each: Occurrence) -> ShownLine:
    return ShownLine(
        number, each, one_line(each.left), one_line(each.text), one_line(each.right), address_url(each.address)
    )


def _groups(
    here: _Here, grouping: Grouping, found: Sequence[Group], names: dict[str, str] | None = None
) -> list[ShownGroup]:
    asked = here.asked
    some_alone = bool(values_of(asked.within, grouping))
    codes = _codes([each.value for each in found]) if grouping is Grouping.SPELLING else {}
    shown = []
    for each in found:
        is_shown = asked.takes(grouping, each.value)
        label = (names or {}).get(each.value, each.label) if grouping is Grouping.WORDS else each.label
        label = labels.group_label(grouping, label)
        shown.append(
            ShownGroup(
                label,
                codes.get(each.value, ""),
                each.count,
                is_shown,
                _switched(here, GroupName(grouping, each.value), is_shown, some_alone) if each.count else "",
                here.of(asked.alone(grouping, each.value)) if each.count else "",
            )
        )
    return shown


def _codes(spellings: Sequence[str]) -> dict[str, str]:
    """Return for each spelling the code points that not all spellings of the same words have.

    >>> _codes(["黑龍江", "黒龍江"])["黒龍江"]
    'U+9ED2'
    """
    shared: dict[str, set[str]] = {}
    for each in spellings:
        shared[fold(each)] = shared.get(fold(each), set(each)) & set(each)
    return {
        each: " ".join(f"U+{ord(char):04X}" for char in each if char not in shared[fold(each)]) for each in spellings
    }


def _switched(here: _Here, name: GroupName, is_shown: bool, some_alone: bool) -> str:
    """Return the address with a group switched off, or on again."""
    within, without = (tuple(each for each in some if each != name) for some in (here.asked.within, here.asked.without))
    if is_shown and not some_alone:
        without = (*without, name)
    elif not is_shown and some_alone:
        within = (*within, name)
    return here.url(within=within, without=without)


def _search(asked: ConcordanceRequest) -> SearchRequest:
    """Return the search that finds the same places."""
    return SearchRequest(
        asked.q,
        mode=Mode.HYBRID if asked.expands else Mode.EXACT,
        scope=asked.scope,
        strict=asked.strict,
        filters=asked.filters,
        event=asked.event,
    )
