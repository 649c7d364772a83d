"""Forms that change the quotations of a case."""

from __future__ import annotations

import re

from flask import abort, flash, get_template_attribute, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from web.access import library
from web.accounts.guard import acting
from web.database.storage import session
from web.desk import labels, quotations
from web.desk.cases import Refused, note
from web.desk.forms import Annotate, Quote, Trim
from web.desk.models import Case, Quotation, Stance
from web.desk.pages import back, blueprint, case_url, on_case
from web.desk.states import EDITABLE
from web.requested import by_script

_STEPS = {"up": -1, "down": 1}
_PLACE = re.compile("[a-z0-9-]{1,60}")
"""The name of a place on a page."""


@blueprint.post("/cases/<number>/evidence")
@on_case()
def quote(case: Case) -> ResponseReturnValue:
    """Keep a passage in the case."""
    _editable(case)
    form = Quote()
    if not form.validate():
        raise Refused("no-such-passage")
    try:
        kept = quotations.quote(
            library(),
            case,
            acting(),
            form.work.data,
            form.section.data,
            *form.bounds(),
            query=form.query.data or "",
            remark=form.note.data,
        )
    except quotations.AlreadyKept as twin:
        if by_script() or form.note.data:
            raise
        flash(labels.refusal(twin), "wrong")
        return redirect(back(case_url(case.number, f"evidence-{twin.number}"), f"kept-{twin.number}"))
    session().commit()
    told = _("已加入 %(case)s，编为 [@%(number)s]。", case=case.number, number=kept.number)
    if by_script():
        mark = get_template_attribute("desk/_parts.html", "kept_mark")
        return {"told": told, "mark": mark(case.number, kept.number, ""), "start": kept.address.start}
    flash(told, "done")
    return redirect(back(case_url(case.number, f"evidence-{kept.number}"), f"kept-{kept.number}"))


@blueprint.post("/cases/<number>/evidence/<int:which>/annotate")
@on_case()
def annotate(case: Case, which: int) -> ResponseReturnValue:
    """Change the heading, the stance and the note of a passage."""
    kept = _evidence(case, which)
    form = Annotate()
    if not form.validate():
        raise Refused("note-too-long")
    kept.heading, kept.stance, kept.note = form.heading.data, Stance(form.stance.data), form.note.data
    return _done(kept, "edit-evidence")


@blueprint.post("/cases/<number>/evidence/<int:which>/trim")
@on_case()
def trim(case: Case, which: int) -> ResponseReturnValue:
    """Choose the part of a passage that is quoted; nothing typed: all of it."""
    kept = _evidence(case, which)
    form = Trim()
    if not form.validate():
        raise Refused("not-in-passage")
    quotations.trim(kept, form.first.data, form.last.data)
    return _done(kept, "trim")


@blueprint.post("/cases/<number>/evidence/<int:which>/shift")
@on_case()
def shift(case: Case, which: int) -> ResponseReturnValue:
    """Move a passage up or down under its heading."""
    kept = _evidence(case, which)
    quotations.shift(case, kept, _step())
    session().commit()
    return _to(kept)


@blueprint.post("/cases/<number>/shift-heading")
@on_case()
def shift_heading(case: Case) -> ResponseReturnValue:
    """Move a heading up or down, with all that stands under it."""
    _editable(case)
    quotations.shift_group(case, request.form.get("heading", ""), _step())
    session().commit()
    return redirect(case_url(case.number, "evidence"))


@blueprint.post("/cases/<number>/evidence/<int:which>/withdraw")
@on_case()
def withdraw(case: Case, which: int) -> ResponseReturnValue:
    """Withdraw a passage from the case; its number is not given again, and it can be restored.

    Where it was withdrawn beside the text, ``here`` names the place on that page.
    """
    kept = _evidence(case, which)
    kept.withdrawn = True
    note(case, acting(), "withdraw", f"[@{kept.number}]")
    session().commit()
    told = _("已撤去 [@%(number)s]；在案卷的“撤去的引文”里可以恢复。", number=kept.number)
    if by_script():
        return {"told": told}
    flash(told, "done")
    here = request.form.get("here", "")
    evidence = case_url(case.number, "evidence")
    return redirect(back(evidence, here) if _PLACE.fullmatch(here) else evidence)


@blueprint.post("/cases/<number>/evidence/<int:which>/restore")
@on_case()
def restore(case: Case, which: int) -> ResponseReturnValue:
    """Restore a passage that was withdrawn."""
    kept = _evidence(case, which)
    kept.withdrawn = False
    return _done(kept, "restore")


def _evidence(case: Case, which: int) -> Quotation:
    _editable(case)
    kept = next((each for each in case.evidence if each.number == which), None)
    if kept is None:
        abort(404)
    return kept


def _editable(case: Case) -> None:
    if case.status not in EDITABLE:
        raise Refused("not-editable")


def _step() -> int:
    step = _STEPS.get(request.form.get("step", ""))
    if step is None:
        abort(400)
    return step


def _done(kept: Quotation, action: str) -> ResponseReturnValue:
    note(kept.case, acting(), action, f"[@{kept.number}]")
    session().commit()
    return _to(kept)


def _to(kept: Quotation) -> ResponseReturnValue:
    return redirect(case_url(kept.case.number, f"evidence-{kept.number}"))
