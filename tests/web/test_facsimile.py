"""The facsimile beside the text: which image a page has, what is boxed on it, whom the browser may ask for it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from image_hosts import HEIGHT, WIDTH, WORD, ImageHost, image_host
from open_index import build
from PIL import Image, ImageChops
from playwright.sync_api import Browser, Page, expect
from serving import served
from watched import until, until_focused

from web.app import create_app
from web.policy import MOST_HOSTS, POLICY, host_of, hosts_of

PAGES = ("001-1a", "001-1b", "001-2a", "001-2b", "001-3a", "001-3b", "001-4a")
LINES = (
    "長白山在會寧府之南",
    "混同江源出長白山",
    "松花江會於混同江",
    "黑水在其東北",
    "會寧府治會寧縣",
    "完顏部居之",
    "鐵驪在其西",
)
TEXT = "".join(f"{line}\n" + f"{line}也\n" * 30 for line in LINES)
BOX = "document.querySelector('.facsimile-boxes').getBoundingClientRect()"
FRAME = "() => new Promise(requestAnimationFrame)"
STARTS = tuple(TEXT.index(f"{line}\n") for line in LINES)
PLAIN, SERVICE, SLOW, REFUSED, LIAR, NONE, HALF = range(7)
"""The pages by what there is of them."""


def book(host: str) -> dict[str, object]:
    """A work of one section, with a page of each kind."""
    size = {"width": WIDTH, "height": HEIGHT}
    of = {
        PLAIN: {"facsimile": f"{host}/plain/1.png", **size},
        SERVICE: {"service": f"{host}/iiif/1", **size},
        SLOW: {"facsimile": f"{host}/slow/1.png"},
        REFUSED: {"facsimile": f"{host}/nothing/1.png"},
        LIAR: {"service": f"{host}/liar/1", "facsimile": f"{host}/plain/1.png"},
        NONE: {},
        HALF: {"facsimile": f"{host}/plain/1.png", "width": 2 * WIDTH, "height": 2 * HEIGHT},
    }
    words = [[start, start + 3, *WORD, 0.9] for start in STARTS]
    words += [[start + 4, start + 7, 100, 200, 60, 80] for start in STARTS[:2]]
    pages = [
        {"label": label, "start": start, **of[number]}
        for number, (label, start) in enumerate(zip(PAGES, STARTS, strict=True))
    ]
    sections = [
        {"title": "卷一", "text": TEXT, "pages": pages, "regions": words},
        {"title": "卷二", "text": "上京無圖", "pages": [{"label": "002-1a", "start": 0}]},
    ]
    return {"id": "tu", "title": "圖志", "sections": sections}


@pytest.fixture(scope="module")
def host() -> Iterator[ImageHost]:
    with image_host() as host:
        yield host


@pytest.fixture(scope="module")
def site_index(host: ImageHost, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("facsimile")
    works = [book(host.address), {"id": "plain", "title": "白文", "text": "長白山"}]
    (folder / "works.jsonl").write_text("\n".join(json.dumps(work) for work in works), "utf-8")
    build([folder / "works.jsonl"], folder / "index")
    return folder / "index"


@pytest.fixture(scope="module")
def reader(site_index: Path) -> FlaskClient:
    return create_app(site_index).test_client()


@pytest.fixture(scope="module")
def address(site_index: Path) -> Iterator[str]:
    with served(create_app(site_index)) as address:
        yield address


# What the program says


def directives(client: FlaskClient, path: str) -> dict[str, str]:
    header = client.get(path).headers["Content-Security-Policy"]
    return dict(each.strip().split(" ", 1) for each in header.split(";"))


def test_the_policy_names_the_hosts_of_the_images_that_are_shown_and_no_others(
    reader: FlaskClient, host: ImageHost
) -> None:
    shown = {"img-src": f"'self' {host.address}", "connect-src": f"'self' {host.address}"}
    assert directives(reader, "/read/tu/0") == POLICY | shown
    for path in (
        "/read/tu/1",
        "/read/plain/0",
        "/works/tu",
        "/facsimile?work=tu",
        "/facsimile/tu/0",
        "/",
        "/read/tu/9",
    ):
        assert directives(reader, path) == POLICY, path


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://img.example.org/a/b.png", "https://img.example.org"),
        ("http://IMG.example.org:8080/a.png?x=1", "http://img.example.org:8080"),
        ("https://münchen.example/a.png", "https://xn--mnchen-3ya.example"),
        ("https://a.example; script-src 'unsafe-inline'/x", ""),
        ("https://a.example,b.example/x", ""),
        ("https://*.example/x", ""),
        ("https://*/x", ""),
        ("https://a b/x", ""),
        ("https://a\r\nX: y/x", ""),
        ("https://me:secret@a.example/x", ""),
        ("https://[::1]/x", ""),
        ("https://a.example:99999/x", ""),
        ("https://" + "a" * 300 + "/x", ""),
        ("javascript:alert(1)", ""),
        ("data:image/png;base64,xxxx", ""),
        ("//a.example/x", ""),
        ("https:///x", ""),
        ("", ""),
    ],
)
def test_nothing_but_a_host_gets_into_the_policy(address: str, host: str) -> None:
    assert host_of(address) == host


def test_of_very_many_hosts_the_policy_names_a_few() -> None:
    images = [f"https://i{number}.example/1.png" for number in range(100)]
    assert len(hosts_of(images, ["https://s.example"]).images) == MOST_HOSTS
    assert hosts_of(images, ["https://s.example"]).services == ("https://s.example",)


def leaves(client: FlaskClient, query: str = "") -> list[dict[str, object]]:
    told = client.get(f"/facsimile/tu/0{query}").json
    assert told is not None
    found: list[dict[str, object]] = told["leaves"]
    return found


def test_each_page_has_its_image_and_its_boxes(reader: FlaskClient, host: ImageHost) -> None:
    told = leaves(reader)
    assert [each["label"] for each in told] == list(PAGES)
    assert [each["start"] for each in told] == list(STARTS)
    assert told[PLAIN]["words"] == [list(WORD), [100, 200, 60, 80]]
    assert told[SERVICE]["service"] == f"{host.address}/iiif/1"
    assert told[SERVICE]["address"] == f"{host.address}/iiif/1/full/max/0/default.jpg"
    assert told[NONE]["address"] == told[NONE]["image"] == told[NONE]["service"] == ""
    assert all(each["found"] == [] for each in told)


@pytest.mark.parametrize("q", ["长白山", "长白", "白山在", "山在", "會寧府", "在會", "鐵驪", "魚"])
def test_what_is_found_is_boxed_where_its_words_stand(reader: FlaskClient, host: ImageHost, q: str) -> None:
    """The oracle: a box is marked that holds a character of one of the places that a scan finds."""
    words = q.replace("长", "長")
    places = {at + number for at in range(len(TEXT)) if TEXT.startswith(words, at) for number in range(len(words))}
    regions = [(number, start, start + 3, list(WORD)) for number, start in enumerate(STARTS)]
    regions += [(number, start + 4, start + 7, [100, 200, 60, 80]) for number, start in enumerate(STARTS[:2])]
    wanted = [
        [box for page, a, b, box in regions if page == number and places & set(range(a, b))]
        for number in range(len(PAGES))
    ]
    assert [each["found"] for each in leaves(reader, f"?q={q}&mode=exact")] == wanted


def test_where_an_address_points_is_boxed(reader: FlaskClient) -> None:
    told = leaves(reader, f"?at={STARTS[1] + 4}&to={STARTS[1] + 5}")
    assert [len(each["found"]) for each in told] == [0, 1, 0, 0, 0, 0, 0]  # type: ignore[arg-type]  # they are lists
    for odd in ("?at=9&to=2", "?at=-1&to=-9", "?at=x&to=y", "?at=99999999999999999999&to=3", "?q=((("):
        assert reader.get(f"/facsimile/tu/0{odd}").status_code == 200


def test_pages_without_an_image_are_told_counted_and_listed(reader: FlaskClient) -> None:
    marks = re.findall(r'class="leaf-cite leaf-none">([^<]*)<', reader.get("/read/tu/0?lang=zh").text)
    assert marks == ["本叶无书影"]
    page = reader.get("/read/tu/1?lang=zh").text
    assert "本叶无书影" in page
    assert "本篇各叶无书影" in page
    assert "facsimile-open" not in page
    assert "书影" not in reader.get("/read/plain/0?lang=zh").text.partition("<main")[2]
    assert "8 叶中 6 叶有书影" in reader.get("/works/tu?lang=zh").text
    listed = reader.get("/facsimile?work=tu&lang=zh").text
    assert re.findall(r'<li><a href="([^"]*)">([^<]*)</a></li>', listed.partition("<main")[2]) == [
        (f"/read/tu/0?at={STARTS[NONE]}#hit", PAGES[NONE]),
        ("/read/tu/1?at=0#hit", "002-1a"),
    ]
    assert "本书没有书影" in reader.get("/facsimile?work=plain&lang=zh").text
    assert reader.get("/facsimile?work=nowhere").status_code == 404
    assert reader.get("/facsimile/tu/7").status_code == 404


def test_a_long_list_is_turned_page_by_page(reader: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.pages.facsimile.MissingRequest.__init__.__defaults__", (1, 1))
    first = reader.get("/facsimile?work=tu").text
    assert PAGES[NONE] in first.partition("<main")[2]
    assert "002-1a" not in first
    assert 'href="/facsimile?work=tu&amp;start=2"' in first
    assert "002-1a" in reader.get("/facsimile?work=tu&start=2").text
    assert reader.get("/facsimile?work=tu&start=9").status_code == 200


# What a browser does


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of which every violation of the policy and every error of a script is one of the test."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if "Policy" in message.text else None)
    yield page
    page.close()
    assert wrong == []


def open_at(page: Page, address: str, leaf: int, query: str = "") -> None:
    page.goto(f"{address}/read/tu/0{query}")
    page.locator(f"#p-{PAGES[leaf]} .leaf-facsimile").click()


def shows(page: Page, said: str) -> None:
    expect(page.locator("#facsimile [role=status]")).to_contain_text(said)


def ink(page: Page) -> tuple[int, int, int, int] | None:
    """The box of what is dark in the panel, by a picture of it as it is on the screen, once there is something."""
    for _ in range(100):
        page.evaluate(FRAME)
        shot = Image.open(BytesIO(page.locator(".facsimile-image").screenshot())).convert("RGB")
        red, green, blue = shot.crop((4, 4, shot.width - 4, shot.height - 4)).split()
        lightest = ImageChops.lighter(ImageChops.lighter(red, green), blue)  # ink has no colour, and boxes have
        inner = lightest.point(lambda light: 255 if light < 110 else 0)
        if box := inner.getbbox():
            return box
    return None


@pytest.mark.parametrize("leaf", [PLAIN, SERVICE, LIAR])
def test_the_image_of_the_page_is_shown(page: Page, address: str, host: ImageHost, leaf: int) -> None:
    open_at(page, address, leaf)
    shows(page, f"叶 {PAGES[leaf]} 的书影")
    expect(page.get_by_role("img", name=f"叶 {PAGES[leaf]} 的书影")).to_be_visible()
    assert ink(page)
    expect(page.locator("article")).to_be_visible()


def test_boxes_stand_where_the_words_do_in_the_image_whatever_its_size(page: Page, address: str) -> None:
    for leaf in (PLAIN, SERVICE, HALF):
        open_at(page, address, leaf, "?q=长白山 OR 混同江源 OR 铁骊&mode=exact")
        shows(page, f"叶 {PAGES[leaf]} 的书影 · 框出 {2 if leaf == SERVICE else 1} 处")
        frame = page.locator(".facsimile-image").bounding_box()
        box = page.locator(".facsimile-boxes .found rect").first.bounding_box()
        seen = ink(page)
        assert frame
        assert box
        assert seen
        scale = (seen[2] - seen[0]) / WORD[2]
        x, y = frame["x"] + 4 + seen[0], frame["y"] + 4 + seen[1]
        if (
            leaf == HALF
        ):  # its size is said to be twice the image's: the box is of a quarter of the word, left and above
            x, y = x - WORD[0] * scale / 2, y - WORD[1] * scale / 2
        half = 2 if leaf == HALF else 1
        wanted = (x, y, WORD[2] * scale / half, WORD[3] * scale / half)
        assert (box["x"], box["y"], box["width"], box["height"]) == pytest.approx(
            wanted, abs=10
        )  # the stroke lies on the ink


def test_words_are_boxed_on_demand(page: Page, address: str) -> None:
    open_at(page, address, PLAIN)
    shows(page, "的书影")
    words = page.locator(".facsimile-boxes .words rect")
    expect(words).to_have_count(2)
    expect(words.first).not_to_be_visible()
    button = page.get_by_role("button", name="字框")
    button.focus()
    page.keyboard.press("Space")
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(words.first).to_be_visible()


def test_the_image_follows_the_text_by_scrolling_and_by_steps(page: Page, address: str, host: ImageHost) -> None:
    page.goto(f"{address}/read/tu/0")
    page.get_by_role("button", name="书影", exact=True).click()
    shows(page, f"叶 {PAGES[PLAIN]} 的书影")
    page.locator(f"#p-{PAGES[HALF]}").scroll_into_view_if_needed()
    page.mouse.move(300, 500)
    page.mouse.wheel(0, 10_000)
    shows(page, f"叶 {PAGES[HALF]} 的书影")
    page.get_by_role("button", name="上一叶").click()
    shows(page, f"叶 {PAGES[NONE]} 无书影")
    expect(page.locator(f"#p-{PAGES[NONE]}")).to_be_in_viewport()
    page.get_by_role("button", name="下一叶").click()
    shows(page, f"叶 {PAGES[HALF]} 的书影")
    page.get_by_role("button", name="下一叶").click()
    shows(page, f"叶 {PAGES[HALF]} 的书影")


def test_vertical_text_is_followed_too(page: Page, address: str) -> None:
    page.goto(f"{address}/read/tu/0?layout=vertical")
    page.get_by_role("button", name="书影", exact=True).click()
    shows(page, f"叶 {PAGES[PLAIN]} 的书影")
    page.get_by_role("button", name="下一叶").click()
    shows(page, f"叶 {PAGES[SERVICE]} 的书影")
    expect(page.locator(f"#p-{PAGES[SERVICE]} .leaf-mark")).to_be_in_viewport()
    page.locator("article").evaluate("all => { all.scrollLeft = -all.scrollWidth; }")
    shows(page, f"叶 {PAGES[HALF]} 的书影")


@pytest.mark.parametrize("leaf", [SLOW, REFUSED])
def test_an_image_that_does_not_come_hides_no_text_and_is_told(
    page: Page, address: str, host: ImageHost, leaf: int
) -> None:
    page.clock.install()
    open_at(page, address, leaf)
    if leaf == SLOW:
        shows(page, f"正在取叶 {PAGES[leaf]} 的书影")
        page.clock.fast_forward(21_000)
    shows(page, f"书影{'迟迟未到' if leaf == SLOW else '取不到'}：叶 {PAGES[leaf]}")
    expect(page.locator(f"#p-{PAGES[leaf]} .lines")).to_be_visible()
    kind = "slow" if leaf == SLOW else "nothing"
    expect(page.get_by_role("link", name="到原处看")).to_have_attribute("href", f"{host.address}/{kind}/1.png")
    page.get_by_role("button", name="再取一次").click()
    shows(page, f"正在取叶 {PAGES[leaf]} 的书影" if leaf == SLOW else "取不到")
    page.get_by_role("button", name="上一叶" if leaf == SLOW else "下一叶").click()
    expect(page.get_by_role("button", name="再取一次")).to_be_hidden()


def test_nobody_is_asked_but_whom_the_work_names(page: Page, address: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    open_at(page, address, LIAR)  # its description names another host
    shows(page, f"叶 {PAGES[LIAR]} 的书影")
    assert ink(page)
    assert not [url for url in asked if "elsewhere" in url]
    assert [url for url in asked if "/liar/1/full/" in url]


def test_nothing_is_loaded_before_a_reader_opens_it(page: Page, address: str, host: ImageHost) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}/read/tu/0")
    page.wait_for_load_state("networkidle")
    assert not [url for url in asked if "openseadragon" in url or host.address in url]


def test_it_stays_open_from_section_to_section_until_it_is_closed(page: Page, address: str) -> None:
    open_at(page, address, PLAIN)
    shows(page, "的书影")
    page.goto(f"{address}/read/tu/0?q=上京")
    shows(page, "的书影")
    page.get_by_role("button", name="收起书影").click()
    expect(page.locator("#facsimile")).to_be_hidden()
    until_focused(page.get_by_role("button", name="书影", exact=True))
    page.reload()
    expect(page.get_by_role("button", name="书影", exact=True)).to_have_attribute("aria-expanded", "false")
    expect(page.locator("#facsimile")).to_be_hidden()


def test_all_is_done_by_keys(page: Page, address: str) -> None:
    page.goto(f"{address}/read/tu/0")
    page.get_by_role("button", name="书影", exact=True).focus()
    page.keyboard.press("Enter")
    shows(page, f"叶 {PAGES[PLAIN]} 的书影")
    for name, then in (
        ("放大图像", "box.width > before.width + 20"),
        ("右旋", "box.width > box.height"),
        ("左旋", "box.width < box.height"),
        ("缩小图像", "box.width < before.width - 20"),
        ("放大图像", "box.width > before.width + 20"),
        ("全图", "box.width < before.width - 20"),
    ):
        before = page.locator(".facsimile-boxes").bounding_box()
        page.get_by_role("button", name=name).focus()
        page.keyboard.press("Enter")
        until(page, f"before => {{ const box = {BOX}; return {then}; }}", before)
    page.get_by_text("明暗").focus()
    page.keyboard.press("Enter")
    page.get_by_label("亮度").focus()
    page.keyboard.press("End")
    canvas = page.locator(".facsimile-image canvas").first
    assert "brightness(200%)" in canvas.evaluate("each => getComputedStyle(each).filter + each.style.filter")
    page.get_by_role("button", name="还原").focus()
    page.keyboard.press("Enter")
    assert "brightness(100%)" in canvas.evaluate("each => each.style.filter")
    page.get_by_role("img", name="的书影").focus()
    page.keyboard.press("r")
    until(page, f"() => {{ const box = {BOX}; return box.width > box.height; }}")


def test_on_a_phone_it_stands_above_the_text(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_at(page, address, PLAIN)
    shows(page, "的书影")
    panel, leaf = page.locator("#facsimile").bounding_box(), page.locator(f"#p-{PAGES[PLAIN]}").bounding_box()
    assert panel
    assert leaf
    assert panel["y"] + panel["height"] <= leaf["y"] + 60
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_without_a_script_the_mark_of_a_page_leads_to_its_image(
    browser: Browser, address: str, host: ImageHost
) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{address}/read/tu/0")
        expect(page.locator("#facsimile-open")).to_be_hidden()
        expect(page.locator("#facsimile")).to_be_hidden()
        page.locator(f"#p-{PAGES[PLAIN]} .leaf-facsimile").click()
        expect(page).to_have_url(f"{host.address}/plain/1.png")
