"""Pages of an account's mail address: writing it down, confirming it, and what became of letters."""

from __future__ import annotations

from flask import Blueprint, abort, flash, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from web.accounts import attempts
from web.accounts.guard import acting, requires
from web.accounts.models import Account, AccountRole
from web.accounts.pages import patience
from web.caching import keep_nowhere
from web.database.storage import session
from web.letters import labels, queue
from web.letters.models import LetterKind
from web.letters.setup import sends
from web.mailbox import keeping, keys
from web.mailbox.forms import MailAddress
from web.presenting import languages
from web.presenting.labels import minutes

SHOWN = 10
"""Letters that the page lists; not those that ask, which are not always sent, and that is told to nobody."""
blueprint = Blueprint("mailbox", __name__, url_prefix="/account/mail")
blueprint.after_request(keep_nowhere)


@blueprint.route("/", methods=["GET", "POST"])
@requires(AccountRole.READER)
def own() -> ResponseReturnValue:
    """Show one's address and the form for another one; a letter asks there whether it is right."""
    account, form = _owner(), MailAddress()
    if not form.validate_on_submit():
        return _page(account, form)
    wait = attempts.take(session(), attempts.confirmation(account.id)).wait
    session().commit()
    if wait:
        form.address.errors = [_("尝试的次数太多，请过 %(minutes)s 分钟再试。", minutes=minutes(wait))]
        return patience(_page(account, form), wait)
    # Whether others have written there as well is not told: the answer is the same, and no letter is sent.
    room = not attempts.take(session(), attempts.confirmation_to(form.address.data)).wait
    keeping.ask(session(), account, form.address.data, languages.locale(), write=room)
    session().commit()
    flash(_("已交去寄；请打开信里的链接，一天之内有效。没有收到，请看看垃圾邮件。"), "done")
    return redirect(url_for(".own"))


@blueprint.post("/remove")
@requires(AccountRole.READER)
def remove() -> ResponseReturnValue:
    """Remove one's address."""
    keeping.remove(session(), _owner())
    session().commit()
    flash(_("邮件地址已删去，不再寄信。"), "done")
    return redirect(url_for(".own"))


@blueprint.route("/confirm/<key>", methods=["GET", "POST"])
def confirm(key: str) -> ResponseReturnValue:
    """Ask whoever opened the link in a letter, and confirm by the button: programs that scan mail open links, too."""
    box = keys.opened(session(), key)
    if box is None:
        return make_response(render_template("mailbox/confirm.html", address=""), 410)
    form = MailAddress(formdata=None)
    if form.is_submitted():
        address = box.pending
        keeping.confirm(session(), box)
        session().commit()
        return render_template("mailbox/confirm.html", address=address, confirmed=True)
    return render_template("mailbox/confirm.html", address=box.pending, form=form)


@blueprint.post("/letters/<int:which>/again")
@requires(AccountRole.READER)
def again(which: int) -> ResponseReturnValue:
    """Send a letter once more of which nobody knows whether it arrived, or which was refused."""
    letter = next((each for each in queue.to(session(), _owner().id, LetterKind.NEWS) if each.id == which), None)
    if letter is None:
        abort(404)
    if queue.settle(session(), letter, arrived=False):
        flash(_("已交去寄。"), "done")
    session().commit()
    return redirect(url_for(".own"))


def _owner() -> Account:
    """Return whoever is logged in; where no letters are sent there is no such page."""
    if not sends():
        abort(404)
    return acting()


def _page(account: Account, form: MailAddress) -> str:
    letters = queue.to(session(), account.id, LetterKind.NEWS)[:SHOWN]
    return render_template("mailbox/own.html", form=form, letters=letters, words=labels)
