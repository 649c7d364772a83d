"""The page of references and its files, for places, results and works."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qs, quote

import pytest
import rispy
from desk_people import Desk
from flask.testing import FlaskClient
from open_index import build
from pybtex.database import parse_string

from web.app import create_app
from web.pages.references import MOST
from web.serving.config import Config

WORK = {
    "id": "jin",
    "title": "金史",
    "author": "脫脫等",
    "dynasty": "元",
    "edition": "文淵閣四庫全書",
    "sections": [
        {
            "title": "卷二十四",
            "text": "上京路即海古之地\n金之舊土也\n國言金曰按出虎",
            "pages": [{"label": "024-1a", "start": 0}, {"label": "024-1b", "start": 9}],
        }
    ],
}
PLACES = ("jin/0/024-1a@0+2:上京", "jin/0/@9+2:金之", "gone/0/@0+2:上京")


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("references")
    (folder / "jin.jsonl").write_text(json.dumps(WORK, ensure_ascii=False), "utf-8")
    build([folder / "jin.jsonl"], folder / "index")
    return folder / "index"


@pytest.fixture
def reader(texts: Path) -> FlaskClient:
    return create_app(texts).test_client()


def cite(*places: str, more: str = "") -> str:
    return "/cite?" + "&".join(f"address={quote(place)}" for place in places) + more


class Marked(HTMLParser):
    """The references of a page as Zotero's translators for COinS and for embedded metadata find them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.books: list[dict[str, list[str]]] = []
        self.elements: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "span" and "Z3988" in given.get("class", "").split():
            self.books.append(parse_qs(given["title"]))
        if tag == "meta" and given.get("name", "").startswith("DC."):
            self.elements.append((given["name"], given["content"]))


def test_places_are_cited_with_the_pages_on_which_they_stand(reader: FlaskClient) -> None:
    page = reader.get(cite(*PLACES)).text
    assert "〔元〕脫脫等. 金史：卷二十四[M/OL]. 文淵閣四庫全書本. 024-1a[" in page
    assert "文淵閣四庫全書本. 024-1b[" in page  # though the address named no page
    assert "有 1 处" in page


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_style_is_kept_for_the_next_visit(reader: FlaskClient, language: str) -> None:
    reader.get(cite(PLACES[0], more=f"&style=mla&lang={language}"))
    assert ", 页 024-1a, " in reader.get(cite(PLACES[0])).text
    assert ", 页 024-1a, " in reader.get("/search?q=上京").text
    assert ", 页 024-1a, " in reader.get("/read/jin/0?at=0").text
    reader.get(cite(PLACES[0], more="&style=unknown"))
    assert ", 页 024-1a, " in reader.get(cite(PLACES[0])).text


@pytest.mark.parametrize(
    ("name", "media_type", "file"),
    [
        ("csl-json", "application/vnd.citationstyles.csl+json", "references.json"),
        ("bibtex", "application/x-bibtex; charset=utf-8", "references.bib"),
        ("ris", "application/x-research-info-systems; charset=utf-8", "references.ris"),
        ("text", "text/plain; charset=utf-8", "references.txt"),
    ],
)
def test_a_file_has_its_type_and_name(reader: FlaskClient, name: str, media_type: str, file: str) -> None:
    answer = reader.get(cite(*PLACES, more=f"&format={name}"))
    assert answer.headers["Content-Type"] == media_type
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{file}"'
    assert answer.text.count("金史") == 2


def test_the_same_places_are_in_every_format(reader: FlaskClient) -> None:
    pages = ["024-1a", "024-1b"]
    assert [each["page"] for each in json.loads(reader.get(cite(*PLACES, more="&format=csl-json")).text)] == pages
    entries = parse_string(reader.get(cite(*PLACES, more="&format=bibtex")).text, "bibtex").entries.values()
    assert [each.fields["pages"] for each in entries] == pages
    assert [each["start_page"] for each in rispy.loads(reader.get(cite(*PLACES, more="&format=ris")).text)] == pages


def test_results_and_a_work_are_cited(reader: FlaskClient) -> None:
    assert f"/cite?q={quote('上京')}" in reader.get("/search?q=上京").text
    assert "024-1a" in reader.get("/cite?q=上京").text
    (work,) = json.loads(reader.get("/cite?whole=jin&format=csl-json").text)
    assert work["URL"].endswith("/works/jin")
    assert not work.keys() & {"page", "volume"}
    assert reader.get("/cite?whole=nothing").status_code == 404
    assert reader.get("/cite?q=***").status_code == 400


