"""A question before what can't be undone: a page of its own, that works without JavaScript."""

from __future__ import annotations

from flask import render_template, request

SURE = "sure"
"""The field by which a form says that the question was answered."""
_TOKEN = "csrf_token"


def question(act: str, consequence: str, back: str, *, shown: str = "") -> str | None:
    """Return the page that asks whether to do what the form was sent for; None once that was answered with yes.

    ``act`` says what is done, ``consequence`` what becomes of it, and ``back`` is the page for who would rather not;
    ``shown`` is what they may want to read first.
    """
    if request.form.get(SURE):
        return None
    sent = [(name, value) for name, value in request.form.items(multi=True) if name != _TOKEN]
    return render_template(
        "confirm.html", act=act, consequence=consequence, back=back, sent=sent, sure=SURE, shown=shown
    )
