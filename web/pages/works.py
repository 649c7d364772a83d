"""The list of works, and what this is."""

from __future__ import annotations

from itertools import groupby

from flask import render_template

from search.model import MAX_CHARACTERS
from web.access import library
from web.api import PREFIX
from web.api.routes import OPERATIONS
from web.pages import blueprint
from web.presenting import labels


@blueprint.get("/works")
def works() -> str:
    """List every work, by collection and class."""
    cards = sorted(library().works(), key=lambda card: (card.collection, card.record.category, card.id))
    grouped = [
        (key, labels.collection_title(key), labels.collection_description(key), list(group))
        for key, group in groupby(cards, key=lambda card: card.collection)
    ]
    return render_template("works.html", grouped=grouped)


@blueprint.get("/about")
def about() -> str:
    """Show how to search, and what this is."""
    return render_template(
        "about.html", examples=library().examples, most=MAX_CHARACTERS, operations=OPERATIONS, prefix=PREFIX
    )