def test_many_places_are_posted_and_too_many_refused(texts: Path) -> None:
    site = create_app(texts)
    site.config["WTF_CSRF_ENABLED"] = False
    posted = site.test_client().post("/cite", data={"address": [PLACES[0]] * MOST, "format": "csl-json"})
    assert len(json.loads(posted.text)) == MOST
    assert site.test_client().post("/cite", data={"address": [PLACES[0]] * (MOST + 1)}).status_code == 400
    assert site.test_client().get("/cite?address=nonsense").status_code == 400


def test_a_form_from_elsewhere_is_refused(reader: FlaskClient) -> None:
    assert reader.post("/cite", data={"address": PLACES[0]}).status_code == 400


def test_a_selection_is_given_without_the_editions_line_breaks(reader: FlaskClient) -> None:
    told = reader.get(f"/cite/selection?address={quote('jin/0/@6+5:之地金之')}").json
    assert told["words"] == "之地金之"
    assert "024-1a[" in told["reference"]
    assert told["url"].endswith("/at/jin/0/024-1a@6+5:之地金之")
    assert reader.get(f"/cite/selection?address={quote(PLACES[2])}").status_code == 404


@pytest.mark.parametrize(
    ("path", "count"), [("/search?q=上京&mode=exact", 1), ("/read/jin/0", 1), ("/works/jin", 1), (cite(*PLACES), 2)]
)
def test_zotero_finds_each_reference_in_the_page(reader: FlaskClient, path: str, count: int) -> None:
    books = Marked(reader.get(path).text).books
    assert len(books) == count
    for book in books:
        assert book["rft_val_fmt"] == ["info:ofi/fmt:kev:mtx:book"]
        assert book["rft.btitle"] == ["金史"]
        assert book["rft.au"] == ["〔元〕脫脫等"]
        assert book["rft_id"][0].startswith("http://localhost/")


@pytest.mark.parametrize("path", ["/read/jin/0", "/works/jin"])
def test_the_head_of_a_page_describes_the_work(reader: FlaskClient, path: str) -> None:
    elements = Marked(reader.get(path).text).elements
    assert ("DC.title", "金史") in elements
    assert ("DC.creator", "脫脫等") in elements


def test_a_site_cites_by_the_style_that_its_operator_says(texts: Path) -> None:
    site = create_app(texts, config=Config.model_construct(citation_style="apa"))
    assert "(文淵閣四庫全書本, 页 024-1a)" in site.test_client().get(cite(PLACES[0])).text


def test_what_was_signed_stays_as_it_was_whatever_style_comes_later(desk: Desk) -> None:
    number = desk.taken()
    desk.quote(desk.li, number)
    desk.save(desk.li, number, "見下：\n\n[@1]", 0)
    desk.li.post(f"/desk/cases/{number}/move", data={"move": "sign"})
    before = desk.li.get(f"/desk/cases/{number}/reply.json").data
    assert "[M/OL]" in before.decode()
    styles = desk.app.extensions["wenyuan.citing"]
    desk.app.extensions["wenyuan.citing"] = type(styles)(styles.by_key, styles.by_key["apa"])
    assert desk.li.get(f"/desk/cases/{number}/reply.json").data == before


def test_a_new_reply_cites_by_the_style_of_the_site(desk: Desk) -> None:
    number = desk.taken()
    desk.quote(desk.li, number)
    styles = desk.app.extensions["wenyuan.citing"]
    for key, words in (("gb-t-7714-2025", "[M/OL]"), ("apa", "取读于")):
        desk.app.extensions["wenyuan.citing"] = type(styles)(styles.by_key, styles.by_key[key])
        page = desk.li.post(f"/desk/cases/{number}/reply", data={"text": "[@1]", "after": "0", "preview": "1"}).text
        assert words in page


def test_a_pasted_citation_leads_to_its_place_and_is_searched_as_well(reader: FlaskClient) -> None:
    there = "/read/jin/0?at=9&amp;to=22#hit"
    page = reader.get("/search?q=金史卷二十四 葉1b&mode=exact").text
    assert f'<a href="{there}">前往' in page
    assert "没有找到" in page
    answer = reader.get("/at?q=金史卷二十四 葉1b")
    assert (answer.status_code, answer.headers["Location"]) == (302, there.replace("&amp;", "&"))
    assert reader.get("/at?q=上京").headers["Location"].startswith("/search?q=")
    assert "前往" not in reader.get("/search?q=上京").text
