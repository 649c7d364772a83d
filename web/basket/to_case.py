"""A librarian's basket becomes quotations of the case that is being worked on."""

from __future__ import annotations

from flask import abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from search.addresses import Standing
from web.access import library
from web.accounts.guard import current_account, requires
from web.accounts.models import AccountRole
from web.basket import keeping
from web.basket.pages import blueprint
from web.database.storage import session
from web.desk import quotations, working
from web.desk.cases import Refused
from web.desk.states import EDITABLE
from web.places import located


@blueprint.post("/case")
@requires(AccountRole.LIBRARIAN)
def quote() -> ResponseReturnValue:
    """Quote all that is in one's basket in the case; what can't be quoted is told, and stays where it is."""
    account, case = current_account(), working.current()
    if account is None or case is None or case.status not in EDITABLE:
        abort(409)
    held = library()
    quoted = known = 0
    left: list[str] = []
    for item in keeping.items(session(), account):
        place = located(held, item.address)
        if place is None or place.standing is Standing.CHANGED:
            left.append(item.title or item.address.work)
            continue
        try:
            quotations.quote(held, case, account, place.card.id, place.number, place.start, place.end, remark=item.note)
            quoted += 1
        except quotations.AlreadyKept:
            known += 1
        except Refused:
            left.append(item.title)
    session().commit()
    counts = {"case": case.number, "quoted": quoted, "known": known}
    flash(_("%(case)s：加入引文 %(quoted)s 条，已有的 %(known)s 条跳过。", **counts), "done")
    if left:
        named = "、".join(left[:5])
        why = _(
            "有 %(num)s 条没有加入（不在馆藏里、文字已改、太长，或案卷已满）：%(shown)s", num=len(left), shown=named
        )
        flash(why, "wrong")
    return redirect(url_for("desk.case", number=case.number, _anchor="evidence"))
