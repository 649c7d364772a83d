"""A real browser, two people: a question about 金代上京会宁府 goes from its arrival to an exported DOCX."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document as Word
from open_index import build
from playwright.sync_api import Browser, Page, expect
from serving import served
from shared_texts import KANRIPO

import corpora
from web.accounts.models import Account, AccountRole
from web.accounts.passwords import hashed
from web.app import create_app

PASSWORD = "金源故地 1115"
QUESTION = "请问金代上京会宁府是怎样建置的？史书上怎么说？"
VOLUME = "KR2a0035_024.txt"
"""The volume of 金史 on 上京."""
BUNDLED = Path(corpora.__file__).parent / "bundled"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A site over the real text where it stands, else over the articles that come along."""
    folder = tmp_path_factory.mktemp("desk")
    texts = BUNDLED
    if KANRIPO.is_dir():
        texts = folder / "KR2a0035"
        texts.mkdir()
        shutil.copyfile(KANRIPO / "KR2a0035" / VOLUME, texts / VOLUME)
    build([texts], folder / "index")
    app = create_app(folder / "index", str(folder / "desk.sqlite"))
    with app.extensions["storage"].session.begin() as session:
        for login, name, role in (("li", "李馆员", AccountRole.LIBRARIAN), ("wang", "王审核", AccountRole.REVIEWER)):
            session.add(Account(login=login, name=name, role=role, password=hashed(PASSWORD)))
    with served(app) as address:
        yield address


@pytest.fixture
def pages(browser: Browser, address: str) -> Iterator[tuple[Page, Page, Page]]:
    """Those of a reader, of a librarian and of a reviewer, each in a browser of their own."""
    contexts = [browser.new_context(base_url=address) for _ in range(3)]
    opened = [context.new_page() for context in contexts]
    errors: list[str] = []
    for page in opened:
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    reader, librarian, reviewer = opened
    for page, login in ((librarian, "li"), (reviewer, "wang")):
        page.goto("/account/log-in")
        page.get_by_label("账号").fill(login)
        page.get_by_label("密码").fill(PASSWORD)
        page.locator("form.sheet").get_by_role("button", name="登录").click()
    yield reader, librarian, reviewer
    for context in contexts:
        context.close()
    assert errors == []


SELECT = """() => {
  const found = document.querySelector("article mark.found");
  const range = document.createRange();
  range.setStart(found.firstChild, 1);
  range.setEnd(found.firstChild, 3);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
  return range.toString();
}"""
"""Selects two characters of what was found; returns them."""


def fits_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 1280, "height": 900})


def test_a_question_is_answered_by_two(pages: tuple[Page, Page, Page]) -> None:
    reader, librarian, reviewer = pages

    reader.goto("/ask")
    fits_a_phone(reader)
    reader.get_by_label("您的问题").fill(QUESTION)
    reader.get_by_label("姓名或单位").fill("某市地方志办公室")
    reader.get_by_label("联系方式").fill("zhi@example.org")
    reader.get_by_role("button", name="提问").click()
    told = reader.get_by_text(re.compile(r"编号 \d{4}-\d{4}")).text_content() or ""
    (number,) = re.findall(r"\d{4}-\d{4}", told)

    librarian.goto("/desk/")
    fits_a_phone(librarian)
    librarian.get_by_role("link", name=number).click()
    librarian.get_by_role("button", name="受理").click()
    librarian.get_by_label("类别").select_option("topical")
    librarian.locator("section", has=librarian.locator("#facts")).get_by_role("button", name="保存").click()
    librarian.get_by_role("button", name="用问题原文，按意思").click()
    expect(librarian.get_by_role("complementary", name="正在办的案卷")).to_contain_text(number)
    librarian.locator("#q").fill("会宁府")
    librarian.get_by_label("精确").check()
    librarian.get_by_role("button", name="检索").click()
    hit = librarian.locator(".hit").first
    hit.get_by_text("附注").click()
    hit.get_by_label("附注").fill("建置")
    hit.get_by_role("button", name=f"加入案卷 {number}").click()
    expect(librarian.get_by_role("status").first).to_contain_text("[@1]")
    hit.get_by_role("button", name="撤去").click()  # the page has not gone anywhere meanwhile
    hit.get_by_role("button", name=f"加入案卷 {number}").click()
    expect(hit.get_by_role("link", name="[@1]")).to_be_visible()
    fits_a_phone(librarian)
    librarian.locator(".hit h2 a").nth(1).click()
    expect(librarian.get_by_text("就只引这一段")).to_be_visible()  # the script is there
    selected = librarian.evaluate(SELECT)
    librarian.get_by_role("button", name=f"加入案卷 {number}").click()
    expect(librarian.get_by_role("status").first).to_contain_text("[@2]")
    fits_a_phone(librarian)

    librarian.get_by_role("link", name=number).first.click()
    expect(librarian.locator(".evidence > li")).to_have_count(2)
    expect(librarian.locator(".evidence blockquote").nth(1)).to_have_text(selected)
    expect(librarian.locator(".searches li")).to_have_count(2)
    fits_a_phone(librarian)
    librarian.get_by_role("button", name="[@2] 上移").focus()
    librarian.keyboard.press("Enter")
    expect(librarian.locator(".evidence > li code").first).to_have_text("[@2]")
    librarian.get_by_role("link", name="写答复").click()
    editor = librarian.get_by_label("答复（Markdown）")
    editor.fill("# 一、记载\n\n史书说：\n\n")
    librarian.locator("li", has_text="[@1]").get_by_role("button", name="插入").click()
    expect(editor).to_have_value("# 一、记载\n\n史书说：\n\n[@1]")
    editor.press("End")
    editor.type("\n\n又见[#2]。")
    librarian.get_by_role("button", name="预览").click()
    expect(librarian.locator(".preview blockquote")).to_contain_text(re.compile("[會会㑹].{0,2}[寧宁]"))
    fits_a_phone(librarian)
    librarian.get_by_role("button", name="保存").click()
    librarian.get_by_role("link", name=f"回到案卷 {number}").click()
    librarian.get_by_role("button", name="送审").click()
    expect(librarian.get_by_role("button", name="审核通过并签发")).to_have_count(0)

    reviewer.goto(f"/desk/cases/{number}")
    reviewer.get_by_role("button", name="审核通过并签发").click()
    expect(reviewer.locator(".badge")).to_have_text("已答复")
    with reviewer.expect_download() as download:
        reviewer.get_by_role("link", name="DOCX").click()
    word = Word(BytesIO(download.value.path().read_bytes()))
    told_in = {(each.style.name, each.text) for each in word.paragraphs if each.style}
    assert {("Question", QUESTION), ("Heading 2", "一、记载"), ("Signature", "审核：王审核")} <= told_in
    quotation = next(text for style, text in told_in if style == "Quote")
    assert re.search("[會会㑹][寧宁]府", quotation)
    assert quotation.endswith("[1]") or re.search(r"\[1\]\d+-\d+[ab]$", quotation)
    assert any(style == "Reference" and "[M/OL]" in text for style, text in told_in)
    reviewer.get_by_role("button", name="结案").click()
    expect(reviewer.locator(".badge")).to_have_text("已结案")
    reviewer.goto("/desk/statistics")
    expect(reviewer.get_by_role("img", name=re.compile("各类咨询"))).to_be_visible()
    fits_a_phone(reviewer)
