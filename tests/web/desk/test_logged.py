"""What was done to cases stands in the audit log, and no reply is signed under an address that nobody configured."""

from __future__ import annotations

from datetime import timedelta

import pytest
from desk_people import CONTACT, NAME, Desk
from people import logged_in
from sqlalchemy import select

from web.accounts.models import AccountRole, AuditEntry
from web.app import create_app
from web.database.storage import today
from web.serving.config import Config

PATH = "/administration/audit"


def actions(desk: Desk) -> list[tuple[str, str, str]]:
    with desk.storage.session() as session:
        lines = session.scalars(select(AuditEntry).where(AuditEntry.action.startswith("desk.")).order_by(AuditEntry.id))
        return [(each.who, each.action, each.subject) for each in lines]


def test_signing_publishing_exporting_and_forgetting_are_logged(desk: Desk) -> None:
    number, reviewed = desk.answered(), desk.answered(tier="topical")
    desk.li.get(f"/desk/cases/{number}/reply.json")
    desk.post(desk.wang, number, "publish", question="上京何在？")
    desk.post(desk.wang, number, "unpublish")
    desk.post(desk.li, number, "forget-asker")  # was only asked
    desk.post(desk.li, number, "forget-asker", sure="1")
    subject = f"case:{number}"
    assert actions(desk) == [
        ("li", "desk.sign", subject),
        ("wang", "desk.approve", f"case:{reviewed}"),
        ("li", "desk.export", subject),
        ("wang", "desk.publish", subject),
        ("wang", "desk.unpublish", subject),
        ("li", "desk.forget-asker", subject),
    ]
    with desk.storage.session() as session:
        lines = " ".join(str(vars(each)) for each in session.scalars(select(AuditEntry)))
    assert NAME not in lines
    assert CONTACT not in lines


def test_the_log_is_narrowed_by_days_and_taken_along(desk: Desk) -> None:
    desk.answered()
    desk.app.config["WTF_CSRF_ENABLED"] = True
    client = logged_in(desk.app, AccountRole.ADMINISTRATOR)
    day, before = today(), today() - timedelta(days=1)
    assert "签发答复" in client.get(f"{PATH}?from={day}&to={day}").text
    assert "签发答复" not in client.get(f"{PATH}?to={before}").text
    assert "签发答复" not in client.get(f"{PATH}?from={day + timedelta(days=1)}").text
    sheet = client.get(f"{PATH}.csv?who=li&from={day}")
    assert sheet.mimetype == "text/csv"
    assert [line.split(",")[1:3] for line in sheet.text.splitlines()] == [["谁", "做了什么"], ["li", "签发答复"]]
    assert f"1 lines who=li from={day}" in client.get(PATH).text  # and that is logged
    for days in ("from=x", "from=0001-01-01&to=9999-12-31", "from=2026-13-01"):
        assert client.get(f"{PATH}?{days}").status_code == 200
        assert client.get(f"{PATH}.csv?{days}").status_code == 200


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("site", "host", "signs"),
    [("", "10.1.2.3:8000", False), ("", "127.0.0.1:8000", True), ("https://library.example", "10.1.2.3:8000", True)],
)
def test_no_reply_is_signed_under_an_address_that_nobody_configured(
    works: object, database: str, site: str, host: str, signs: bool
) -> None:
    app = create_app(works, database, config=Config(site=site))  # type: ignore[arg-type]  # a folder
    app.config["WTF_CSRF_ENABLED"] = False
    desk = Desk(app)
    number = desk.taken()
    desk.quote(desk.li, number)
    desk.save(desk.li, number, "在阿城。\n\n[@1]", 0)
    held = desk.li.get_cookie("wenyuan")
    assert held
    elsewhere = app.test_client(use_cookies=False)  # else it keeps the session to itself, which is of another host
    headers = {"Cookie": f"wenyuan={held.value}"}
    elsewhere.post(f"/desk/cases/{number}/move", data={"move": "sign"}, base_url=f"http://{host}", headers=headers)
    assert desk.status(number) == ("answered" if signs else "in-progress")
    if signs:
        (signed,) = desk.look(number, lambda case: [each.document for each in case.signatures])
        assert (site or f"http://{host}") + "/at/" in signed
