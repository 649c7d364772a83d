"""Parallels of works: all that two works share, or more of them, at once where they are small, or else by a job."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from flask import make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from markupsafe import Markup, escape

from search.library import Library
from search.model import SearchError, WorkCard
from search.parallels import written
from search.parallels.comparing import AT_ONCE
from search.parallels.works import WorkParallels, WorkParallelsRequest, WorkStretch
from search.parallels.written import WrittenComparison
from web import site
from web.access import library
from web.api.parallels import WORK_PARALLELS, FoundParallelsParameters
from web.api.parameters import read as read_parameters
from web.jobs import asking
from web.jobs import labels as job_labels
from web.jobs.kinds import JobKind
from web.jobs.models import JobState
from web.jobs.pages import ShownJob, own
from web.jobs.queue import JobRefused
from web.pages import blueprint
from web.pages.selecting import answered, paging
from web.presenting import labels
from web.presenting.charts import Dot, scatter
from web.presenting.urls import address_url, comparing_arguments, comparing_url, section_url
from web.taking.formats.every import NAMES, TABLE_FORMATS
from web.taking.sending import sent_table
from web.taking.tables.parallels import work_table

DRAWN = 3_000
"""Stretches that are drawn, at most."""


@dataclass(frozen=True, slots=True)
class ShownStretch:
    """A stretch that two works share, and the URLs where it is read in both."""

    stretch: WorkStretch
    here: str
    there: str


@blueprint.get("/parallels/works")
def work_parallels() -> ResponseReturnValue:
    """Show all that works share, or why that can't be told; of long ones, how the job is begun that finds it."""
    asked = _asked(request.args.to_dict(flat=False))
    page = _form(asked)
    if not asked.work and not asked.collection:
        return render_template("work_parallels.html", **page)
    held = library()
    try:
        size = held.comparison(asked).size
    except SearchError as failure:
        return make_response(render_template("work_parallels.html", **page, error=labels.search_error(failure)), 400)
    if size > AT_ONCE:
        begun = [each for each in comparing_arguments(asked) if each[0] not in ("start", "limit")]
        return render_template("work_parallels.html", **page, size=size, begun=begun)

    def url(**changes: Any) -> str:
        return comparing_url(replace(asked, **changes))

    def shown(found: WorkParallels) -> Mapping[str, object]:
        return {**_shown(found, asked, url), "taken_url": url(start=1)}

    return answered("work_parallels.html", page, lambda: held.work_parallels(asked), shown)


@blueprint.post("/parallels/works")
def begin_work_parallels() -> ResponseReturnValue:
    """Begin a job that finds all that works share."""
    asked = _asked(request.form.to_dict(flat=False))
    held = library()
    try:
        held.works_compared(asked)
        said = {"work": asked.work, "among": asked.among, "least": asked.least, "collection": asked.collection}
        name = asking.ask(KIND, said, held)
    except SearchError as failure:
        error, status = labels.search_error(failure), 400
    except JobRefused as refused:
        error, status = job_labels.refusal(refused, asking.limits()), 503 if refused.code in ("off", "all") else 429
    else:
        return redirect(url_for("jobs.job", name=name))
    return make_response(render_template("work_parallels.html", **_form(asked), error=error), status)


@blueprint.get("/jobs/<name>/parallels")
def job_parallels(name: str) -> ResponseReturnValue:
    """Show what a job has found, of the works that whoever is asking may see now."""
    asked = read_parameters(FoundParallelsParameters, request.args.to_dict(flat=False), exact_names=False)
    shown = own(name)
    if shown.job.state is not JobState.DONE:
        return redirect(url_for("jobs.job", name=name))
    whole = _found(shown)
    found = _narrowed(whole, asked)
    fields = FoundParallelsParameters.model_fields

    def url(**changes: Any) -> str:
        given = {**asked.model_dump(), **changes}
        said = urlencode({each: value for each, value in given.items() if value != fields[each].default})
        return f"/jobs/{name}/parallels{'?' if said else ''}{said}"

    pairs = [(each, url(start=1, here=each.here.id, there=each.there.id)) for each in whole.pairs]
    return render_template(
        "jobs/parallels.html",
        job=shown.job,
        title=shown.title,
        asked=asked,
        whole=whole,
        pairs=pairs,
        generation=library().generation,
        found=found,
        taken_url=url(start=1),
        **_shown(found, asked, url),
    )


@blueprint.get(f"/jobs/<name>/parallels.<{NAMES}:form>")
def job_parallels_table(name: str, form: str) -> ResponseReturnValue:
    """Take away what a job has found."""
    asked = read_parameters(FoundParallelsParameters, request.args.to_dict(flat=False), exact_names=False)
    shown = own(name)
    if shown.job.state is not JobState.DONE:
        return redirect(url_for("jobs.job", name=name))
    return sent_table(work_table(_narrowed(_found(shown), asked), site.root()), TABLE_FORMATS[form])


