"""Screenshots for docs/, of the bundled collection and of a book with images of our own making.

    python tests/web/screenshots.py [FONT]

FONT is a file of a font with Chinese characters, by which the pages of that book are drawn.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from open_index import build
from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Page, sync_playwright
from serving import served

from web.app import create_app

DOCS = Path(__file__).parents[2] / "docs"
BUNDLED = DOCS.parent / "corpora" / "bundled"
FONT = "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc"
LEAVES = (
    ("001-1a", "寒江志略卷一\n山川\n黑龍江有二源北曰石勒喀\n南曰額爾古納合流而東\n水色深碧望之如墨\n掬之則甚清"),
    ("001-1b", "松花江出長白山頂之大池\n北流與嫩江合折而東\n受呼蘭河又東\n過三姓城下\n乃入黑龍江\n其水闊而緩"),
)
"""Pages of the book that is drawn, in our own words."""
WIDTH, HEIGHT, MARGIN, COLUMN, SIZE = 620, 860, 70, 76, 52


def drawn(text: str, font: str) -> tuple[Image.Image, list[tuple[int, int, int, int, int]]]:
    """A page in columns from the right, and where each of its characters stands: its place in the text, and its box."""
    image = Image.new("RGB", (WIDTH, HEIGHT), (242, 232, 208))
    pen, face = ImageDraw.Draw(image), ImageFont.truetype(font, SIZE)
    pen.rectangle((MARGIN - 24, MARGIN - 24, WIDTH - MARGIN + 24, HEIGHT - MARGIN + 24), outline=(120, 40, 30), width=4)
    boxes, at = [], 0
    for number, line in enumerate(text.split("\n")):
        x = WIDTH - MARGIN - (number + 1) * COLUMN + (COLUMN - SIZE) // 2
        for row, character in enumerate(line):
            y = MARGIN + row * (SIZE + 8)
            pen.text((x, y - 8), character, font=face, fill=(40, 30, 25))
            boxes.append((at, x, y, SIZE, SIZE + 6))
            at += 1
        at += 1
    return image, boxes


@contextmanager
def files(folder: Path) -> Iterator[str]:
    """A host of the files of a folder."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def illustrated(folder: Path, host: str, font: str) -> None:
    """Write the book, its images into a folder that the host serves."""
    text, pages, regions = "", [], []
    for number, (label, words) in enumerate(LEAVES, start=1):
        image, boxes = drawn(words, font)
        image.save(folder / f"{number}.png")
        size = {"width": WIDTH, "height": HEIGHT}
        pages.append({"label": label, "start": len(text), "facsimile": f"{host}/{number}.png", **size})
        regions += [[len(text) + at, len(text) + at + 1, *box, 1.0] for at, *box in boxes]
        text += words + "\n"
    section = {"title": "卷一", "text": text, "pages": pages, "regions": regions}
    work = {"id": "tu", "title": "寒江圖志", "sections": [section]}
    (folder / "works.jsonl").write_text(json.dumps(work), "utf-8")


class Camera:
    """A browser at the site, and where its pictures go."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address

    def take(self, name: str, path: str, *clicks: str, width: int = 1280, height: int = 800) -> None:
        """Open a page, click, and keep what is seen then, in few colours."""
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.goto(self.address + path)
        for each in clicks:
            self.page.locator(each).first.click()
        self.page.wait_for_timeout(1500)
        shot = DOCS / "screens" / f"{name}.png"
        self.page.screenshot(path=shot)
        with Image.open(shot) as image:
            image.convert("RGB").quantize(64).save(shot, optimize=True)


def main(font: str = FONT) -> None:
    (DOCS / "screens").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as held, files(Path(held)) as host, sync_playwright() as browsers:
        folder = Path(held)
        illustrated(folder, host, font)
        build([BUNDLED / "heilongjiang", BUNDLED / "hanjiang-zhilue", folder / "works.jsonl"], folder / "index")
        with served(create_app(folder / "index")) as address:
            browser = browsers.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            camera = Camera(browser.new_page(locale="zh-CN"), address)
            book = "/read/WY0001"
            camera.take("results", "/search?q=黑龙江", ".hit a.put", "summary:has-text('取走')")
            camera.take("pasted", "/search?q=寒江志略卷二")
            camera.take("inside", f"{book}/1?q=黑龙江", "details.hits-of-work summary")
            camera.take("vertical", f"{book}/1?layout=vertical")
            camera.take("display", f"{book}/1?paper=sepia&notes=aside", "details.display summary")
            camera.take("beside", f"{book}/1?beside=WY0001/2")
            camera.take("facsimile", "/read/tu/0?q=黑龙江", "#facsimile-open")
            camera.take("character", "/character/黑?work=WY0001")
            camera.take("citing", "/cite?q=黑龙江&mode=exact")
            camera.take("basket", "/shelf/basket")
            camera.take("work", "/works/WY0001?q=黑龙江")
            camera.take("phone", f"{book}/1?q=黑龙江", width=390, height=844)
            browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:2])
