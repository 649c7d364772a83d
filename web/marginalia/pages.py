"""The pages of one's own marks, below the shelf."""

from __future__ import annotations

import json

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from web import site
from web.access import library
from web.accounts.guard import acting, requires
from web.accounts.models import AccountRole
from web.caching import keep_nowhere
from web.database.storage import now, session
from web.marginalia import exporting, keeping, labels
from web.marginalia.forms import MarkForm, MarkPassage
from web.marginalia.models import LONGEST_PASSAGE, Colour, Marginal
from web.marginalia.placing import placed
from web.places import Place, named
from web.presenting.urls import address_url, section_url

_LARGEST = 1 << 31
blueprint = Blueprint("marginalia", __name__, url_prefix="/shelf")
blueprint.after_request(keep_nowhere)


@blueprint.get("/notes")
@requires(AccountRole.READER)
def mine() -> str:
    """List one's marks, by work, and where they stand now."""
    return render_template(
        "marginalia/marks.html",
        marks=placed(library(), keeping.of(session(), acting())),
        removed=keeping.removed(session(), acting()),
        address_url=address_url,
        words=labels,
    )


@blueprint.get("/notes.jsonld")
@requires(AccountRole.READER)
def export() -> Response:
    """Answer with one's marks as Web Annotations."""
    marks = placed(library(), keeping.of(session(), acting()))
    said = exporting.collection(marks, site.address_of(".export"), _("我的批注"), site.root())
    answer = Response(json.dumps(said, ensure_ascii=False, indent=1))
    answer.headers["Content-Type"] = exporting.MEDIA_TYPE
    answer.headers["Content-Disposition"] = 'attachment; filename="wenyuan-notes.jsonld"'
    return answer


@blueprint.route("/notes/new", methods=["GET", "POST"])
@requires(AccountRole.READER)
def mark() -> ResponseReturnValue:
    """Mark a passage."""
    place = named(library(), request.values)
    if place is None:
        abort(404)
    form = MarkPassage()
    if not form.is_submitted():
        form.place.data = str(place.address)
    elif form.validate() and (meant := _meant(form, place)):
        if keeping.count(session(), acting()) >= keeping.MOST:
            flash(_("批注太多了，最多 %(most)s 条；请先删去一些。", most=keeping.MOST), "wrong")
        else:
            keeping.add(session(), acting(), meant, Colour(form.colour.data), form.note.data)
            session().commit()
            flash(_("已划上。"), "done")
            return redirect(request.script_root + _reading_url(meant))
    return render_template("marginalia/new.html", form=form, place=place, url=address_url(place.address))


def _meant(form: MarkPassage, place: Place) -> Place | None:
    """Return what is to be marked; what is wrong with it is said on the form."""
    found = place.within(form.words.data) if form.words.data else [place]
    if len(found) == 1 and found[0].end - found[0].start <= LONGEST_PASSAGE:
        return found[0]
    told = _("这段文字里没有这些字句，请照原文写。")
    if len(found) == 1:
        told = _("太长了：最多划 %(most)s 字，请写明划哪些字句。", most=LONGEST_PASSAGE)
    elif found:
        told = _("这些字句在这段文字里有 %(count)s 处，请连同前后几个字写。", count=len(found))
    form.words.errors = [*form.words.errors, told]
    return None


@blueprint.route("/notes/<int:which>", methods=["GET", "POST"])
@requires(AccountRole.READER)
def one(which: int) -> ResponseReturnValue:
    """Show a mark, and change its colour and note."""
    held = _held(which)
    form = MarkForm() if request.method == "POST" else MarkForm(formdata=None, colour=held.colour, note=held.note)
    if form.validate_on_submit():
        held.colour, held.note, held.changed = Colour(form.colour.data), form.note.data, now()
        session().commit()
        flash(_("已改好。"), "done")
        return redirect(url_for(".mine", _anchor=f"note-{held.id}"))
    (shown,) = placed(library(), [held])
    return render_template("marginalia/mark.html", form=form, each=shown, address_url=address_url)


@blueprint.post("/notes/<int:which>/remove")
@requires(AccountRole.READER)
def remove(which: int) -> ResponseReturnValue:
    """Remove a mark, which can be undone for a day."""
    keeping.remove(session(), _held(which))
    session().commit()
    flash(_("已删去；一天之内可以在这一页的下面恢复。"), "done")
    return redirect(url_for(".mine"))


@blueprint.post("/notes/<int:which>/restore")
@requires(AccountRole.READER)
def restore(which: int) -> ResponseReturnValue:
    """Restore a mark that was removed."""
    _held(which, removed=True).removed = None
    session().commit()
    flash(_("已恢复。"), "done")
    return redirect(url_for(".mine", _anchor=f"note-{which}"))


def _held(which: int, *, removed: bool = False) -> Marginal:
    """Return a mark of whoever is logged in; nobody else's is there."""
    held = session().get(Marginal, which) if which < _LARGEST else None
    if held is None or held.account_id != acting().id or bool(held.removed) != removed:
        abort(404)
    return held


def _reading_url(place: Place) -> str:
    return section_url(place.card.id, place.number, "", at=place.start, to=place.end) + "#hit"
