"""Pages of the basket: what is in it, and the forms that change it."""

from __future__ import annotations

from flask import Blueprint, abort, current_app, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from search.addresses import Address
from web.access import library
from web.accounts.guard import acting, current_account, requires
from web.accounts.models import AccountRole
from web.basket import keeping
from web.basket.keeping import MOST, BasketFull, NoItem
from web.basket.models import LONGEST_NOTE, BasketItem
from web.basket.showing import shown
from web.caching import keep_nowhere
from web.database.storage import session
from web.places import named
from web.requested import by_script, page_of_list

PAGE = 50
"""Items on a page, and places that a browser may ask for at once."""
_STEPS = {"up": -1, "down": 1}
_TAKING = ("/cite", "/take/list")
"""Pages of other areas that take a list of addresses."""

blueprint = Blueprint("basket", __name__, url_prefix="/shelf/basket")
blueprint.after_request(keep_nowhere)


@blueprint.get("/")
def home() -> str:
    """Show one's basket; that of a browser is filled in by its script."""
    account = current_account()
    held = keeping.items(session(), account) if account else []
    pages = max(1, -(-len(held) // PAGE))
    number = page_of_list(pages)
    there = {card.id for card in library().works()} if held else frozenset()
    here = held[(number - 1) * PAGE : number * PAGE]
    return render_template(
        "basket/basket.html",
        rows=list(zip(here, shown(library(), (each.address for each in here)), strict=True)),
        addresses=[str(each.address) for each in held if each.address.work in there],
        total=len(held),
        first=(number - 1) * PAGE,
        number=number,
        pages=pages,
        most=MOST,
        most_at_once=PAGE,
        longest=LONGEST_NOTE,
        takes=_takes(),
    )


@blueprint.get("/put")
def offer() -> ResponseReturnValue:
    """Show a place, with the button that puts it into the basket; to a script, the address and the title of it."""
    place = named(library(), request.args)
    if place is None:
        abort(404)
    address, title = place.address, keeping.title_of(place)
    if by_script():
        return jsonify(address=str(address), title=title, page=place.page)
    (there,) = shown(library(), [address])
    return render_template("basket/put.html", address=address, title=title, there=there)


@blueprint.post("/items")
@requires(AccountRole.READER)
def put() -> ResponseReturnValue:
    """Put a place into one's basket."""
    address = _address(request.form.get("address", ""))
    try:
        is_new = keeping.put(session(), library(), acting(), address)
    except BasketFull:
        told = _("书袋满了，最多 %(most)s 条；请先取出一些。", most=MOST)
        return (jsonify(told=told), 409) if by_script() else _back(told, "wrong")
    session().commit()
    told = _("已收入书袋。") if is_new else _("已经在书袋里了。")
    return jsonify(told=told) if by_script() else _back(told)


@blueprint.post("/places")
def places() -> str:
    """Return what stands at the addresses that a browser keeps, as the part of a page."""
    given = request.form.getlist("address")
    if len(given) > PAGE:
        abort(400)
    return render_template("basket/places.html", places=shown(library(), map(_address, given)))


@blueprint.post("/merge")
@requires(AccountRole.READER)
def merge() -> ResponseReturnValue:
    """Put what a browser keeps into one's basket; the answer names what is in it now, and may leave the browser."""
    given, notes = request.form.getlist("address"), request.form.getlist("note")
    if len(given) > PAGE or len(given) != len(notes):
        abort(400)
    account, held = acting(), library()
    kept: list[str] = []
    for written, note in zip(given, notes, strict=True):
        try:
            keeping.put(session(), held, account, keeping.read(written), note.strip())
        except NoItem:
            continue
        except BasketFull:
            break
        kept.append(written)
    session().commit()
    return jsonify(kept=kept)


@blueprint.post("/<int:number>/note")
@requires(AccountRole.READER)
def annotate(number: int) -> ResponseReturnValue:
    """Change the note on an item."""
    item = _item(number)
    note = request.form.get("note", "").strip()
    if len(note) > LONGEST_NOTE:
        abort(400)
    item.note = note
    session().commit()
    return _back(_("附注已经存好。"), at=item)


@blueprint.post("/<int:number>/shift")
@requires(AccountRole.READER)
def shift(number: int) -> ResponseReturnValue:
    """Move an item up or down."""
    item, step = _item(number), _STEPS.get(request.form.get("step", ""))
    if step is None or item.removed:
        abort(400)
    keeping.shift(session(), acting(), item, step)
    session().commit()
    return _back("", at=item)


@blueprint.post("/<int:number>/take-out")
@requires(AccountRole.READER)
def take_out(number: int) -> ResponseReturnValue:
    """Take an item out; the page that follows offers to put it back."""
    item = _item(number)
    keeping.take_out(session(), acting(), item)
    session().commit()
    return redirect(url_for(".home", page=request.form.get("page", type=int), out=number))


@blueprint.post("/<int:number>/put-back")
@requires(AccountRole.READER)
def put_back(number: int) -> ResponseReturnValue:
    """Put back an item that was taken out."""
    item = _item(number)
    try:
        keeping.put_back(session(), acting(), item)
    except BasketFull:
        return _back(_("书袋满了，最多 %(most)s 条；请先取出一些。", most=MOST), "wrong")
    session().commit()
    return _back(_("已经放回。"), at=item)


def taken_out() -> BasketItem | None:
    """Return the item that was just taken out, if it can still be put back."""
    account, number = current_account(), request.args.get("out", type=int)
    item = keeping.own(session(), account, number) if account and number else None
    return item if item and item.removed else None


def _takes() -> dict[str, str]:
    """Return the endpoints of pages that take a list of addresses, by their paths, as far as they are there."""
    rules = current_app.url_map.iter_rules()
    return {rule.rule: rule.endpoint for rule in rules if rule.rule in _TAKING and "POST" in (rule.methods or ())}


def _item(number: int) -> BasketItem:
    """Return an item of one's own; to others there is none."""
    item = keeping.own(session(), acting(), number)
    if item is None:
        abort(404)
    return item


def _address(written: str) -> Address:
    try:
        return keeping.read(written)
    except NoItem:
        abort(400)


def _back(told: str, category: str = "done", *, at: BasketItem | None = None) -> ResponseReturnValue:
    """Lead to the basket, to the page and the item that was changed."""
    if told:
        flash(told, category)
    anchor = f"item-{at.id}" if at else None
    return redirect(url_for(".home", page=request.form.get("page", type=int), _anchor=anchor))
