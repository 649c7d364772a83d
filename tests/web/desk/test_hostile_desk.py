"""Whatever is sent to whichever address, by whomever, gets an answer that is meant, and nothing of it runs."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote, urldefrag, urlencode, urljoin, urlsplit

import pytest
from desk_people import Desk
from desk_works import WORK, write
from docx import Document as Word
from flask import Flask
from flask.testing import FlaskClient
from html_of import HOSTILE, seen
from markdown_it import MarkdownIt
from people import add
from seeds import SEED, slice_of
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from web.accounts.models import Account, AccountRole, AccountSession
from web.app import create_app
from web.database.storage import now
from web.desk.states import Move

REQUESTS = 150
MOST = 2
"""Times that somebody looks at an address, each with other parameters."""
MEANT = (200, 302, 303, 308, 400, 401, 403, 404, 405, 409, 410, 413, 421, 429)
NAMES = (
    *("q", "mode", "scope", "strict", "aliases", "sort", "limit", "cursor", "facets", "lang", "at", "to", "layout"),
    *("work", "author", "year", "page", "tag", "status", "tier", "assignee", "before", "who", "next", "csrf_token"),
    *("question", "name", "contact", "due", "tags", "section", "range", "query", "note", "heading", "stance"),
    *("first", "last", "move", "reason", "text", "after", "preview", "step", "doing", "role", "account", "login"),
    *("password", "again", "current", "secret", "link", "website", "a\r\nb", HOSTILE),
)
PLAUSIBLE = (
    *map(str, Move),
    *(
        "reader",
        "administrator",
        "disable",
        "enable",
        "invite",
        "reset",
        "withdraw",
        "end-sessions",
        "up",
        "down",
        "factual",
        "research",
        "for",
    ),
    *("jin", "W1", "0", "1", "2", "30", "true", "me", "en", "hybrid", "[@1]", "2026-01-01", "金史 OR 會寧府", "/desk/"),
)
HARMFUL = (
    *("", " ", "-1", "9" * 30, "9" * 5000, "٣", "1e999", "NaN", "0x1", "0001-01-01", "99999-99-99", "２０２６-0001"),
    *("\x00", "a\x00b", "\r\nSet-Cookie: x=1", "\x1b[2J", "\u2028", "\u202e", "\ufffe", "\ud800", "𠀀" * 900),
    *(HOSTILE, "javascript:alert(1)", "//example.org", "/\\example.org", "../../etc/passwd", "%s%(x)s{x}", "' OR 1=1"),
    *("x" * 70_000, "[" * 999, ">" * 999, "*a_" * 999, "[@999999]" * 99, "- " * 999, "`" * 999, "[x](javascript:1)"),
)
PARTS = {"which": ("1",), "kind": ("docx", "md", "json"), "key": ("works", "fruitless"), "work": ("jin", "W1")}
"""Likely parts of addresses, by the names that the routes give them."""


def made_up(chance: random.Random, likely: tuple[str, ...] = PLAUSIBLE) -> bytes:
    """A value: one that may be meant, one that does harm, or any bytes."""
    if chance.random() < 0.05:
        return chance.randbytes(9)
    return chance.choice(likely if chance.random() < 0.6 else HARMFUL).encode("utf-8", "surrogatepass")


def fields(chance: random.Random) -> list[tuple[str, bytes]]:
    """Fields of forms with any values, some of them more than once."""
    return [(chance.choice(NAMES), made_up(chance)) for _ in range(chance.randrange(12))]


def path(rule: str, case: str, chance: random.Random) -> str:
    """An address that the rule may answer."""
    likely = {**PARTS, "number": (case,)}
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda part: quote(made_up(chance, likely.get(part[1], ("0",))), safe="/"), rule)


def body(chance: random.Random) -> dict[str, Any]:
    """A form as browsers send it, or as they don't."""
    match chance.randrange(8):
        case 0:
            data = {
                name: (BytesIO(value), HOSTILE) if chance.random() < 0.3 else value for name, value in fields(chance)
            }
            return {"data": data, "content_type": "multipart/form-data"}
        case 1:
            head = b"--x\r\nContent-Disposition: form-data"
            parts = (head, head + b"\r\n\r\n1\r\n", b'; name="q"', b"; filename", b"\r\n", b"\r\n\r\n", b"--x", b"=")
            content = b"--x\r\n" + b"".join(chance.choice(parts) for _ in range(60)) + b"\r\n--x--"
            return {"data": content, "content_type": "multipart/form-data; boundary=x"}
        case 2:
            return {"data": json.dumps({"move": [1, None]}), "content_type": "application/json"}
        case _:
            return {"data": urlencode(fields(chance)), "content_type": "application/x-www-form-urlencoded"}


