"""The reading room in a real browser: places are walked, the display is kept, columns turn, a voice reads."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from open_index import build
from playwright.sync_api import Browser, BrowserContext, Page, expect
from serving import served
from watched import until, watched

from web.app import create_app

FILES = ("KR2a0035_002.txt", "KR2a0035_003.txt", "KR2a0035_008.txt", "KR2a0035_024.txt")
"""Volumes of 金史: 會寧府 stands in the second, not in the first, and in the last two; the last has notes."""
VOICE = """
const spoken = window.spoken = [];
const voices = [{ lang: "en-US", name: "e" }, { lang: "zh-CN", name: "z" }];
let current = null;
const engine = Object.assign(new EventTarget(), {
  getVoices: () => window.silent ? [] : voices,
  speak: (said) => { current = said; spoken.push(said.text); },
  cancel: () => { current = null; spoken.push("cancel"); },
  pause: () => spoken.push("pause"),
  resume: () => spoken.push("resume"),
});
window.said = () => current.onend();
Object.defineProperty(window, "speechSynthesis", { value: engine });
window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
"""
"""A voice that says nothing, and goes on when ``said()`` is called."""


@pytest.fixture(scope="module")
def address(kanripo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("room") / "KR2a0035"
    folder.mkdir()
    for name in FILES:
        shutil.copyfile(kanripo / "KR2a0035" / name, folder / name)
    modern = folder.parent / "note.txt"
    modern.write_text("---\ntitle: 江行記\nlanguage: zh\n---\n江水東流。他说：“山高。”我们走。", "utf-8")
    build([folder, modern], folder.parent / "index")
    with served(create_app(folder.parent / "index")) as address:
        yield address


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        yield context


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    with watched(context.new_page()) as page:
        yield page


def test_keys_walk_from_place_to_place_and_on_into_other_sections(page: Page, address: str) -> None:
    page.goto(f"{address}/read/KR2a0035/0?q=会宁府&mode=exact")
    page.keyboard.press("j")
    expect(page).to_have_url(re.compile(r"/read/KR2a0035/[12]\?.*#o-1$"))
    first = page.url
    expect(page.locator(".here")).to_be_in_viewport()
    while page.url == first:
        page.keyboard.press("j")
        page.wait_for_load_state()
    assert page.url.endswith("#o-1")
    page.keyboard.press("k")
    expect(page).to_have_url(re.compile("#last$"))
    expect(page.locator(".tools .total")).to_have_text(re.compile(r"^第 (\d+) 处，共 \1 处"))


def test_a_place_of_the_list_is_gone_to_and_walked_from(page: Page, address: str) -> None:
    page.goto(f"{address}/read/KR2a0035/0")
    page.locator("#inside").fill("完颜")
    page.locator("#inside").press("Enter")
    expect(page).to_have_url(re.compile(r"/read/KR2a0035/0\?q="))
    page.locator(".hits-of-work summary").click()
    page.locator(".places a").nth(1).click()
    expect(page.locator(".here")).to_be_in_viewport()
    expect(page.locator(".tools .total")).to_contain_text("第 2")
    page.keyboard.press("j")
    expect(page.locator(".tools .total")).to_contain_text("第 3")


def test_what_is_chosen_is_kept_and_what_an_address_says_is_not(page: Page, address: str) -> None:
    page.goto(f"{address}/read/KR2a0035/0?layout=vertical&paper=dark")
    expect(page.locator("article")).to_have_css("writing-mode", "vertical-rl")
    page.goto(f"{address}/read/KR2a0035/1")
    expect(page.locator("article")).to_have_css("writing-mode", "horizontal-tb")
    page.locator(".display summary").click()
    expect(page.get_by_role("button", name="照此显示")).to_be_hidden()
    page.get_by_label("底色").select_option("sepia")
    page.get_by_label("字号").select_option("largest")
    page.get_by_label("行长").select_option("narrow")
    page.get_by_label("夹注").select_option("hidden")
    expect(page.locator("body")).to_have_css("background-color", "rgb(233, 220, 192)")
    page.goto(f"{address}/read/KR2a0035/3")
    expect(page.locator("body")).to_have_css("background-color", "rgb(233, 220, 192)")
    expect(page.locator("article")).to_have_css("font-size", "28.8px")
    expect(page.locator(".note").first).to_be_hidden()
    page.locator(".display summary").click()
    expect(page.get_by_label("字号")).to_have_value("largest")
    page.goto(f"{address}/read/KR2a0035/3?notes=inline")
    expect(page.locator(".note").first).to_be_visible()


def test_settings_go_into_the_address_without_a_script(browser: Browser, address: str) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{address}/read/KR2a0035/2?q=会宁府")
        page.locator(".display summary").click()
        page.get_by_label("排法").select_option("vertical")
        page.get_by_label("字形").select_option("simplified")
        page.get_by_role("button", name="照此显示").click()
        expect(page.locator("article")).to_have_css("writing-mode", "vertical-rl")
        expect(page.locator("article")).to_contain_text("二十一年正月戊申朔宋高丽夏遣使来贺")
        expect(page.locator("article mark.found").first).to_have_text(re.compile("[会㑹]宁府"))
        page.get_by_role("link", name="下一篇").click()
        expect(page.locator("article")).to_have_css("writing-mode", "vertical-rl")
        expect(page.locator(".voice")).to_contain_text("朗读：要有脚本")


def lines_of(page: Page) -> list[float]:
    """The widths of the lines of the second leaf."""
    widths: list[float] = (
        page.locator(".lines")
        .nth(1)
        .evaluate(
            "lines => { const all = document.createRange(); all.selectNodeContents(lines);"
            " const rows = new Map();"
            " for (const box of all.getClientRects()) {"
            "   const row = Math.round(box.top / 8); rows.set(row, Math.max(rows.get(row) ?? 0, box.right)); }"
            " const left = lines.getBoundingClientRect().left;"
            " return [...rows.values()].map(right => right - left); }"
        )
    )
    return widths


def test_a_phone_runs_lines_on_and_the_edition_keeps_its_own(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{address}/read/KR2a0035/2")
    whole = lines_of(page)
    assert min(whole[:-1]) > 0.9 * max(whole)  # no line is a stub
    page.goto(f"{address}/read/KR2a0035/2?lines=edition")
    assert min(lines_of(page)) < 0.5 * max(lines_of(page))
    page.set_viewport_size({"width": 1280, "height": 844})
    page.goto(f"{address}/read/KR2a0035/2")
    expect(page.locator("br.soft").first).not_to_have_css("display", "none")
    page.goto(f"{address}/read/KR2a0035/2?lines=run")
    expect(page.locator("br.soft").first).to_have_css("display", "none")
    expect(page.locator("article br:not(.soft)").first).not_to_have_css("display", "none")


def test_columns_fill_the_height_and_notes_stand_in_two_halves(page: Page, address: str) -> None:
    page.goto(f"{address}/read/KR2a0035/3?layout=vertical")
    box = page.locator("article").bounding_box()
    assert box
    bottoms = page.locator("article .lines").first.evaluate(
        "lines => { const all = document.createRange(); all.selectNodeContents(lines);"
        " return Math.max(...[...all.getClientRects()].map(each => each.bottom)); }"
    )
    assert bottoms > box["y"] + 0.85 * box["height"]
    columns = page.locator(".said").evaluate_all(
        "all => all.filter(each => each.textContent.trim().length > 1).map(each => {"
        " const part = document.createRange(); part.selectNodeContents(each);"
        " return new Set([...part.getClientRects()].map(box => Math.round(box.left))).size; })"
    )
    assert len(columns) > 20
    assert sum(each == 2 for each in columns) > 0.95 * len(columns)


def test_keys_turn_columns_by_the_screen_and_leaves_and_sections(page: Page, address: str) -> None:
    page.goto(f"{address}/read/KR2a0035/2?layout=vertical")
    article = page.locator("article")
    turned = [article.evaluate("each => each.scrollLeft")]
    for key in ("PageDown", " ", "ArrowLeft"):
        page.keyboard.press(key)
        turned.append(article.evaluate("each => each.scrollLeft"))
    width = article.evaluate("each => each.clientWidth")
    steps = [before - after for before, after in pairwise(turned)]
    assert all(0.8 * width < step <= width for step in steps)
    for key in ("PageUp", "Shift+ ", "ArrowRight"):
        page.keyboard.press(key)
    assert article.evaluate("each => each.scrollLeft") == turned[0]
    page.goto(f"{address}/read/KR2a0035/2")
    for _ in range(3):
        page.keyboard.press("l")
    expect(page.locator(".leaf").nth(3)).to_be_in_viewport()
    page.keyboard.press("h")
    expect(page.locator(".leaf").nth(2)).to_be_in_viewport()
    page.keyboard.press("n")
    expect(page).to_have_url(f"{address}/read/KR2a0035/3")
    page.wait_for_load_state()  # keys are scripts'
    page.keyboard.press("p")
    expect(page).to_have_url(f"{address}/read/KR2a0035/2")


def test_single_keys_are_off_where_they_are_switched_off(page: Page, address: str) -> None:
    page.goto(f"{address}/about")
    page.locator("#keys input").uncheck()
    page.goto(f"{address}/read/KR2a0035/2?q=会宁府")
    before = page.url
    for key in "jlnv":
        page.keyboard.press(key)
    expect(page).to_have_url(before)
    expect(page.locator(".here")).to_have_count(0)


def test_what_is_copied_are_the_editions_own_characters(context: BrowserContext, page: Page, address: str) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{address}/read/KR2a0035/2?characters=simplified")
    expect(page.locator(".lines").nth(1)).to_contain_text("口授地必令自耕地有余而力不赡者")
    page.locator(".lines").nth(1).evaluate(
        "lines => { const all = document.createRange(); all.selectNodeContents(lines);"
        " getSelection().removeAllRanges(); getSelection().addRange(all); }"
    )
    expect(page.locator("#selected")).to_be_visible()
    page.keyboard.press("Control+c")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("口授地必令自耕地有餘而力不贍者方許招人租佃")


def test_simplified_characters_are_kept_for_the_next_visit(page: Page, address: str) -> None:
    page.goto(f"{address}/read/KR2a0035/2")
    page.locator(".display summary").click()
    page.get_by_label("字形").select_option("simplified")
    expect(page).to_have_url(re.compile("characters=simplified"))
    page.goto(f"{address}/read/KR2a0035/3")
    expect(page).to_have_url(re.compile(r"/3\?characters=simplified"))
    page.get_by_role("link", name="看底本原字").click()
    expect(page).to_have_url(re.compile("characters=original"))
    expect(page.locator(".simplified")).to_have_count(0)


def test_a_voice_reads_line_by_line_is_marked_paused_and_stopped(page: Page, address: str) -> None:
    page.add_init_script(VOICE)
    page.goto(f"{address}/read/KR2a0035/2")
    page.get_by_role("button", name="朗读").click()
    assert page.evaluate("spoken.at(-1)") == "本紀第八"  # the running head is passed over
    assert page.evaluate("[...CSS.highlights.get('spoken')][0].toString().trim()") == "本紀第八"
    page.evaluate("said()")
    page.evaluate("said()")
    assert page.evaluate("spoken.at(-1)") == "二十一年正月戊申朔宋高麗夏遣使來賀壬子以夏"
    page.get_by_role("button", name="暂停").click()
    assert page.evaluate("spoken.at(-1)") == "pause"
    page.get_by_role("button", name="继续").press("Enter")
    assert page.evaluate("spoken.at(-1)") == "resume"
    page.keyboard.press("v")
    assert page.evaluate("spoken.at(-1)") == "pause"
    page.keyboard.press("x")
    assert page.evaluate("spoken.at(-1)") == "cancel"
    assert page.evaluate("CSS.highlights.has('spoken')") is False
    expect(page.get_by_role("button", name="朗读")).to_be_visible()
    page.locator(".leaf").nth(5).evaluate("leaf => leaf.scrollIntoView({ block: 'start' })")
    page.keyboard.press("v")
    begun = page.evaluate("spoken.at(-1)")
    assert begun in "".join(page.locator(".leaf").nth(5).inner_text().split()) or begun in "".join(
        page.locator(".leaf").nth(4).inner_text().split()
    )


def test_a_voice_reads_sentences_where_there_are_any_and_from_what_is_selected(page: Page, address: str) -> None:
    page.add_init_script(VOICE)
    page.goto(f"{address}/read/note/0")
    page.keyboard.press("v")
    for _ in range(2):
        page.evaluate("said()")
    assert page.evaluate("spoken.filter(each => each !== 'cancel')") == ["江水東流。", "他说：“山高。”", "我们走。"]
    page.evaluate("said()")
    expect(page.get_by_role("button", name="朗读")).to_be_visible()
    page.locator(".lines").evaluate(
        "lines => { const part = document.createRange(); const text = lines.firstChild;"
        " part.setStart(text, text.data.indexOf('山')); part.setEnd(text, text.data.indexOf('山') + 1);"
        " getSelection().removeAllRanges(); getSelection().addRange(part); }"
    )
    page.keyboard.press("v")
    assert page.evaluate("spoken.at(-1)") == "他说：“山高。”"


def test_without_a_voice_a_word_says_so(page: Page, address: str) -> None:
    page.add_init_script("window.silent = true;" + VOICE)
    page.goto(f"{address}/read/note/0")
    expect(page.get_by_role("button", name="朗读")).to_be_hidden()
    expect(page.locator(".voice")).to_contain_text("要有中文语音")
    page.keyboard.press("v")
    assert page.evaluate("spoken") == []
    page.evaluate("window.silent = false; speechSynthesis.dispatchEvent(new Event('voiceschanged'))")
    expect(page.get_by_role("button", name="朗读")).to_be_visible()


STANDS_STILL = """async () => {
  const tops = () => [...document.querySelectorAll("article")].map((each) => each.scrollTop).join();
  const before = tops();
  for (let frame = 0; frame < 6; frame++) await new Promise(requestAnimationFrame);
  return tops() === before;
}"""
"""Whether no text moves while six frames are drawn."""


def test_two_texts_move_together_and_a_phone_has_them_one_below_the_other(page: Page, address: str) -> None:
    page.goto(f"{address}/read/KR2a0035/1?beside=KR2a0035/2")
    first, second = page.locator("article").first, page.locator("article").nth(1)
    left, right = first.bounding_box(), second.bounding_box()
    assert left
    assert right
    assert left["x"] + left["width"] <= right["x"]
    first.evaluate("each => each.scrollTo(0, each.scrollHeight)")
    until(page, "document.querySelectorAll('article')[1].scrollTop > 500")
    until(page, STANDS_STILL)  # leaves that come into view are laid out, which moves what stands below
    second.evaluate("each => each.scrollTo(0, 0)")
    until(page, "document.querySelectorAll('article')[0].scrollTop < 200")
    page.set_viewport_size({"width": 390, "height": 844})
    above, below = first.bounding_box(), second.bounding_box()
    assert above
    assert below
    assert above["y"] + above["height"] <= below["y"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_another_work_is_chosen_from_the_page(page: Page, address: str) -> None:
    page.goto(f"{address}/read/KR2a0035/1")
    page.locator(".choose-beside summary").click()
    page.get_by_label("并排的书").select_option(label="江行記")
    page.get_by_role("button", name="并排").click()
    expect(page.locator("article").nth(1)).to_contain_text("江水東流")
    page.locator(".display summary").click()
    page.get_by_label("排法").select_option("vertical")
    for number in range(2):
        expect(page.locator("article").nth(number)).to_have_css("writing-mode", "vertical-rl")
    page.get_by_role("link", name="下一篇").click()
    expect(page).to_have_url(re.compile("/read/KR2a0035/2.*beside=note"))
    expect(page.locator("article")).to_have_count(2)