def _asked(given: Mapping[str, Sequence[str]]) -> WorkParallelsRequest:
    # The form's choice of all others is one of nothing.
    chosen = {name: [each for each in values if each or name != "with"] for name, values in given.items()}
    return read_parameters(WORK_PARALLELS, chosen, exact_names=False).request()


def _form(asked: WorkParallelsRequest) -> dict[str, object]:
    held = library()
    collections = [(each, labels.collection_title(each)) for each in sorted(held.collections)]
    canonical = comparing_url(asked)
    return {"asked": asked, "canonical": canonical, "works": held.works(), "collections": collections}


def _request(asked: Mapping[str, Any]) -> WorkParallelsRequest:
    """Return the request of a job, as the database has it."""
    return WorkParallelsRequest(**{**asked, "among": tuple(asked["among"])})


def _begin(held: Library, asked: Mapping[str, Any]) -> WrittenComparison:
    return WrittenComparison(held.comparison(_request(asked)))


def _title(held: Library, asked: Mapping[str, Any]) -> Markup:
    titles = {card.id: card.record.title for cards in held.works_compared(_request(asked)) for card in cards}

    def title(name: str) -> Markup:
        if name in titles:
            return Markup('<cite lang="zh">{}</cite>').format(titles[name])
        return escape(labels.collection_title(name))

    if collection := asked["collection"]:
        return escape(_("%(name)s：各书相比", name=labels.collection_title(collection)))
    others = Markup("、").join(map(title, asked["among"])) or escape(_("其余各书"))
    return Markup("{} × {}").format(title(asked["work"]), others)


KIND = JobKind("parallels", lazy_gettext("互见"), _begin, _title, "pages.job_parallels")


def _found(shown: ShownJob) -> WorkParallels:
    """Return what a job has found, as if the works that whoever is asking may not see now had not been there."""
    held = library()
    compared = frozenset(json.loads(shown.job.works))
    view = held.without(frozenset(card.id for card in held.works()) - compared)
    cards = {card.id: card for card in view.works()}
    steps = (written.read(data, cards) for data in asking.results(shown.job))
    found = view.compared(_request(json.loads(shown.job.asked)), steps, 1000 * shown.job.seconds)
    return replace(found, generation=shown.job.generation)


def _narrowed(found: WorkParallels, asked: FoundParallelsParameters) -> WorkParallels:
    """Return what is asked to be shown of what was found, in its own table, map and numbers."""

    def chosen(cards: tuple[WorkCard, ...], work: str) -> tuple[WorkCard, ...]:
        return tuple(card for card in cards if work in ("", card.id))

    def is_chosen(here: WorkCard, there: WorkCard) -> bool:
        return asked.here in ("", here.id) and asked.there in ("", there.id)

    pairs = tuple(pair for pair in found.pairs if is_chosen(pair.here, pair.there))
    return replace(
        found,
        request=replace(found.request, start=asked.start, limit=asked.limit),
        works=chosen(found.works, asked.here),
        among=chosen(found.among, asked.there),
        rows=tuple(row for row in found.rows if is_chosen(row.here.work, row.there.work)),
        pairs=pairs,
    )


def _shown(found: WorkParallels, asked: Any, url: Any) -> Mapping[str, object]:
    return {
        "rows": [_shown_stretch(each, found.generation) for each in found.shown],
        "chart": _chart(found),
        "paging": paging(asked.start, asked.limit, len(found.rows), url),
    }


def _shown_stretch(each: WorkStretch, generation: int) -> ShownStretch:
    if generation != library().generation:  # the words may have moved since
        return ShownStretch(each, address_url(each.here.address), address_url(each.there.address))
    here, there = (
        section_url(place.work.id, place.section_number, "", at=place.start, to=place.end) + "#hit"
        for place in (each.here, each.there)
    )
    return ShownStretch(each, here, there)


def _begins(cards: Sequence[WorkCard], characters: Mapping[str, int]) -> tuple[dict[str, int], int]:
    """Return where works begin that are laid one behind another, and where the last one ends."""
    begins: dict[str, int] = {}
    before = 0
    for card in cards:
        begins[card.id] = before
        before += characters[card.id]
    return begins, before


def _chart(found: WorkParallels) -> Markup:
    """Draw where the longest stretches stand in both works; several lie one behind another."""
    across, width = _begins(found.works, found.characters)
    upward, height = _begins(found.among, found.characters)

    def dots() -> Iterator[Dot]:
        for each in sorted(found.rows, key=lambda row: -row.agreements.same)[:DRAWN]:
            x, y = across[each.here.work.id] + each.here.at, upward[each.there.work.id] + each.there.at
            url = request.script_root + _shown_stretch(each, found.generation).there
            yield Dot(x, y, labels.stretch(each), url)

    drawn = list(dots())
    return scatter(*labels.stretch_map(found, len(drawn)), (width, height), drawn)
