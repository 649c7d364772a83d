"""What readers come to do, in a real browser on real text, and in how few steps: clicks and Enter."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from open_index import build
from playwright.sync_api import Browser, Locator, Page, expect
from serving import served

from web.app import create_app

VOLUMES = {"KR2a0035": ("002", "003", "008", "024"), "KR2k0038": ("001", "016")}
"""Volumes of 金史 and 滿洲源流考."""


class Reader:
    """Somebody in a browser whose steps are counted."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.steps = 0

    def go(self, path: str) -> None:
        """Begin somewhere."""
        self.page.goto(self.address + path)
        self.steps = 0

    def ask(self, words: str, box: str = "#q") -> None:
        """Type words into a box, and Enter."""
        self.page.locator(box).fill(words)
        self.page.locator(box).press("Enter")
        self.steps += 1

    def click(self, what: Locator) -> None:
        what.first.click()
        self.steps += 1

    def link(self, name: str | re.Pattern[str]) -> None:
        self.click(self.page.locator("main").get_by_role("link", name=name))

    def choose(self, name: str, value: str) -> None:
        """Choose in a list; what is chosen acts at once."""
        self.page.locator(f"main form.search [name={name}]").select_option(value)
        self.page.wait_for_url(re.compile(f"{name}={value}"))
        self.steps += 1


@pytest.fixture(scope="module")
def address(kanripo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("tasks")
    for work, numbers in VOLUMES.items():
        (folder / "texts" / work).mkdir(parents=True)
        for number in numbers:
            shutil.copyfile(kanripo / work / f"{work}_{number}.txt", folder / "texts" / work / f"{work}_{number}.txt")
    build([folder / "texts"], folder / "index")
    with served(create_app(folder / "index")) as address:
        yield address


@pytest.fixture
def reader(browser: Browser, address: str) -> Iterator[Reader]:
    page = browser.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield Reader(page, address)
    page.close()
    assert errors == []


def test_a_phrase_and_how_often_it_stands(reader: Reader) -> None:
    """Tasks 1 and 2."""
    reader.go("/")
    reader.ask("“会宁府”")
    expect(reader.page.locator("p.total")).to_have_text(re.compile(r"[1-9][\d,]* 段 · [1-9][\d,]* 处"))
    assert reader.steps == 1


def test_one_line_a_place_by_what_follows_with_each_spelling(reader: Reader) -> None:
    """Tasks 3 and 4."""
    reader.go("/")
    reader.ask("会宁府")
    reader.link("逐处列出")
    expect(reader.page.locator("section.variants", has=reader.page.locator("#spellings"))).to_contain_text("會寧府")
    assert reader.steps == 2
    reader.choose("order", "right")
    expect(reader.page.locator(".kwic li").first).to_be_visible()
    assert reader.steps == 3


def test_where_in_a_work_it_stands(reader: Reader) -> None:
    """Task 5."""
    reader.go("/works/KR2a0035")
    reader.page.locator("main input[name=q]").fill("会宁府")
    reader.click(reader.page.get_by_role("button", name="各篇分布"))
    expect(reader.page.locator("figure svg").first).to_be_visible()
    assert reader.steps == 1


def test_the_next_page_and_back(reader: Reader) -> None:
    """Task 6."""
    reader.go("/")
    reader.ask("完颜")
    for name, number in (("下一页", 11), ("下一页", 21), ("上一页", 11)):
        reader.steps = 0
        reader.click(reader.page.locator("nav.paging").get_by_role("link", name=name))
        expect(reader.page.locator("nav.paging")).to_contain_text(f"{number}–")
        assert reader.steps == 1


def test_two_works_at_once(reader: Reader) -> None:
    """Task 7."""
    reader.go("/search?q=会宁府&mode=exact")
    for name in ("金史", "滿洲源流考"):
        reader.click(reader.page.locator("#facets").get_by_role("link", name=re.compile(name)))
    chosen = reader.page.locator("#facets [aria-current=true]")
    expect(chosen).to_have_count(2)
    assert reader.steps == 2


def test_a_search_within_the_book_that_is_read(reader: Reader) -> None:
    """Task 8."""
    reader.go("/read/KR2a0035/0")
    reader.page.get_by_label("只在本书中").check()
    reader.steps += 1
    reader.ask("会宁府", "header input[name=q]")
    expect(reader.page).to_have_url(re.compile("work=KR2a0035"))
    expect(reader.page.locator(".hit").first).to_be_visible()
    assert reader.steps == 2


def test_a_text_is_read_vertically(reader: Reader) -> None:
    """Task 10."""
    reader.go("/read/KR2a0035/0?layout=horizontal")
    reader.link("直排")
    expect(reader.page.locator("article.vertical")).to_be_visible()
    assert reader.steps == 1


def test_a_question_in_modern_words(reader: Reader) -> None:
    """Task 15."""
    reader.go("/")
    reader.ask("阿骨打怎样打败辽国")
    expect(reader.page.locator(".hit").first).to_be_visible()
    assert reader.steps == 1


def test_a_slip_of_the_pen(reader: Reader) -> None:
    """Task 16."""
    reader.go("/")
    reader.ask("会宇府")
    reader.click(reader.page.locator(".meant").get_by_role("link", name="会宁府"))
    expect(reader.page.locator("p.total")).to_contain_text("处")
    assert reader.steps == 2


def test_a_question_to_the_library_and_what_became_of_it(reader: Reader) -> None:
    """Task 18; ``tests/web/desk/test_desk_browser.py`` has 19 and 20."""
    reader.go("/ask")
    for name, text in (("question", "会宁府在哪里？"), ("name", "趙"), ("contact", "a@example.org")):
        reader.page.locator(f"main [name={name}]").fill(text)
    reader.click(reader.page.locator("main form button[type=submit]"))
    reader.link("查看我的提问")
    expect(reader.page.locator("main")).to_contain_text("会宁府在哪里？")
    assert reader.steps == 2
