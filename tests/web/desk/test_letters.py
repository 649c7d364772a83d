"""The reader who asked hears: a letter is sent once, or a librarian decides; and a question can be followed."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from desk_people import CONTACT, NAME, QUESTION, Desk
from post_office import Post, post_office
from sqlalchemy import select, update

from web.app import create_app
from web.database.storage import now
from web.letters.models import QueuedLetter
from web.letters.sending import LEASE, WAITS, deliver
from web.mail import LetterFate, MailServer, Sending, send
from web.serving.config import Config

SENDER = "desk@library.example"


@pytest.fixture
def post() -> Iterator[tuple[Post, MailServer]]:
    with post_office() as opened:
        yield opened


@pytest.fixture
def desk(works: Path, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk that may send mail."""
    monkeypatch.chdir(tmp_path)
    config = Config(mail="smtp://127.0.0.1:1", mail_from=SENDER, site="https://library.example/wen")
    app = create_app(works, database, config=config)
    app.config["WTF_CSRF_ENABLED"] = False
    return Desk(app)


def queued(desk: Desk) -> str:
    """A case whose reply is on its way."""
    number = desk.answered()
    assert "寄出就收不回来" in desk.li.post(f"/desk/cases/{number}/letter").text
    desk.post(desk.li, number, "letter", sure="1")
    return number


def letter(desk: Desk) -> QueuedLetter:
    with desk.storage.session() as session:
        return session.scalars(select(QueuedLetter)).one()


def make_due(desk: Desk) -> None:
    with desk.storage.session.begin() as session:
        session.execute(update(QueuedLetter).values(due=now() - timedelta(seconds=1)))


def test_the_reply_is_sent_once_under_an_id_that_was_stored_before(desk: Desk, post: tuple[Post, MailServer]) -> None:
    handler, server = post
    number = queued(desk)
    desk.post(desk.li, number, "letter", sure="1")  # a second click
    before = letter(desk)
    for _ in range(2):
        deliver(desk.storage, partial(send, server, SENDER), SENDER)
    (message,) = handler.taken
    assert (message["Message-ID"], message["To"], message["From"]) == (before.message_id, CONTACT, SENDER)
    assert before.message_id.endswith("@library.example>")
    body = message.get_content()  # type: ignore[attr-defined]  # of the default policy's messages
    for told in (QUESTION, "在阿城", "金史", "https://library.example/wen/ask/status", number):
        assert told in body
    assert (letter(desk).state, letter(desk).tries) == ("sent", 1)
    assert "已寄出" in desk.li.get(f"/desk/cases/{number}").text


def test_who_asked_in_english_gets_an_english_letter(desk: Desk) -> None:
    asked = {"question": QUESTION, "name": NAME, "contact": CONTACT}
    desk.app.test_client().post("/ask?lang=en", data=asked)
    number = re.findall(r"/desk/cases/(\d{4}-\d{4})", desk.li.get("/desk/").text)[0]
    desk.post(desk.li, number, "move", move="take-up")
    desk.save(desk.li, number, "在阿城。", 0)
    desk.post(desk.li, number, "move", move="sign")
    desk.post(desk.li, number, "letter", sure="1")
    assert "Answer" in letter(desk).subject
    assert "您" not in letter(desk).body