def headers(chance: random.Random) -> dict[str, str]:
    """Headers that reach the log, or what is answered."""
    names = ("Host", "Referer", "User-Agent", "X-Request-ID", "X-Forwarded-Host", "Cookie", "Range", "If-None-Match")
    told = (
        "localhost",
        "http://localhost/\x85",
        'a"><script>',
        "lang=en; wenyuan=x",
        "bytes=9-1",
        "*",
        "[::1",
        "\xff\x00",
    )
    return {name: chance.choice(told) for name in names if chance.random() < 0.1}


one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""For tests to which it is all the same where things are kept."""


@pytest.fixture(scope="module")
def hostile_works(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of a tame work and of one that is hostile wherever it has words."""
    text = f"松花江{HOSTILE}出\x01長白山\ufffe"
    page = {"label": f"1a{HOSTILE}" * 2, "start": 0, "facsimile": "javascript:alert(3)"}
    told = ("title", "author", "dynasty", "category", "place", "edition", "licence", "source")
    section = {"title": f"卷一{HOSTILE}", "text": text, "pages": [page], "notes": [[3, 3 + len(HOSTILE)]]}
    work = {"id": "W1", **{name: f"{name}\x01{HOSTILE}" for name in told}, "sections": [section]}
    return write(tmp_path_factory.mktemp("hostile"), WORK, work)


