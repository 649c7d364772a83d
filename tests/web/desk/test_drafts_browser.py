"""A real browser: drafts save themselves, and a form that comes back is gone on with on the spot."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from desk_works import OTHER, WORK, write
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from serving import served
from sqlalchemy import select

from web.accounts.models import Account, AccountRole
from web.accounts.passwords import hashed
from web.app import create_app
from web.desk.cases import open_case
from web.desk.models import Autosave, Case
from web.desk.states import Status

PASSWORD = "金源故地 1115"
TEXT = "上京會寧府，在今哈爾濱市阿城區南。"


@pytest.fixture
def site(tmp_path: Path, this_year: None) -> Flask:
    app = create_app(write(tmp_path, WORK, OTHER), str(tmp_path / "desk.sqlite"))
    with app.extensions["storage"].session() as session:
        session.add(Account(login="li", name="李馆员", role=AccountRole.LIBRARIAN, password=hashed(PASSWORD)))
        case = open_case(session, "上京在哪裡？", None)
        case.status = Status.IN_PROGRESS
        session.commit()
    return app


@pytest.fixture
def context(browser: Browser, site: Flask) -> Iterator[BrowserContext]:
    with served(site) as address:
        opened = browser.new_context(base_url=address)
        yield opened
        opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """The page of a librarian who writes a reply."""
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    log_in(page)
    page.goto("/desk/cases/2026-0001/reply")
    yield page
    assert errors == []


@pytest.fixture(autouse=True)
def this_year(monkeypatch: pytest.MonkeyPatch) -> None:
    """The year of the case's number."""
    monkeypatch.setattr("web.desk.cases.today", lambda: date(2026, 3, 1))


def log_in(page: Page) -> None:
    page.goto("/account/log-in")
    page.get_by_label("账号").fill("li")
    page.get_by_label("密码").fill(PASSWORD)
    page.locator("form.sheet").get_by_role("button", name="登录").click()
    expect(page.get_by_role("link", name="李馆员")).to_be_visible()


def editor(page: Page) -> Locator:
    return page.get_by_label("答复（Markdown）")


def save(page: Page) -> None:
    page.get_by_role("button", name="保存", exact=True).click()


def drafts(site: Flask) -> list[str]:
    with site.extensions["storage"].session() as session:
        return [each.text for each in session.scalars(select(Case)).one().revisions]


def autosaved(site: Flask) -> list[str]:
    with site.extensions["storage"].session() as session:
        return [each.text for each in session.scalars(select(Autosave))]


def copies(page: Page, shelf: str = "localStorage") -> list[str]:
    return [key for key in page.evaluate(f"Object.keys({shelf})") if key.startswith("wenyuan.draft.")]


def left(page: Page, storage: str = "localStorage") -> list[str]:
    """The copies that are left when the page's script, which runs after the page is shown, has had its time."""
    for _ in range(300):
        if not copies(page, storage):
            break
        page.wait_for_timeout(100)
    return copies(page, storage)


def test_the_session_ends_while_one_writes(site: Flask, page: Page, context: BrowserContext) -> None:
    editor(page).fill(TEXT)
    context.clear_cookies(name="wenyuan")
    save(page)
    expect(page.get_by_text("您现在没有登录")).to_be_visible()
    expect(page.get_by_label("答复", exact=True)).to_have_value(TEXT)
    page.get_by_label("账号").fill("li")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录并继续").click()
    expect(editor(page)).to_have_value(TEXT)
    expect(page.get_by_text("已保存。")).to_be_visible()
    assert drafts(site) == [TEXT]


def test_one_logs_out_and_in_again_in_another_window(site: Flask, page: Page, context: BrowserContext) -> None:
    editor(page).fill(TEXT)
    other = context.new_page()
    other.goto("/")
    other.get_by_role("button", name="退出").click()
    log_in(other)
    save(page)
    expect(page.get_by_text("表单已经失效")).to_be_visible()
    page.get_by_role("button", name="再发送一次").click()
    expect(page.get_by_text("已保存。")).to_be_visible()
    assert drafts(site) == [TEXT]


