"""A character by itself: what it is, its variants, how often it stands by spelling; and the card beside a text."""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from open_index import build
from oracle import scan
from playwright.sync_api import Browser, Page, expect
from serving import served
from watched import until_focused, watched

from corpora.model import Work
from corpora.readers import gaiji, read
from corpora.sources.discover import discover
from indexer.text.folding import fold, folded_alike
from search import characters
from search.characters import block, is_character
from search.deadline import SearchTimeout
from search.library import Library
from search.model import Scope
from search.words.pinyin import spoken
from web.app import create_app

WORKS = [
    {
        "id": "a",
        "title": "甲書",
        "text": "長白山長春長。黒水黑水黑龍江，&KR2038;與⿰金先。\n𤣥武門會㑹会寧",
        "notes": [[2, 4]],
    },
    {"id": "b", "title": "乙書", "text": "长白山，黑土，會"},
    {"id": "c", "title": "密書", "text": "黑黑黑黑長"},
]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("characters")
    (folder / "works.jsonl").write_text("\n".join(json.dumps(work) for work in WORKS), "utf-8")
    build([folder / "works.jsonl"], folder / "index")
    return folder


@pytest.fixture(scope="module")
def library(built: Path) -> Library:
    return Library.open(built / "index")


@pytest.fixture(scope="module")
def works(built: Path) -> list[Work]:
    (source,) = discover(built / "works.jsonl")[0]
    return [item for item in read(source) if isinstance(item, Work)]


@pytest.fixture(scope="module")
def reader(built: Path) -> FlaskClient:
    return create_app(built / "index").test_client()


def scanned(works: list[Work], character: str) -> Counter[str]:
    """How often a plain scan finds a character, by how it is spelled."""
    return Counter(
        found.characters[0].original
        for work in works
        for section in work.sections
        for found in scan([section], character, Scope.BOTH)
    )


@pytest.mark.parametrize("character", ["黑", "黒", "长", "長", "會", "会", "玄", "江", "山", "魚"])
def test_counts_are_those_of_a_plain_scan(library: Library, works: list[Work], character: str) -> None:
    counts = library.character(character, "a")
    assert counts.work is not None
    for counted, among in ((counts.library, works), (counts.work, works[:1])):
        wanted = scanned(among, character)
        assert counted.total == wanted.total()
        assert counted.spellings == wanted
    seen = library.without(frozenset({"c"})).character(character)
    assert seen.library.total == scanned(works[:2], character).total()
    assert seen.work is None


