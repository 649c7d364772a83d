"""The pages of saved searches, below the shelf, and their feeds."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func, select

from search.library import Library
from web import confirming, site
from web.access import shelf, visible_to
from web.accounts.guard import acting, requires
from web.accounts.models import Account, AccountRole
from web.alerts import checking, feeds, keys, labels, news, owning, telling
from web.alerts.feeds import FeedHead
from web.alerts.forms import Rename, Save
from web.alerts.models import LONGEST_TITLE, SavedSearch
from web.alerts.news import NewPlace
from web.alerts.searches import asked_in, canonical
from web.caching import keep_nowhere
from web.database.storage import now, session
from web.letters.setup import sends
from web.mailbox import keeping as mailbox
from web.presenting import languages
from web.presenting.urls import address_url

MOST = 50
"""Saved searches of an account."""
SHOWN = 100
"""New places that a page shows of each arrival."""
_LARGEST = 1 << 31
blueprint = Blueprint("searches", __name__)


@dataclass(frozen=True, slots=True)
class ShownSearch:
    """A saved search on its list: what is new, and whether there may be more than is counted."""

    saved: SavedSearch
    new: int
    at_least: bool


@blueprint.after_request
def keep_pages_nowhere(response: Response) -> Response:
    """Forbid caches to keep pages; a feed is kept by who reads it, and asked for again by its mark."""
    return response if request.endpoint == "searches.feed" else keep_nowhere(response)


@blueprint.get("/shelf/searches")
@requires(AccountRole.READER)
def mine() -> str:
    """List one's saved searches, with how much is new in each."""
    held = _readable(acting())
    shown = []
    for saved in owning.of(session(), acting()):
        unread = news.unread(saved)
        new = sum(news.counted(held, each) for each in unread)
        shown.append(ShownSearch(saved, new, any(each.count > checking.MOST_TOLD for each in unread)))
    return render_template("alerts/searches.html", shown=shown, most=MOST, words=labels)


@blueprint.route("/shelf/searches/new", methods=["GET", "POST"])
@requires(AccountRole.READER)
def save() -> ResponseReturnValue:
    """Save the search of an address."""
    address = canonical(request.values.get("search", ""))
    form = Save()
    if not form.is_submitted():
        form.title.data, form.search.data = asked_in(address).q[:LONGEST_TITLE], address
        return render_template("alerts/save.html", form=form, address=address)
    if not form.validate():
        return render_template("alerts/save.html", form=form, address=address)
    account = acting()
    if (session().scalar(select(func.count()).where(SavedSearch.account_id == account.id)) or 0) >= MOST:
        flash(_("保存的检索太多了，最多 %(most)s 条；请先删去一些。", most=MOST), "wrong")
        return render_template("alerts/save.html", form=form, address=address)
    held = _readable(account)
    first = checking.look(held, address, None)
    saved = SavedSearch(
        account_id=account.id,
        title=form.title.data,
        address=address,
        language=languages.locale(),
        standing=checking.standing(held),
        seen=None if first.seen is None else bytes(first.seen),
        places=first.places,
        trouble=first.trouble,
    )
    session().add(saved)
    session().commit()
    flash(_("已保存：%(title)s", title=saved.title), "done")
    return redirect(url_for(".one", which=saved.id))


@blueprint.get("/shelf/searches/<int:which>")
@requires(AccountRole.READER)
def one(which: int) -> str:
    """Show a saved search: what is new, and by what ways it is told."""
    saved = _held(which)
    held = _readable(acting())
    unread = {each.id for each in news.unread(saved)}
    arrivals = [
        (each, each.id in unread, news.counted(held, each), list(news.places(held, each, SHOWN)))
        for each in saved.arrivals
    ]
    return render_template(
        "alerts/search.html",
        saved=saved,
        arrivals=[each for each in arrivals if each[2]],
        unread=bool(unread),
        form=Rename(formdata=None, title=saved.title),
        feed_url=site.address_of(".feed", key=keys.key_of(saved)) if saved.feed else "",
        address_url=address_url,
        most_told=checking.MOST_TOLD,
        words=labels,
    )


@blueprint.post("/shelf/searches/<int:which>/title")
@requires(AccountRole.READER)
def rename(which: int) -> ResponseReturnValue:
    """Call a saved search otherwise."""
    saved, form = _held(which), Rename()
    if not form.validate():
        flash(_("没有改：名称要有，且不超过两百字。"), "wrong")
        return redirect(url_for(".one", which=which))
    saved.title = form.title.data
    return _done(which, _("已改名：%(title)s", title=saved.title))


