"""Writing to whoever asked, and deciding on letters of which nobody knows whether they arrived."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from flask_babel import gettext as _

from web import confirming, site
from web.accounts.guard import acting
from web.database.storage import session
from web.desk import letters, replying
from web.desk.cases import Refused
from web.desk.models import Case
from web.desk.pages import blueprint, case_url, logged, on_case
from web.desk.states import FINISHED
from web.letters.setup import sends
from web.mail import address_in


def addressee(case: Case) -> str:
    """Return the address to which the reply can be sent now; empty where it can't be."""
    ready = sends() and case.status in FINISHED and case.signed and case.outcome is None
    return address_in(case.asker.contact) if ready and case.asker else ""


@blueprint.post("/cases/<number>/letter")
@on_case()
def write(case: Case) -> ResponseReturnValue:
    """Send the signed reply to whoever asked, once the letter was shown."""
    recipient = addressee(case)
    document = replying.signed(case)
    if not recipient or document is None or case.asker is None:
        raise Refused("no-letter")
    with force_locale(case.asker.language or "zh"):
        subject = _("图书馆的答复：%(number)s", number=case.number)
        body = render_template(
            "mail/reply.txt",
            case=case,
            day=case.opened.astimezone().date(),
            reply=letters.plain(document),
            status_url=site.address_of("public.status"),
        )
    told = _("寄给 %(address)s。寄出就收不回来。", address=recipient)
    back = case_url(case.number, "letters")
    if asked := confirming.question(_("用邮件寄出答复"), told, back, shown=f"{subject}\n\n{body}"):
        return asked
    letters.queue(session(), case, acting(), recipient, subject, body, site.root())
    logged(case, "letter")
    session().commit()
    flash(_("已交去寄；寄到哪一步，看“信件”。"), "done")
    return redirect(back)


@blueprint.post("/cases/<number>/letters/<int:which>/arrived")
@on_case()
def arrived(case: Case, which: int) -> ResponseReturnValue:
    """Decide that a letter has arrived."""
    return _decide(case, which, arrived=True)


@blueprint.post("/cases/<number>/letters/<int:which>/again")
@on_case()
def again(case: Case, which: int) -> ResponseReturnValue:
    """Decide to send a letter once more."""
    return _decide(case, which, arrived=False)


def _decide(case: Case, which: int, *, arrived: bool) -> ResponseReturnValue:
    letter = next((each for each in letters.of(session(), case) if each.id == which), None)
    if letter is None:
        abort(404)
    if not letter.recipient:
        raise Refused("no-letter")
    letters.settle(session(), case, acting(), letter, arrived=arrived)
    logged(case, "letter-arrived" if arrived else "letter-again")
    session().commit()
    return redirect(case_url(case.number, "letters"))
