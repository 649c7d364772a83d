"""A reader's selection is cited, in a real browser."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from open_index import build
from playwright.sync_api import Browser, Page, expect
from serving import served
from watched import until, until_focused, watched

from web.app import create_app

TEXT = "　卷一\n會寧府下\n𠀀上京也\n女真"
"""A section of two pages, with a character beyond the Basic Multilingual Plane."""
SELECT = """() => {
  const lines = [...document.querySelectorAll('.lines')];
  const texts = lines.flatMap((each) => [...each.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE));
  const [first, last] = ['寧府', '上京'].map((words) => texts.find((each) => each.data.includes(words)));
  const range = document.createRange();
  range.setStart(first, first.data.indexOf('寧'));
  range.setEnd(last, last.data.indexOf('京') + 1);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("citing")
    pages = [{"label": "001-1a", "start": 0}, {"label": "001-1b", "start": TEXT.index("𠀀")}]
    work = {"id": "K", "title": "考", "sections": [{"title": "卷一", "text": TEXT, "pages": pages}]}
    (folder / "k.jsonl").write_text(json.dumps(work, ensure_ascii=False), "utf-8")
    build([folder / "k.jsonl"], folder / "index")
    with served(create_app(folder / "index")) as address:
        yield address


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with watched(browser.new_page()) as page:
        yield page


def test_what_is_selected_is_told_in_the_offsets_of_the_section(page: Page, address: str) -> None:
    page.goto(f"{address}/read/K/0")
    page.evaluate(
        """() => document.querySelector('article').addEventListener('selected',
          (event) => { (window.told ??= []).push(event.detail); })"""
    )
    page.evaluate(SELECT)
    until(page, "window.told?.length")
    start, end = TEXT.index("寧"), TEXT.index("京") + 1
    assert page.evaluate("window.told.at(-1)") == {"start": start, "end": end, "text": TEXT[start:end]}
    expect(page.locator("#selected [role=status]")).to_have_text(re.compile(f"^已选 {end - start} 字"))


def test_the_buttons_for_a_selection_are_reached_by_a_key_and_let_go_by_another(page: Page, address: str) -> None:
    page.goto(f"{address}/read/K/0")
    expect(page.locator("#selected")).to_be_hidden()
    page.evaluate(SELECT)
    expect(page.locator("#selected")).to_be_visible()
    page.keyboard.press("s")
    until_focused(page.locator("#selected a, #selected button").first)
    page.keyboard.press("Escape")
    expect(page.locator("#selected")).to_be_hidden()
    until_focused(page.locator("article"))


@pytest.mark.parametrize("width", [1280, 320])
@pytest.mark.parametrize("layout", ["horizontal", "vertical"])
def test_the_buttons_are_on_the_screen(page: Page, address: str, width: int, layout: str) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    page.goto(f"{address}/read/K/0?layout={layout}")
    page.evaluate(SELECT)
    expect(page.locator("#selected")).to_be_visible()
    box = page.locator("#selected").bounding_box()
    assert box
    assert 0 <= box["x"] <= width - box["width"]
    assert 0 <= box["y"] <= 700 - box["height"]


def test_a_selection_is_cited(page: Page, address: str) -> None:
    page.goto(f"{address}/read/K/0")
    page.evaluate(SELECT)
    page.locator("#selected .cite-selected").click()
    expect(page).to_have_url(re.compile("#cite$"))
    asked = parse_qs(urlsplit(page.url).query)
    assert (asked["at"], asked["to"]) == ([str(TEXT.index("寧"))], [str(TEXT.index("京") + 1)])
    expect(page.get_by_label("永久地址").first).to_have_value(re.compile("@5\\+7:"))


def test_a_selection_is_copied_with_its_reference(browser: Browser, address: str) -> None:
    with browser.new_context(permissions=["clipboard-read", "clipboard-write"]) as context:
        page = context.new_page()
        page.goto(f"{address}/read/K/0")
        page.evaluate(SELECT)
        expect(page.locator("#selected")).to_be_visible()
        page.keyboard.press("s")
        until_focused(page.locator("#selected .copy-cited"))
        page.keyboard.press("Enter")
        expect(page.locator("#selected [role=status]")).to_have_text("已复制，附有出处。")
        words, reference = page.evaluate("navigator.clipboard.readText()").split("\n")
        assert words == "“寧府下𠀀上京”"
        assert reference.startswith("考：卷一[M/OL]. 001-1a[")
        assert "/at/K/0/001-1a@5+7:寧府下𠀀上京." in reference


def test_a_copy_that_fails_says_so(page: Page, address: str) -> None:
    page.route("**/cite/selection*", lambda route: route.fulfill(status=200, body="{}"))
    page.goto(f"{address}/read/K/0")
    page.evaluate("navigator.clipboard.write = () => Promise.reject(new Error()); document.execCommand = () => false")
    page.evaluate(SELECT)
    page.get_by_role("button", name="复制并附出处").click()
    expect(page.locator("#selected [role=status]")).to_have_text(re.compile("^没有复制成功"))


def test_suggestions_are_chosen_by_keys(page: Page, address: str) -> None:
    page.goto(address)
    box = page.locator("#q")
    options = page.locator("#q-suggestions:not([hidden]) [role=option]")
    box.press_sequentially("考")
    expect(options).to_have_count(0)  # the title itself is no suggestion
    box.fill("")
    page.route("**/suggest?*", lambda route: route.fulfill(json={"suggestions": ["會寧府", "會寧州"]}))
    box.press_sequentially("会宁")
    expect(options).to_have_text(["會寧府", "會寧州"])
    expect(page.locator("#suggesting")).to_have_text(re.compile("^有 2 条建议"))
    box.press("ArrowDown")
    box.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    expect(box).to_have_attribute("aria-activedescendant", "q-suggestions-1")
    box.press("Escape")
    expect(options).to_have_count(0)
    until_focused(box)
    box.press_sequentially("府")
    expect(options).to_have_count(2)
    box.press("ArrowDown")
    box.press("Enter")
    expect(page).to_have_url(re.compile("/search\\?q="))
    expect(page.locator("#q")).to_have_value("會寧府")