@pytest.mark.parametrize(
    ("fault", "state", "again"),
    [
        ("dies before", "waiting", True),
        ("451 later", "waiting", True),
        ("452 full", "waiting", True),
        ("550 nobody", "failed", False),
        ("554 no", "failed", False),
        ("dies after", "unknown", False),
    ],
)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_fails_for_now_is_tried_again_and_what_may_have_arrived_is_not(
    desk: Desk, post: tuple[Post, MailServer], fault: str, state: str, again: bool
) -> None:
    handler, server = post
    sending = partial(send, server, SENDER)
    queued(desk)
    handler.fault = fault
    assert deliver(desk.storage, sending, SENDER) == 1
    assert letter(desk).state == state
    assert deliver(desk.storage, sending, SENDER) == 0  # not yet, or never
    make_due(desk)
    seen = len(handler.taken)
    handler.fault = ""
    assert deliver(desk.storage, sending, SENDER) == again
    assert len(handler.taken) == seen + again


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_letter_is_given_up_after_days(desk: Desk) -> None:
    queued(desk)
    for number, wait in enumerate(WAITS, start=1):
        before = now()
        assert deliver(desk.storage, lambda *_: Sending(LetterFate.DEFERRED, "421 busy"), SENDER) == 1
        assert letter(desk).tries == number
        assert letter(desk).due >= before + wait
        make_due(desk)
    deliver(desk.storage, lambda *_: Sending(LetterFate.DEFERRED, "421 busy"), SENDER)
    assert (letter(desk).state, letter(desk).trouble) == ("failed", "421 busy")


def test_a_letter_whose_sender_died_waits_for_a_librarian(desk: Desk) -> None:
    number = queued(desk)

    def die(*_: object) -> Sending:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deliver(desk.storage, die, SENDER)
    assert deliver(desk.storage, die, SENDER) == 0  # it may still be at it
    with desk.storage.session.begin() as session:
        session.execute(update(QueuedLetter).values(due=now() - LEASE))
    assert deliver(desk.storage, die, SENDER) == 0
    assert letter(desk).state == "unknown"
    assert "不知是否寄到" in desk.li.get(f"/desk/cases/{number}").text
    assert number in desk.li.get("/desk/").text  # it waits for somebody
    first, which = letter(desk).message_id, letter(desk).id
    desk.post(desk.li, number, f"letters/{which}/again")
    assert (letter(desk).state, letter(desk).message_id) == ("waiting", first)
    desk.post(desk.li, number, f"letters/{which}/arrived")
    assert letter(desk).state == "waiting"  # nothing is left to be decided