def test_what_is_written_saves_itself_and_is_offered(site: Flask, page: Page, context: BrowserContext) -> None:
    editor(page).fill(TEXT)
    expect(page.get_by_text("已自动存下")).to_be_visible(timeout=30_000)
    assert autosaved(site) == [TEXT]
    assert copies(page) == []  # the server has it
    page.goto("/desk/")  # without a question: nothing is lost
    page.goto("/desk/cases/2026-0001/reply")
    expect(editor(page)).to_have_value("")
    page.get_by_role("link", name="接着写这一稿").click()
    expect(editor(page)).to_have_value(TEXT)
    save(page)
    expect(page.get_by_text("已保存。")).to_be_visible()
    expect(page.get_by_role("link", name="接着写这一稿")).to_have_count(0)
    assert (drafts(site), autosaved(site)) == ([TEXT], [])


def test_two_windows_of_one_person_keep_both_texts(site: Flask, page: Page, context: BrowserContext) -> None:
    other = context.new_page()
    other.goto("/desk/cases/2026-0001/reply")
    for each, text in ((page, f"甲{TEXT}"), (other, f"乙{TEXT}")):
        editor(each).fill(text)
        expect(each.get_by_text("已自动存下")).to_be_visible(timeout=30_000)
    assert sorted(autosaved(site)) == sorted([f"甲{TEXT}", f"乙{TEXT}"])


def test_what_the_server_does_not_take_stays_in_the_browser(site: Flask, page: Page, context: BrowserContext) -> None:
    page.route("**/autosave", lambda route: route.abort())
    editor(page).fill(TEXT)
    expect(page.get_by_text("没有自动存到服务器")).to_be_visible(timeout=30_000)
    assert len(copies(page)) == 1
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    editor(page).press("End")  # browsers ask only whoever has touched the page
    page.get_by_role("link", name=re.compile("回到案卷")).click()
    page.wait_for_url("**/cases/2026-0001")
    assert asked == ["beforeunload"]
    page.goto("/desk/cases/2026-0001/reply")
    page.get_by_role("button", name="换成它").click()
    expect(editor(page)).to_have_value(TEXT)
    save(page)
    expect(page.get_by_text("已保存。")).to_be_visible()
    assert drafts(site) == [TEXT]
    assert left(page) == []


def test_logging_out_leaves_nothing_in_the_browser(site: Flask, page: Page) -> None:
    page.route("**/autosave", lambda route: route.abort())
    editor(page).fill(TEXT)
    expect(page.get_by_text("没有自动存到服务器")).to_be_visible(timeout=30_000)
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="退出").click()
    expect(page.get_by_role("link", name="登录")).to_be_visible()
    assert left(page) == []


def test_a_page_on_which_nothing_was_written_is_left_without_a_question(page: Page) -> None:
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    editor(page).click()
    page.get_by_role("link", name=re.compile("回到案卷")).click()
    page.wait_for_url("**/cases/2026-0001")
    assert asked == []


def test_a_question_of_the_public_is_kept_for_the_tab_alone(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/ask")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_label("您的问题").fill(TEXT)
    for _ in range(300):  # the site's policy lets Playwright wait for no expression
        if copies(page, "sessionStorage"):
            break
        page.wait_for_timeout(100)
    page.goto("/")
    page.goto("/ask")
    page.get_by_role("button", name="换成它").click()
    expect(page.get_by_label("您的问题")).to_have_value(TEXT)
    assert copies(page) == []
    page.get_by_label("姓名或单位").fill("趙")
    page.get_by_label("联系方式").fill("a@b")
    page.locator("main").get_by_role("button", name="提问").click()
    expect(page.get_by_text("编号").first).to_be_visible()
    assert left(page, "sessionStorage") == []
    other = context.new_page()
    other.goto("/ask")
    expect(other.get_by_role("button", name="换成它")).to_have_count(0)


def test_without_scripts_a_reply_is_saved_and_a_session_that_ended_is_gone_on_with(
    browser: Browser, context: BrowserContext, site: Flask, page: Page
) -> None:
    plain = browser.new_context(base_url=page.url.partition("/desk")[0], java_script_enabled=False)
    written = plain.new_page()
    log_in(written)
    written.goto("/desk/cases/2026-0001/reply")
    editor(written).fill(TEXT)
    plain.clear_cookies(name="wenyuan")
    save(written)
    written.get_by_label("账号").fill("li")
    written.get_by_label("密码").fill(PASSWORD)
    written.get_by_role("button", name="登录并继续").click()
    expect(written.get_by_text("已保存。")).to_be_visible()
    plain.close()
    assert drafts(site) == [TEXT]
