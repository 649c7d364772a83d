"""Public pages of reports of errors: the form, that it has arrived, and what became of it."""

from __future__ import annotations

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from web.access import library
from web.accounts import attempts
from web.caching import NOWHERE
from web.database.storage import session
from web.desk.following import secret
from web.desk.forms import Follow
from web.errata import labels as erratum_labels
from web.errata import reporting
from web.errata.forms import Report
from web.errata.models import LONGEST_WORDS
from web.errata.reporting import Reported
from web.networks import networks
from web.places import PLACE, Place, located, named
from web.presenting import labels
from web.presenting.urls import address_url

_NUMBER, _SECRET = "erratum", "erratum-secret"
"""The session's keys of the number of the last report, and of the secret by which it is followed."""
blueprint = Blueprint("errata", __name__)


@blueprint.route("/errata/new", methods=["GET", "POST"])
def report() -> ResponseReturnValue:
    """Report an error in the text of a place."""
    place = named(library(), request.values)
    if place is None:
        if PLACE in request.values or "work" in request.values:
            abort(404)
        return render_template("errata/new.html", place=None)
    form = Report()
    if not form.is_submitted():
        form.place.data = str(place.address)
        if place.end - place.start <= LONGEST_WORDS and not request.args.get("whole"):
            form.words.data = "".join(place.text.split())
        return _page(form, place)
    if not form.validate() or not (meant := _meant(form, place)):
        return _page(form, place)
    wait = attempts.take(session(), attempts.erratum(networks())).wait
    session().commit()
    if wait:
        return make_response(_page(form, place, wait=labels.minutes(wait)), 429, {"Retry-After": str(wait)})
    code = secret()
    said = Reported(meant, form.suggestion.data, form.reason.data, form.contact.data)
    cookie[_NUMBER], cookie[_SECRET] = reporting.report(session(), said, code).number, code
    return redirect(url_for("errata.received"))


def _meant(form: Report, place: Place) -> Place | None:
    """Return where the words stand that are wrong; what is wrong with them is said on the form."""
    found = place.within(form.words.data)
    if len(found) == 1:
        return found[0]
    told = _("这段文字里没有这些字句，请照原文写。")
    if found:
        told = _("这些字句在这段文字里有 %(count)s 处，请连同前后几个字写。", count=len(found))
    form.words.errors = [*form.words.errors, told]
    return None


def _page(form: Report, place: Place, **more: object) -> str:
    return render_template("errata/new.html", form=form, place=place, url=address_url(place.address), **more)


@blueprint.get("/errata/received")
def received() -> ResponseReturnValue:
    """Confirm that a report has arrived, and under which number."""
    if _NUMBER not in cookie:
        return redirect(url_for("errata.report"))
    page = render_template("errata/received.html", number=cookie[_NUMBER], secret=cookie.get(_SECRET, ""))
    return make_response(page, 200, NOWHERE)


@blueprint.route("/errata/status", methods=["GET", "POST"])
def status() -> ResponseReturnValue:
    """Show whoever reported an error what became of it."""
    form = Follow()
    if not form.validate_on_submit():
        return make_response(render_template("errata/status.html", form=form), 200, NOWHERE)
    bounds = attempts.inquiry(networks())
    wait = attempts.take(session(), bounds).wait
    session().commit()
    if wait:
        page = render_template("errata/status.html", form=form, wait=labels.minutes(wait))
        return make_response(page, 429, {"Retry-After": str(wait), **NOWHERE})
    erratum = reporting.followed(session(), form.number.data, form.secret.data)
    if erratum is None:
        form.secret.data = ""
        return make_response(render_template("errata/status.html", form=form, wrong=True), 404, NOWHERE)
    attempts.give_back(session(), bounds)
    session().commit()
    page = render_template(
        "errata/status.html",
        erratum=erratum,
        # Who reported has seen the text; whether whoever has the code may see it still is another question.
        place=located(library(), erratum.address),
        url=address_url(erratum.address),
        fate=erratum_labels.FATES[erratum.state],
    )
    return make_response(page, 200, NOWHERE)
