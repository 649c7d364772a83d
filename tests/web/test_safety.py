"""Nothing that a reader types or a file holds becomes markup, on any page that can be reached."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import urldefrag, urlencode, urljoin, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from html_of import HOSTILE, seen
from open_index import build

from search.model import Mode
from web.app import create_app

TEXT = f"松花江{HOSTILE}出長白山{HOSTILE}至會寧府"
RECORD = ("title", "author", "dynasty", "category", "place", "language", "script", "edition", "licence", "source")
MOST = 400
"""Pages that are looked at."""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """An application over works that are hostile in every field that takes text."""
    folder = tmp_path_factory.mktemp("hostile")
    sections = [
        {
            "title": f"卷{number}{HOSTILE}",
            "text": TEXT,
            "pages": [
                {"label": f"001-1a{HOSTILE}", "start": 0, "facsimile": "javascript:alert(3)"},
                {"label": f"001-1b{HOSTILE}", "start": 9, "facsimile": f"https://example.org/{HOSTILE}"},
            ],
            "notes": [[3, 3 + len(HOSTILE)]],
        }
        for number in range(2)
    ]
    work = {"id": "W1", "sections": sections, **{name: f"{name}{HOSTILE}" for name in RECORD}}
    other = {"id": "W2", "title": "別本", "text": TEXT}
    (folder / "works.jsonl").write_text("\n".join(map(json.dumps, (work, other))), "utf-8")
    report = build([folder], folder / "index", collection=f"collection{HOSTILE}")
    assert all(problem.is_note for problem in report.problems)
    return create_app(folder / "index")


def searches() -> Iterator[str]:
    for mode in Mode:
        for q in (HOSTILE, f'"{HOSTILE}', f"title:{HOSTILE}", "松花江", "會寧府 OR AND (", "完*?"):
            yield f"/search?{urlencode({'q': q, 'mode': mode, 'limit': 1})}"
    for q in (HOSTILE, "松花江", "松*江 OR 長白山"):
        yield f"/concordance?{urlencode({'q': q, 'limit': 1, 'group': 'section', 'context': 80})}"
        yield f"/collocates?{urlencode({'q': q, 'least': 1})}"
        yield f"/distribution?{urlencode({'q': q, 'group': 'section', 'order': 'place'})}"
        yield f"/parallels?{urlencode({'q': q * 3})}"
    yield f"/parallels?{urlencode({'q': TEXT[:300]})}"
    yield "/keywords?work=W1&least=1"
    yield f"/keywords?{urlencode({'work': HOSTILE, 'with': HOSTILE})}"
    yield "/parallels/works?work=W1&with=W2&least=8"
    for name in ("place", "with", "least", "likeness"):
        yield f"/parallels?{urlencode({'q': '松花江', name: HOSTILE})}"
    for name in ("within", "without"):
        yield f"/concordance?{urlencode({'q': '松花江', name: f'spelling:{HOSTILE}'})}"
    for name in ("collection", "work", "dynasty", "author", "category"):
        yield f"/search?{urlencode({'q': '松花江', name: HOSTILE})}"
    for name in ("mode", "scope", "sort", "strict", "limit", "cursor", "lang", "layout"):
        yield f"/search?{urlencode({'q': '松花江', name: HOSTILE})}"
    yield f"/read/W1/0?{urlencode({'q': HOSTILE, 'at': HOSTILE, 'layout': HOSTILE})}"
    yield f"/read/{HOSTILE}/0"
    yield f"/{HOSTILE}"


def test_nothing_hostile_runs_on_any_page(hostile: Flask) -> None:
    client = hostile.test_client()
    allowed: dict[str, tuple[int, ...]] = dict.fromkeys(("/", "/?lang=en", *searches()), (200, 400, 404))
    waiting = list(allowed)
    said: list[str] = []
    for address in waiting:  # which grows
        response = client.get(address, follow_redirects=True)
        assert response.status_code in allowed[address], address
        if response.mimetype != "text/html":
            continue
        page = seen(response.text)
        assert not page.dangers, address
        said += page.said
        if response.status_code == 200:
            targets = [urldefrag(urljoin(address, link)).url for link in page.links]
            fresh = [each for each in dict.fromkeys(targets) if not urlsplit(each).netloc and each not in allowed]
            waiting += fresh[: MOST - len(waiting)]
            allowed |= dict.fromkeys(fresh, (200,))  # a page leads nowhere wrong
    everything = "\n".join(said)
    fields = [f"{name}{HOSTILE}" for name in ("title", "author", "dynasty", "category")]
    for shown in (f"松花江{HOSTILE}", f"卷1{HOSTILE}", f"001-1a{HOSTILE}", *fields):
        assert shown in everything, shown


def test_programs_get_the_very_text_as_json(hostile: Flask) -> None:
    response = hostile.test_client().get(
        "/api/v1/search", query_string={"q": "松花江", "mode": "exact", "work": "W1", "facets": "true"}
    )
    assert response.content_type == "application/json"
    assert response.json is not None
    hit = response.json["hits"][0]
    assert TEXT.startswith(hit["text"])
    assert hit["section"] == f"卷0{HOSTILE}"
    assert hit["page"] == f"001-1a{HOSTILE}"
    assert hit["facsimile"] == ""
    assert hit["work"]["title"] == f"title{HOSTILE}"


@pytest.mark.parametrize("q", [HOSTILE, "*", ""])
def test_programs_get_the_very_query_as_json(client: FlaskClient, q: str) -> None:
    response = client.get("/api/v1/search", query_string={"q": q})
    assert response.content_type in ("application/json", "application/problem+json")
    assert response.status_code == 400 or (response.json or {})["query"] == q


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/search?q=完颜",
        "/search?q=***",
        "/works",
        "/about",
        "/nowhere",
        "/static/style.css",
        "/static/app.js",
        "/static/seal.svg",
        "/api/v1/search?q=完颜",
        "/api/v1/search",
        "/api/v1/openapi.json",
        "/api/v1/nowhere",
    ],
)
def test_every_answer_forbids_what_it_does_not_need(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    policy = dict(each.strip().split(" ", 1) for each in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'self'"
    for directive in ("frame-ancestors", "object-src", "base-uri"):
        assert policy[directive] == "'none'"
    assert policy["form-action"] == "'self'"
    assert "unsafe" not in str(policy)
    assert "*" not in str(policy)
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
