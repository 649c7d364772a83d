"""A save is a save, over a real server: killed, locked, full or gone, nothing that was written is lost."""

from __future__ import annotations

import http.client
import os
import random
import re
import resource
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from html import unescape
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

import psutil
import pytest
from databases import empty_database
from people import PASSWORD
from serving import PATIENCE, Server, serving
from sqlalchemy import create_engine, select, text
from sqlalchemy.pool import NullPool

from web.accounts.models import Account, AccountRole
from web.accounts.passwords import hashed
from web.database.storage import Storage
from web.desk.autosaving import left
from web.desk.cases import find, open_case
from web.desk.drafting import LONGEST
from web.desk.models import Case
from web.desk.states import Status

TEXT = "上京會寧府，在今哈爾濱市阿城區南。"


class Browser:
    """Somebody who is logged in at a real server, with cookies."""

    def __init__(self, server: Server, login: str = "") -> None:
        self.server = server
        self.opener = build_opener(HTTPCookieProcessor(CookieJar()))
        if login:
            sent = {"login": login, "password": PASSWORD, "csrf_token": self.token("/account/log-in")}
            assert self.post("/account/log-in", **sent)[0] == 200

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        return self._open(Request(f"{self.server.address}{path}", headers=headers))

    def post(self, path: str, **fields: str) -> tuple[int, str]:
        return self._open(Request(f"{self.server.address}{path}", urlencode(fields).encode()))

    def token(self, path: str) -> str:
        found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', self.get(path)[1])
        assert found, path
        return found[1]

    def _open(self, request: Request) -> tuple[int, str]:
        try:
            with self.opener.open(request, timeout=PATIENCE) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as answer:
            return answer.code, answer.read().decode()


def people_and_a_case(address: str) -> str:
    """Two librarians, and the number of a case that is worked on."""
    storage = Storage.open(address)
    with storage.session() as session:
        for login in ("li", "zhao"):
            session.add(Account(login=login, name=login, role=AccountRole.LIBRARIAN, password=hashed(PASSWORD)))
        case = open_case(session, "上京在哪裡？", None)
        case.status = Status.IN_PROGRESS
        session.commit()
        number = case.number
    storage.engine.dispose()
    return number


def saved(address: str, number: str) -> list[str]:
    """The drafts that are saved."""
    return _read(address, number, lambda case, _: [each.text for each in case.revisions])


def kept(address: str, number: str) -> list[str]:
    """What li has written and not saved."""
    return _read(address, number, lambda case, account: [each.text for each in _left(case, account)])


def _left(case: Case, account: Account) -> list[object]:
    from sqlalchemy.orm import object_session

    session = object_session(case)
    assert session
    return list(left(session, case, account))


def _read(address: str, number: str, see: Callable[[Case, Account], list[str]]) -> list[str]:
    storage = Storage.open(address)
    try:
        with storage.session() as session:
            case = find(session, number)
            account = session.scalars(select(Account).where(Account.login == "li")).one()
            assert case
            return see(case, account)
    finally:
        storage.engine.dispose()


def held(page: str) -> str:
    """The text of the largest box of a page."""
    boxes = re.findall(r"<textarea [^>]*>\n?(.*?)</textarea>", page, re.DOTALL)
    return max(map(unescape, boxes), key=len, default="")


def unlike(seed: int) -> str:
    chance = random.Random(seed)
    return "".join(chr(chance.randrange(0x4E00, 0x9000)) for _ in range(LONGEST))


@pytest.fixture
def file(tmp_path: Path) -> str:
    return str(tmp_path / "wenyuan.sqlite")


@pytest.fixture
def number(file: str) -> str:
    return people_and_a_case(file)


@pytest.fixture
def server(index: Path, tmp_path: Path, file: str, number: str) -> Iterator[Server]:
    with serving(index, tmp_path / "log", database=file, workers=1) as running:
        yield running


def killed(server: Server) -> None:
    """The server with all its processes, as by a power cut."""
    for process in (*psutil.Process(server.process.pid).children(recursive=True), psutil.Process(server.process.pid)):
        process.kill()
    server.process.wait(PATIENCE)


