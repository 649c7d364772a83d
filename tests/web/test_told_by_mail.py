"""What is new to saved searches is told by mail: once, in one letter, and never more than its reader may see."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import cast

import pytest
from changing_site import INSIDE, NEW, SECRET, Site, post, said, saved
from databases import KINDS, new_database
from flask.testing import FlaskClient
from people import log_in
from post_office import Post, post_office
from sqlalchemy import func, select, update

from corpora.model import Access
from indexer.upkeep.declaring import declare
from web.access import shelf_of
from web.accounts import belongings
from web.accounts.models import Account, AccountRole
from web.alerts import checking, telling
from web.alerts.models import Arrival, SavedSearch
from web.database.storage import Storage, now
from web.letters.composing import composers
from web.letters.models import LetterKind, LetterState, QueuedLetter
from web.letters.sending import LEASE, deliver
from web.mail import LetterFate, Sending, send
from web.mailbox.models import Mailbox

SENDER, READER, OTHER = "desk@library.example", "wang@example.org", "zhao@example.org"
ROOT = "https://library.example"


class Mailing(Site):
    """A site that sends mail, and what its mail server took."""

    def __init__(self, folder: Path, database: str, office: tuple[Post, object]) -> None:
        super().__init__(folder, database, mail="smtp://127.0.0.1:1", mail_from=SENDER)
        self.app.config["WTF_CSRF_ENABLED"] = True
        self.storage: Storage = self.app.extensions["storage"]
        self.office = office[0]
        self.sending = partial(send, office[1], SENDER)  # type: ignore[arg-type]  # it is a server's address

    def deliver(self) -> list[EmailMessage]:
        """Send what is due; what the server took now."""
        before = len(self.office.taken)
        deliver(self.storage, self.sending, SENDER, composers(self.app, ROOT))
        return cast("list[EmailMessage]", self.office.taken[before:])

    def reader(self, login: str = "wang", address: str = READER, role: AccountRole = AccountRole.READER) -> FlaskClient:
        """A browser of somebody whose address is confirmed."""
        client = self.client(login, role)
        post(client, "/account/mail/", address=address)
        (letter,) = self.deliver()
        self.confirm(letter)
        return client

    def confirm(self, letter: EmailMessage) -> None:
        path = link(letter, "/account/mail/confirm/")
        client = self.app.test_client()
        page = client.get(path).text
        (field,) = re.findall(r'name="csrf_token"[^>]* value="([^"]+)"', page)
        assert "已确认" in client.post(path, data={"csrf_token": field}).text

    def publish_and_watch(self, *works: dict[str, str]) -> None:
        for work in works:
            self.publish(work)
        self.watch()


def link(letter: EmailMessage, below: str) -> str:
    """The path of the link of a letter."""
    found = re.search(rf"{re.escape(ROOT)}({below}\S+)", letter.get_content())
    assert found, letter.get_content()
    return found[1]


def told(client: FlaskClient, search: str = "/search?q=长白山", title: str = "長白") -> str:
    """A search whose news are told by mail."""
    page = saved(client, search, title)
    post(client, f"{page}/mail")
    return page


@pytest.fixture(params=KINDS)
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Mailing]:
    with new_database(request.param, tmp_path) as address, post_office() as office:
        yield Mailing(tmp_path, address, office)


def test_one_letter_tells_of_all_searches_of_a_generation_once(site: Mailing) -> None:
    client = site.reader()
    first, second = told(client), told(client, "/search?q=詩一首", "詩")
    saved(client, "/search?q=北遊", "不寄")
    assert site.deliver() == []
    site.publish_and_watch(NEW)
    site.watch()
    (letter,) = site.deliver()
    assert site.deliver() == []
    assert (letter["To"], letter["From"], letter["Auto-Submitted"]) == (READER, SENDER, "auto-generated")
    assert letter["Message-ID"].endswith("@library.example>")
    assert "新增 3 处" in letter["Subject"]
    body = letter.get_content().replace("\r\n", "\n")
    assert "長白\n新增 2 处" in body
    assert "詩\n新增 1 处" in body
    assert "不寄" not in body
    assert "北遊至【長白山】而還" in body
    places = re.findall(rf"{ROOT}(/at/\S+)", body)
    assert len(places) == 3
    assert all(client.get(each).status_code == 302 for each in places)
    assert all(f"{ROOT}{page}" in body for page in (first, second, "/shelf/searches"))
    site.publish_and_watch({"id": "C", "title": "再遊記", "text": "三過長白山。"})
    (later,) = site.deliver()
    assert "新增 1 处" in later["Subject"]
    assert later["Message-ID"] != letter["Message-ID"]


def test_a_letter_is_in_the_language_in_which_it_was_asked_for(site: Mailing) -> None:
    client = site.reader()
    page = saved(client)
    client.get("/?lang=en")
    post(client, f"{page}/mail")
    site.publish_and_watch(NEW)
    (letter,) = site.deliver()
    assert "2 new places" in letter["Subject"]
    assert "您" not in letter.get_content()


def test_what_was_found_before_is_not_told_and_nothing_without_an_address(site: Mailing) -> None:
    client, zhao = site.reader(), site.client("zhao")
    page = saved(client)
    unconfirmed = saved(zhao)
    assert post(zhao, f"{unconfirmed}/mail") == "/account/mail/"
    site.publish_and_watch(NEW)
    post(client, f"{page}/mail")
    site.watch()
    assert site.deliver() == []
    site.publish_and_watch({"id": "C", "title": "再遊記", "text": "三過長白山。"})
    (letter,) = site.deliver()
    assert "新增 1 处" in letter["Subject"]
    post(client, f"{page}/mail/withdraw")
    site.publish_and_watch({"id": "D", "title": "四遊記", "text": "四過長白山。"})
    assert site.deliver() == []


@pytest.mark.parametrize("access", [Access.STAFF, Access.IN_LIBRARY])
def test_a_closed_work_is_told_of_to_staff_alone(site: Mailing, access: Access) -> None:
    reader, librarian = site.reader(), site.reader("li", OTHER, AccountRole.LIBRARIAN)
    reader.environ_base["REMOTE_ADDR"] = INSIDE
    told(reader)
    told(librarian)
    site.publish(SECRET, "closed", access)
    site.watch()
    (letter,) = site.deliver()
    assert letter["To"] == OTHER
    assert "密約" in letter.get_content()


def test_what_is_closed_before_the_letter_goes_is_not_told(site: Mailing) -> None:
    client = site.reader()
    told(client)
    site.publish(SECRET, "closed")
    site.publish_and_watch(NEW)
    declare(site.folder / "index", "closed", Access.STAFF)
    (letter,) = site.deliver()
    assert "新增 2 处" in letter["Subject"]
    assert "密" not in letter.get_content()


def test_a_letter_that_would_tell_nothing_any_more_is_not_sent(site: Mailing) -> None:
    client = site.reader()
    told(client)
    site.publish(SECRET, "closed")
    site.watch()
    declare(site.folder / "index", "closed", Access.STAFF)
    assert site.deliver() == []
    site.watch()
    with site.storage.session() as session:
        assert session.scalars(select(QueuedLetter).where(QueuedLetter.kind == LetterKind.NEWS)).all() == []


@pytest.mark.parametrize("when", ["found", "queued"])
def test_an_account_that_was_disabled_or_is_a_librarians_no_more_gets_no_more(site: Mailing, when: str) -> None:
    readers = [site.reader(), site.reader("li", OTHER, AccountRole.LIBRARIAN)]
    for each in readers:
        told(each)
    site.publish(SECRET, "closed", Access.STAFF)

    def change() -> None:
        with site.storage.session.begin() as session:
            session.scalars(select(Account).where(Account.login == "wang")).one().active = False
            session.scalars(select(Account).where(Account.login == "li")).one().role = AccountRole.READER

    if when == "found":
        change()
    site.publish_and_watch(NEW)
    change()
    (letter,) = site.deliver()
    assert letter["To"] == OTHER
    assert "新增 2 处" in letter["Subject"]
    assert "密" not in letter.get_content()


def test_mail_programs_unsubscribe_by_themselves_and_people_by_a_button(site: Mailing) -> None:
    client = site.reader()
    page = told(client)
    site.publish_and_watch(NEW)
    (letter,) = site.deliver()
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    found = re.fullmatch(rf"<{ROOT}(/letters/stop/\S+)>", letter["List-Unsubscribe"])
    assert found
    assert link(letter, "/letters/stop/") == found[1]
    anyone = site.app.test_client()
    assert "不再寄信" in anyone.get(found[1]).text  # a scanner opens it
    assert READER in said(client, page)
    answer = anyone.post(found[1], data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert READER not in answer.text
    site.publish_and_watch({"id": "C", "title": "再遊記", "text": "三過長白山。"})
    assert site.deliver() == []
    for key in ("x", "x" * 300, f"{found[1].rpartition('/')[2]}x", "1"):
        assert anyone.post(f"/letters/stop/{key}").status_code == 404


def test_of_two_who_watch_one_writes(site: Mailing) -> None:
    client = site.reader()
    told(client)
    told(client, "/search?q=詩一首", "詩")
    site.publish(NEW)
    site.watch_by_two()
    site.watch()
    (letter,) = site.deliver()
    assert "新增 3 处" in letter["Subject"]


def test_a_crash_between_looking_and_writing_loses_nothing(site: Mailing, monkeypatch: pytest.MonkeyPatch) -> None:
    client = site.reader()
    told(client)
    site.publish(NEW)

    def die(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr("web.alerts.telling.write", die)
        with pytest.raises(KeyboardInterrupt):
            site.watch()
    assert site.deliver() == []
    assert site.watch() == 0  # all was looked at
    assert len(site.deliver()) == 1


def test_what_fails_for_now_is_told_later_and_what_may_have_arrived_if_the_reader_says_so(site: Mailing) -> None:
    client = site.reader()
    told(client)
    site.publish_and_watch(NEW)
    site.office.fault = "451 later"
    assert site.deliver() == []
    with site.storage.session.begin() as session:
        session.execute(update(QueuedLetter).values(due=now() - timedelta(seconds=1)))
    site.office.fault = ""

    def die(*_: object) -> Sending:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deliver(site.storage, die, SENDER, composers(site.app, ROOT))
    with site.storage.session.begin() as session:
        session.execute(update(QueuedLetter).values(due=now() - LEASE))
    assert site.deliver() == []
    assert "不知是否寄到" in said(client, "/account/mail/")
    with site.storage.session() as session:
        which = session.scalars(select(QueuedLetter.id).where(QueuedLetter.state == LetterState.UNKNOWN)).one()
    other = site.client("zhao")
    page = other.get("/account/mail/").text
    (field,) = set(re.findall(r'name="csrf_token"[^>]* value="([^"]+)"', page))
    assert other.post(f"/account/mail/letters/{which}/again", data={"csrf_token": field}).status_code == 404
    post(client, f"/account/mail/letters/{which}/again")
    (letter,) = site.deliver()
    assert "新增 2 处" in letter["Subject"]


def test_a_letter_is_bounded_and_says_what_it_leaves_out(site: Mailing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.alerts.telling.MOST_SEARCHES", 1)
    monkeypatch.setattr("web.alerts.telling.MOST_PLACES", 1)
    client = site.reader()
    told(client)
    told(client, "/search?q=詩一首", "詩")
    site.publish_and_watch(NEW)
    (letter,) = site.deliver()
    body = letter.get_content().replace("\r\n", "\n")
    assert len(re.findall(f"{ROOT}/at/", body)) == 1
    assert "另有 1 处没有列出" in body
    assert "另有 1 条检索也有新增的" in body
    assert "新增 3 处" in letter["Subject"]


def test_all_of_it_goes_with_the_account_and_is_in_its_file(site: Mailing) -> None:
    wang, zhao = site.reader(), site.reader("zhao", OTHER)
    told(wang)
    told(zhao)
    site.publish_and_watch(NEW)
    with site.app.test_request_context(), site.storage.session.begin() as session:
        account = session.scalars(select(Account).where(Account.login == "wang")).one()
        exported = belongings.export(session, account)
        assert exported["mail"]["address"] == READER
        assert [each["to"] for each in exported["mail"]["letters"]] == [READER]
        assert exported["searches"][0]["mailed"]
        belongings.remove(session, account)
    with site.storage.session() as session:
        for table in (Mailbox, SavedSearch, Arrival):
            assert session.scalar(select(func.count()).select_from(table)) == 1, table
        assert {each.recipient for each in session.scalars(select(QueuedLetter))} == {OTHER}
    assert [each["To"] for each in site.deliver()] == [OTHER]


def test_a_changed_address_gets_what_waits_and_a_removed_one_nothing(site: Mailing) -> None:
    client = site.reader()
    told(client)
    site.publish_and_watch(NEW)
    site.office.fault = "451 later"
    site.deliver()
    site.office.fault = ""
    post(client, "/account/mail/", address=OTHER)
    (letter,) = site.deliver()
    assert (letter["To"], READER in said(client, "/account/mail/")) == (OTHER, True)
    site.confirm(letter)
    with site.storage.session.begin() as session:
        session.execute(update(QueuedLetter).values(due=now() - timedelta(seconds=1)))
    assert [each["To"] for each in site.deliver()] == [OTHER]
    site.publish_and_watch({"id": "C", "title": "再遊記", "text": "三過長白山。"})
    post(client, "/account/mail/remove")
    assert site.deliver() == []
    assert OTHER not in client.get("/account/mail/").text


def test_a_link_serves_once_for_a_day_and_only_the_last_address(site: Mailing, monkeypatch: pytest.MonkeyPatch) -> None:
    client = site.client("wang")
    post(client, "/account/mail/", address=READER)
    (first,) = site.deliver()
    post(client, "/account/mail/", address=OTHER)
    (second,) = site.deliver()
    anyone = site.app.test_client()
    assert anyone.get(link(first, "/account/mail/confirm/")).status_code == 410
    path = link(second, "/account/mail/confirm/")
    for _ in range(2):
        assert anyone.get(path).status_code == 200  # opening changes nothing
    assert anyone.post(path).status_code == 400  # without the form's token
    with monkeypatch.context() as later:
        later.setattr("web.mailbox.keys.LIFE", timedelta(seconds=-1))
        assert anyone.get(path).status_code == 410
    site.confirm(second)
    for key in (path, "/account/mail/confirm/x", "/account/mail/confirm/" + "x" * 400):
        assert anyone.get(key).status_code == 410
    with site.storage.session() as session:
        kept = str(session.connection().exec_driver_sql("SELECT * FROM letter").all())
    assert path.rpartition("/")[2] not in kept


def test_so_many_letters_are_sent_and_whom_else_one_writes_to_is_not_told(site: Mailing) -> None:
    answers = []
    for login in ("wang", "zhao", "qian", "sun"):
        client = site.client(login)
        post(client, "/account/mail/", address=READER)
        answers.append(said(client, "/account/mail/"))
        site.deliver()
    assert len(site.office.taken) == 3
    assert len({re.sub(r"\b(wang|zhao|qian|sun)\b", "", each) for each in answers}) == 1
    wang = site.app.test_client()
    assert log_in(wang, "wang") == 302
    for number in range(4):
        post(wang, "/account/mail/", address=f"{number}@example.org")
    (field,) = set(re.findall(r'name="csrf_token"[^>]* value="([^"]+)"', wang.get("/account/mail/").text))
    refused = wang.post("/account/mail/", data={"address": "x@example.org", "csrf_token": field})
    assert refused.status_code == 429
    assert wang.post("/account/mail/", data={"address": "no address", "csrf_token": field}).status_code == 200


def test_without_a_mail_server_nothing_is_said_of_mail(tmp_path: Path) -> None:
    site = Site(tmp_path, str(tmp_path / "wenyuan.sqlite"))
    site.app.config["WTF_CSRF_ENABLED"] = True
    client = site.client("wang")
    page = saved(client)
    for path in ("/account/", page):
        assert "邮件" not in said(client, path)
    assert client.get("/account/mail/").status_code == 404


def test_who_watches_while_others_have_yet_to_be_looked_at_waits(site: Mailing) -> None:
    client = site.reader()
    told(client)
    told(client, "/search?q=詩一首", "詩")
    site.publish_and_watch(NEW)
    with site.storage.session.begin() as session:  # as if the second one had not been looked at yet
        session.execute(update(Arrival).values(told=False, letter_id=None))
        session.query(QueuedLetter).filter(QueuedLetter.kind == LetterKind.NEWS).delete()
        session.execute(update(SavedSearch).where(SavedSearch.title == "詩").values(standing="before"))
    with site.app.app_context():
        standing = checking.standing(shelf_of(site.app).library())
        assert telling.write(site.storage, dict.fromkeys(AccountRole, standing), ROOT) == 0
    site.watch()
    assert len(site.deliver()) == 1


def test_a_refused_letter_says_so_on_the_page(site: Mailing) -> None:
    client = site.reader()
    told(client)
    site.publish_and_watch(NEW)
    deliver(site.storage, lambda *_: Sending(LetterFate.REFUSED, "550 nobody"), SENDER, composers(site.app, ROOT))
    page = said(client, "/account/mail/")
    assert "没有寄出" in page
    assert "550 nobody" in page
    assert "新的消息先不寄了" in page


@pytest.mark.parametrize("is_moved", [False, True])
def test_after_a_refusal_nothing_is_sent_until_the_reader_says_so(site: Mailing, is_moved: bool) -> None:
    client = site.reader()
    told(client)
    site.publish_and_watch(NEW)
    deliver(site.storage, lambda *_: Sending(LetterFate.REFUSED, "550 nobody"), SENDER, composers(site.app, ROOT))
    site.publish_and_watch({"id": "C", "title": "再遊記", "text": "三過長白山。"})
    assert site.deliver() == []
    if is_moved:
        post(client, "/account/mail/", address=OTHER)
        site.confirm(site.deliver()[0])
    else:
        with site.storage.session() as session:
            which = session.scalars(select(QueuedLetter.id).where(QueuedLetter.state == LetterState.FAILED)).one()
        post(client, f"/account/mail/letters/{which}/again")
    assert len(site.deliver()) == 1
    assert "新的消息先不寄了" not in said(client, "/account/mail/")
    site.watch()
    (later,) = site.deliver()
    assert later["To"] == (OTHER if is_moved else READER)
    assert "新增 1 处" in later["Subject"]