@pytest.fixture
def site(hostile_works: Path, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Flask:
    monkeypatch.chdir(tmp_path)
    app = create_app(hostile_works, database)
    app.config["WTF_CSRF_ENABLED"] = False
    return app


@pytest.fixture
def clients(desk: Desk) -> list[FlaskClient]:
    add(desk.app, "admin", AccountRole.ADMINISTRATOR)
    return [desk.app.test_client(), desk.sun, desk.li, desk.wang, desk.client("admin")]


def assert_meant(response: TestResponse, asked: object) -> None:
    assert response.status_code in MEANT, asked
    assert not any(mark in value for _, value in response.headers for mark in "\r\n\0"), asked
    location = response.headers.get("Location", "/")
    # Werkzeug leads to no host where the request named one that can't be, which no browser does.
    assert location.startswith("/") or urlsplit(location).netloc in ("localhost", ""), asked
    assert not location.startswith(("//", "/\\")), asked
    if response.mimetype == "text/html":
        assert not seen(response.text).dangers, asked
        assert "Traceback" not in response.text, asked


def test_no_route_fails_whatever_is_sent_by_whomever(desk: Desk, clients: list[FlaskClient]) -> None:
    cases = (desk.taken(), desk.taken(), desk.answered())
    for case in cases:
        desk.quote(desk.li, case, work="W1", end=12)
    with desk.storage.session() as session:
        people = [{"id": each.id, "stamp": each.stamp, "role": each.role} for each in session.scalars(select(Account))]
        named = ("id", "digest", "account_id", "created")
        open_ = [{name: getattr(row, name) for name in named} for row in session.scalars(select(AccountSession))]
    routes = sorted((rule.rule, method) for rule in desk.app.url_map.iter_rules() for method in rule.methods or ())
    forms = [route for route in routes if route[1] == "POST"]
    for number, chance in enumerate(slice_of(REQUESTS)):
        rule, method = chance.choice(forms if chance.random() < 0.6 else routes)
        address = f"{path(rule, chance.choice(cases), chance)}?{urlencode(fields(chance))}"
        sent = {} if method in ("GET", "HEAD") else body(chance)
        client = chance.choice(clients)
        desk.app.config["WTF_CSRF_ENABLED"] = chance.random() < 0.1
        asked = (SEED, number, method, address[:300], clients.index(client), str(sent)[:500])
        try:
            response = client.open(address, method=method, headers=headers(chance), **sent)
        except Exception as failure:
            pytest.fail(f"{failure!r}: {asked}")
        assert_meant(response, asked)
        with desk.storage.session.begin() as session:  # whoever was shut out comes back
            session.execute(update(Account), [{**each, "active": True} for each in people])
            for row in open_:
                session.merge(AccountSession(**row, seen=now()))


@one_database
def test_nothing_hostile_runs_at_the_desk(desk: Desk, clients: list[FlaskClient]) -> None:
    hostile_case(desk)
    said = set()
    for client in (clients[0], desk.wang):
        for address, response in explored(client, "/faq", "/desk/", f"/desk/answers?q={HOSTILE}"):
            assert response.status_code in (200, 302), address
            assert_meant(response, address)
            said |= {each for each in SAID if response.mimetype == "text/html" and each in seen(response.text).text}
    assert said == set(SAID)
    for key in ("works", "tiers"):
        drawing = desk.wang.get(f"/desk/statistics/{key}.svg")
        assert drawing.status_code == 200  # whatever characters the titles have
        assert "<script" not in drawing.text
    for address in ("/administration/accounts", f"/administration/audit?who={HOSTILE}", "/account/"):
        assert_meant(clients[-1].get(address), address)
    preview = desk.li.post(f"/desk/cases/{desk.taken()}/reply", data={"text": LINKS, "preview": "1"})
    assert "javascript:alert" in seen(preview.text).text
    assert_meant(preview, LINKS)


@one_database
def test_exports_say_what_is_hostile_and_do_nothing(desk: Desk) -> None:
    number = hostile_case(desk)
    got = {kind: desk.li.get(f"/desk/cases/{number}/reply.{kind}") for kind in ("docx", "pdf", "md", "json")}
    assert {response.status_code for response in got.values()} == {200}
    for response in got.values():
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Content-Disposition"].startswith("attachment; ")
    word = Word(BytesIO(got["docx"].data))
    said = [each.text for each in word.paragraphs if "<script>alert(1)</script>" in each.text]
    assert len(said) == 5  # question, draft, quotation, reference, author
    assert {each.target_ref[:9] for each in word.part.rels.values() if each.is_external} == {"http://x/", "http://lo"}
    html = MarkdownIt("commonmark").render(got["md"].text)
    assert not seen(html).dangers
    assert html.count("&lt;script&gt;alert(1)") >= 4
    assert json.loads(got["json"].text)["question"] == HOSTILE


@one_database
def test_ten_million_bytes_are_refused_by_every_form(desk: Desk, clients: list[FlaskClient]) -> None:
    case = desk.taken()
    length = 10_000_000
    for rule in desk.app.url_map.iter_rules():
        if "POST" in (rule.methods or ()):
            address = re.sub(r"<[^>]*>", lambda part: case if "number" in part[0] else "1", rule.rule)
            response = clients[-1].post(
                address,
                data=b"question=x",
                content_type="application/x-www-form-urlencoded",
                environ_overrides={"CONTENT_LENGTH": str(length)},
            )
            assert response.status_code == 413, address
            assert "<h1" in response.text, address
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        assert clients[0].post("/ask", data=b"x" * length, content_type=kind).status_code == 413


@one_database
@pytest.mark.parametrize("query", ["search?q=", "api/v1/search?q=", "search?q=x&work=", "api/v1/search?q=x&cursor="])
def test_ten_million_bytes_of_a_query_are_refused_with_a_reason(desk: Desk, query: str) -> None:
    response = desk.li.get(f"/{query}{'x' * 10_000_000}")
    assert response.status_code == 400
    if query.startswith("api"):
        assert response.content_type == "application/problem+json"
        assert len(response.data) < 1000
    else:
        assert "<h1" in response.text


def test_what_is_no_text_is_refused(desk: Desk) -> None:
    number = desk.taken()
    for address in ("/search?q=%00", "/desk/?tag=a%00", "/faq?q=%00"):
        assert desk.li.get(address).status_code == 400
    assert desk.client("li").post("/ask", data={"question": "a\0b", "name": "n", "contact": "c"}).status_code == 400
    assert desk.save(desk.li, number, "a\0b", 0) == 400


@one_database
def test_a_field_without_a_name_is_refused(desk: Desk, clients: list[FlaskClient]) -> None:
    desk.app.config["WTF_CSRF_ENABLED"] = True
    part = b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n"
    content = part + part + b"--x--"
    for client in clients:
        for path in ("/ask", "/account/log-in", "/nowhere"):
            response = client.post(path, data=content, content_type="multipart/form-data; boundary=x")
            assert response.status_code in (400, 404), path


@pytest.mark.parametrize("after", [5, -1, 10**30])
def test_a_draft_that_follows_none_is_the_first(desk: Desk, after: int) -> None:
    number = desk.taken()
    assert desk.save(desk.li, number, "一", after) == 302
    assert desk.save(desk.li, number, "二", after) == 409
    assert desk.look(number, lambda case: [each.number for each in case.revisions]) == [1]


@one_database
def test_a_refusal_fits_the_cookie_that_tells_it(desk: Desk) -> None:
    number = desk.taken()
    desk.quote(desk.li, number)
    response = desk.li.post(f"/desk/cases/{number}/evidence/1/trim", data={"first": "𠀀" * 4999, "last": ""})
    assert len(response.headers["Set-Cookie"]) < 4000
    assert "没有截取" in desk.li.get(f"/desk/cases/{number}").text


@pytest.mark.parametrize("account", ["9" * 30, "-" + "9" * 30, "0", "x"])
def test_an_account_that_cannot_be_is_none(desk: Desk, clients: list[FlaskClient], account: str) -> None:
    sent = {"doing": "disable", "account": account}
    assert clients[-1].post("/administration/accounts", data=sent).status_code == 404


SAID = (HOSTILE, f"卷一{HOSTILE}", f"注{HOSTILE}", f"題{HOSTILE}", f"公{HOSTILE}")
"""What the hostile case has to say of itself on some page."""
LINKS = '[x](javascript:alert(1)) [y](http://x/"onclick=alert(1)) ![z](javascript:1) <javascript:1>'


def hostile_case(desk: Desk) -> str:
    """A public case that is hostile wherever people write."""
    with desk.storage.session.begin() as session:
        session.execute(update(Account).values(name=HOSTILE))
    asked = {"question": HOSTILE, "name": HOSTILE, "contact": HOSTILE}
    assert desk.client("sun").post("/ask", data=asked).status_code == 302
    number = re.search(r"\d{4}-\d{4}", desk.li.get("/desk/").text)
    assert number
    case = number[0]
    desk.post(desk.li, case, "move", move="take-up", reason=HOSTILE)
    desk.post(desk.li, case, "facts", tier="factual", assignee="0", tags=HOSTILE)
    desk.post(desk.li, case, "working")
    for q in (HOSTILE, f'"{HOSTILE}"', "松花江"):
        desk.li.get("/search", query_string={"q": q})
    desk.post(desk.li, case, "evidence", work="W1", section="0", range="0-80", query=HOSTILE, note=f"注{HOSTILE}")
    desk.post(desk.li, case, "evidence/1/annotate", heading=f"題{HOSTILE}", stance="neutral", note=f"注{HOSTILE}")
    assert desk.save(desk.li, case, f"{HOSTILE}\n\n{LINKS}\n\n[@1]", 0) == 302
    assert desk.save(desk.zhao, case, f"{HOSTILE}!", 0) == 409
    desk.post(desk.li, case, "move", move="sign", reason=HOSTILE)
    desk.post(desk.li, case, "move", move="close", reason=HOSTILE)
    desk.post(desk.wang, case, "publish", question=f"公{HOSTILE}")
    assert desk.status(case) == "closed"
    return case


def explored(client: FlaskClient, *addresses: str) -> Iterator[tuple[str, TestResponse]]:
    """What the addresses answer, and those to which their pages lead."""
    waiting = list(addresses)
    for address in waiting:  # which grows
        response = client.get(address)
        yield address, response
        if response.mimetype == "text/html" and response.status_code == 200:
            for link in seen(response.text).links:
                target = urldefrag(urljoin(address, link)).url
                known = [each for each in waiting if urlsplit(each).path == urlsplit(target).path]
                if not urlsplit(target).netloc and target not in known and len(known) < MOST:
                    waiting.append(target)
