"""While the index can't be reached, pages say so at once, the desk goes on working, and all comes back by itself."""

from __future__ import annotations

import json
import logging

import pytest
from desk_people import QUESTION, Desk
from flask.testing import FlaskClient

from indexer.errors import Incomplete, Superseded, Unreachable
from search import shelf
from search.library import Library
from search.model import SearchRequest, SearchResponse
from search.shelf import Shelf

WHERE = "opensearch+https://secret-host:9200/library"
OF_TEXTS = ("/", "/works", "/search?q=会宁府", "/read/jin/0", "/at/jin/0/@0+2:x", "/faq")
PROGRAMS = ("/api/v1/search?q=会宁府", "/api/v1/works")


class Cluster:
    """A watched index that is there or away, and counts how often it is asked."""

    found = True

    def __init__(self) -> None:
        self.is_away = False
        self.asked = 0

    def is_outdated(self) -> bool:
        self.asked += 1
        if self.is_away:
            raise Unreachable(f"{WHERE}: no node answers")
        return False

    def close(self) -> None:
        pass


@pytest.fixture
def cluster(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """The index of the desk's site, which can be away."""
    monkeypatch.setattr(shelf, "REST", 0)
    held: Shelf = desk.app.extensions["shelf"]
    watched = Cluster()
    monkeypatch.setattr(held, "_watch", watched)
    return watched


@pytest.mark.parametrize("path", OF_TEXTS)
def test_pages_say_so_in_both_languages_and_come_back(desk: Desk, cluster: Cluster, path: str) -> None:
    reader = desk.app.test_client()
    before = reader.get(path).status_code
    cluster.is_away = True
    for language, told in (("zh", "现在连不上存放文献的机群"), ("en", "The cluster that holds the texts")):
        answer = reader.get(f"{path}{'&' if '?' in path else '?'}lang={language}")
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert told in answer.text
        assert "secret-host" not in answer.text
        assert 'href="/ask"' in answer.text  # one can still ask the library
    cluster.is_away = False
    assert reader.get(path).status_code == before


@pytest.mark.parametrize("path", PROGRAMS)
def test_programs_are_told_to_come_again(desk: Desk, cluster: Cluster, path: str) -> None:
    cluster.is_away = True
    answer = desk.app.test_client().get(path)
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    assert int(answer.headers["Retry-After"]) > 0
    assert json.loads(answer.text)["type"].endswith(":index-unreachable")
    assert "secret-host" not in answer.text


def test_the_desk_goes_on(desk: Desk, cluster: Cluster) -> None:
    number = desk.taken()
    desk.quote(desk.li, number)
    assert "没有核对" not in desk.li.get(f"/desk/cases/{number}").text
    cluster.is_away = True
    for path in ("/ask", "/about", "/account/log-in", "/desk/", "/desk/new", "/desk/statistics", "/desk/answers?q=x"):
        assert desk.li.get(path).status_code in (200, 302), path
    page = desk.li.get(f"/desk/cases/{number}")
    assert page.status_code == 200
    assert "上京路即海古之地" in page.text  # the quotation is in the database
    assert "没有核对" in page.text
    assert desk.save(desk.li, number, "在阿城。\n\n[@1]", 0) == 302
    assert desk.li.get(f"/desk/cases/{number}/reply").status_code == 200
    assert desk.post(desk.li, number, "move", move="sign") == 302
    assert desk.post(desk.li, number, "move", move="close") == 302
    assert desk.status(number) == "closed"
    assert number in desk.li.get("/desk/answers?q=会宁府").text
    assert desk.ask() != number


def test_what_needs_the_index_loses_nothing_that_was_written(desk: Desk, cluster: Cluster) -> None:
    number = desk.taken()
    cluster.is_away = True
    sent = {"work": "jin", "section": "0", "range": "0-46", "note": "金史一處"}
    answer = desk.li.post(f"/desk/cases/{number}/evidence", data=sent)
    assert answer.status_code == 503
    assert "金史一處" in answer.text


def test_nothing_becomes_public_that_can_not_be_checked(desk: Desk, cluster: Cluster) -> None:
    number = desk.answered()
    cluster.is_away = True
    assert desk.post(desk.wang, number, "publish", question="上京何在？") == 503
    assert not desk.look(number, lambda case: case.published)


def test_health_and_figures_tell(desk: Desk, cluster: Cluster) -> None:
    operator: FlaskClient = desk.app.test_client()
    assert "wenyuan_index_reachable 1.0" in operator.get("/metrics").text
    cluster.is_away = True
    assert operator.get("/healthz").status_code == 200
    # The desk works, and every other process misses the same cluster: no balancer shall take this one out.
    assert (operator.get("/readyz").status_code, operator.get("/readyz").json) == (200, {"status": "index unreachable"})
    figures = operator.get("/metrics")
    assert figures.status_code == 200
    assert "wenyuan_index_reachable 0.0" in figures.text


def test_most_are_told_at_once_without_another_attempt(
    desk: Desk, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "REST", 60)
    cluster.is_away = True
    asked = cluster.asked
    for _ in range(5):
        assert desk.app.test_client().get("/works").status_code == 503
    assert cluster.asked == asked + 1


def test_the_log_has_a_line_and_no_traceback(desk: Desk, cluster: Cluster, caplog: pytest.LogCaptureFixture) -> None:
    cluster.is_away = True
    with caplog.at_level(logging.ERROR):
        desk.app.test_client().get("/search?q=私密的检索词")
    (line,) = (record for record in caplog.records if record.levelno >= logging.ERROR)
    assert line.exc_info is None
    assert "no node answers" in line.getMessage()
    assert "私密" not in line.getMessage()


def test_a_part_of_an_answer_is_none(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def search(self: Library, request: SearchRequest) -> SearchResponse:
        raise Incomplete(f"{WHERE}: 2 of 3 shards answered")

    monkeypatch.setattr(Library, "search", search)
    reader = desk.app.test_client()
    page = reader.get("/search", query_string={"q": QUESTION})
    assert page.status_code == 503
    assert "只有一部分作答" in page.text
    answer = reader.get("/api/v1/search?q=会宁府")
    assert (answer.status_code, json.loads(answer.text)["type"]) == (503, "urn:wenyuan:problem:index-incomplete")
    assert "Retry-After" in answer.headers


def test_a_generation_that_is_gone_is_told_as_a_change(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def search(self: Library, request: SearchRequest) -> SearchResponse:
        raise Superseded(f"{WHERE}: generation 3 is gone")

    monkeypatch.setattr(Library, "search", search)
    page = desk.app.test_client().get("/search?q=会宁府&lang=en")
    assert (page.status_code, "has just changed" in page.text) == (503, True)


def test_an_index_that_is_away_when_the_site_starts_is_opened_later(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: Shelf = desk.app.extensions["shelf"]
    index = held._index

    def away(_: object) -> Cluster:
        raise Unreachable(f"{WHERE}: no node answers")

    monkeypatch.setattr(shelf, "REST", 0)
    with monkeypatch.context() as stopped:
        stopped.setattr(shelf, "watch", away)
        late = Shelf(index)
        with pytest.raises(Unreachable):
            late.library()
    assert len(late.library().works()) == 2
