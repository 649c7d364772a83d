"""What readers come to do by keyboard alone, on a screen at 200 %: half as wide and half as high.

Every stop on the way is on the screen, covered by nothing and outlined; no page is wider than the screen.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from image_hosts import page_image
from open_index import build
from people import PASSWORD, add
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect
from serving import served
from watched import until_focused, watched

from web.app import create_app

ZOOMED: ViewportSize = {"width": 640, "height": 400}
READ = "/read/KR2a0035/0?q=会宁府"
BEYOND = "024-4a"
"""The first leaves are enough."""
MOST_STOPS = 150
STOP = """() => {
  const focused = document.activeElement;
  if (focused === document.body) return { seen: true, outlined: true }; // between the end and the head of the page
  const seen = [...focused.getClientRects()].some(({ left, right, top, bottom }) => [0.5, 0.1, 0.9].some((share) => {
    const middle = (Math.max(top, 0) + Math.min(bottom, innerHeight)) / 2;
    const there = document.elementFromPoint(left + (right - left) * share, middle);
    return there !== null && focused.contains(there);
  }));
  const { outlineStyle, outlineWidth } = getComputedStyle(focused.closest(".box:has(input:focus)") ?? focused);
  const outlined = outlineStyle !== "none" && outlineWidth !== "0px";
  return { seen, outlined, what: focused.outerHTML.slice(0, 200) };
}"""
SELECT = """() => getSelection().selectAllChildren(document.querySelector(".reading article mark.found"))"""
"""What a browser's own caret does, which a page has no keys for."""


