"""Comparisons that take long are jobs: begun, watched, cancelled and shown by who asked for them, and nobody else."""

from __future__ import annotations

import csv
import io
import json
import re
from html import unescape
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.testing import FlaskClient
from open_index import build
from people import add, log_in, token

from search.library import Library
from search.parallels.comparing import CollectionComparison
from search.parallels.works import WorkParallelsRequest
from web.access import shelf_of
from web.accounts import attempts
from web.app import create_app
from web.commands.main import main
from web.jobs import setup
from web.jobs.models import JobState
from web.pages import comparing
from web.serving.config import Config

SHARED = "金之先出靺鞨氏靺鞨本號勿吉古肅慎地也"
OTHER = "元魏時勿吉有七部曰粟末部曰伯咄部"
TEXTS = {
    "甲": f"---\n山川草木{SHARED}花鳥風月。",
    "乙": f"---\n風月{SHARED}草木。{OTHER}。",
    "丙": f"---\n漁者冬月鑿冰取魚{OTHER}雪深數尺。",
}
FORM = "/parallels/works?collection=local"


@pytest.fixture(autouse=True)
def _long(monkeypatch: pytest.MonkeyPatch) -> None:
    """However short texts are, they take a job, and each two works a step."""
    monkeypatch.setattr(comparing, "AT_ONCE", 0)
    monkeypatch.setattr("search.parallels.comparing.AT_ONCE", 0)
    monkeypatch.setattr("search.parallels.comparing.HELD", 1)
    monkeypatch.setattr("search.parallels.comparing.READ", 1)


@pytest.fixture
def house(index: Path) -> Flask:
    return create_app(index)


@pytest.fixture
def visitor(house: Flask) -> FlaskClient:
    return house.test_client()


def begin(client: FlaskClient, **asked: str) -> str:
    """The address of a new job."""
    sent = {**(asked or {"collection": "local"}), "csrf_token": token(client, FORM)}
    answer = client.post("/parallels/works", data=sent)
    assert answer.status_code == 302, answer.text
    return answer.location


def work(house: Flask, steps: int = 99) -> None:
    """Do steps of the jobs there are."""
    with house.app_context():
        runner = setup.runner(house, shelf_of(house))
        for _ in range(steps):
            if not runner.once():
                break


def end(client: FlaskClient, job: str) -> None:
    assert client.post(f"{job}/cancel", data={"csrf_token": token(client, FORM)}).location == "/jobs/"


def rows(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))


def test_a_job_is_begun_watched_and_shown(house: Flask, visitor: FlaskClient, library: Library) -> None:
    assert "要读" in visitor.get(FORM).text
    job = begin(visitor)
    assert begin(visitor) == job  # once is enough
    assert '<progress id="progress" max="1" value="0">' in visitor.get(job).text
    assert visitor.get(f"{job}/parallels").location == visitor.get(f"{job}/parallels.csv").location == job
    work(house, 2)
    assert visitor.get(f"{job}/progress").json == {"state": "running", "done": 2, "steps": 3}
    assert "66%" in visitor.get(job).text
    assert "66%" in visitor.get("/jobs/").text
    work(house)
    assert visitor.get(f"{job}/progress").json == {"state": "done", "done": 3, "steps": 3}
    page = visitor.get(job, follow_redirects=True).text
    found = library.work_parallels(WorkParallelsRequest(collection="local"))
    assert len(found.rows) == len(found.pairs) == 2
    assert "2 段" in page
    assert page.count("<circle") == 2
    for address in re.findall(r'<td><a href="([^"]+)" lang', page):
        assert 'class="window"' in visitor.get(unescape(address)).text
    narrowed = visitor.get(f"{job}/parallels?here=乙&there=甲").text
    assert "1 段" in narrowed
    for link in re.findall(r'class="number"><a href="([^"]+)#stretches"', page):
        assert "1 段" in visitor.get(unescape(link)).text
    about, names, *table = rows(visitor.get(f"{job}/parallels.csv").data)
    assert {"query: local", "collection: local", "stretches: 2", "runs: 2", "generation: 1"} <= set(about)
    here, there = names.index("here_address"), names.index("there_address")
    assert [(row[here], row[there]) for row in table] == [
        (str(row.here.address), str(row.there.address)) for row in found.rows
    ]
    end(visitor, job)
    assert visitor.get(job).status_code == 404


def test_a_work_is_compared_with_all_others(house: Flask, visitor: FlaskClient) -> None:
    job = begin(visitor, **{"work": "乙", "with": "", "least": "8"})
    work(house)
    page = visitor.get(job, follow_redirects=True).text
    assert '<cite lang="zh">乙書</cite> × 其余各书' in page
    assert "2 段" in page
    other = begin(visitor, **{"work": "乙", "with": "丙"})
    work(house)
    assert "1 段" in visitor.get(other, follow_redirects=True).text


