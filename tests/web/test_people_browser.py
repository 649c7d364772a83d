"""In a real browser: a page left open says that its session ends, and a link opens without its secret being sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask, request
from people import PASSWORD, add
from playwright.sync_api import Browser, Page, expect
from serving import served
from sqlalchemy import delete, update

from web.accounts import people, sessions
from web.accounts.models import AccountRole, AccountSession
from web.app import create_app
from web.database.storage import Storage, now


@pytest.fixture
def site(index: Path, tmp_path: Path) -> Flask:
    app = create_app(index, str(tmp_path / "wenyuan.sqlite"))
    add(app)
    return app


@pytest.fixture
def storage(site: Flask) -> Storage:
    opened: Storage = site.extensions["storage"]
    return opened


@pytest.fixture
def asked(site: Flask) -> list[str]:
    """What the server is asked for: addresses, and where they were found."""
    heard: list[str] = []
    site.before_request(lambda: heard.append(f"{request.full_path} {request.referrer}"))
    return heard


@pytest.fixture
def address(site: Flask, asked: list[str]) -> Iterator[str]:
    with served(site) as address:
        yield address


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A page of somebody who is logged in."""
    context = browser.new_context(base_url=address)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto("/account/log-in")
    page.get_by_label("账号").fill("wang")
    page.get_by_label("密码").fill(PASSWORD)
    page.locator("form.sheet").get_by_role("button", name="登录").click()
    expect(page.locator("header .account")).to_be_visible()
    yield page
    context.close()
    assert errors == []


def test_a_page_says_that_its_session_is_about_to_end(page: Page, storage: Storage) -> None:
    page.goto("/account/")
    notice = page.locator("#session")
    expect(notice).to_be_hidden()
    with storage.session.begin() as session:
        session.execute(update(AccountSession).values(created=now() - timedelta(hours=11, minutes=55)))
    page.goto("/account/")
    expect(notice).to_contain_text("登录快要结束了")
    expect(notice.get_by_role("link", name="在另一个标签页登录")).to_be_visible()
    page.goto("/account/?lang=en")
    expect(notice).to_contain_text("Your session is about to end")


def test_a_page_says_that_its_session_ended_before_more_is_typed(page: Page, storage: Storage) -> None:
    page.clock.install()
    page.goto("/account/")
    field = page.get_by_label("现在的密码")
    with storage.session.begin() as session:  # elsewhere, somebody logged out everywhere
        session.execute(delete(AccountSession))
    page.clock.fast_forward("00:30")
    field.focus()
    notice = page.locator("#session")
    expect(notice).to_contain_text("登录已经结束")
    expect(field).to_be_visible()  # and nothing is taken away

    # Logging in again in another tab is noticed here.
    with page.expect_popup() as opened:
        notice.get_by_role("link", name="在另一个标签页登录").click()
    other = opened.value
    other.get_by_label("账号").fill("wang")
    other.get_by_label("密码").fill(PASSWORD)
    other.locator("form.sheet").get_by_role("button", name="登录").click()
    expect(other.locator("header .account")).to_be_visible()
    page.clock.fast_forward("01:00")
    expect(notice).to_be_hidden()


def test_a_session_ends_on_the_page_when_its_time_is_up(page: Page, storage: Storage) -> None:
    page.clock.install()
    page.goto("/account/")
    with storage.session.begin() as session:
        session.execute(update(AccountSession).values(seen=now() - sessions.IDLE))
    page.clock.fast_forward("08:00:00")
    expect(page.locator("#session")).to_contain_text("登录已经结束")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_link_opens_without_its_secret_being_in_any_address(
    browser: Browser, storage: Storage, address: str, asked: list[str], scripts: bool
) -> None:
    with storage.session.begin() as session:
        secret = people.invite(session, None, AccountRole.READER)
    context = browser.new_context(base_url=address, java_script_enabled=scripts)
    page = context.new_page()
    page.goto(f"/account/invitation#{secret}")
    if not scripts:
        page.get_by_label("链接，或其中").fill(f"{address}/account/invitation#{secret}")
        page.get_by_role("button", name="打开").click()
    page.get_by_label("姓名").fill("李")
    page.get_by_label("账号").fill("li")
    page.get_by_label("新密码", exact=True).fill(PASSWORD)
    page.get_by_label("再写一遍新密码").fill(PASSWORD)
    page.locator("form.sheet").get_by_role("button").click()
    expect(page.locator("header .account")).to_have_text("已登录：李")
    assert secret not in page.url
    context.close()
    assert len(asked) > 3
    assert [each for each in asked if secret in each] == []
