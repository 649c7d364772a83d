"""A section of a work, for reading."""

from __future__ import annotations

from urllib.parse import parse_qsl

from flask import abort, render_template, request

from search.contents import named
from search.model import SearchError, SectionView
from search.parallels.model import ParallelsRequest
from web.access import library
from web.api.parameters import MAX_VALUE
from web.pages import asked_for, blueprint, overlays
from web.pages.beside import chosen_beside, works_to_choose
from web.pages.citing import citation_at
from web.pages.facsimile import offered
from web.pages.within import analyses, elsewhere, found_in, options, places, seeks_words
from web.presenting.display import display_of
from web.presenting.leaves import column, leaf_addresses, leaves_of
from web.presenting.urls import address_url, carried, comparing_url, hit_id, page_url, section_url


@blueprint.get("/read/<path:work>/<int:number>")
def read(work: str, number: int) -> str:
    """Show a section of a work."""
    asked = asked_for()
    at = request.args.get("at", default=None, type=_offset)
    to = request.args.get("to", default=None, type=_offset)
    display = display_of(request.args)
    chosen = display.carried
    hit = request.args.get("hit", default=0, type=_offset)
    passage = request.args.get("passage", default=None, type=_range)
    search = carried(asked, hit)
    held = library()
    try:
        view = held.section(work, number, asked.q, asked.strict, asked.scope, asked.expands, passage)
        found = found_in(held, work, asked)
    except KeyError:
        abort(404)
    except SearchError:
        view, found = held.section(work, number), None
    beside = chosen_beside(held, view, request.args.get("beside", default="")[:MAX_VALUE], asked, display)
    if beside.work:
        chosen["beside"] = beside.work
    addresses = leaf_addresses(view)
    here = _given(at=at, to=to, passage=passage and f"{passage[0]}-{passage[1]}")

    def beside_url(place: str) -> str:
        return section_url(work, number, search, **here, **{**chosen, "beside": place})

    return render_template(
        "read.html",
        view=view,
        asked=asked,
        at=at,
        leaves=leaves_of(view, at, to, simplify=display.is_simplified, laid=overlays.over(view)),
        display=display,
        beside=beside,
        offered=works_to_choose(held),
        beside_url=beside_url,
        other_url=lambda each: beside_url(f"{beside.work}/{each}"),
        alone_url=section_url(work, number, search, **here, **display.carried),
        kept_alone=[*parse_qsl(search), *here.items(), *display.carried.items()],
        column=column(view.section),
        seeks_words=seeks_words(asked.q),
        nth=_nth(view, at),
        citation=citation_at(view.work, number, view.section, at, to),
        cite_urls={
            page.start: section_url(work, number, search, at=page.start, **chosen) for page in view.section.pages
        },
        leaf_urls={leaf.start: address_url(leaf) for leaf in addresses},
        parallels_urls={leaf.start: comparing_url(ParallelsRequest(place=leaf)) for leaf in addresses},
        marked=at is not None and at < len(view.section.text),
        underlined=at is not None and to is not None,
        facsimile=offered(held, view),
        paragraph=_paragraph(view.section.text, at, to) if not view.section.pages else None,
        contents=held.contents_around(work, number, found.counts if found else {}),
        name=named(view.section.title, view.section.path),
        found=found,
        places=places(view),
        elsewhere=elsewhere(held, view, found),
        url_of=lambda each, hash="": section_url(work, each, search, **chosen) + hash,
        sent_along=[("work", work), *options(asked), *chosen.items()],
        analyses=analyses(asked, work) if found else {},
        layout_url=section_url(
            work, number, search, **here, **{**chosen, "layout": "horizontal" if display.is_vertical else "vertical"}
        )
        + ("#hit" if at is not None else ""),
        original_url=section_url(work, number, search, **here, **{**chosen, "characters": "original"}),
        kept_here=[*parse_qsl(search), *here.items(), *([("beside", beside.typed)] if beside.work else [])],
        back_url=page_url(asked) + (f"#{hit_id(hit)}" if hit else "") if asked.q else "",
    )


def _given(**values: int | str | None) -> dict[str, int | str]:
    return {name: value for name, value in values.items() if value is not None}


def _nth(view: SectionView, at: int | None) -> int:
    """Return the number of the marked stretch that the address leads to, from 1; 0 where it leads to none."""
    starts = [start for start, _ in view.highlights]
    return starts.index(at) + 1 if at in starts else 0


def _offset(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) < 14):
        raise ValueError(value)
    return int(value)


def _range(value: str) -> tuple[int, int]:
    start, _, end = value.partition("-")
    return _offset(start), _offset(end)


def _paragraph(text: str, at: int | None, to: int | None) -> tuple[int, int] | None:
    """Return the whole lines of a text without pages that hold what the address points at."""
    if at is None or at >= len(text):
        return None
    end = text.find("\n", max(at, (to or 0) - 1))
    return text.rfind("\n", 0, at) + 1, len(text) if end < 0 else end