def test_of_many_who_send_at_once_one_does(desk: Desk) -> None:
    queued(desk)
    sent: list[str] = []

    def count(recipient: str, _: bytes) -> Sending:
        sent.append(recipient)
        return Sending(LetterFate.SENT)

    threads = [threading.Thread(target=deliver, args=(desk.storage, count, SENDER)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sent == [CONTACT]


def test_who_is_forgotten_gets_no_letter(desk: Desk) -> None:
    number = queued(desk)
    desk.post(desk.li, number, "forget-asker", sure="1")
    assert deliver(desk.storage, lambda *_: Sending(LetterFate.SENT), SENDER) == 0
    assert CONTACT not in desk.li.get(f"/desk/cases/{number}").text
    desk.post(desk.li, number, "letter", sure="1")
    with desk.storage.session() as session:
        assert session.scalars(select(QueuedLetter)).all() == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_without_a_mail_server_no_letter_is_offered(works: Path, database: str) -> None:
    app = create_app(works, database)
    app.config["WTF_CSRF_ENABLED"] = False
    desk = Desk(app)
    number = desk.answered()
    assert "用邮件寄出" not in desk.li.get(f"/desk/cases/{number}").text
    desk.post(desk.li, number, "letter", sure="1")
    with desk.storage.session() as session:
        assert session.scalars(select(QueuedLetter)).all() == []


@pytest.mark.parametrize("address", ["http://x", "smtp://", "smtp://x/y", "x"])
def test_an_address_of_a_mail_server_is_checked(address: str) -> None:
    with pytest.raises(ValueError, match="smtp://host:587"):
        Config(mail=address, mail_from=SENDER, site="https://library.example")


def test_a_mail_server_elsewhere_is_spoken_to_in_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Name and password are not sent to one that offers no encryption."""
    done: list[str] = []

    class Plain:
        def __init__(self, *_: object, **__: object) -> None:
            pass

        def __getattr__(self, name: str) -> Any:
            done.append(name)
            if name == "starttls":
                raise OSError("STARTTLS extension not supported by server.")
            return lambda *_, **__: (250, b"")

    monkeypatch.setattr("smtplib.SMTP", Plain)
    server = MailServer.parse("smtp://wen:secret@mail.example")
    assert send(server, SENDER, CONTACT, b"").fate is LetterFate.DEFERRED
    assert "login" not in done
    assert "secret" not in repr(server)


def asked(desk: Desk) -> tuple[str, str]:
    """The number and the secret of a question."""
    client = desk.app.test_client()
    client.post("/ask", data={"question": QUESTION, "name": NAME, "contact": CONTACT})
    page = client.get("/ask/received").text
    (found,) = re.findall(r"/ask/status#(\d{4}-\d{4})\.([\w-]+)", page)
    return found


def test_who_asked_follows_the_question_by_number_and_secret(desk: Desk) -> None:
    number, secret = asked(desk)
    reader = desk.app.test_client()
    follow = partial(reader.post, "/ask/status")
    sent = {"number": number, "secret": secret.upper().replace("-", " ")}
    assert "等候馆员受理" in follow(data=sent).text
    desk.post(desk.li, number, "move", move="take-up")
    desk.quote(desk.li, number)
    desk.save(desk.li, number, "在阿城。\n\n[@1]", 0)
    page = follow(data=sent).text
    assert "正在查阅" in page
    assert "在阿城" not in page  # nobody has signed it
    desk.post(desk.li, number, "move", move="sign")
    answer = follow(data=sent)
    assert "在阿城" in answer.text
    assert NAME not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    desk.post(desk.li, number, "move", move="reopen", reason="有誤")
    assert "在阿城" not in follow(data=sent).text
    desk.post(desk.li, number, "forget-asker", sure="1")
    assert follow(data=sent).status_code == 404


def test_a_secret_that_was_lost_is_given_anew_and_the_old_one_is_void(desk: Desk) -> None:
    number, lost = asked(desk)
    follow = partial(desk.app.test_client().post, "/ask/status")
    assert "从此无效" in desk.li.post(f"/desk/cases/{number}/secret").text
    assert follow(data={"number": number, "secret": lost}).status_code == 200  # it was only asked about
    answer = desk.li.post(f"/desk/cases/{number}/secret", data={"sure": "1"})
    assert answer.headers["Cache-Control"] == "no-store"
    (given,) = re.findall(r"<code>([a-z2-9]{4}(?:-[a-z2-9]{4}){3})</code>", answer.text)
    assert follow(data={"number": number, "secret": given}).status_code == 200
    assert follow(data={"number": number, "secret": lost}).status_code == 404
    assert given not in desk.li.get(f"/desk/cases/{number}").text
    assert "给了一个新的查询码" in desk.li.get(f"/desk/cases/{number}").text
    desk.post(desk.li, number, "forget-asker", sure="1")
    assert "<code>" not in desk.li.post(f"/desk/cases/{number}/secret", data={"sure": "1"}).text


def test_nobody_guesses_a_secret(desk: Desk) -> None:
    number, secret = asked(desk)
    other, _ = asked(desk)
    reader = desk.app.test_client()
    answers = [
        reader.post("/ask/status", data={"number": tried, "secret": word})
        for tried, word in ((number, "x"), ("2026-9999", secret), (other, secret), ("x", "--"))
    ]
    assert [each.status_code for each in answers] == [404] * 4
    assert len({re.sub('value="[^"]*"', "", each.text) for each in answers}) == 1  # which was wrong is not told
    for _ in range(20):
        last = reader.post("/ask/status", data={"number": number, "secret": "x"})
    assert last.status_code == 429
    assert reader.post("/ask/status", data={"number": number, "secret": secret}).status_code == 429
    with desk.storage.session() as session:
        assert secret not in str(session.connection().exec_driver_sql("SELECT * FROM desk_asker").all())
