"""A character by itself: a page, and the card that a reading page takes from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from flask import abort, render_template, request
from pydantic import Field

from corpora.model import GAIJI_PLACEHOLDER
from corpora.readers import gaiji
from indexer.text.folding import fold, folded_alike
from search.characters import SpelledCount, block, is_character, variant_kinds
from search.deadline import SearchTimeout
from search.library import Library
from search.model import Mode, SearchRequest
from search.words.pinyin import spoken
from web.access import library
from web.api.parameters import MAX_VALUE, Parameters, read
from web.pages import blueprint
from web.presenting.urls import page_url


class CharacterParameters(Parameters):
    """What is asked of a character: as it stands in which work, and by which name where it has no code point."""

    character: Annotated[str, Field(max_length=MAX_VALUE)] = ""
    work: Annotated[str, Field(max_length=MAX_VALUE)] = ""
    name: Annotated[str, Field(max_length=MAX_VALUE)] = ""


@dataclass(frozen=True, slots=True)
class ShownForm:
    """A form of a character: in what way it is one, how often it stands in the work and in all, and searches for it.

    Counts are None where they are not known.
    """

    character: str
    code: str
    kind: str
    in_work: int | None
    in_all: int | None
    url: str
    work_url: str


@blueprint.get("/character")
@blueprint.get("/character/<character>")
def character(character: str = "") -> str:
    """Show what is known of a character, or a form that asks for one."""
    asked = read(CharacterParameters, dict(request.args.lists()), exact_names=False)
    character = character or asked.character.strip()[:1]
    if not character:
        return render_template("character.html", character="", work=asked.work)
    if not is_character(character):
        abort(404)
    held = library()
    try:
        card = held.card(asked.work) if asked.work else None
    except KeyError:
        abort(404)
    in_all, in_work, late = _counts(held, character, asked.work)
    parts = gaiji.parts(asked.name)
    resolved = gaiji.character(asked.name) if asked.name else ""
    return render_template(
        "character.html",
        character=character,
        code=_code(character),
        block=block(character),
        readings=spoken(character),
        is_searched=bool(fold(character)),
        card=card,
        work=asked.work,
        in_all=in_all,
        in_work=in_work,
        late=late,
        forms=[_form(each, in_all, in_work, asked.work) for each in folded_alike(character)],
        name=asked.name,
        parts=parts,
        names=gaiji.names_of(character),
        resolved="" if resolved == GAIJI_PLACEHOLDER else resolved,
        described_url=_search(f"[{asked.name}]" if asked.name[:1] not in gaiji.OPERATORS else asked.name)
        if parts
        else "",
    )


def _counts(held: Library, character: str, work: str) -> tuple[SpelledCount | None, SpelledCount | None, bool]:
    """Return how often it stands in all and in a work, and whether there was no time to count it."""
    try:
        counts = held.character(character, work)
    except SearchTimeout:
        return None, None, True
    return counts.library, counts.work, False


def _form(form: str, in_all: SpelledCount | None, in_work: SpelledCount | None, work: str) -> ShownForm:
    return ShownForm(
        character=form,
        code=_code(form),
        kind=variant_kinds().get(form, ""),
        in_work=_of(in_work, form),
        in_all=_of(in_all, form),
        url=_search(form, strict=True),
        work_url=_search(form, strict=True, work=work) if work else "",
    )


def _of(counted: SpelledCount | None, form: str) -> int | None:
    return None if counted is None or counted.spellings is None else counted.spellings.get(form, 0)


def _search(q: str, *, strict: bool = False, work: str = "") -> str:
    return page_url(SearchRequest(q, mode=Mode.EXACT, strict=strict, filters={"work": (work,)} if work else {}))


def _code(character: str) -> str:
    return f"U+{ord(character):04X}"
