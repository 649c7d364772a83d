"""A real browser on a real work: what a reader types in simplified characters is found in the edition's own."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from unicodedata import normalize

import pytest
from open_index import build
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader
from serving import served
from watched import until_focused, watched

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
    with served(create_app(folder.parent / "index")) as address:
        yield address


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with watched(browser.new_page()) as page:
        yield page


@pytest.mark.parametrize(("typed", "original"), [("完颜", "完[顔顏]"), ("会宁府", "[會㑹]寧府")])
def test_simplified_words_light_up_the_original(page: Page, address: str, typed: str, original: str) -> None:
    page.goto(address)
    until_focused(page.locator("#q"))
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
    until_focused(page.locator(".hit h2 a").nth(0))
    page.keyboard.press("j")
    until_focused(page.locator(".hit h2 a").nth(1))
    page.keyboard.press("k")
    until_focused(page.locator(".hit h2 a").nth(0))
    page.keyboard.press("/")
    until_focused(page.locator("#q"))


def test_keys_can_be_switched_off(page: Page, address: str) -> None:
    page.goto(f"{address}/about")
    page.locator("#keys input").uncheck()
    page.goto(f"{address}/search?q=完颜")
    page.keyboard.press("j")
    expect(page.locator(":focus")).to_have_count(0)
    page.goto(f"{address}/about")
    page.locator("#keys input").check()
    page.goto(f"{address}/search?q=完颜")
    page.keyboard.press("j")
    until_focused(page.locator(".hit h2 a").nth(0))


def test_a_pasted_text_finds_its_parallel_and_a_page_its_own(page: Page, address: str) -> None:
    page.goto(f"{address}/parallels")
    page.get_by_label("文字", exact=True).fill("上自将攻黄龙府，进临益州，州人走保黄龙，取余民以归。")
    page.get_by_role("button", name="查互见").click()
    expect(page.locator("ol.parallels > li").first).to_contain_text("金史")
    expect(page.locator("ol.parallels ins.added").first).to_have_text("其")
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator("ol.parallels h2 a").first.click()
    expect(page.locator(".window").first).to_be_in_viewport()
    page.locator(".leaf-parallels").first.click()
    expect(page).to_have_url(re.compile(r"/parallels\?place="))
    expect(page.locator(".source")).to_contain_text("金史卷二")


def test_the_words_of_every_line_stand_in_one_column(page: Page, address: str) -> None:
    for width in (1280, 390, 320):
        page.set_viewport_size({"width": width, "height": 844})
        page.goto(f"{address}/concordance?q=完颜")
        middles = page.locator(".kwic mark.found").evaluate_all(
            "all => all.map(each => { const box = each.getBoundingClientRect(); return (box.left + box.right) / 2; })"
        )
        assert len(middles) > 20
        assert max(middles) - min(middles) < 1
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_line_is_reached_by_keys_and_opens_its_place(page: Page, address: str) -> None:
    page.goto(f"{address}/concordance?q=会宁府&order=right")
    page.keyboard.press("j")
    first = page.locator(".kwic .at").first
    until_focused(first)
    words = first.locator("mark").inner_text()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/read/KR2a0035/\d+\?at=\d+&to=\d+#hit$"))
    expect(page.locator("#hit")).to_be_attached()
    assert "".join(page.locator(".window").all_inner_texts()) == words


def test_lines_stand_in_columns_from_right_to_left(page: Page, address: str) -> None:
    page.goto(f"{address}/concordance?q=完颜")
    page.get_by_role("link", name="直排").click()
    expect(page.locator(".kwic")).to_have_css("writing-mode", "vertical-rl")
    boxes = page.locator(".kwic mark.found").evaluate_all(
        "all => all.map(each => each.getBoundingClientRect()).map(box => [box.left, (box.top + box.bottom) / 2])"
    )
    assert [left for left, _ in boxes] == sorted((left for left, _ in boxes), reverse=True)
    assert max(middle for _, middle in boxes) - min(middle for _, middle in boxes) < 1


def test_a_spelling_is_switched_off_and_on_without_a_script(browser: Browser, address: str) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{address}/concordance?q=完颜")
        total = page.locator(".total")
        before = total.inner_text()
        switch = page.locator("#spellings ~ .switches .switch", has_text="完顔")
        expect(switch).to_have_text(re.compile("^关 完顔 U\\+9854"))
        switch.click()
        expect(total).not_to_have_text(before, use_inner_text=True)
        assert "完顔" not in page.locator(".kwic mark.found").all_inner_texts()
        expect(switch).to_have_text(re.compile("^开 完顔"))
        switch.click()
        expect(total).to_have_text(before, use_inner_text=True)  # once the styles are there, which hide some of it


def test_results_are_narrowed_by_keys_and_without_a_script(browser: Browser, address: str) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{address}/search?q=完颜&mode=exact")
        everything = page.locator(".total").inner_text()
        page.get_by_role("searchbox", name="在结果中查").focus()
        page.keyboard.type("会宁府")
        page.keyboard.press("Enter")
        expect(page.locator("#q")).to_have_value("(完颜) AND (会宁府)")
        assert page.locator(".total").inner_text() != everything
        steps = page.get_by_role("list", name="逐步缩小").get_by_role("link")
        expect(steps).to_have_text([re.compile("完颜.*去掉这一步"), re.compile("会宁府.*去掉这一步")])
        steps.nth(1).focus()
        page.keyboard.press("Enter")
        expect(page.locator("#q")).to_have_value("完颜")
        assert page.locator(".total").inner_text().split("用时")[0] == everything.split("用时")[0]


def test_a_form_writes_a_query_that_can_be_changed_without_a_script(browser: Browser, address: str) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(address)
        page.get_by_role("link", name="不写符号，填表检索").click()
        page.get_by_label("有这个短语").fill("上京會寧府")
        page.get_by_label("容许误、脱、衍一字").check()
        page.get_by_label("没有这些词").fill("卜魁")
        page.get_by_label("两个词相近").fill("上京")
        page.get_by_label("另一个词").fill("会宁")
        page.get_by_label("相距").select_option("section")
        page.get_by_role("button", name="写成检索式").click()
        expect(page.locator("#q")).to_have_value('"上京會寧府"~ 上京 NEAR/section 会宁 NOT 卜魁')
        expect(page.get_by_label("有这个短语")).to_have_value("上京會寧府")
        page.locator("#q").fill("会宁府~")
        page.get_by_label("精确").check()
        page.get_by_role("button", name="检索", exact=True).click()
        expect(page.locator(".hit mark.found").first).to_be_visible()


def test_the_layout_is_remembered(page: Page, address: str) -> None:
    page.goto(f"{address}/read/KR2a0035/0")
    page.get_by_role("link", name="直排").click()
    expect(page.locator("article")).to_have_css("writing-mode", "vertical-rl")
    page.goto(f"{address}/read/KR2a0035/1")
    expect(page.locator("article")).to_have_css("writing-mode", "vertical-rl")


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/",
            "/search?q=完颜",
            "/search?q=(完颜) AND (会宁府)",
            "/compose?every=完颜",
            "/read/KR2a0035/1",
            "/read/KR2a0035/1?layout=vertical",
            "/works",
            "/account/log-in",
        ),
        *("/concordance?q=完颜", "/concordance?q=完颜&context=80&group=section", "/concordance?q=完颜&layout=vertical"),
    ],
)
def test_a_phone_never_scrolls_sideways(page: Page, address: str, path: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(address + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def printed(page: Page) -> list[str]:
    """What stands on each sheet of the page as it is printed, without blanks."""
    sheets = PdfReader(BytesIO(page.pdf(format="A4"))).pages
    # Fonts may take one code point for another: ⾦ for 金.
    return ["".join(normalize("NFKC", sheet.extract_text()).split()) for sheet in sheets]


@pytest.mark.parametrize("layout", ["horizontal", "vertical"])
def test_a_section_is_printed_whole_and_says_what_it_is(page: Page, address: str, layout: str) -> None:
    path = f"/read/KR2a0035/2?q=会宁府&layout={layout}"
    page.goto(f"{address}{path}#hit")
    shown = "".join("".join(page.locator("article .lines").all_inner_texts()).split())
    sheets = printed(page)
    assert len(sheets) > 5
    # A font has one glyph for 民 and its radical: these few are lost, but no sheet is.
    lost = Counter(normalize("NFKC", shown)) - Counter("".join(sheets))
    assert lost.total() * 50 < len(shown)
    assert sheets[0].startswith("文渊·金史卷八文淵閣四庫全書检索:会宁府")
    assert f"{address}{path}" in sheets[0]


def test_printed_results_say_what_was_asked(page: Page, address: str) -> None:
    page.goto(f"{address}/search?q=会宁府&mode=exact&lang=zh")
    first = printed(page)[0]
    assert f"{address}/search?q=会宁府&mode=exact" in first
    assert "lang=" not in first


def test_a_choice_acts_at_once_and_keeps_the_focus_and_the_way_back_leads_to_the_hit(page: Page, address: str) -> None:
    page.goto(f"{address}/search?q=完颜")
    page.get_by_label("精确").check()
    expect(page).to_have_url(re.compile("mode=exact"))
    until_focused(page.get_by_label("精确"))
    page.locator(".hit h2 a").nth(4).click()
    page.get_by_role("link", name="回到检索结果").click()
    expect(page).to_have_url(re.compile("#h-5$"))
    expect(page.locator("#h-5")).to_be_in_viewport()


def test_steps_say_which_place_it_is_and_keep_the_focus(page: Page, address: str) -> None:
    page.goto(f"{address}/search?q=会宁府&mode=exact")
    page.locator(".hit h2 a").first.click()
    standing, further = page.locator(".tools .total"), page.get_by_role("button", name="下一处")
    expect(standing).to_have_text("第 1 处，共 2 处")
    further.press("Enter")
    expect(standing).to_have_text("第 2 处，共 2 处")
    expect(page.locator("mark.here")).to_be_in_viewport()
    until_focused(further)
    further.press("Enter")
    expect(standing).to_have_text("第 2 处，共 2 处 · 已是最后一处")
