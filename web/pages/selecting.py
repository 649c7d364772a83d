"""What pages of analyses share: what was asked, conditions that can be dropped, and turning pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from flask import make_response, render_template
from flask.typing import ResponseReturnValue

from corpora.catalogue import FILTERS
from search.collocates import CollocatesRequest
from search.concordance import ConcordanceRequest
from search.distribution import DistributionRequest
from search.library import Library
from search.model import SearchError
from search.occurrences import Grouping, GroupName
from search.proposals import repaired
from search.selection import Selection
from web.pages.search import value_titles
from web.presenting import labels
from web.presenting.urls import AnyRequest, arguments, page_url
from web.serving.timing import stage

S = TypeVar("S", ConcordanceRequest, DistributionRequest, CollocatesRequest)
T = TypeVar("T")

Url = Callable[..., str]
"""A function to the address of the page at hand with some attributes of its request changed."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A condition: what it is of, what it asks for, whether it leaves that out, and the URL without it."""

    name: str
    value: str
    left_out: bool
    url: str


def url_of(asked: S, **changes: Any) -> str:
    """Return the address of a request with some changes, from its first line on unless they say another."""
    return page_url(replace(asked, **{"start": 1, **changes}))


def frame(held: Library, asked: S, url: Url) -> dict[str, object]:
    """Return what the page of every analysis says of what was asked."""
    return {
        "asked": asked,
        "canonical": page_url(asked),
        "chosen": chosen(held, asked, url),
        "meant": _meant(asked, url),
        "kept_fields": kept(asked, "within", "without", "beside", "word", "limit", *FILTERS),
    }


def _meant(asked: AnyRequest, url: Url) -> list[tuple[str, str]]:
    """Return the queries with operators and field names put right that were likely meant, each with its address."""
    if isinstance(asked, DistributionRequest):
        right = tuple(repaired(q) or q for q in asked.terms)
        return [(q, url(q=right)) for q in right if q not in asked.terms]
    one = repaired(str(asked.q))
    return [(one, url(q=one))] if one else []


def answered(
    template: str, page: Mapping[str, object], find: Callable[[], T], shown: Callable[[T], Mapping[str, object]]
) -> ResponseReturnValue:
    """Return the page of what an analysis finds, with what is shown of it, or of why there is nothing."""
    try:
        with stage("search"):
            found = find()
    except SearchError as failure:
        return make_response(render_template(template, **page, error=labels.search_error(failure)), 400)
    with stage("rendering"):
        return render_template(template, **page, found=found, **shown(found))


def chosen(held: Library, asked: Selection, url: Url) -> list[Chosen]:
    """Return the conditions of a selection."""
    if not (any(asked.filters.values()) or asked.within or asked.without or asked.beside or asked.word):
        return []
    titles = value_titles(held)
    found = []
    for name in FILTERS:
        for value in asked.filters.get(name, ()):
            left = tuple(each for each in asked.filters[name] if each != value)
            without = url(filters={**asked.filters, name: left})
            found.append(Chosen(labels.catalogue_field(name), titles.get((name, value), value), False, without))
    for kind in ("within", "without"):
        given: Sequence[GroupName] = getattr(asked, kind)
        for each in given:
            without = url(**{kind: tuple(other for other in given if other != each)})
            found.append(
                Chosen(str(labels.GROUPINGS[each.grouping]), _title(held, titles, each), kind == "without", without)
            )
    for near in asked.beside:
        without = url(beside=tuple(other for other in asked.beside if other != near))
        found.append(Chosen(labels.near(near), near.words, False, without))
    if asked.word:
        found.append(Chosen(labels.whole_words(), labels.in_modern_text(), False, url(word=False)))
    return found


def _title(held: Library, known: Mapping[tuple[str, str], str], name: GroupName) -> str:
    """Return what readers see of a group that may be empty."""
    if not name.value:
        return labels.no_value(name.grouping)
    if name.grouping not in (Grouping.WORK, Grouping.SECTION):
        return labels.group_label(name.grouping, name.value)
    work, _, number = name.value.rpartition("/") if name.grouping is Grouping.SECTION else (name.value, "", "")
    if ("work", work) not in known:
        return name.value
    titles = held.contents(work)
    section = titles[int(number)] if re.fullmatch("[0-9]{1,6}", number) and int(number) < len(titles) else ""
    return f"{known['work', work]} {section}".strip()


def kept(asked: AnyRequest, *names: str) -> list[tuple[str, str]]:
    """Return parameters as a form sends them along: all, or those of some names."""
    return [each for each in arguments(asked) if not names or each[0] in names]


def paging(start: int, limit: int, listed: int, url: Url) -> dict[str, str]:
    """Return the addresses of the pages that can be turned to: the first, the one before, the next, the last."""
    last = max(listed - 1, 0) // limit * limit + 1
    begins = {"first": 1, "prev": max(start - limit, 1), "next": start + limit, "last": last}
    return {
        name: url(start=begin)
        for name, begin in begins.items()
        if (begin < start if name in ("first", "prev") else start < begin <= listed)
    }