@blueprint.post("/shelf/searches/<int:which>/read")
@requires(AccountRole.READER)
def know(which: int) -> ResponseReturnValue:
    """Take note that the news so far are known."""
    _held(which).read = now()
    return _done(which, _("记下了：以后只数此后新增的。"))


@blueprint.post("/shelf/searches/<int:which>/feed")
@requires(AccountRole.READER)
def open_feed(which: int) -> ResponseReturnValue:
    """Give a search's feed a new address; the one before, if there was one, serves no more."""
    _held(which).feed = keys.fresh()
    return _done(which, _("有了新的订阅地址；以前的地址不再有效。"))


@blueprint.post("/shelf/searches/<int:which>/feed/withdraw")
@requires(AccountRole.READER)
def withdraw_feed(which: int) -> ResponseReturnValue:
    """Withdraw the address of a search's feed."""
    _held(which).feed = ""
    return _done(which, _("订阅地址已收回。"))


@blueprint.post("/shelf/searches/<int:which>/mail")
@requires(AccountRole.READER)
def tell(which: int) -> ResponseReturnValue:
    """Tell by mail what is new to a search from now on, in the language of the page."""
    saved, box = _held(which), mailbox.of(session(), acting())
    if not sends():
        abort(404)
    if box is None or not box.address:
        flash(_("请先写下邮件地址，并打开寄去的信里的链接。"), "wrong")
        return redirect(url_for("mailbox.own"))
    saved.mailed, box.language = saved.mailed or now(), languages.locale()
    return _done(which, _("有新增的，就寄信告诉您。"))


@blueprint.post("/shelf/searches/<int:which>/mail/withdraw")
@requires(AccountRole.READER)
def tell_no_more(which: int) -> ResponseReturnValue:
    """Tell nothing of a search by mail any more."""
    _held(which).mailed = None
    return _done(which, _("不再寄信告诉您这条检索的新增。"))


@blueprint.route("/letters/stop/<key>", methods=["GET", "POST"])
def stop(key: str) -> ResponseReturnValue:
    """End letters to whoever has the link of one: by a button, or at once by their mail program (RFC 8058)."""
    account = keys.account_of(key)
    if account is None:
        abort(404)
    if request.method == "GET":
        return render_template("alerts/stop.html")
    telling.stop(session(), account)
    session().commit()
    return render_template("alerts/stop.html", stopped=True)


@blueprint.post("/shelf/searches/<int:which>/remove")
@requires(AccountRole.READER)
def remove(which: int) -> ResponseReturnValue:
    """Remove a saved search."""
    saved = _held(which)
    told = _("“%(title)s”、它的新增记录与订阅地址都将删去，不能恢复。", title=saved.title)
    if asked := confirming.question(_("删去这条检索"), told, url_for(".one", which=which)):
        return asked
    session().delete(saved)
    session().commit()
    flash(_("已删去：%(title)s", title=saved.title), "done")
    return redirect(url_for(".mine"))


@blueprint.get("/feeds/<key>")
def feed(key: str) -> ResponseReturnValue:
    """Answer with the feed of a saved search, to whoever has its address."""
    saved = keys.search_of(key)
    if saved is None:
        abort(404)
    held = _readable(saved.account)
    found: list[NewPlace] = []
    for each in saved.arrivals:
        found += news.places(held, each, feeds.MOST - len(found))
    head = FeedHead(
        site.address_of(".one", which=saved.id),
        saved.title,
        _("文渊"),
        site.address_of(".feed", key=key),
        site.root() + saved.address,
        saved.created,
    )
    answer = make_response(feeds.atom(head, site.root(), found))
    answer.content_type = f"{feeds.MEDIA_TYPE}; charset=utf-8"
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.add_etag()
    return answer.make_conditional(request)


def _readable(account: Account) -> Library:
    return visible_to(account.role, shelf().library())


def _held(which: int) -> SavedSearch:
    """Return a search of whoever is logged in; nobody else's is there."""
    saved = session().get(SavedSearch, which) if which < _LARGEST else None
    if saved is None or saved.account_id != acting().id:
        abort(404)
    return saved


def _done(which: int, told: str) -> ResponseReturnValue:
    session().commit()
    flash(told, "done")
    return redirect(url_for(".one", which=which))
