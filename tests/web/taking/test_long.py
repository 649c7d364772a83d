"""What takes long is a job; what a work's licence forbids is not had, however it is asked for."""

from __future__ import annotations

import io
import json
import zipfile
from html import unescape
from pathlib import Path
from urllib.parse import quote

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from people import token
from test_tables import READERS
from test_works_taken import texts_of

from corpora.manifests import collections, combine, read
from corpora.model import Access, Taking
from indexer.store.access import Declared
from search.concordance import ConcordanceRequest
from search.library import Library
from search.model import WorkCard
from web.access import shelf_of
from web.app import create_app
from web.commands.main import main
from web.jobs import setup
from web.serving.config import Config
from web.taking import bounds, long
from web.taking.works import WORK_FORMAT_NAMES
from web.taking.works.permission import Refusal, is_free, refusal

MANIFEST = """\
id: local
title: {{zh: 本地, en: Local}}
description: {{zh: 本地, en: Local}}
licence: none
access: {access}
taking: {taking}
"""


def work(house: Flask, steps: int = 99) -> None:
    with house.app_context():
        runner = setup.runner(house, shelf_of(house))
        for _ in range(steps):
            if not runner.once():
                break


def begin(client: FlaskClient, path: str, **asked: str) -> str:
    sent = {**asked, "csrf_token": token(client, "/parallels")}
    answer = client.post(path, data=sent)
    assert answer.status_code == 302, answer.text
    return answer.location


def taken_at(job: str) -> str:
    return job.replace("/jobs/", "/take/jobs/")


@pytest.fixture
def fresh(index: Path) -> Flask:
    return create_app(index)


