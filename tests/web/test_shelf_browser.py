"""A basket in the browser survives a reload, is merged at log-in, and a history stays where it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from people import PASSWORD, add
from playwright.sync_api import Browser, Page, expect
from serving import served
from watched import watched

from web.app import create_app
from web.database.storage import Storage
from web.readers.models import Visit


@pytest.fixture(scope="module")
def site(index: Path, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    app = create_app(index, str(tmp_path_factory.mktemp("shelf") / "site.sqlite"))
    add(app, "wang")
    return app


@pytest.fixture(scope="module")
def address(site: Flask) -> Iterator[str]:
    with served(site) as address:
        yield address


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(base_url=address)
    with watched(context.new_page()) as page:
        yield page
    context.close()


def collect(page: Page, path: str) -> None:
    page.goto(path)
    page.locator("a.put:not(#selected a)").first.click()
    expect(page.locator(".basket-told")).to_have_text("已收入书袋。")


def log_in(page: Page) -> None:
    page.goto("/account/log-in")
    page.get_by_label("账号").fill("wang")
    page.get_by_label("密码").fill(PASSWORD)
    page.locator("main button").click()
    expect(page.locator(".log-out")).to_be_visible()


def test_a_basket_without_an_account_survives_a_reload_and_is_merged_after_logging_in(page: Page) -> None:
    collect(page, "/search?q=完颜&mode=exact")
    collect(page, "/concordance?q=完颜")
    page.locator("a.put").first.click()
    expect(page.locator(".basket-told")).to_have_text("已经在书袋里了。")
    page.goto("/shelf/")
    expect(page.locator("[data-stored='wenyuan.basket']")).to_have_text("2")
    page.goto("/shelf/basket/")
    items = page.locator("li.basket-item")
    expect(items).to_have_count(2)
    page.get_by_label("附注").first.fill("<b>要核對</b>")
    page.get_by_label("附注").first.blur()
    first = items.first.get_attribute("data-address")
    page.locator("[data-act=down]").first.click()
    expect(items.last).to_have_attribute("data-address", str(first))
    page.reload()
    expect(items.last).to_have_attribute("data-address", str(first))
    expect(page.get_by_label("附注").last).to_have_value("<b>要核對</b>")
    page.locator("[data-act=out]").first.click()
    expect(items).to_have_count(1)
    page.get_by_role("button", name="放回").click()
    expect(items).to_have_count(2)

    log_in(page)
    page.goto("/shelf/basket/")
    expect(page.locator("#basket-merge .count")).to_have_text("2")
    page.get_by_role("button", name="并入账号的书袋").click()
    expect(page.locator("#basket-count")).to_have_text("2")
    expect(page.locator("textarea").last).to_have_value("<b>要核對</b>")
    assert json.loads(page.evaluate("localStorage.getItem('wenyuan.basket')")) == []
    expect(page.locator("#basket-merge")).to_be_hidden()
    collect(page, "/concordance?q=松花江")  # with an account, at once into it
    page.goto("/shelf/basket/")
    expect(items).to_have_count(3)


def test_a_basket_is_saved_as_a_file_and_read_from_one(page: Page, tmp_path: Path) -> None:
    collect(page, "/search?q=完颜&mode=exact")
    page.goto("/shelf/basket/")
    with page.expect_download() as saving:
        page.get_by_role("button", name="存成文件").click()
    file = tmp_path / "basket.json"
    saving.value.save_as(file)
    told = json.loads(file.read_text("utf-8"))
    told["basket"] += [
        {"address": "away/0/@0+2:舊文", "title": "<img src=x onerror=alert(1)>", "note": "已佚"},
        {"address": "no address"},
        7,
    ]
    file.write_text(json.dumps(told), "utf-8")
    page.evaluate("localStorage.clear()")
    page.reload()
    expect(page.locator(".empty")).to_be_visible()
    page.get_by_label("从文件读入").set_input_files(file)
    expect(page.locator(".told")).to_have_text("已读入 2 条。")
    expect(page.locator("li.basket-item")).to_have_count(2)
    expect(page.locator("li.basket-item h2").last).to_have_text("<img src=x onerror=alert(1)>")
    file.write_text("[", "utf-8")
    page.get_by_label("从文件读入").set_input_files(file)
    expect(page.locator(".told")).to_have_text("这个文件读不出书袋。")
    expect(page.locator("li.basket-item")).to_have_count(2)


def test_a_basket_that_is_none_stands_in_nobodys_way(page: Page) -> None:
    page.goto("/shelf/basket/")
    for kept in ("nonsense", "{}", '[1, null, {"address": 7}]'):
        page.evaluate("kept => localStorage.setItem('wenyuan.basket', kept)", kept)
        page.reload()
        expect(page.locator(".empty")).to_be_visible()
    collect(page, "/search?q=完颜&mode=exact")


def test_a_history_without_an_account_is_off_until_switched_on_and_stays_in_the_browser(
    page: Page, site: Flask
) -> None:
    page.goto("/read/惡本/0?q=完颜")
    page.goto("/shelf/history")
    expect(page.locator(".past li")).to_have_count(0)
    page.get_by_label("记下我读的篇").check()
    page.goto("/read/惡本/0?q=完颜")
    page.goto("/read/惡本/0?q=完颜")
    page.goto("/shelf/history")
    expect(page.locator(".past li")).to_have_count(1)
    expect(page.locator(".past a")).to_contain_text("完颜")
    page.get_by_role("button", name="清空").click()
    expect(page.locator(".past li")).to_have_count(0)
    storage: Storage = site.extensions["storage"]
    with storage.session() as opened:
        assert opened.query(Visit).count() == 0


def test_without_scripts_the_basket_says_what_it_needs_and_works_with_an_account(
    browser: Browser, address: str
) -> None:
    context = browser.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/shelf/basket/")
    expect(page.get_by_text("要浏览器能运行脚本").first).to_be_visible()
    log_in(page)
    page.goto("/search?q=江")
    page.locator("a.put").first.click()
    page.get_by_role("button", name="收入书袋").click()
    expect(page.locator("li.basket-item").last).to_be_visible()
    context.close()
