"""The sections of the shelf's page: each area registers its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from flask import Flask, current_app
from flask_babel import LazyString

_EXTENSION = "wenyuan.shelf-sections"


@dataclass(frozen=True, slots=True)
class ShelfSection:
    """A section of the shelf. ``about`` says in a sentence what is kept there, ``endpoint`` is its page.

    ``count`` counts what whoever is asking has there, None where that can't be said here. ``stored`` is the key under
    which a browser keeps a list of the same without an account; without one the section is for accounts alone, unless
    it is ``everybodys``.
    """

    title: LazyString
    about: LazyString
    endpoint: str
    count: Callable[[], int | None]
    stored: str = ""
    everybodys: bool = False


def register(app: Flask, *sections: ShelfSection) -> None:
    """Register sections of the shelf, which are shown in the order of their registration."""
    app.extensions.setdefault(_EXTENSION, []).extend(sections)


def sections(has_account: bool) -> list[ShelfSection]:
    """Return the sections for whoever has an account, or none."""
    registered = cast("list[ShelfSection]", current_app.extensions.get(_EXTENSION, []))
    return [each for each in registered if has_account or each.stored or each.everybodys]
