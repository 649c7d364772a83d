"""A real browser on a real work: what a reader types in simplified characters is found in the edition's own."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from open_index import build
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from web.app import create_app

FILES = ("KR2a0035_002.txt", "KR2a0035_003.txt", "KR2a0035_008.txt")
"""The volumes of 金史 that are indexed; 完顏 stands in all, 會寧府 in the last."""


@pytest.fixture(scope="module")
def address(kanripo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("browser") / "KR2a0035"
    folder.mkdir()
    for name in FILES:
        shutil.copyfile(kanripo / "KR2a0035" / name, folder / name)
    build([folder], folder.parent / "index")
    server = make_server("127.0.0.1", 0, create_app(folder.parent / "index"), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    yield page
    page.close()
    assert errors == []


@pytest.mark.parametrize(("typed", "original"), [("完颜", "完[顔顏]"), ("会宁府", "[會㑹]寧府")])
def test_simplified_words_light_up_the_original(page: Page, address: str, typed: str, original: str) -> None:
    page.goto(address)
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type(typed)
    page.get_by_label("精确").check()
    page.get_by_role("button", name="检索").click()
    marks = page.locator(".hit mark.found")
    expect(marks.first).to_be_visible()
    shown = "".join(marks.all_text_contents())
    assert re.fullmatch(f"({original})+", shown), shown[:200]  # a mark ends where a line does

    page.locator(".hit h2 a").first.click()
    expect(page).to_have_url(re.compile("#hit$"))
    hit = page.locator("#hit + mark.found")
    expect(hit).to_be_in_viewport()
    shown = "".join(page.locator("mark.found").all_text_contents())
    assert re.fullmatch(f"({original})+", shown), shown[:200]


def test_keys(page: Page, address: str) -> None:
    page.goto(f"{address}/search?q=完颜")
    page.keyboard.press("j")
    expect(page.locator(".hit h2 a").nth(0)).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator(".hit h2 a").nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(page.locator(".hit h2 a").nth(0)).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()


def test_the_layout_is_remembered(page: Page, address: str) -> None:
    page.goto(f"{address}/read/KR2a0035/0")
    page.get_by_role("link", name="直排").click()
    expect(page.locator("article")).to_have_css("writing-mode", "vertical-rl")
    page.goto(f"{address}/read/KR2a0035/1")
    expect(page.locator("article")).to_have_css("writing-mode", "vertical-rl")


@pytest.mark.parametrize(
    "path", ["/", "/search?q=完颜", "/read/KR2a0035/1", "/read/KR2a0035/1?layout=vertical", "/works", "/account/log-in"]
)
def test_a_phone_never_scrolls_sideways(page: Page, address: str, path: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(address + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
