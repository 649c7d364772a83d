"""A closed collection is as good as not there for those who may not see it: on every route, in every field."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path
from typing import get_args
from urllib.parse import quote

import pytest
from clusters import empty_index
from flask import Flask
from flask.testing import FlaskClient
from open_index import build
from people import add, log_in, logged_in, token
from sqlalchemy import update

from corpora.model import Access
from indexer.cluster.address import IndexAddress, index_address
from indexer.upkeep.declaring import declare
from search.distribution import Division
from search.library import MOST_VIEWS, Library
from search.occurrences import Grouping, Order
from web.access import shelf_of
from web.accounts.models import Account, AccountRole
from web.app import create_app
from web.jobs import setup as jobs
from web.networks import FORWARDED
from web.pages import comparing
from web.serving.config import Config

Indexes = tuple[IndexAddress, IndexAddress]
CLOSED = "closed"
MANIFEST = """\
id: {id}
title: {{zh: 密藏, en: The closed stack}}
description: {{zh: 秘而不宣, en: Not to be told}}
licence: none
access: {access}
"""
QUOTED = "雪深三尺，人馬俱疲，行旅不前。"
"""What open works share with each other, and with the closed one."""
SECRET = {
    "id": "S1",
    "title": "密檔輯存",
    "author": "庋藏者",
    "dynasty": "僞滿",
    "category": "史部/詔令奏議類",
    "place": "新京",
    "date": "康德三年",
    "year": 1936,
    "sections": [
        {
            "title": "卷上",
            "text": "諸軍皆懼，會寧府舊案俱焚。長白山下有密約一紙。",
            "pages": [{"label": "001-1a", "start": 0, "facsimile": "https://example.org/secret.png"}],
            "notes": [[5, 11]],
        },
        {"title": "卷下", "text": f"阿固達遺檔在焉。鐵匣塵封，鑰匙失落。天輔六年舊物，康德三年封。{QUOTED}"},
    ],
}
OPEN = [
    {
        "id": "O1",
        "title": "松花江志",
        "licence": "CC0-1.0",
        "author": "某人",
        "dynasty": "清",
        "year": 1720,
        "category": "史部/地理類",
        "sections": [
            {"title": "卷一", "text": "松花江出長白山，至會寧府。"},
            {"title": "卷二", "text": f"完顏部居按出虎水。天輔六年取燕京。{QUOTED}"},
        ],
    },
    {"id": "O2", "title": "黑水考", "author": "佚名", "language": "zh", "text": "黑龙江冬天捕鱼，岸上有会宁府旧址。"},
]
LAST = [
    {"id": "O3", "title": "北遊記", "author": "某人", "dynasty": "清", "text": f"北遊至長白山而還，作詩一首。{QUOTED}"}
]

QUERIES = (
    "会宁府", "長白山", "懼", "害怕", "密約", "鐵匣塵封", "钥匙失落在铁匣", "阿骨打", "完颜", "密檔", "长*山",
    "title:密檔 會寧", "collection:closed 會寧", "author:庋藏者", "place:新京 長", "长白山 NOT 密约",
    "會寧 NEAR/10 舊案", "会?府", "有一张秘密的约定", "军队都很害怕", "铁盒子的钥匙丢了", "庋藏者", "阿固達",
    "“會寧府舊”~", "“鐵匣塵封密約”~", "(会宁府) AND (密約)",
    "when:1122", "when:康德三年", "1936年钥匙失落",
)  # fmt: skip
"""Some ask for what stands in the closed collection alone, some for what stands in both, some for neither."""
SLIPS = ("tiexiachenfeng", "鐵匣塵风", "北遊 or 密約", "titel:密檔", "會寜府舊桉")
"""Of these the first ones were meant to find what stands in the closed collection."""
FILTERS = (
    "",
    "collection=closed",
    "work=S1",
    "dynasty=僞滿",
    "author=庋藏者",
    "category=史部",
    "category=史部/詔令奏議類",
)
OPTIONS = (
    "event=1936",
    "event=天輔六年",
    "sort=date",
    "sort=place",
    "scope=notes",
    "scope=text",
    "strict=true",
    "aliases=false",
    "limit=1",
)


def searches(root: str) -> Iterator[str]:
    for q in QUERIES:
        for mode in ("exact", "semantic", "hybrid"):
            yield f"{root}?q={quote(q)}&mode={mode}&facets=true"
    yield from (f"{root}?q={quote(q)}&mode=exact" for q in SLIPS)
    for q in ("会宁府", "长白山"):
        for more in (*FILTERS, *OPTIONS):
            yield f"{root}?q={quote(q)}&facets=true&{more}"
            yield f"{root}?q={quote(q)}&facets=true&mode=exact&{more}"


def concordances() -> Iterator[str]:
    for q in QUERIES:
        yield f"/concordance?q={quote(q)}"
    yield "/concordance?q=会宁府&beside=left:20:密约"
    for q in ("会宁府", "长白山", "阿骨打"):
        for grouping in Grouping:
            yield f"/concordance?q={quote(q)}&group={grouping}"
        for order in Order:
            yield f"/concordance?q={quote(q)}&order={order}&lang=en"
        for value in (
            "work:S1",
            "section:S1/0",
            "dynasty:僞滿",
            "category:史部/詔令奏議類",
            "spelling:會寧府",
            "words:阿固達",
        ):
            yield f"/concordance?q={quote(q)}&within={value}"
            yield f"/concordance?q={quote(q)}&without={value}"
        for more in (
            *FILTERS,
            "event=1936",
            "event=天輔六年",
            "scope=notes",
            "strict=true",
            "aliases=false",
            "sample=1&seed=3",
            "limit=1",
            "start=2",
        ):
            yield f"/concordance?q={quote(q)}&{more}"


def distributions() -> Iterator[str]:
    for q in QUERIES:
        yield f"/distribution?q={quote(q)}&q=江"
    for grouping in get_args(Division):
        yield f"/distribution?q=会宁府&group={grouping}&order=place"
    for more in (
        *FILTERS,
        "within=work:S1",
        "without=dynasty:僞滿",
        "within=year:&lang=en",
        "event=1122..1936",
        "scope=notes&order=frequency",
    ):
        yield f"/distribution?q=会宁府&{more}"


def collocations() -> Iterator[str]:
    for q in QUERIES:
        yield f"/collocates?q={quote(q)}&least=1"
    for more in (
        *FILTERS,
        "within=work:S1",
        "without=dynasty:僞滿",
        "beside=both:9:案",
        "unit=word&word=true",
        "unit=pair&measure=pmi&lang=en",
    ):
        yield f"/collocates?q=会宁府&least=1&{more}"


def parallels() -> Iterator[str]:
    texts = ("諸軍皆懼，會寧府舊案俱焚。長白山下有密約一紙。", "阿固達遺檔在焉。鐵匣塵封，鑰匙失落。")
    for q in (*texts, *(text[:8] for text in texts), *QUERIES, "松花江出長白山，至會寧府。完顏部居按出虎水"):
        yield f"/parallels?q={quote(q)}&least=5"
    for more in ("with=closed", "with=S1", "with=O1", "likeness=meaning&lang=en", "limit=1"):
        yield f"/parallels?q=諸軍皆懼，會寧府舊案俱焚。長白山下&least=5&{more}"
    for place in ("S1/0/001-1a@5+5:會寧府舊案", "O1/0/@0+13:松花江出長白山，至會寧府。", "S1/1/@0+6:阿固達遺檔在", "x"):
        yield f"/parallels?place={quote(place)}&least=5"


def work_parallels() -> Iterator[str]:
    pairs = ("work=O1&with=O2", "work=S1&with=O1", "work=O1&with=S1", "work=O1&with=closed", "work=O3", "work=no")
    for pair in (*pairs, "work=S1", "work=O1&with=local", "collection=closed", "collection=local"):
        yield f"/parallels/works?{pair}&least=8"


def keywords() -> Iterator[str]:
    for work in ("O1", "O2", "S1", "nowhere"):
        yield f"/keywords?work={work}&least=1"
    for more in ("unit=character&with=closed", "unit=word", "unit=triple&measure=log-ratio&lang=en", "limit=1"):
        yield f"/keywords?work=O1&least=1&{more}"


FORMATS = cycle(("csv", "jsonl", "md", "tei"))
"""Formats in turn; a workbook, which is the same table, is packed, and would differ by the moment it is made."""


def taken(path: str) -> str:
    return path.replace("?", f".{next(FORMATS)}?", 1)


def tables() -> Iterator[str]:
    found = [f"/search?q={quote(q)}&mode={mode}" for q in QUERIES for mode in ("exact", "semantic")]
    for path in (
        *(f"/concordance?q={quote(q)}" for q in QUERIES),
        "/concordance?q=会宁府&within=work:S1",
        *found,
        *collocations(),
        *keywords(),
        *distributions(),
    ):
        yield taken(path)


FORM = "post"
CITED = ("S1/0/001-1a@5+5:會寧府舊案", "S1/9/@0+2:密約", "O1/0/@9+3:會寧府", "O1/0/@0+2:密約", "nowhere/0/@0+2:密約")
PASTED = ("密檔輯存卷上", "S1", "/at/S1/0/001-1a@5+5:會寧府舊案", "松花江志卷二", "S1_001-1a", "/at/O1/0/@9+3:會寧府")
EXPORTED = ("csl-json", "bibtex", "ris", "text")
ROUTES: dict[str, tuple[str, ...]] = {
    "static": ("/static/style.css",),
    "pages.home": ("/", "/?lang=en"),
    "pages.search": ("/search", *searches("/search"), *(f"/search?q={quote(q)}&mode=exact" for q in PASTED)),
    "pages.concordance": ("/concordance", *concordances()),
    "pages.collocates": ("/collocates", *collocations()),
    "pages.keywords": ("/keywords", *keywords()),
    "pages.distribution": ("/distribution", *distributions()),
    "pages.parallels": ("/parallels", *parallels()),
    "pages.work_parallels": ("/parallels/works", *work_parallels()),
    "pages.begin_work_parallels": (FORM,),
    "pages.job_parallels": ("/jobs/none/parallels",),
    "pages.job_parallels_table": ("/jobs/none/parallels.csv", "/jobs/none/parallels.xlsx"),
    "taking.table": tuple(tables()),
    "taking.parallels_table": tuple(map(taken, parallels())),
    "taking.work_parallels_table": tuple(map(taken, work_parallels())),
    "taking.list_of_places": (FORM,),
    "taking.work": tuple(
        f"/take/work/{work}?format={form}" for work in ("O1", "O2", "S1", "nowhere") for form in ("text", "tei")
    ),
    "taking.begin_work": (FORM,),
    "taking.begin_lines": (FORM,),
    "taking.job_taken": ("/take/jobs/none",),
    "taking.job_lines_table": ("/take/jobs/none/lines.csv",),
    "taking.job_work_table": ("/take/jobs/none/whole.file",),
    "jobs.mine": ("/jobs/", "/jobs/?lang=en"),
    "jobs.job": ("/jobs/none",),
    "jobs.progress": ("/jobs/none/progress",),
    "jobs.cancel": (FORM,),
    "pages.works": (
        "/works",
        "/works?lang=en",
        "/works?q=密檔",
        "/works?q=某人&order=title",
        "/works?order=date&start=2",
        "/works?collection=closed",
        "/works?collection=local",
    ),
    "pages.work": (
        "/works/S1",
        "/works/O1",
        "/works/O2?lang=en",
        "/works/nowhere",
        *(f"/works/{work}?q={quote(q)}&section=1" for work in ("O1", "S1") for q in QUERIES),
    ),
    "pages.about": ("/about",),
    "pages.cite": (
        "/cite",
        "/cite?whole=S1",
        "/cite?whole=O1&style=apa",
        *(f"/cite?address={quote(each)}" for each in CITED),
        *(f"/cite?{'&'.join(f'address={quote(each)}' for each in CITED)}&format={each}" for each in EXPORTED),
        *(f"/cite?q={quote(q)}&style=mla" for q in QUERIES[:6]),
        *(f"/cite?q=会宁府&limit=50&format={each}" for each in EXPORTED),
    ),
    "pages.cite_selection": tuple(f"/cite/selection?address={quote(each)}" for each in CITED),
    "pages.compose": ("/compose", "/compose?phrase=会宁府&field=title&value=密檔&none=密約"),
    "pages.read": (
        *(f"/read/{work}/{number}" for work in ("O1", "O2", "S1", "nowhere") for number in (0, 1, 9)),
        *(f"/read/{work}/0?q={quote(q)}" for work in ("O1", "S1") for q in QUERIES),
        "/read/S1/0?at=1&to=3",
        *(f"/read/O1/0?beside={quote(each)}" for each in ("S1", "S1/0", "密檔輯存", "密", "O2", "O2/0", "O2/9", "x")),
        "/read/O1/1?q=会宁府&beside=O2&characters=simplified&layout=vertical&notes=aside&paper=dark",
    ),
    "pages.facsimile": (
        *(f"/facsimile/{work}/{number}" for work in ("S1", "O1", "nowhere") for number in (0, 1)),
        "/facsimile/S1/0?q=密約&at=1&to=3",
    ),
    "pages.character": (
        "/character",
        *(f"/character/{quote(each)}{work}" for each in "密會懼，〓" for work in ("", "?work=S1", "?work=O1")),
        "/character?character=匣&lang=en",
        f"/character/{quote('〓')}?name=KR2038",
    ),
    "pages.missing_images": ("/facsimile?work=S1", "/facsimile?work=O1", "/facsimile?work=nowhere", "/facsimile"),
    "pages.suggest": (
        "/suggest",
        *(f"/suggest?q={quote(q)}" for q in ("密", "密檔", "庋", "庋藏", "會寧", "鐵匣", "阿固", "松花", "某", "长白")),
    ),
    "pages.seek": tuple(f"/at?q={quote(q)}" for q in PASTED),
    "pages.follow": (
        "/at/S1/0/001-1a@5+5:會寧府舊案",
        "/at/S1/0/@9+4:鐵匣塵封",
        "/at/S1/1/@0+3:阿固打",
        "/at/S1/0/@0+0:",
        "/at/S1/9/@0+2:密約",
        "/at/O1/0/@9+3:會寧府",
        "/at/O1/0/@0+2:密約",
        "/at/O1/1/@0+3:會寧府",
        "/at/nowhere/0/@0+2:密約",
        "/at/S1",
    ),
    "api.search": ("/api/v1/search", *searches("/api/v1/search")),
    "api.works": (
        *(f"/api/v1/works?{narrowed}" for narrowed in FILTERS),
        *(f"/api/v1/works?limit=1&after={work}" for work in ("O1", "O2", "O3", "R", "S1")),
    ),
    "api.description": ("/api/v1/openapi.json",),
    "health.alive": ("/healthz",),
    "health.ready": ("/readyz",),
    "metrics.metrics": ("/metrics",),
    "accounts.log_in": ("/account/log-in",),
    "accounts.log_out": (FORM,),
    "accounts.own": ("/account/",),
    "accounts.session_left": ("/account/session",),
    "accounts.end_sessions": ("/account/sessions/end",),
    "accounts.invitation": ("/account/invitation",),
    "shelf.home": ("/shelf/", "/shelf/?lang=en"),
    "shelf.past": ("/shelf/history",),
    "shelf.switch_history": ("/shelf/history/switch",),
    "shelf.clear_history": ("/shelf/history/clear",),
    "shelf.forget_reading": ("/shelf/history/1/forget",),
    "basket.home": ("/shelf/basket/", "/shelf/basket/?lang=en"),
    "basket.offer": tuple(
        f"/shelf/basket/put?work={work}&section=0&range={range}"
        for work in ("O1", "S1", "nowhere")
        for range in ("0-3", "3-99")
    ),
    "basket.put": ("/shelf/basket/items",),
    "basket.places": (FORM,),
    "basket.merge": ("/shelf/basket/merge",),
    "basket.annotate": ("/shelf/basket/1/note",),
    "basket.shift": ("/shelf/basket/1/shift",),
    "basket.take_out": ("/shelf/basket/1/take-out",),
    "basket.put_back": ("/shelf/basket/1/put-back",),
    "basket.quote": ("/shelf/basket/case",),
    "accounts.sign_up": ("/account/sign-up",),
    "accounts.export": ("/account/export.json",),
    "accounts.delete": ("/account/delete",),
    "public.ask": ("/ask",),
    "public.asked": ("/ask/received",),
    "public.status": ("/ask/status",),
    "public.faq": ("/faq", "/faq?q=会宁府"),
    "public.answer": ("/faq/2026-0001",),
    "errata.report": (
        "/errata/new",
        "/errata/new?work=S1&section=0&range=0-4",
        "/errata/new?work=O1&section=0&range=0-4",
        "/errata/new?place=S1/0/001-1a@5%2B5:會寧府舊案",
        "/errata/new?place=O1/0/@0%2B2:密約",
    ),
    "errata.received": ("/errata/received",),
    "errata.status": ("/errata/status",),
    "errata.listed": ("/desk/errata",),
    "errata.erratum": ("/desk/errata/E2026-0001",),
    "errata.decide": ("/desk/errata/E2026-0001",),
    "errata.forget_contact": ("/desk/errata/E2026-0001/forget",),
    "marginalia.mine": ("/shelf/notes",),
    "marginalia.export": ("/shelf/notes.jsonld",),
    "marginalia.mark": ("/shelf/notes/new?work=S1&section=0&range=0-4",),
    "marginalia.one": ("/shelf/notes/1",),
    "marginalia.remove": ("/shelf/notes/1/remove",),
    "marginalia.restore": ("/shelf/notes/1/restore",),
    "searches.mine": ("/shelf/searches",),
    "searches.save": ("/shelf/searches/new?search=/search?q=密約",),
    "searches.one": ("/shelf/searches/1",),
    "searches.rename": ("/shelf/searches/1/title",),
    "searches.know": ("/shelf/searches/1/read",),
    "searches.open_feed": ("/shelf/searches/1/feed",),
    "searches.withdraw_feed": ("/shelf/searches/1/feed/withdraw",),
    "searches.remove": ("/shelf/searches/1/remove",),
    "searches.feed": ("/feeds/none",),
    "searches.tell": ("/shelf/searches/1/mail",),
    "searches.tell_no_more": ("/shelf/searches/1/mail/withdraw",),
    "searches.stop": ("/letters/stop/none",),
    "mailbox.own": ("/account/mail/",),
    "mailbox.remove": ("/account/mail/remove",),
    "mailbox.confirm": ("/account/mail/confirm/none",),
    "mailbox.again": ("/account/mail/letters/1/again",),
    "desk.home": ("/desk/",),
    "desk.enter": ("/desk/new",),
    "desk.case": ("/desk/cases/2026-0001",),
    "desk.reply": ("/desk/cases/2026-0001/reply",),
    "desk.revision": ("/desk/cases/2026-0001/revisions/1",),
    "desk.export": ("/desk/cases/2026-0001/reply.json",),
    "desk.answered": ("/desk/answers?q=密約",),
    "desk.numbers": ("/desk/statistics",),
    "usage.shown": ("/desk/usage",),
    "usage.sheet": ("/desk/usage.csv",),
    "desk.chart": ("/desk/statistics/works.svg",),
    "desk.sheet": ("/desk/statistics/works.csv",),
    "desk.search": ("/desk/cases/2026-0001/search",),
    "desk.work": ("/desk/cases/2026-0001/working",),
    "desk.leave": ("/desk/leave",),
    "desk.facts": ("/desk/cases/2026-0001/facts",),
    "desk.asker": ("/desk/cases/2026-0001/asker",),
    "desk.forget_asker": ("/desk/cases/2026-0001/forget-asker",),
    "desk.renew_secret": ("/desk/cases/2026-0001/secret",),
    "desk.move": ("/desk/cases/2026-0001/move",),
    "desk.quote": ("/desk/cases/2026-0001/evidence",),
    "desk.annotate": ("/desk/cases/2026-0001/evidence/1/annotate",),
    "desk.trim": ("/desk/cases/2026-0001/evidence/1/trim",),
    "desk.shift": ("/desk/cases/2026-0001/evidence/1/shift",),
    "desk.shift_heading": ("/desk/cases/2026-0001/shift-heading",),
    "desk.withdraw": ("/desk/cases/2026-0001/evidence/1/withdraw",),
    "desk.restore": ("/desk/cases/2026-0001/evidence/1/restore",),
    "desk.publish": ("/desk/cases/2026-0001/publish",),
    "desk.unpublish": ("/desk/cases/2026-0001/unpublish",),
    "desk.save_reply": ("/desk/cases/2026-0001/reply",),
    "desk.autosave": ("/desk/cases/2026-0001/autosave",),
    "desk.tell": ("/desk/cases/2026-0001/notes",),
    "desk.texts": ("/desk/texts",),
    "desk.add_text": ("/desk/texts",),
    "desk.change_text": ("/desk/texts/1",),
    "desk.remove_text": ("/desk/texts/1/remove",),
    "desk.write": ("/desk/cases/2026-0001/letter",),
    "desk.arrived": ("/desk/cases/2026-0001/letters/1/arrived",),
    "desk.again": ("/desk/cases/2026-0001/letters/1/again",),
    "desk.present": ("/desk/cases/2026-0001/presence",),
    "desk.drop_autosave": ("/desk/cases/2026-0001/drop-autosave",),
    "administration.accounts": ("/administration/accounts",),
    "administration.audit": ("/administration/audit",),
    "administration.audit_sheet": ("/administration/audit.csv",),
}
"""Addresses for every route: a new route needs some here before it may answer anybody. ``FORM`` shows nothing."""
OF_TEXTS = {
    "basket.offer",
    "pages.home",
    "pages.search",
    "pages.concordance",
    "pages.collocates",
    "pages.keywords",
    "pages.distribution",
    "pages.parallels",
    "pages.work_parallels",
    "taking.table",
    "taking.work",
    "taking.parallels_table",
    "taking.work_parallels_table",
    "pages.works",
    "pages.work",
    "pages.read",
    "pages.facsimile",
    "pages.missing_images",
    "pages.character",
    "pages.follow",
    "api.search",
    "api.works",
}
"""Routes that answer from the library."""
TOLD = {
    "pages.home": "密藏",
    "pages.collocates": "俱",
    "pages.facsimile": "secret.png",
    "taking.work": "/works/S1",  # no licence lets everybody have it
}
"""What routes tell of the closed collection that do not name its work."""


Closed = tuple[Access, str, str]
"""Who may see the closed collection, what closes it, and where the index is."""
KINDS: list[Closed] = [
    *((access, by, "folder") for access in (Access.STAFF, Access.IN_LIBRARY) for by in ("manifest", "index")),
    (Access.STAFF, "index", "cluster"),
    (Access.IN_LIBRARY, "manifest", "cluster"),
]


@pytest.fixture(scope="module", params=KINDS, ids=lambda closed: f"{closed[0]}-by-{closed[1]}-in-a-{closed[2]}")
def closed(request: pytest.FixtureRequest) -> Closed:
    """Who may see the closed collection: its manifest says so, or the index does."""
    kind: Closed = request.param
    return kind


@pytest.fixture(scope="module")
def access(closed: Closed) -> Access:
    return closed[0]


@pytest.fixture(scope="module")
def indexes(tmp_path_factory: pytest.TempPathFactory, closed: Closed) -> Iterator[Indexes]:
    """Two indexes that differ in the closed collection alone: one has it, one has not."""
    folder = tmp_path_factory.mktemp("access")
    with ExitStack() as stack:
        if closed[2] == "folder":
            with_it, without_it = built(folder, folder / "with", folder / "without")
        else:
            addresses = [stack.enter_context(empty_index("?shards=2&replicas=0")) for _ in range(2)]
            with_it, without_it = built(folder, *map(index_address, addresses))
        change(folder, closed, with_it, without_it)
        yield with_it, without_it


def change(folder: Path, closed: Closed, with_it: IndexAddress, without_it: IndexAddress) -> None:
    """Add the closed collection to one of two equal indexes."""
    build([folder / "secret.jsonl"], with_it, collection=CLOSED)
    build([folder / "dummy.jsonl"], without_it)  # so that both are of the same generation
    build([folder / "last.jsonl"], with_it)
    build([folder / "last.jsonl"], without_it, remove=["D"])
    if closed[1] == "index":
        declare(with_it, CLOSED, closed[0])


def built(folder: Path, *indexes: IndexAddress) -> Indexes:
    """Write texts to index, and make two equal indexes of the first of them."""
    for name, works in {"open": OPEN, "secret": [SECRET], "dummy": [{**LAST[0], "id": "D"}], "last": LAST}.items():
        lines = [json.dumps(work, ensure_ascii=False) for work in works]
        (folder / f"{name}.jsonl").write_text("\n".join(lines), "utf-8")
    for index in indexes:
        build([folder / "open.jsonl"], index)
    with_it, without_it = indexes
    return with_it, without_it


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory, closed: Closed) -> Config:
    folder = tmp_path_factory.mktemp("collections")
    says = closed[0] if closed[1] == "manifest" else Access.OPEN
    (folder / f"{CLOSED}.yaml").write_text(MANIFEST.format(id=CLOSED, access=says), "utf-8")
    return Config(library_networks=("10.1.0.0/16", "2001:db8::/32"), collections=folder)


@pytest.fixture(scope="module")
def site(indexes: Indexes, config: Config) -> Flask:
    return create_app(indexes[0], config=config)


@pytest.fixture(scope="module")
def plain(indexes: Indexes, config: Config) -> Flask:
    return create_app(indexes[1], config=config)


def answer(client: FlaskClient, path: str, address: str = "192.0.2.1") -> tuple[object, ...]:
    """Everything that is answered, but for the time it took, the request's number and the tokens of forms.

    In the hybrid mode the scores by words, and so the order, may differ: the engine weighs words by all that it has.
    """
    response = client.get(path, environ_base={"REMOTE_ADDR": address})
    varying = ("Content-Length", "Set-Cookie", "Date", "X-Request-ID")
    headers = {name: value for name, value in response.headers if name not in varying}
    text = response.text
    hybrid = (
        "q=" in path
        and "mode=exact" not in path
        and "mode=semantic" not in path
        and path[:5] not in ("/conc", "/dist", "/coll", "/para")
    )
    if response.mimetype == "application/json" and "hits" in (told := json.loads(text)):
        told["took_ms"] = 0
        if hybrid and "sort=" not in path:
            if "limit=1" in path:
                del told["hits"]
            else:
                told["hits"] = sorted(({**hit, "score": 0} for hit in told["hits"]), key=lambda hit: str(hit["id"]))
        elif hybrid:
            told["hits"] = [{**hit, "score": 0} for hit in told["hits"]]
        return response.status_code, headers, told
    if path == "/metrics":  # what is counted and timed there differs from one moment to the next
        text = "".join(re.findall(r"(?m)^wenyuan_index_works .*$", text))
    text = re.sub(r'name="csrf_token"[^>]*>|data-left="\d+"', "", text)
    if hybrid and "limit=1" in path:
        text = ""
    return response.status_code, headers, sorted(text.split("<li>")) if hybrid else text


def test_every_route_is_decided_on(site: Flask) -> None:
    assert {rule.endpoint for rule in site.url_map.iter_rules()} == set(ROUTES)
    assert set(ROUTES) >= OF_TEXTS


def test_all_but_these_routes_ask_for_a_role(site: Flask) -> None:
    guarded = {route for route, view in site.view_functions.items() if hasattr(view, "requires")}
    public = {"static", "api.description", "pages.about", "accounts.log_in", "accounts.log_out", "accounts.invitation"}
    public |= {
        "pages.compose",
        "accounts.session_left",
        "accounts.sign_up",
        "health.alive",
        "health.ready",
        "metrics.metrics",
    }
    public |= {"public.ask", "public.asked", "public.status", "public.faq", "public.answer"}
    public |= {"searches.feed"}  # whoever has its address has what its owner gave away
    public |= {"searches.stop", "mailbox.confirm"}  # whoever has the link of a letter has read it
    public |= {"errata.report", "errata.received", "errata.status"}
    public |= {"jobs.mine", "jobs.job", "jobs.progress", "jobs.cancel"}  # each shows who asks what is theirs
    public |= {"shelf.home", "shelf.past", "basket.home", "basket.places"}  # what is there is one's own
    public |= {"pages.begin_work_parallels", "pages.job_parallels", "pages.job_parallels_table"}
    public |= {"taking.list_of_places", "taking.begin_work", "taking.begin_lines"}
    public |= {"taking.job_taken", "taking.job_lines_table", "taking.job_work_table"}
    public |= {
        "pages.cite",
        "pages.cite_selection",
        "pages.seek",
        "pages.suggest",
    }  # of the works that who asks may read
    assert set(ROUTES) - guarded == public | OF_TEXTS
    for route in sorted(guarded):
        for path in ROUTES[route]:
            for method in ("GET", "POST"):
                assert site.test_client().open(path, method=method).status_code in (302, 400, 401, 405)


@pytest.mark.parametrize("route", ROUTES)
def test_nothing_of_a_closed_collection_is_told(site: Flask, plain: Flask, closed: Closed, route: str) -> None:
    """Every route in every kind; each address on a folder and on a cluster, where what closes the collection varies."""
    alike = [kind for kind in KINDS if kind[2] == closed[2]]
    for path in ROUTES[route][alike.index(closed) % len(ROUTES[route]) :: len(alike)]:
        if path != FORM:
            here, there = (answer(app.test_client(), path) for app in (site, plain))
            assert here == there, path
            assert here[0] in (200, 302, 308, 400, 404, 405, 410), path  # two failures are alike, too


def test_what_stands_at_addresses_that_a_browser_keeps_is_not_told_of_a_closed_collection(
    site: Flask, plain: Flask
) -> None:
    addresses = ["S1/0/001-1a@5+5:會寧府舊案", "O1/0/@9+3:會寧府", "S1/1/@0+0:"]
    told = []
    for app in (site, plain):
        client = app.test_client()
        sent = {"address": addresses, "csrf_token": token(client, "/account/log-in")}
        told.append(client.post("/shelf/basket/places", data=sent, environ_base={"REMOTE_ADDR": "192.0.2.1"}).text)
    assert told[0] == told[1]
    assert "松花江志" in told[0]
    assert "密檔" not in told[0]


def test_readers_with_an_account_see_no_more(site: Flask, plain: Flask) -> None:
    clients = [logged_in(app, AccountRole.READER) for app in (site, plain)]
    for route in sorted(OF_TEXTS):
        for path in ROUTES[route][:10]:
            assert answer(clients[0], path) == answer(clients[1], path), path


JOBS = ({"work": "O1"}, {"work": "O3", "with": "local"}, {"collection": "local"})


def ask(client: FlaskClient, **asked: str) -> str:
    """The address of a new job; empty where there is nothing to be asked for."""
    sent = {**asked, "least": "8", "csrf_token": token(client, "/parallels/works?work=O1")}
    answered = client.post("/parallels/works", data=sent, environ_base={"REMOTE_ADDR": "192.0.2.1"})
    assert answered.status_code in (302, 400)
    return answered.location or ""


def do_jobs(app: Flask) -> None:
    with app.app_context():
        runner = jobs.runner(app, shelf_of(app))
        while runner.once():
            pass


def told_of(client: FlaskClient, asked: Sequence[str]) -> list[str]:
    """All that is told of some jobs, but for their names and times."""
    pages = ["/jobs/", *(f"{job}{page}" for job in asked for page in ("", "/progress", "/parallels", "/parallels.csv"))]
    pages += [f"{job}/parallels{more}" for job in asked for more in ("?here=S1", "?there=S1", "?limit=1", "?lang=en")]
    told = str([answer(client, page) for page in pages])
    for number, job in enumerate(asked):
        told = told.replace(job, f"/jobs/{number}")
    return re.sub(r"<time.*?</time>", "", told).split("\\n")


def test_a_job_tells_nothing_of_a_closed_collection(site: Flask, plain: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "AT_ONCE", 0)
    clients = [app.test_client() for app in (site, plain)]
    asked = [[ask(client, **each) for each in JOBS] for client in clients]
    for app in (site, plain):
        do_jobs(app)
    here, there = (told_of(*each) for each in zip(clients, asked, strict=True))
    assert here == there
    assert "行旅不前" in str(here)
    for closed in ({"work": "S1"}, {"work": "O1", "with": "S1"}, {"collection": CLOSED}):
        assert [ask(client, **closed) for client in clients] == ["", ""]


def test_what_is_closed_later_is_not_told_by_what_was_found_before(
    site: Flask, plain: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "AT_ONCE", 0)
    clients = [app.test_client() for app in (site, plain)]
    for app, client in zip((site, plain), clients, strict=True):
        add(app, "keeper", AccountRole.LIBRARIAN)
        log_in(client, "keeper")
    asked = [[ask(client, **each) for each in JOBS] for client in clients]
    only_here = ask(clients[0], work="S1")
    for app in (site, plain):
        do_jobs(app)
    assert "密檔輯存" in clients[0].get(f"{asked[0][0]}/parallels").text
    assert "密檔輯存" in clients[0].get(f"{only_here}/parallels.csv").text
    for app in (site, plain):
        with app.extensions["storage"].session.begin() as session:
            session.execute(update(Account).where(Account.login == "keeper").values(role=AccountRole.READER))
    here, there = (told_of(*each) for each in zip(clients, asked, strict=True))
    assert here == there
    for page in ("", "/progress", "/parallels", "/parallels.csv"):
        assert clients[0].get(f"{only_here}{page}").status_code == 404


def lines_of(app: Flask, client: FlaskClient, q: str) -> tuple[str, str]:
    """A job for lines, and all that its files tell."""
    sent = {"q": q, "csrf_token": token(client, "/parallels")}
    job = client.post("/take/lines", data=sent, environ_base={"REMOTE_ADDR": "192.0.2.1"}).location
    do_jobs(app)
    return job, files_of(client, job)


def files_of(client: FlaskClient, job: str) -> str:
    files = [answer(client, f"/take{job}/lines.{form}") for form in ("csv", "jsonl", "md", "tei")]
    return re.sub(r"<time.*?</time>", "", str([*files, answer(client, f"/take{job}")])).replace(job, "")


def test_lines_that_a_job_has_tell_nothing_of_a_closed_collection(site: Flask, plain: Flask) -> None:
    clients = [app.test_client() for app in (site, plain)]
    for q in ("会宁府", "密約", "雪深"):
        (_, here), (_, there) = (lines_of(app, client, q) for app, client in zip((site, plain), clients, strict=True))
        assert here == there
    for app, client in zip((site, plain), clients, strict=True):
        add(app, "porter", AccountRole.LIBRARIAN)
        log_in(client, "porter")
    jobs_of = [lines_of(app, client, "会宁府") for app, client in zip((site, plain), clients, strict=True)]
    assert "密檔輯存" in jobs_of[0][1]
    for app in (site, plain):
        with app.extensions["storage"].session.begin() as session:
            session.execute(update(Account).where(Account.login == "porter").values(role=AccountRole.READER))
    here, there = (files_of(client, job) for client, (job, _) in zip(clients, jobs_of, strict=True))
    assert here == there


def test_every_page_of_results_is_as_without_it(site: Flask, plain: Flask) -> None:
    for q in ("长白山", "有一张秘密的约定"):
        mode = "exact" if q == "长白山" else "semantic"
        path = f"/api/v1/search?q={quote(q)}&mode={mode}&limit=1&facets=true"
        cursor = ""
        for _ in range(9):
            here, there = (answer(app.test_client(), path + cursor) for app in (site, plain))
            assert here == there
            assert isinstance(here[2], dict)
            if not here[2]["next"]:
                break
            cursor = f"&cursor={here[2]['next']}"
        else:
            pytest.fail("there is no last page")


@pytest.mark.parametrize("role", [AccountRole.LIBRARIAN, AccountRole.REVIEWER, AccountRole.ADMINISTRATOR])
def test_staff_see_it_everywhere(site: Flask, role: AccountRole) -> None:
    client = logged_in(site, role)
    client.get("/?lang=zh")
    for route in sorted(OF_TEXTS):
        told = "".join(client.get(path).text for path in ROUTES[route][:12] if "lang" not in path)
        assert TOLD.get(route, "密檔輯存") in told, route
    assert "密約" in client.get("/read/S1/0").text
    found = client.get("/api/v1/search?q=密约&mode=exact&facets=true").json
    assert found is not None
    assert found["total"] == {"passages": 1, "occurrences": 1, "alike": 0, "at_least": False}
    assert [each["value"] for each in found["facets"]["collection"]] == [CLOSED]


@pytest.mark.parametrize(
    ("address", "is_inside"),
    [
        ("10.1.2.3", True),
        ("2001:db8::7", True),
        ("::ffff:10.1.2.3", True),
        ("10.2.0.1", False),
        ("2001:db9::7", False),
        ("127.0.0.1", False),
        ("", False),
        ("unix", False),
    ],
)
def test_the_librarys_own_networks_open_what_is_in_library(
    site: Flask, access: Access, address: str, is_inside: bool
) -> None:
    response = site.test_client().get("/read/S1/0", environ_base={"REMOTE_ADDR": address})
    assert response.status_code == (200 if is_inside and access is Access.IN_LIBRARY else 404)


def test_no_shared_cache_keeps_what_one_may_see(site: Flask) -> None:
    for path in ("/", "/works", "/read/O1/0", "/api/v1/search?q=江", "/search?q=江", "/read/S1/0"):
        assert site.test_client().get(path).headers["Cache-Control"] == "private"


@pytest.mark.parametrize(
    ("peer", "forwarded", "is_inside"),
    [
        ("192.0.2.9", "10.1.2.3", True),
        ("192.0.2.9", "10.1.2.3, 198.51.100.1", False),  # the last is who the proxy saw; the rest is hearsay
        ("192.0.2.9", "198.51.100.1, 10.1.2.3", True),
        ("192.0.2.10", "10.1.2.3", False),  # not our proxy
        ("10.1.2.3", "198.51.100.1", False),  # an undeclared proxy, or a forger
        ("10.1.2.3", "10.1.2.4", False),
        ("10.1.2.3", "", False),
        ("10.1.2.3", None, True),
        ("192.0.2.9", None, False),  # a proxy that does not say for whom
        ("192.0.2.9", "", False),
        ("192.0.2.9", "10.1.2.3,", False),
        ("192.0.2.9", "unknown", False),
        ("192.0.2.9", "10.1.2.3:5000", False),
        ("192.0.2.9", "10.1.2.3, 192.0.2.9", False),  # a proxy's own address stands for somebody behind it
    ],
)
def test_proxies_are_believed_and_nobody_else(
    indexes: Indexes, config: Config, access: Access, peer: str, forwarded: str | None, is_inside: bool
) -> None:
    networks, proxies = ("10.1.0.0/16",), ("192.0.2.9",)
    proxied = Config(library_networks=networks, proxies=proxies, collections=config.collections)
    app = create_app(indexes[0], config=proxied)
    client = app.test_client()
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    response = client.get("/read/S1/0", headers=headers, environ_base={"REMOTE_ADDR": peer})
    assert response.status_code == (200 if is_inside and access is Access.IN_LIBRARY else 404)


@pytest.mark.parametrize("name", FORWARDED)
@pytest.mark.parametrize("networks", [("10.1.0.0/16",), ("10.1.0.0/16", "192.0.2.9/32")])
def test_whatever_tells_of_an_undeclared_proxy_is_enough(
    indexes: Indexes, config: Config, access: Access, name: str, networks: tuple[str, ...]
) -> None:
    app = create_app(indexes[0], config=Config(library_networks=networks, collections=config.collections))
    for peer in ("10.1.2.3", "192.0.2.9"):
        response = app.test_client().get("/read/S1/0", headers={name: "10.1.2.3"}, environ_base={"REMOTE_ADDR": peer})
        assert response.status_code == 404


def test_a_foreign_name_that_points_here_reads_nothing(site: Flask, access: Access) -> None:
    """DNS rebinding: a page elsewhere asks, from a reader's browser in the library's rooms, under its own name."""
    inside = {"REMOTE_ADDR": "10.1.2.3"}
    for path in ("/read/S1/0", "/search?q=密約", "/api/v1/search?q=密約", "/works"):
        response = site.test_client().get(path, headers={"Host": "evil.example"}, environ_base=inside)
        assert response.status_code == 421
        assert "密" not in response.text.replace("密約", "")


def test_the_library_itself_is_as_without_it(indexes: Indexes) -> None:
    whole, other = Library.open(indexes[0]), Library.open(indexes[1])
    view = whole.without(frozenset({"S1"}))
    assert view.works() == other.works()
    counted = ("works", "sections", "passages", "windows", "characters", "packs")
    assert [view.status()[name] for name in counted] == [other.status()[name] for name in counted]
    assert view.without(frozenset({"S1"})) is view
    assert whole.without(frozenset()) is whole
    assert whole.without(frozenset({"S1"})) is view


def test_views_are_bounded(indexes: Indexes) -> None:
    whole = Library.open(indexes[0])
    for number in range(3 * MOST_VIEWS):
        assert len(whole.without(frozenset({"S1", f"gone-{number}"})).works()) == 3
    assert len(whole._views) == MOST_VIEWS


def test_a_work_that_nobody_declared_is_hidden_among_open_ones_of_its_collection(tmp_path: Path) -> None:
    with_it, without_it = built(tmp_path, tmp_path / "with", tmp_path / "without")
    build([tmp_path / "secret.jsonl"], with_it, access=None)
    build([tmp_path / "dummy.jsonl"], without_it)
    build([tmp_path / "last.jsonl"], with_it)
    build([tmp_path / "last.jsonl"], without_it, remove=["D"])
    site, plain = create_app(with_it), create_app(without_it)
    for route in sorted(OF_TEXTS):
        for path in ROUTES[route]:
            assert answer(site.test_client(), path) == answer(plain.test_client(), path), path
    assert "密約" in logged_in(site, AccountRole.LIBRARIAN).get("/read/S1/0").text