def test_of_very_many_the_spellings_are_not_told_apart(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(characters, "MOST_SPELLED", 7)
    counted = library.character("黑", "b")
    assert counted.library.total == 8
    assert counted.library.spellings is None
    assert counted.work is not None
    assert counted.work.spellings == {"黑": 1}


def test_what_is_no_word_is_not_counted(library: Library) -> None:
    assert library.character("，").library.total == 0
    with pytest.raises(KeyError):
        library.character("黑", "nowhere")


def test_variants_are_all_that_folds_alike(works: list[Work]) -> None:
    for character in "黑會玄長髙":
        alike = folded_alike(character)
        assert character in alike
        assert {fold(each) for each in alike} == {fold(character)}
        assert not [
            code for code in range(0x3400, 0xA000) if fold(chr(code)) == fold(character) and chr(code) not in alike
        ]
    assert folded_alike("，") == []


def test_what_a_character_is() -> None:
    assert [block(each) for each in ("黑", "㑹", "𤣥", "\ue000", "〓", "x")] == [
        "CJK Unified Ideographs",
        "CJK Unified Ideographs Extension A",
        "CJK Unified Ideographs Extension B",
        "Private Use Area",
        "CJK Symbols and Punctuation",
        "",
    ]
    assert set(spoken("長")) >= {"cháng", "zhǎng"}
    assert [is_character(each) for each in ("黑", "𤣥", "\ue000", "", "黑水", "\n", " ", "\u202e")] == [True] * 3 + [
        False
    ] * 5
    assert gaiji.parts("⿰金⿱先口") == ("金", "先", "口")
    assert gaiji.parts("[x]") == gaiji.parts("KR2038") == gaiji.parts("") == ()
    assert "車*犬" not in gaiji.names_of("〓")


def card(client: FlaskClient, path: str) -> str:
    """The text of a card, without markup."""
    answer = client.get(path)
    assert answer.status_code == 200
    (found,) = re.findall(r'<div id="character".*?\n</div>', answer.text, re.DOTALL)
    return " ".join(html.unescape(re.sub("<[^>]*>", " ", found)).split())


def test_a_page_says_what_a_character_is(reader: FlaskClient) -> None:
    told = card(reader, f"/character/{quote('黑')}?work=a&lang=zh")
    assert "U+9ED1 · CJK Unified Ideographs" in told
    assert "读音 hēi" in told
    assert "本书 3 处 · 藏书 8 处 （各种写法合计）" in told
    assert re.search(r"黒 U\+9ED2 日本新字形 1 1( |$)", told)
    assert re.search(r"黑 U\+9ED1 \S* ?2 7( |$)", told)
    page = reader.get(f"/character/{quote('黑')}?work=a").text
    for form in "黑黒":
        assert f'href="/search?q={quote(form)}&amp;mode=exact&amp;strict=true"' in page
        assert re.search(f'href="/search[?]q={quote(form)}&amp;[^"]*work=a', page)


def test_a_missing_character_is_explained(reader: FlaskClient) -> None:
    told = card(reader, f"/character/{quote('⿰')}?name={quote('⿰金先')}&lang=zh")
    assert "底本以 ⿰金先 表示这一个字。 部件： 金 先 找这样描写的字" in told
    unknown = card(reader, f"/character/{quote('〓')}?name=KR9999&lang=zh")
    assert "底本以 KR9999 表示这一个字。 它没有通用的码位。" in unknown
    assert "没有通用码位的字的位置" in card(reader, f"/character/{quote('〓')}?lang=zh")
    assert "检索时略过它" in card(reader, f"/character/{quote('，')}?lang=zh")


def test_what_is_no_character_is_not_there(reader: FlaskClient) -> None:
    for path in ("黑水", "%0A", "%E2%80%AE", "x" * 500):
        assert reader.get(f"/character/{path}").status_code == 404, path
    assert reader.get("/character/黑?work=nowhere").status_code == 404
    assert reader.get(f"/character/黑?name={'x' * 5000}").status_code == 400
    assert "<script>alert" not in reader.get("/character/黑?name=<script>alert(1)</script>").text
    assert card(reader, "/character?character=黑水") == card(reader, "/character/黑")
    assert reader.get("/character").status_code == 200


def test_what_takes_too_long_is_not_counted_and_told(reader: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*_: object) -> None:
        raise SearchTimeout

    monkeypatch.setattr(Library, "character", late)
    assert "一时数不完" in card(reader, "/character/黑?lang=zh")


# The card


@pytest.fixture(scope="module")
def address(built: Path) -> Iterator[str]:
    with served(create_app(built / "index")) as address:
        yield address


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with watched(browser.new_page(viewport={"width": 1280, "height": 900})) as page:
        yield page


def box_of(page: Page, character: str) -> tuple[float, float]:
    """The middle of the first place of a character in the text."""
    x, y = page.evaluate(
        """character => {
            const walker = document.createTreeWalker(document.querySelector('article .lines'), NodeFilter.SHOW_TEXT);
            for (let node = walker.nextNode(); node; node = walker.nextNode()) {
                const at = node.data.indexOf(character);
                if (at < 0) continue;
                const range = document.createRange();
                range.setStart(node, at);
                range.setEnd(node, at + character.length);
                const box = range.getBoundingClientRect();
                return [box.left + box.width / 2, box.top + box.height / 2];
            }
        }""",
        character,
    )
    return x, y


def switch_on(page: Page, address: str, query: str = "") -> None:
    page.goto(f"{address}/read/a/0{query}")
    page.get_by_text("查字", exact=True).first.click()
    page.get_by_label("点一个字").check()


@pytest.mark.parametrize("query", ["", "?layout=vertical"])
def test_a_character_is_looked_up_by_touch_when_the_switch_is_on(page: Page, address: str, query: str) -> None:
    page.goto(f"{address}/read/a/0{query}")
    page.mouse.click(*box_of(page, "黒"))
    expect(page.locator("#character-card")).to_be_hidden()
    switch_on(page, address, query)
    for character in ("黒", "𤣥", "春"):
        page.mouse.click(*box_of(page, character))
        expect(page.locator("#character-card .glyph")).to_have_text(character)
    page.keyboard.press("Escape")
    expect(page.locator("#character-card")).to_be_hidden()


def test_a_pointer_that_rests_on_a_character_asks_for_it(page: Page, address: str) -> None:
    switch_on(page, address)
    page.mouse.move(*box_of(page, "龍"))
    expect(page.locator("#character-card .glyph")).to_have_text("龍")


def test_a_missing_character_is_named_by_the_card(page: Page, address: str) -> None:
    switch_on(page, address)
    page.mouse.click(*box_of(page, "先"))
    expect(page.locator("#character-card")).to_contain_text("底本以 ⿰金先 表示这一个字")


def test_a_selected_character_is_looked_up_by_a_key_and_the_next_by_buttons(page: Page, address: str) -> None:
    page.goto(f"{address}/read/a/0")
    x, y = box_of(page, "白")
    page.mouse.move(x - 8, y)
    page.mouse.down()
    page.mouse.move(x + 30, y)
    page.mouse.up()
    expect(page.locator("#character-card")).to_be_hidden()  # selecting is selecting
    page.keyboard.press("c")
    expect(page.locator("#character-card .glyph")).to_have_text("白")
    until_focused(page.locator("#character-card"))
    page.get_by_role("button", name="后一字").click()
    expect(page.locator("#character-card .glyph")).to_have_text("山")
    page.get_by_role("button", name="前一字").click()
    page.get_by_role("button", name="前一字").click()
    expect(page.locator("#character-card .glyph")).to_have_text("長")
    page.get_by_role("button", name="前一字").click()
    expect(page.locator("#character-card .glyph")).to_have_text("長")


def test_the_key_can_be_switched_off(page: Page, address: str) -> None:
    switch_on(page, address)
    page.locator("article").focus()
    page.keyboard.press("c")
    expect(page.locator("#character-card .glyph")).to_have_text("長")
    page.evaluate("localStorage.setItem('wenyuan.keys', 'off')")
    page.reload()
    page.locator("article").focus()
    page.keyboard.press("c")
    expect(page.locator("#character-card")).to_be_hidden()


def test_without_a_script_a_form_leads_to_the_page_of_a_character(browser: Browser, address: str) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{address}/read/a/0")
        page.get_by_text("查字", exact=True).first.click()
        expect(page.get_by_text("点字即查，要有 JavaScript。")).to_be_visible()
        page.get_by_label("查一个字").fill("黑")
        page.get_by_role("button", name="查字").click()
        expect(page.locator("#character .glyph")).to_have_text("黑")
        expect(page.locator("#character")).to_contain_text("本书 3 处")
