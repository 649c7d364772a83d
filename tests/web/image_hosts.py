"""Hosts of page images of our own making, as they are met: plain files without CORS, an image service of files alone,
and what goes wrong: nothing there, nothing that comes, a description that names another host.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO

from PIL import Image

WIDTH, HEIGHT = 400, 600
INK = (20, 20, 20)
WORD = (100, 60, 60, 80)
"""A word of ink on each page: x, y, width, height."""


def page_image(scale: int = 1) -> bytes:
    """A page with one word on it, as PNG."""
    image = Image.new("RGB", (WIDTH // scale, HEIGHT // scale), (240, 235, 220))
    x, y, width, height = (each // scale for each in WORD)
    image.paste(INK, (x, y, x + width, y + height))
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def description(address: str) -> dict[str, object]:
    """What a service of IIIF's level 0 says: two sizes, and nothing in between."""
    return {
        "@context": "http://iiif.io/api/image/3/context.json",
        "id": address,
        "type": "ImageService3",
        "protocol": "http://iiif.io/api/image",
        "profile": "level0",
        "width": WIDTH,
        "height": HEIGHT,
        "sizes": [{"width": WIDTH // 2, "height": HEIGHT // 2}, {"width": WIDTH, "height": HEIGHT}],
    }


@dataclass
class ImageHost:
    """A running host: its address, and what it was asked for."""

    address: str = ""
    asked: list[str] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    """What is slow waits for this."""


@contextmanager
def image_host() -> Iterator[ImageHost]:
    """A host on a port of its own, which is another origin than the site's."""
    host = ImageHost()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host.asked.append(self.path)
            _, kind, *rest = self.path.split("/")
            answers: dict[str, Callable[[], None]] = {
                "plain": lambda: self.send("image/png", page_image()),
                "slow": self.wait,
                "iiif": lambda: self.serve(rest, f"{host.address}/iiif/1"),
                "liar": lambda: self.serve(rest, "http://elsewhere.example/iiif/1"),
            }
            answers.get(kind, lambda: self.send_error(404))()

        def serve(self, rest: list[str], address: str) -> None:
            if rest[-1] == "info.json":
                self.send("application/json", json.dumps(description(address)).encode(), shared=True)
            else:
                self.send("image/png", page_image(2 if f"{WIDTH // 2}," in self.path else 1))

        def wait(self) -> None:
            host.released.wait(60)
            self.send_error(404)

        def send(self, kind: str, body: bytes, shared: bool = False) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            if shared:
                self.send_header("Access-Control-Allow-Origin", "*")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    host.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield host
    finally:
        host.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
