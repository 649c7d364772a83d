"""The shelf's page leads to what areas registered, and asks the database nothing for readers who have nothing there."""

from __future__ import annotations

from pathlib import Path

from flask_babel import lazy_gettext
from people import logged_in
from sqlalchemy import event

from web.accounts import belongings
from web.accounts.belongings import Belonging
from web.accounts.models import Account, AccountRole
from web.app import create_app
from web.database.storage import Storage, session
from web.readers import sections
from web.readers.sections import ShelfSection


def test_sections_are_shown_to_those_who_can_have_something_there(index: Path) -> None:
    app = create_app(index)
    about = lazy_gettext("书架")
    sections.register(
        app,
        ShelfSection(lazy_gettext("著作"), about, "pages.works", lambda: 7),
        ShelfSection(lazy_gettext("互见"), about, "pages.parallels", lambda: None, stored="wenyuan.x"),
    )
    visitor, reader = app.test_client().get("/shelf/").text, logged_in(app, AccountRole.READER).get("/shelf/").text
    assert "我的任务" in visitor
    assert '<h2><a href="/works">' not in visitor
    assert '<h2><a href="/works">著作</a> <span class="count">7</span>' in reader
    for page in (visitor, reader):
        assert '<span class="count" data-stored="wenyuan.x">' in page


def test_a_visitor_who_has_nothing_costs_no_question_to_the_database(index: Path) -> None:
    app = create_app(index)
    storage: Storage = app.extensions["storage"]
    asked: list[str] = []
    event.listen(storage.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    assert app.test_client().get("/shelf/").status_code == 200
    assert asked == []


def test_belongings_are_exported_by_name_and_removed(index: Path) -> None:
    app = create_app(index)
    removed: list[str] = []
    belongings.register(app, Belonging("x", lambda _, who: [who.login], lambda _, who: removed.append(who.login)))
    logged_in(app, AccountRole.READER)
    with app.test_request_context():
        account = session().get_one(Account, 1)
        assert belongings.export(session(), account)["x"] == ["reader"]
        belongings.remove(session(), account)
    assert removed == ["reader"]