def test_a_hostile_pair_of_drafts_stops_nobody_and_is_not_lost(server: Server, file: str, number: str) -> None:
    li, zhao = Browser(server, "li"), Browser(server, "zhao")
    path, mine, theirs = f"/desk/cases/{number}/reply", unlike(1), unlike(2)
    assert zhao.post(path, text=theirs, after="0", csrf_token=zhao.token(path))[0] == 200
    workers = [each.pid for each in psutil.Process(server.process.pid).children()]
    answers: list[tuple[int, str]] = []
    sent = {"text": mine, "after": "0", "csrf_token": li.token(path)}
    saving = threading.Thread(target=lambda: answers.append(li.post(path, **sent)))
    saving.start()
    alive = 0
    while saving.is_alive():
        assert server.get("/healthz")[0] == server.get("/about")[0] == 200
        alive += saving.is_alive()
    saving.join()
    ((status, page),) = answers
    assert status == 409
    assert held(page) == mine
    assert theirs in page
    assert alive > 3  # others were answered meanwhile; with the interpreter locked, none
    assert kept(file, number) == [mine]
    assert [each.pid for each in psutil.Process(server.process.pid).children()] == workers


def test_a_server_that_is_killed_while_it_merges_has_kept_the_text(server: Server, file: str, number: str) -> None:
    li, zhao = Browser(server, "li"), Browser(server, "zhao")
    path, mine = f"/desk/cases/{number}/reply", unlike(1)
    assert zhao.post(path, text=unlike(2), after="0", csrf_token=zhao.token(path))[0] == 200
    sent = {"text": mine, "after": "0", "csrf_token": li.token(path)}
    failures: list[BaseException] = []

    def save() -> None:
        try:
            li.post(path, **sent)
        except (OSError, http.client.HTTPException) as failure:
            failures.append(failure)

    saving = threading.Thread(target=save)
    saving.start()
    worker = psutil.Process(server.process.pid).children()[0]
    while saving.is_alive() and not worker.children():
        time.sleep(0.005)
    killed(server)
    saving.join()
    assert failures, "it was to be killed before it answered"
    assert kept(file, number) == [mine]


def test_a_server_that_is_killed_after_a_save_has_saved(server: Server, file: str, number: str) -> None:
    li = Browser(server, "li")
    path = f"/desk/cases/{number}/reply"
    token = li.token(path)
    for after in range(5):
        assert li.post(path, text=f"{TEXT}{after}", after=str(after), csrf_token=token)[0] == 200
    killed(server)
    assert saved(file, number) == [f"{TEXT}{after}" for after in range(5)]


def test_a_server_that_is_started_again_takes_the_form_of_before(
    index: Path, tmp_path: Path, file: str, number: str
) -> None:
    path = f"/desk/cases/{number}/reply"
    with serving(index, tmp_path / "log", database=file, workers=1) as before:
        li = Browser(before, "li")
        token = li.token(path)
    with serving(index, tmp_path / "log", database=file, workers=1) as after:
        li.server = after
        assert li.post(path, text=TEXT, after="0", csrf_token=token)[0] == 200
    assert saved(file, number) == [TEXT]


