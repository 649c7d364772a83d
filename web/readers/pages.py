"""The page of the shelf, which leads to all that one keeps."""

from __future__ import annotations

from flask import Blueprint, render_template

from web.accounts.guard import current_account
from web.caching import keep_nowhere
from web.readers.sections import sections

blueprint = Blueprint("shelf", __name__, url_prefix="/shelf")
blueprint.after_request(keep_nowhere)


@blueprint.get("/")
def home() -> str:
    """Show what there is on one's shelf."""
    return render_template("shelf/home.html", sections=sections(current_account() is not None))
