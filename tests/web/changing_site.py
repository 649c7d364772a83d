"""A site whose texts change, and searches that are saved there."""

from __future__ import annotations

import html
import json
import re
import threading
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from open_index import build
from people import add, log_in, token

from corpora.model import Access
from web.accounts.models import AccountRole
from web.alerts import watching
from web.app import create_app
from web.serving.config import Config

OPEN = {"id": "A", "title": "松花江志", "text": "松花江出長白山，至會寧府。"}
NEW = {"id": "B", "title": "北遊記", "text": "北遊至長白山而還，作詩一首。又過長白山下。"}
SECRET = {"id": "S", "title": "密檔", "text": "長白山下有密約一紙。"}
INSIDE = "10.1.0.7"


class Site:
    """A site whose texts change."""

    def __init__(self, folder: Path, database: str, **configured: str) -> None:
        self.folder = folder
        self.publish(OPEN)
        config = Config(library_networks=("10.1.0.0/16",), site="https://library.example", **configured)
        self.app: Flask = create_app(folder / "index", database, config=config)
        self.app.config["WTF_CSRF_ENABLED"] = False

    def publish(self, work: dict[str, str], collection: str = "local", access: Access = Access.OPEN) -> None:
        file = self.folder / f"{work['id']}.jsonl"
        file.write_text(json.dumps(work, ensure_ascii=False), "utf-8")
        build([file], self.folder / "index", collection=collection, access=access)

    def watch(self) -> int:
        return watching.watch(self.app, threading.Event())

    def watch_by_two(self) -> None:
        """Two processes look at once."""
        ready = threading.Barrier(2)

        def look() -> None:
            ready.wait()
            self.watch()

        both = [threading.Thread(target=look) for _ in range(2)]
        for each in both:
            each.start()
        for each in both:
            each.join()

    def client(self, login: str, role: AccountRole = AccountRole.READER) -> FlaskClient:
        add(self.app, login, role)
        client = self.app.test_client()
        assert log_in(client, login) == 302
        return client


def said(client: FlaskClient, path: str) -> str:
    """What a page says, on one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", client.get(path).text)).split())


def post(client: FlaskClient, path: str, **fields: str) -> str:
    """Send a form of a page of the site; where it leads."""
    sent = {**fields, "csrf_token": token(client, "/shelf/searches/new?search=/search?q=x")}
    answer = client.post(path, data=sent)
    assert answer.status_code == 302, answer.text
    return str(answer.location)


def saved(client: FlaskClient, search: str = "/search?q=长白山", title: str = "長白") -> str:
    return post(client, "/shelf/searches/new", search=search, title=title)