def test_with_another_key_the_text_is_kept_and_one_logs_in_on_the_page(
    index: Path, tmp_path: Path, file: str, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/desk/cases/{number}/reply"
    with serving(index, tmp_path / "log", database=file, workers=1) as before:
        li = Browser(before, "li")
        token = li.token(path)
    monkeypatch.setenv("WENYUAN_SECRET_KEY", "k" * 40)
    with serving(index, tmp_path / "log", database=file, workers=1) as after:
        li.server = after
        status, page = li.post(path, text=TEXT, after="0", csrf_token=token)
        assert (status, held(page)) == (401, TEXT)
        fresh = re.findall(r'name="csrf_token" value="([^"]+)"', page)[-1]
        sent = {"csrf_token": fresh, "log-in-here": "1", "login": "li", "password": PASSWORD}
        assert li.post(path, text=TEXT, after="0", **sent)[0] == 200
    assert saved(file, number) == [TEXT]


def test_while_the_database_is_locked_searches_are_answered_and_texts_are_shown(
    server: Server, file: str, number: str
) -> None:
    li = Browser(server, "li")
    path = f"/desk/cases/{number}/reply"
    token = li.token(path)
    assert li.post(f"/desk/cases/{number}/working", csrf_token=token)[0] == 200
    lock = sqlite3.connect(file, isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    status, page = li.get(f"/search?q={quote('會寧府秘密')}")
    assert status == 200
    assert number in page  # the case at hand
    status, page = li.post(path, text=TEXT * 20, after="0", csrf_token=token)
    assert (status, held(page)) == (503, TEXT * 20)
    assert "数据库正忙" in page
    stranger = Browser(server)
    status, page = stranger.post(
        "/account/log-in", login="li", password=PASSWORD, csrf_token=stranger.token("/account/log-in")
    )
    assert status == 503
    assert "数据库" in page
    lock.execute("ROLLBACK")
    assert re.search(r'name="csrf_token"[^>]* value="[^"]+"', page)  # one may try again
    assert li.post(path, text=TEXT * 20, after="0", csrf_token=token)[0] == 200
    assert saved(file, number) == [TEXT * 20]
    nothing_typed_is_logged(server)


def test_when_the_disk_is_full_texts_are_shown_and_saved_once_it_is_not(server: Server, file: str, number: str) -> None:
    li = Browser(server, "li")
    path, written = f"/desk/cases/{number}/reply", unlike(3)
    token = li.token(path)
    assert li.post(f"/desk/cases/{number}/working", csrf_token=token)[0] == 200
    processes = psutil.Process(server.process.pid).children()
    for each in processes:
        each.rlimit(psutil.RLIMIT_FSIZE, (os.path.getsize(file), resource.RLIM_INFINITY))
    for after in range(8):  # the first may still fit
        status, page = li.post(path, text=f"{written[:-1]}{after}", after=str(after), csrf_token=token)
        if status != 200:
            break
    assert (status, held(page)) == (503, f"{written[:-1]}{after}")
    assert "数据库" in page
    assert li.get(f"/search?q={quote('會寧府秘密')}")[0] == 200
    for each in processes:
        each.rlimit(psutil.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert li.post(path, text=held(page), after=str(after), csrf_token=token)[0] == 200
    assert saved(file, number)[-1] == f"{written[:-1]}{after}"
    nothing_typed_is_logged(server)


def test_when_the_database_is_gone_texts_are_shown_and_searches_answered(index: Path, tmp_path: Path) -> None:
    with empty_database("postgresql", tmp_path) as address:
        number = people_and_a_case(address)
        with serving(index, tmp_path / "log", database=address, workers=1) as server:
            li = Browser(server, "li")
            path = f"/desk/cases/{number}/reply"
            token = li.token(path)
            asking = Browser(server)
            asked = asking.token("/ask")
            gone(address)
            status, page = li.post(path, text=TEXT * 20, after="0", csrf_token=token)
            assert status in (401, 503)  # who is logged in is not known either
            assert held(page) == TEXT * 20
            status, page = asking.post("/ask", question=TEXT * 20, name="趙", contact="a@b", csrf_token=asked)
            assert (status, held(page)) == (503, TEXT * 20)
            assert li.get(f"/search?q={quote('會寧府秘密')}")[0] == 200
            nothing_typed_is_logged(server)


def gone(address: str) -> None:
    """Make the database one that nobody reaches, and end whoever is connected to it."""
    name = address.rpartition("/")[2].partition("?")[0]
    engine = create_engine(address.replace(name, "postgres"), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
        connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"))


def nothing_typed_is_logged(server: Server) -> None:
    log = server.log.read_text("utf-8")
    escaped = [TEXT[:5].encode("ascii", "backslashreplace").decode(), quote("會寧府秘密"), TEXT[:5], "秘密"]
    escaped.append("秘密".encode("ascii", "backslashreplace").decode())
    assert not [each for each in escaped if each in log], log[-3000:]


def test_the_next_click_from_a_page_with_the_longest_query_is_answered(server: Server) -> None:
    page = f"{server.address}/search?q={quote('江' * 1000)}"
    for path in ("/about", "/static/style.css"):
        assert Browser(server).get(path, Referer=page)[0] == 200


def test_signed_and_saved_is_on_the_disk_before_it_is_told(file: str, number: str) -> None:
    storage = Storage.open(file)
    with storage.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    storage.engine.dispose()