def test_a_job_is_its_owners_alone(house: Flask, visitor: FlaskClient) -> None:
    job = begin(visitor)
    stranger = house.test_client()
    add(house)
    for _ in range(2):
        for path in (job, f"{job}/progress", f"{job}/parallels", f"{job}/parallels.csv"):
            assert stranger.get(path).status_code == 404
        told = stranger.get("/jobs/").text
        assert job not in told
        sent = {"csrf_token": token(stranger, FORM)}
        assert stranger.post(f"{job}/cancel", data=sent).status_code == 404
        assert log_in(stranger) in (302, 200)
    mine = begin(stranger)
    assert mine != job
    elsewhere = house.test_client()
    log_in(elsewhere)
    assert elsewhere.get(mine).status_code == 200  # an account is the same in every browser
    assert visitor.get(mine).status_code == 404


def test_a_job_is_cancelled(house: Flask, visitor: FlaskClient) -> None:
    job = begin(visitor)
    work(house, 1)
    end(visitor, job)
    work(house)
    assert visitor.get(f"{job}/progress").json == {"state": str(JobState.CANCELLED), "done": 1, "steps": 3}
    assert "已取消" in visitor.get(job).text
    assert begin(visitor) != job


def test_what_is_too_much_is_refused_with_a_reason(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = create_app(index, config=Config(jobs_each=1))
    client = site.test_client()
    begin(client)

    def refused(client: FlaskClient, status: int) -> str:
        answer = client.post("/parallels/works", data={"work": "甲", "csrf_token": token(client, FORM)})
        assert answer.status_code == status
        return answer.text

    assert "您已有 1 件任务" in refused(client, 429)
    monkeypatch.setattr(attempts, "JOBS_AN_HOUR", (1, 1))
    assert "要得太多" in refused(site.test_client(), 429)
    off = create_app(index, config=Config(jobs=0)).test_client()
    assert "不做这样费时的任务" in refused(off, 503)
    assert client.get("/parallels/works.csv?collection=local").status_code == 400
    for wrong in (
        "collection=無",
        "work=無",
        "collection=local&work=甲",
        "collection=local&with=甲",
        "work=甲&with=無",
    ):
        assert client.get(f"/parallels/works?{wrong}").status_code == 400
        sent = dict(part.split("=") for part in wrong.split("&"))
        assert client.post("/parallels/works", data={**sent, "csrf_token": token(client, FORM)}).status_code == 400


def test_what_failed_says_why(house: Flask, visitor: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    job = begin(visitor)
    with monkeypatch.context() as patch:
        patch.setattr(CollectionComparison, "step", fail)
        work(house)
    assert "没有做成 · 程序出错" in visitor.get(job).text
    assert "It was not done · The program failed" in visitor.get(f"{job}?lang=en").text


def test_a_later_generation_is_told_and_places_are_followed(texts: Path, tmp_path: Path) -> None:
    build([texts], tmp_path / "index")
    site = create_app(tmp_path / "index")
    client = site.test_client()
    job = begin(client)
    work(site)
    later = tmp_path / "甲.txt"
    later.write_text(f"---\nid: 甲\ntitle: 甲書\n---\n新序一篇。山川草木{SHARED}花鳥風月。", "utf-8")
    build([later], tmp_path / "index", remove=["丙"])
    page = client.get(job, follow_redirects=True).text
    assert "索引第 1 代" in page
    assert "索引现在是第 2 代" in page
    assert "丙書" not in page
    assert "1 段" in page
    (there,) = re.findall(r'<td><a href="[^"]+" lang.*<td><a href="([^"]+)" lang', page)
    assert there.startswith("/at/甲/0/")
    assert SHARED in client.get(unescape(there), follow_redirects=True).text


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["parallels", *map(str, arguments)])


def test_the_command_goes_on_where_it_was_interrupted(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WENYUAN_INDEX", str(index))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    step, done = CollectionComparison.step, []

    def watched(self: CollectionComparison, number: int, *more: object) -> object:
        if number == 2 and 2 not in done:
            done.append(2)
            raise KeyboardInterrupt
        done.append(number)
        return step(self, number, *more)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(CollectionComparison, "step", watched)
    interrupted = run("--collection", "local", "--csv")
    assert interrupted.exit_code == 2
    assert "after 2 of 3 steps; the same command goes on" in interrupted.stderr
    finished = run("--collection", "local", "--csv")
    assert done == [0, 1, 2, 2]
    assert not list((tmp_path / "wenyuan" / "parallels").iterdir())
    assert finished.stdout_bytes == run("--collection", "local", "--csv").stdout_bytes
    told = json.loads(run("--collection", "local", "--json").stdout)
    assert (told["query"], len(told["stretches"])) == ("local", 2)
    assert "《乙書》" in run("--collection", "local").stdout
    for wrong in (
        ("--collection", "無"),
        ("--collection", "local", "--work", "甲"),
        ("--collection", "local", "--with", "甲"),
    ):
        refused = run(*wrong)
        assert (refused.exit_code, bool(refused.stderr)) == (2, True)
