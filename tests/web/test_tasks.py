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
        shutil.copytree(kanripo / work / "_data", folder / "texts" / work / "_data")
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
    """Task 8: the text stays open, and says how many there are in it and in the book."""
    reader.go("/read/KR2a0035/0")
    reader.ask("会宁府", "#inside")
    expect(reader.page.locator(".tools .total")).to_contain_text("全书")
    expect(reader.page.locator("details.hits-of-work")).to_be_visible()
    assert reader.steps == 1


def test_the_next_hit_in_the_next_section(reader: Reader) -> None:
    """Task 9."""
    reader.go("/read/KR2a0035/0?q=会宁府")
    reader.link("有它的后一篇")
    expect(reader.page.locator("article mark.found").first).to_be_visible()
    expect(reader.page).not_to_have_url(re.compile("/read/KR2a0035/0"))
    assert reader.steps == 1


def test_a_text_is_read_vertically(reader: Reader) -> None:
    """Task 10."""
    reader.go("/read/KR2a0035/0?layout=horizontal")
    reader.link("直排")
    expect(reader.page.locator("article.vertical")).to_be_visible()
    assert reader.steps == 1


def test_the_image_of_a_leaf_beside_its_text(reader: Reader) -> None:
    """Task 11; ``tests/web/test_facsimile.py`` has images."""
    reader.go("/read/KR2a0035/0")
    reader.click(reader.page.locator("#facsimile-open"))
    expect(reader.page.locator("#facsimile")).to_be_visible()
    expect(reader.page.locator("article.text")).to_be_visible()
    assert reader.steps == 1


def test_a_passage_is_cited_and_a_leaf_is_linked_to(reader: Reader) -> None:
    """Tasks 12 and 13."""
    reader.go("/read/KR2a0035/1?q=会宁府")
    reader.click(reader.page.locator("summary", has_text="永久地址、引用"))
    expect(reader.page.locator("#cite textarea")).to_have_value(re.compile("金史.*/at/", re.DOTALL))
    assert reader.steps == 1
    permanent = reader.page.locator(".leaf-mark[href*='/at/'], .leaf a[href*='/at/']").first
    reader.go(permanent.get_attribute("href") or "")
    expect(reader.page).to_have_url(re.compile("/read/KR2a0035/1"))


def test_places_are_kept_and_taken_along(reader: Reader) -> None:
    """Task 14."""
    reader.go("/search?q=会宁府&mode=exact")
    hits = reader.page.locator(".hit")
    for number in range(2):
        reader.click(hits.nth(number).locator("a.put"))
        expect(hits.nth(number).locator("a.put")).to_contain_text("已在书袋")
    assert reader.steps == 2
    reader.go("/shelf/basket")
    expect(reader.page.locator(".basket-item")).to_have_count(2)
    with reader.page.expect_download() as taken:
        reader.click(reader.page.get_by_role("button", name="全部带走"))
    assert "/at/" in Path(taken.value.path()).read_text("utf-8-sig")
    assert reader.steps == 1


def test_what_a_character_is(reader: Reader) -> None:
    """Task 17."""
    reader.go("/read/KR2a0035/1")
    reader.click(reader.page.locator("details.lookup summary"))
    reader.page.locator("details.lookup [name=character]").fill("會")
    reader.click(reader.page.locator("details.lookup button[type=submit]"))
    expect(reader.page.locator("main")).to_contain_text("U+6703")
    assert reader.steps == 2


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