class Keyboard:
    """Somebody who has a keyboard and nothing else."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def go(self, path: str) -> None:
        self.page.goto(path)
        self.arrived()

    def arrived(self) -> None:
        """The page is as wide as the screen."""
        self.page.wait_for_load_state()
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), self.page.url

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, words: str) -> None:
        self.page.keyboard.insert_text(words)

    def tab_to(self, goal: Locator, key: str = "Tab") -> None:
        """On to a control, from stop to stop."""
        expect(goal.first).to_be_visible()
        for _ in range(MOST_STOPS):
            stop = self.page.evaluate(STOP)
            assert stop["seen"], stop
            assert stop["outlined"], stop
            if goal.first.evaluate("each => each === document.activeElement"):
                return
            self.press(key)
        raise AssertionError(f"not reached: {goal}")

    def enter(self, goal: Locator, path: str = "") -> None:
        """On to a control, and Enter; ``path`` begins where that leads."""
        self.tab_to(goal)
        self.press("Enter")
        if path:
            expect(self.page).to_have_url(re.compile(re.escape(path)))
            self.arrived()

    def fill(self, label: str, words: str) -> None:
        self.tab_to(self.page.locator("main").get_by_label(label, exact=True))
        self.type(words)


@pytest.fixture(scope="module")
def site(kanripo: Path, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    folder = tmp_path_factory.mktemp("keyboard")
    shutil.copytree(kanripo / "KR2a0035" / "_data", folder / "KR2a0035" / "_data")
    volume = (kanripo / "KR2a0035" / "KR2a0035_024.txt").read_text("utf-8")
    (folder / "KR2a0035" / "KR2a0035_024.txt").write_text(
        volume[: volume.index(f"<pb:KR2a0035_WYG_{BEYOND}>")], "utf-8"
    )
    build([folder / "KR2a0035"], folder / "index")
    app = create_app(folder / "index", str(folder / "site.sqlite"))
    add(app, "wang")
    return app


@pytest.fixture(scope="module")
def address(site: Flask) -> Iterator[str]:
    with served(site) as address:
        yield address


@pytest.fixture
def reader(browser: Browser, address: str) -> Iterator[Keyboard]:
    with browser.new_context(viewport=ZOOMED, device_scale_factor=2, base_url=address) as context:
        context.route(lambda url: not url.startswith(address), lambda route: route.fulfill(body=page_image()))
        with watched(context.new_page()) as page:
            yield Keyboard(page)


def test_a_search_with_a_suggestion_and_on_to_the_text(reader: Keyboard) -> None:
    page = reader.page
    reader.go("/")
    reader.tab_to(page.locator("#q"))
    reader.type("上京")
    options = page.locator("#q-suggestions [role=option]")
    expect(options.first).to_be_visible()
    reader.press("ArrowUp")
    chosen = page.locator("[role=option][aria-selected=true]")
    expect(chosen).to_be_in_viewport(ratio=1)
    reader.press("Escape")
    expect(options.first).to_be_hidden()
    until_focused(page.locator("#q"))
    reader.press("Enter")
    page.wait_for_url(re.compile("/search"))
    reader.arrived()
    reader.enter(page.locator(".hit h2 a"), "/read/KR2a0035/0")
    for key in ("j", "j", "k"):
        reader.press(key)
        expect(page.locator(".here").first).to_be_in_viewport()
    reader.enter(page.locator(".leaf-mark"))


def test_a_page_is_walked_from_its_end_to_its_head(reader: Keyboard) -> None:
    page = reader.page
    reader.go(READ)
    page.locator("footer a").last.focus()
    reader.tab_to(page.locator(".leaf-put"), "Shift+Tab")
    reader.tab_to(page.locator("a.layout"), "Shift+Tab")
    reader.press("Enter")
    expect(page.locator("article.vertical")).to_be_visible()
    reader.arrived()
    reader.tab_to(page.locator("footer a"))


def test_what_is_selected_is_cited(reader: Keyboard) -> None:
    page = reader.page
    bar = page.locator("#selected")
    reader.go(READ)
    page.evaluate(SELECT)
    expect(bar).to_be_visible()
    reader.press("s")
    until_focused(bar.locator("button, a").first)
    reader.press("Escape")
    expect(bar).to_be_hidden()
    until_focused(page.locator("article"))
    page.evaluate(SELECT)
    expect(bar).to_be_visible()
    reader.press("s")
    reader.enter(bar.locator(".cite-selected"), "#cite")
    expect(page.locator("#cite")).to_contain_text("寧府")


def test_a_leaf_is_kept_and_the_basket_is_taken_along(reader: Keyboard) -> None:
    page = reader.page
    reader.go(READ)
    reader.enter(page.locator(".leaf-put"))
    expect(page.locator(".basket-told")).to_have_text("已收入书袋。")
    reader.go("/")
    reader.enter(page.get_by_role("link", name="书架"), "/shelf/")
    reader.enter(page.get_by_role("link", name="书袋"), "/shelf/basket/")
    with page.expect_download() as taken:
        reader.enter(page.get_by_role("button", name="全部带走"))
    assert "/at/" in Path(taken.value.path()).read_text("utf-8-sig")
    reader.fill("附注", "要核對")
    reader.enter(page.locator("[data-act=out]"))
    expect(page.locator(".basket-item")).to_have_count(0)
    reader.enter(page.get_by_role("button", name="放回"))
    expect(page.locator(".basket-item")).to_have_count(1)


def test_results_are_taken(reader: Keyboard) -> None:
    page = reader.page
    reader.go("/search?q=会宁府")
    reader.enter(page.locator(".take > summary"))
    with page.expect_download() as taken:
        reader.enter(page.locator(".take").get_by_role("link", name="CSV"))
    assert "寧府" in Path(taken.value.path()).read_text("utf-8-sig")


def test_a_character_is_looked_up(reader: Keyboard) -> None:
    page = reader.page
    card = page.locator("#character-card")
    reader.go(READ)
    for leave in (lambda: reader.press("Escape"), lambda: reader.enter(card.get_by_role("button", name="收起"))):
        page.locator("article").focus()
        page.evaluate(SELECT)
        expect(page.locator("#selected")).to_be_visible()
        reader.press("c")
        until_focused(card)
        expect(card).to_contain_text("U+6703")
        expect(page.locator("#selected")).to_be_hidden()  # it would lie under the card
        leave()
        expect(card).to_be_hidden()
        until_focused(page.locator("article"))


def test_an_image_is_opened_and_closed(reader: Keyboard) -> None:
    page = reader.page
    panel = page.locator("#facsimile")
    reader.go(READ)
    reader.enter(page.locator("#facsimile-open"))
    expect(panel.get_by_role("status")).to_contain_text("书影")
    reader.tab_to(panel.locator("summary"))
    reader.press("Enter")
    reader.tab_to(panel.get_by_label("亮度"))
    reader.tab_to(page.locator(".leaf-put"))
    reader.tab_to(panel.locator("[data-do=close]"), "Shift+Tab")
    reader.press("Enter")
    expect(panel).to_be_hidden()
    until_focused(page.locator("#facsimile-open"))


def test_an_error_in_the_text_is_reported(reader: Keyboard) -> None:
    page = reader.page
    reader.go(READ)
    reader.enter(page.locator(".leaf-erratum"), "/errata/new")
    reader.fill("有误的字句（照原文，连同前后几个字）", "志第五")
    reader.fill("应当怎样（整句写出；应删的写“删”）", "志第六")
    reader.enter(page.locator("main form button[type=submit]"), "/errata/received")
    expect(page.locator("main")).to_contain_text("编号")


def test_a_search_is_saved_and_a_passage_marked_by_whoever_logs_in(reader: Keyboard) -> None:
    page = reader.page
    reader.go("/account/log-in")
    until_focused(page.get_by_label("账号"))
    reader.type("wang")
    reader.fill("密码", PASSWORD)
    reader.press("Enter")
    expect(page.locator(".log-out")).to_be_visible()
    reader.go("/search?q=会宁府")
    reader.enter(page.get_by_role("link", name="保存检索"), "/shelf/searches/new")
    reader.enter(page.locator("main form button[type=submit]"), "/shelf/searches/")
    reader.go(READ)
    reader.enter(page.locator(".leaf-own"), "/shelf/notes/new")
    reader.fill("批注（可不填）", "存疑")
    reader.enter(page.locator("main form button[type=submit]"))
    expect(page.locator("a.own").first).to_be_visible()
    reader.enter(page.locator(".own-marks a", has_text="改批注"), "/shelf/notes/")
    reader.go("/")
    reader.enter(page.locator("a.account"), "/account/")
