"""axe-core finds nothing to complain of in any state of any page, in three languages, three widths, light and dark.

Each state is looked at in one of the eighteen ways, in turn; ``make accessibility`` looks at all of them in every way.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

import pytest
from axe_playwright_python.sync_playwright import Axe
from desk_people import QUESTION, Desk
from desk_works import OTHER, PICTURED, TEXT, WORK
from flask import Flask
from flask.testing import FlaskClient
from open_index import build
from playwright.sync_api import Browser, BrowserContext
from serving import served
from shared_texts import KANRIPO
from sqlalchemy import select

from web.access import shelf_of
from web.accounts.models import Account, AccountRole
from web.alerts import keys as search_keys
from web.alerts.models import Arrival
from web.app import create_app
from web.database.storage import now
from web.jobs import setup as jobs
from web.letters import queue
from web.letters.models import LetterKind, LetterState
from web.mailbox import keys as mailbox_keys
from web.mailbox.models import Mailbox
from web.marginalia.models import Marginal
from web.serving.config import Config

LANGUAGES = ("zh", "zh-Hant", "en")
WIDTHS = (320, 768, 1280)
SCHEMES = ("light", "dark")
WAYS = tuple(product(LANGUAGES, WIDTHS, SCHEMES))
NOWHERE = "/nowhere"
EVERY = bool(os.environ.get("WENYUAN_EVERY_PAGE"))
AXE = Axe().axe_script
OPTIONS = {
    "rules": {name: {"enabled": True} for name in ("target-size", "label-content-name-mismatch")},
    "resultTypes": ["violations"],
}
"""Rules that axe-core leaves out unless told otherwise; and no account of what passes, which takes as long again."""
NO_PAGES = {
    "static",
    "searches.feed",
    "metrics.metrics",
    "health.alive",
    "health.ready",
    "accounts.session_left",
    "jobs.progress",
    "pages.cite_selection",
    "pages.facsimile",
    "pages.seek",
    "pages.suggest",
}
"""Endpoints for machines. So are those of the API, and files."""
FILES = ("_sheet", ".sheet", ".chart", ".export", "table", "taking.work")


class State(NamedTuple):
    """A page as somebody meets it; ``{…}`` in an address are cases and jobs of :func:`held`."""

    who: str
    path: str


STATES = (
    *(
        State("", path)
        for path in (
            "/",
            "/search",
            "/search?q=会宁府",
            "/search?q=会宁府&mode=exact&work=jin",
            "/search?q=都城在哪里&mode=semantic",
            "/search?q=上京&sort=place&scope=text&strict=true",
            "/search?q=魚魚魚&mode=exact",
            "/search?q=***",
            "/search?q=/at/jin/0/024-1a@0%2B2:上京",
            "/search?q=(会宁府) AND (上京)",
            "/concordance?q=会宁府",
            "/concordance?q=会宁府&layout=vertical&group=work",
            "/concordance?q=魚魚魚",
            "/distribution?q=会宁府&q=上京",
            "/collocates?q=上京&least=1",
            "/keywords?work=jin&least=1",
            "/compose",
            "/compose?all=会宁府&none=辽",
            "/parallels",
            "/parallels?q=國言金曰按出虎按出虎水源於此",
            "/parallels/works",
            "/parallels/works?work=jin",
            "/parallels/works?collection=local&least=8",
            "/read/jin/0",
            "/read/jin/0?q=会宁府",
            "/read/jin/0?q=会宁府&layout=vertical",
            "/read/note/0",
            "/read/tu/0?q=长白山",
            "/read/tu/1",
            "/works/tu",
            "/facsimile?work=tu",
            "/character",
            "/character/会?work=jin",
            "/character/〓?name=⿰金先",
            "/read/jin/0?q=会宁府&paper=sepia&notes=aside&lines=run&size=largest",
            "/read/jin/0?q=会宁府&paper=dark&notes=hidden&measure=wide",
            "/read/jin/0?characters=simplified&paper=light",
            "/read/jin/0?q=会宁府&beside=note",
            "/read/jin/0?beside=jin&layout=vertical",
            "/read/jin/0?beside=nothing",
            "/at/jin/0/024-1a@0:上京",
            "/works",
            "/works/jin",
            "/works/jin?q=会宁府",
            "/about",
            "/cite",
            "/cite?q=会宁府",
            "/cite?whole=jin&style=apa",
            "/cite?address=gone/0/@0%2B2:上京&address=jin/0/024-1a@0%2B2:上京",
            NOWHERE,
            "/account/log-in",
            "/account/invitation",
            "/account/sign-up",
            "/shelf/",
            "/shelf/history",
            "/shelf/basket/",
            "/shelf/basket/put?work=jin&section=0&range=0-9",
            "/ask",
            "/ask/received",
            "/ask/status",
            "/errata/new",
            "/errata/new?work=jin&section=0&range=0-46&whole=1",
            "/errata/received",
            "/errata/status",
            "/faq",
            "/faq?q=上京",
            "/faq/{published}",
        )
    ),
    *(
        State("li", path)
        for path in (
            "/desk/",
            "/desk/new",
            "/desk/?scope=all&q=上京",
            "/desk/texts",
            "/desk/errata",
            "/desk/errata/{erratum}",
            "/desk/cases/{new}",
            "/desk/cases/{returned}",
            "/desk/cases/{taken}",
            "/desk/cases/{submitted}",
            "/desk/cases/{published}",
            "/desk/cases/{taken}/reply",
            "/desk/cases/{published}/revisions/1",
            "/desk/answers",
            "/desk/answers?q=上京",
            "/desk/statistics",
            "/desk/usage",
            "/jobs/",
            "/jobs/{waiting}",
            "/jobs/{cancelled}",
            "/jobs/{done}/parallels",
            "/take/jobs/{taken_lines}",
            "/search?q=会宁府",
            "/read/jin/0?q=会宁府",
            "/account/",
            "/account/delete",
            "/shelf/",
        )
    ),
    State("zhang", "/account/delete"),
    *(
        State("zhao", path)
        for path in ("/shelf/searches", "/shelf/searches/new?search=/search?q=上京", "/shelf/searches/{saved}")
    ),
    *(State(who, "/account/mail/") for who in ("zhang", "zhao")),
    State("zhao", "/account/"),
    State("", "/account/mail/confirm/{confirm}"),
    State("", "/account/mail/confirm/none"),
    State("", "/letters/stop/{stop}"),
    State("zhang", "/shelf/"),
    State("zhang", "/shelf/history"),
    State("zhang", "/shelf/basket/"),
    State("zhang", "/shelf/basket/put?work=jin&section=0&range=0-9"),
    *(
        State("zhao", path)
        for path in (
            "/shelf/notes",
            "/shelf/notes/new?work=jin&section=0&range=0-46",
            "/shelf/notes/{mark}",
            "/read/jin/0?q=上京&at=0",
        )
    ),
    *(State("zhao", path) for path in ("/search?q=会宁府", "/read/jin/0?q=会宁府", "/read/jin/0?layout=vertical")),
    State("wang", "/desk/cases/{submitted}"),
    State("ma", "/administration/accounts"),
    State("ma", "/administration/audit"),
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """A site with works, cases in all their states, and people."""
    folder = tmp_path_factory.mktemp("accessible")
    texts = [folder / "works.jsonl"]
    texts[0].write_text("\n".join(json.dumps(work, ensure_ascii=False) for work in (WORK, OTHER, PICTURED)), "utf-8")
    if KANRIPO.is_dir():  # with pages, notes and facsimiles
        texts.append(folder / "KR2a0035")
        texts[-1].mkdir()
        shutil.copyfile(KANRIPO / "KR2a0035" / "KR2a0035_024.txt", texts[-1] / "KR2a0035_024.txt")
    build(texts, folder / "index")
    config = Config(
        sign_up=True, mail="smtp://127.0.0.1:1", mail_from="desk@library.example", site="https://library.example"
    )
    app = create_app(folder / "index", f"sqlite:///{folder / 'desk.sqlite'}", config=config)
    app.config["WTF_CSRF_ENABLED"] = False
    return app


class Held(NamedTuple):
    """A site, the people at its desk, and the numbers of its cases and the names of its jobs."""

    address: str
    people: dict[str, FlaskClient]
    cases: dict[str, str]


def begun(desk: Desk, least: int) -> str:
    """The name of a job that compares all works."""
    asked = {"collection": "local", "least": least}
    location: str = desk.li.post("/parallels/works", data=asked).location
    return location.rpartition("/")[2]


@pytest.fixture(scope="module")
def held(site: Flask) -> Iterator[Held]:
    desk = Desk(site)
    cases = {
        "new": desk.ask(),
        "taken": desk.taken(),
        "submitted": desk.taken("research"),
        "returned": desk.taken("topical"),
        "published": desk.answered(),
    }
    for name in ("taken", "submitted", "returned"):
        desk.quote(desk.li, cases[name])
        desk.save(desk.li, cases[name], "在阿城。\n\n[@1]", 0)
    desk.post(desk.li, cases["submitted"], "move", move="submit")
    desk.post(desk.li, cases["returned"], "move", move="submit")
    desk.post(desk.wang, cases["returned"], "move", move="send-back", reason="[@1] 不切題")
    desk.post(desk.zhao, cases["taken"], "working")
    desk.post(desk.li, cases["taken"], "notes", note="去年也問過")
    desk.li.post("/desk/texts", data={"title": "開館時間", "text": "九時至五時。"})
    desk.post(desk.wang, cases["published"], "publish", question=QUESTION)
    with desk.storage.session.begin() as session:
        session.add(Account(login="ma", name="ma", role=AccountRole.ADMINISTRATOR))
        session.add(Account(login="zhang", name="zhang", role=AccountRole.READER))
    people = {"": site.test_client(), "li": desk.li, "zhao": desk.zhao, "wang": desk.wang, "ma": desk.client("ma")}
    people[""].post(
        "/errata/new",
        data={"place": "jin/0/@0+2:上京", "words": "上京", "suggestion": "上都", "contact": "reader@example.org"},
    )
    with people[""].session_transaction() as cookie:
        cases["erratum"] = cookie["erratum"]
    saved = desk.zhao.post("/shelf/searches/new", data={"search": "/search?q=上京", "title": "上京"}).location
    desk.zhao.post(f"{saved}/feed")
    for start, colour in ((0, "yellow"), (4, "green"), (8, "blue"), (12, "red")):
        place = f"jin/0/024-1a@{start}+3:{TEXT[start : start + 3]}"
        desk.zhao.post("/shelf/notes/new", data={"place": place, "colour": colour, "note": "存疑"})
    with desk.storage.session() as session:
        cases["mark"], last = map(str, session.scalars(select(Marginal.id).order_by(Marginal.id)).all()[::3])
    desk.zhao.post(f"/shelf/notes/{last}/remove")
    cases["saved"] = saved.rpartition("/")[2]
    with desk.storage.session.begin() as session:
        places = json.dumps(["jin/0/@0+2:上京"])
        session.add(Arrival(search_id=int(cases["saved"]), generation=1, count=1, places=places))
    desk.zhao.post("/account/mail/", data={"address": "new@example.org"})
    with site.test_request_context(), desk.storage.session.begin() as session:
        box = session.get_one(Mailbox, desk.number_of("zhao"))
        cases["confirm"] = mailbox_keys.key_of(box)
        cases["stop"] = search_keys.stop_key_of(session.get_one(Account, box.account_id))
        box.address, box.since = "old@example.org", now()
        letter = queue.put(session, LetterKind.NEWS, box.address, "https://library.example", account=box.account_id)
        letter.state, letter.trouble = LetterState.FAILED, "550 nobody"
    desk.zhao.post(f"{saved}/mail")
    cases["done"] = begun(desk, least=8)
    cases["taken_lines"] = desk.li.post("/take/lines", data={"q": "上京"}).location.rpartition("/")[2]
    runner = jobs.runner(site, shelf_of(site))
    while runner.once():
        pass
    cases["cancelled"], cases["waiting"] = begun(desk, least=9), begun(desk, least=10)
    desk.li.post(f"/jobs/{cases['cancelled']}/cancel")
    people["zhang"] = desk.client("zhang")
    people["zhang"].post("/shelf/history/switch", data={"on": "1"})
    people["zhang"].get("/read/jin/0?q=會寧府")
    for address in ("jin/0/@0+2:上京", "jin/0/@3+2:改了", "away/0/@0+2:舊文"):
        people["zhang"].post("/shelf/basket/items", data={"address": address})
    with served(site) as address:
        yield Held(address, people, cases)


@pytest.fixture(scope="module")
def contexts(browser: Browser, held: Held) -> Iterator[dict[str, BrowserContext]]:
    """A browser for each person."""
    opened = {}
    for who, client in held.people.items():
        opened[who] = browser.new_context(base_url=held.address)
        cookie = client.get_cookie("wenyuan")
        if who and cookie:
            opened[who].add_cookies([{"name": cookie.key, "value": cookie.value, "url": held.address}])
    yield opened
    for context in opened.values():
        context.close()


@pytest.mark.parametrize("number", range(len(STATES)), ids=[f"{each.who}{each.path}" for each in STATES])
def test_nothing_stands_in_the_way(contexts: dict[str, BrowserContext], held: Held, number: int) -> None:
    state = STATES[number]
    path = state.path.format(**held.cases)
    page = contexts[state.who].new_page()
    found = []
    shown = None
    for language, width, scheme in WAYS if EVERY else (WAYS[number % len(WAYS)],):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of two words
        if language != shown:
            answer = page.goto(f"{path}{'&' if '?' in path else '?'}lang={language}")
            assert answer is not None
            assert answer.status < 500  # the page of a failure is another one
            page.wait_for_load_state()
            page.evaluate(AXE)
            shown = language
        violations = page.evaluate("options => axe.run(options)", OPTIONS)["violations"]
        wide = page.evaluate("document.documentElement.scrollWidth")
        found += [
            (language, width, scheme, each["id"], [node["html"][:200] for node in each["nodes"]]) for each in violations
        ]
        found += [(language, width, scheme, "wider than the screen", [str(wide)])] * (wide > width)
    page.close()
    assert found == []


def test_every_page_is_looked_at(site: Flask, held: Held) -> None:
    paths = [each.path.partition("?")[0].format(**held.cases) for each in STATES if each.path != NOWHERE]
    seen = {site.url_map.bind("localhost").match(path)[0] for path in paths}
    endpoints = {rule.endpoint for rule in site.url_map.iter_rules() if "GET" in (rule.methods or ())}
    pages = {each for each in endpoints - NO_PAGES if not each.startswith("api.") and not each.endswith(FILES)}
    assert pages - seen == set()
