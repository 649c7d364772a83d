"""The concordance: every place of a query on a line of its own, and what there is to choose from."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import make_response, render_template, request
from flask.typing import ResponseReturnValue

from corpora.catalogue import FILTERS
from indexer.text.folding import fold
from search.concordance import Concordance, ConcordanceRequest
from search.library import Library
from search.model import Mode, SearchError, SearchRequest
from search.occurrences import Group, Grouping, GroupName, Occurrence
from web.access import library
from web.api.concordance import CONCORDANCE
from web.api.parameters import read as read_parameters
from web.pages import blueprint
from web.pages.search import value_titles
from web.presenting import labels
from web.presenting.rendering import one_line
from web.presenting.urls import address_url, concordance_arguments, concordance_url, search_url
from web.serving.timing import stage

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
class Chosen:
    """A condition: what it is of, what it asks for, whether it leaves that out, and the URL without it."""

    name: str
    value: str
    left_out: bool
    url: str


@dataclass(frozen=True, slots=True)
class _Here:
    """The page that was asked for, and the addresses of pages beside it; they keep its layout."""

    asked: ConcordanceRequest
    vertical: bool

    def url(self, **changes: Any) -> str:
        """Return the address of the same with some changes, at its first line unless they say another."""
        return concordance_url(replace(self.asked, **{"start": 1, **changes})) + self._layout(self.vertical)

    def turned(self) -> str:
        """Return the address of the same page in the other layout."""
        return concordance_url(self.asked) + self._layout(not self.vertical)

    @staticmethod
    def _layout(vertical: bool) -> str:
        return "&layout=vertical" if vertical else ""


@blueprint.get("/concordance")
def concordance() -> ResponseReturnValue:
    """Show the lines of a concordance, or why there are none."""
    asked = read_parameters(CONCORDANCE, dict(request.args.lists()), exact_names=False).request()
    here = _Here(asked, request.args.get("layout") == "vertical")
    held = library()
    page = {
        "asked": asked,
        "canonical": concordance_url(asked),
        "vertical": here.vertical,
        "contexts": sorted({*CONTEXTS, asked.context}),
        "chosen": _chosen(held, here),
        "kept_fields": _kept(asked, "within", "without", "limit", *FILTERS),
        "search_url": search_url(_search(asked)),
    }
    if not asked.q.strip():
        return render_template("concordance.html", **page)
    try:
        with stage("search"):
            found = held.concordance(asked)
    except SearchError as failure:
        return make_response(render_template("concordance.html", **page, error=labels.search_error(failure)), 400)
    with stage("rendering"):
        return render_template("concordance.html", **page, found=found, **_shown(here, found))


def _shown(here: _Here, found: Concordance) -> dict[str, object]:
    asked = here.asked
    names = {each.folded: each.text for each in found.sought}
    last = max(found.listed - 1, 0) // asked.limit * asked.limit + 1
    begins = {"first": 1, "prev": max(asked.start - asked.limit, 1), "next": asked.start + asked.limit, "last": last}
    return {
        "lines": [_line(number, each) for number, each in enumerate(found.lines, start=asked.start)],
        "wide": asked.context > WIDE,
        "turn_url": here.turned(),
        "paging": {
            name: here.url(start=start)
            for name, start in begins.items()
            if (start < asked.start if name in ("first", "prev") else asked.start < start <= found.listed)
        },
        "jump_fields": _kept(replace(asked, start=1)),
        "explanations": [labels.explanation(*each) for each in found.explanations],
        "spellings": _groups(here, Grouping.SPELLING, found.spellings),
        "words": _groups(here, Grouping.WORDS, found.words, names),
        "groups": _groups(here, asked.group, found.groups, names),
        "classical": [(each, here.url(q=asked.q.replace(each.word, each.classical))) for each in found.classical],
        "all_url": {
            grouping: here.url(**_without(asked, grouping)) if _names(asked, grouping) else ""
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
    within = [each.value for each in asked.within if each.grouping is grouping]
    without = [each.value for each in asked.without if each.grouping is grouping]
    codes = _codes([each.value for each in found]) if grouping is Grouping.SPELLING else {}
    shown = []
    for each in found:
        is_shown = (not within or each.value in within) and each.value not in without
        label = (names or {}).get(each.value, each.label) if grouping is Grouping.WORDS else each.label
        shown.append(
            ShownGroup(
                label,
                codes.get(each.value, ""),
                each.count,
                is_shown,
                _switched(here, GroupName(grouping, each.value), is_shown, bool(within)) if each.count else "",
                here.url(**_without(asked, grouping, alone=GroupName(grouping, each.value))) if each.count else "",
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


def _names(asked: ConcordanceRequest, grouping: Grouping) -> list[GroupName]:
    return [each for each in (*asked.within, *asked.without) if each.grouping is grouping]


def _without(asked: ConcordanceRequest, grouping: Grouping, alone: GroupName | None = None) -> dict[str, Any]:
    """Return what is chosen without that of one grouping, but perhaps one group of it that is to stand alone."""
    within, without = (
        tuple(each for each in some if each.grouping is not grouping) for some in (asked.within, asked.without)
    )
    return {"within": (*within, alone) if alone else within, "without": without}


def _chosen(held: Library, here: _Here) -> list[Chosen]:
    asked = here.asked
    if not (any(asked.filters.values()) or asked.within or asked.without):
        return []
    titles = value_titles(held)
    found = []
    for name in FILTERS:
        for value in asked.filters.get(name, ()):
            left = tuple(each for each in asked.filters[name] if each != value)
            url = here.url(filters={**asked.filters, name: left})
            found.append(Chosen(labels.catalogue_field(name), titles.get((name, value), value), False, url))
    for kind in ("within", "without"):
        given: Sequence[GroupName] = getattr(asked, kind)
        for each in given:
            url = here.url(**{kind: tuple(other for other in given if other != each)})
            found.append(
                Chosen(str(labels.GROUPINGS[each.grouping]), _title(held, titles, each), kind == "without", url)
            )
    return found


def _title(held: Library, known: Mapping[tuple[str, str], str], name: GroupName) -> str:
    """Return what readers see of a group that may be empty."""
    if name.grouping not in (Grouping.WORK, Grouping.SECTION):
        return name.value
    work, _, number = name.value.rpartition("/") if name.grouping is Grouping.SECTION else (name.value, "", "")
    if ("work", work) not in known:
        return name.value
    titles = held.contents(work)
    section = titles[int(number)] if re.fullmatch("[0-9]{1,6}", number) and int(number) < len(titles) else ""
    return f"{known['work', work]} {section}".strip()


def _kept(asked: ConcordanceRequest, *names: str) -> list[tuple[str, str]]:
    """Return parameters as a form sends them along: all, or those of some names."""
    return [each for each in concordance_arguments(asked) if not names or each[0] in names]


def _search(asked: ConcordanceRequest) -> SearchRequest:
    """Return the search that finds the same places."""
    return SearchRequest(
        asked.q,
        mode=Mode.HYBRID if asked.expands else Mode.EXACT,
        scope=asked.scope,
        strict=asked.strict,
        filters=asked.filters,
    )