def test_many_lines_are_a_job_that_has_what_a_table_has(
    fresh: Flask, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "MOST_LINES", 3)
    monkeypatch.setattr(long, "LINES_OF_A_STEP", 7)
    client = fresh.test_client()
    assert 'action="/take/lines"' in client.get("/concordance?q=水").text
    job = begin(client, "/take/lines", q="水", order="right")
    assert begin(client, "/take/lines", q="水", order="right") == job
    work(fresh, 2)
    assert client.get(f"{taken_at(job)}/lines.csv").status_code == 404
    work(fresh)
    lines = library.lines(ConcordanceRequest("水")).lines
    progress = client.get(f"{job}/progress").json
    assert progress is not None
    assert progress["steps"] == progress["done"] == 1 + -(-len(lines) // 7) > 3
    page = client.get(job, follow_redirects=True).text
    assert "取走逐处" in page
    monkeypatch.setattr(bounds, "MOST_LINES", 10_000)
    for name, reader in READERS.items():
        assert f'href="{taken_at(job)}/lines.{name}"' in page
        answer = client.get(f"{taken_at(job)}/lines.{name}")
        at_once = client.get(f"/concordance.{name}?q=水&order=right")
        assert reader(answer.data) == reader(at_once.data)
        if name != "xlsx":
            assert answer.data == at_once.data
    assert fresh.test_client().get(taken_at(job)).status_code == 404
    assert fresh.test_client().get(f"{taken_at(job)}/lines.csv").status_code == 404
    client.post(f"{job}/cancel", data={"csrf_token": token(client, "/parallels")})
    assert client.get(f"{taken_at(job)}/lines.csv").status_code == 404


def test_lines_that_can_not_be_asked_for_are_no_job(fresh: Flask, index: Path) -> None:
    client = fresh.test_client()
    sent = {"q": "**", "csrf_token": token(client, "/parallels")}
    assert client.post("/take/lines", data=sent).status_code == 400
    assert client.post("/take/lines", data={"q": "水"}).status_code == 400
    off = create_app(index, config=Config(jobs=0)).test_client()
    assert off.post("/take/lines", data={"q": "水", "csrf_token": token(off, "/parallels")}).status_code == 503


@pytest.mark.parametrize("name", WORK_FORMAT_NAMES)
def test_a_work_is_had_at_once_or_by_a_job_and_is_the_same(
    fresh: Flask, library: Library, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    client = fresh.test_client()
    texts = [library.section("甲", number).section.text for number in range(2)]
    assert 'action="/take/work/' in client.get("/works/甲").text
    at_once = client.get(f"/take/work/甲?format={name}")
    assert at_once.status_code == 200
    assert at_once.headers["Content-Disposition"].isascii()
    expected = texts if name == "text" else [text.replace("\u000b", "\ufffd") for text in texts]
    assert texts_of(at_once.data, name if name != "epub-vertical" else "epub") == expected
    monkeypatch.setattr(bounds, "MOST_CHARACTERS", 3)
    monkeypatch.setattr(long, "CHARACTERS_OF_A_STEP", 3)
    assert client.get(f"/take/work/甲?format={name}").location == f"/works/{quote('甲')}"
    assert 'method="post"' in client.get("/works/甲").text
    job = begin(client, "/take/work/甲", format=name)
    work(fresh)
    progress = client.get(f"{job}/progress").json
    assert progress == {"state": "done", "done": 2, "steps": 2}
    (link,) = [f"{taken_at(job)}/whole.file"]
    assert link in client.get(job, follow_redirects=True).text
    answer = client.get(link)
    if name in ("text", "tei"):
        assert answer.data == at_once.data
    else:
        one, other = (zipfile.ZipFile(io.BytesIO(data)) for data in (answer.data, at_once.data))
        assert one.namelist() == other.namelist()
        assert [one.read(each) for each in one.namelist()] == [other.read(each) for each in other.namelist()]
    assert fresh.test_client().get(link).status_code == 404


def test_a_work_whose_licence_is_closed_or_unknown_is_not_had(fresh: Flask) -> None:
    client = fresh.test_client()
    for name in ("乙", "丙"):
        assert "全书不能取走" in client.get(f"/works/{name}").text
        assert client.get(f"/take/work/{name}?format=text").status_code == 302
        assert begin(client, f"/take/work/{name}", format="text") == f"/works/{quote(name)}"
    assert client.get("/take/work/無?format=text").status_code == 404
    assert client.get("/take/work/甲?format=exe").status_code == 400


def test_the_manifest_says_otherwise_and_is_asked_again_when_a_file_is_taken(index: Path, tmp_path: Path) -> None:
    def say(taking: Taking) -> None:
        (tmp_path / "local.yaml").write_text(MANIFEST.format(access="open", taking=taking), "utf-8")

    say(Taking.ALLOWED)
    site = create_app(index, config=Config(collections=tmp_path))
    client = site.test_client()
    assert client.get("/take/work/乙?format=text").status_code == 200
    job = begin(client, "/take/work/乙", format="tei")
    work(site)
    assert client.get(f"{taken_at(job)}/whole.file").status_code == 200
    say(Taking.REFUSED)
    assert client.get(f"{taken_at(job)}/whole.file").status_code == 302
    assert "馆方没有开放" in client.get(taken_at(job)).text
    assert client.get("/take/work/甲?format=text").status_code == 302


@pytest.mark.parametrize(
    ("licence", "free"),
    [
        *(
            (each, True)
            for each in ("CC0-1.0", "CC BY-SA 4.0", "cc-by-nc-nd-4.0", "Public Domain", "公有领域", "Apache-2.0")
        ),
        ("https://creativecommons.org/licenses/by-sa/4.0/", True),
        *((each, False) for each in ("", "unknown", "All rights reserved", "CC BY 4.0 (text only)", "不是CC0", "none")),
    ],
)
def test_a_licence_is_free_or_not_known(licence: str, free: bool) -> None:
    assert is_free(licence) is free


@pytest.mark.parametrize(("access", "said"), [(Access.OPEN, None), (Access.STAFF, Refusal.ACCESS)])
def test_what_not_everybody_may_read_is_not_had(
    library: Library, tmp_path: Path, access: Access, said: Refusal | None
) -> None:
    (tmp_path / "local.yaml").write_text(MANIFEST.format(access=access, taking="''"), "utf-8")
    catalogue = combine([read(tmp_path / "local.yaml")])
    card: WorkCard = library.card("甲")
    assert refusal(card, Declared(works={"甲": Access.OPEN}), catalogue) is said


def test_the_command_prints_a_work(index: Path, library: Library) -> None:
    for name in WORK_FORMAT_NAMES:
        done = CliRunner().invoke(main, ["take", "甲", "--format", name, "--index", str(index)])
        assert done.exit_code == 0, done.output
        assert len(texts_of(done.stdout_bytes, name if name != "epub-vertical" else "epub")) == 2
    assert CliRunner().invoke(main, ["take", "無", "--index", str(index)]).exit_code == 2


def test_commands_print_every_format(index: Path) -> None:
    for name, reader in READERS.items():
        done = CliRunner().invoke(main, ["concordance", "水", "--limit", "5", "--format", name, "--index", str(index)])
        assert len(reader(done.stdout_bytes)) == 6
    told = json.loads(CliRunner().invoke(main, ["keywords", "丙", "--json", "--index", str(index)]).stdout)
    assert told["licences"] == ["unknown"]
    assert unescape(told["page"]).startswith("/keywords?")


def test_every_collection_that_ships_may_be_taken_away() -> None:
    assert [each.id for each in collections().values() if not each.taking and not is_free(each.licence)] == []
