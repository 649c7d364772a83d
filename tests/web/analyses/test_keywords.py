"""Keywords, as a page and as a command: counts are those of a plain scan and lead to their lines."""

from __future__ import annotations

import csv
import io
import json
import re
from html import unescape
from math import log, log2
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient
from oracle import scan

from corpora.model import Section, Work
from corpora.readers import read
from corpora.sources.discover import discover
from search.concordance import ConcordanceRequest
from search.grams import Unit
from search.keywords import KeyMeasure, KeywordsRequest, keyness
from search.library import Library
from search.model import Scope, SearchError
from search.selection import of_selection
from web.commands.main import main

TEXTS = {
    "甲": "---\n太祖起兵伐遼，太祖至會寧府。太祖崩，太宗立。會寧府者，上京也。太祖起兵，太祖起兵。",
    "乙": "---\n會寧府在上京，太祖起兵于此。上京會寧府，江水所出。江水東流，太宗都之。",
    "丙": "---\n江水出焉，江水東流，江水大。上京會寧府。",
}


@pytest.fixture(scope="module")
def sections(texts: Path) -> dict[str, list[Section]]:
    works = [item for source in discover(texts)[0] for item in read(source)]
    return {work.id: list(work.sections) for work in works if isinstance(work, Work)}


@pytest.mark.parametrize("unit", [Unit.CHARACTER, Unit.PAIR, Unit.TRIPLE, Unit.QUADRUPLE])
def test_counts_are_those_of_a_plain_scan_and_lead_to_their_lines(
    library: Library, sections: dict[str, list[Section]], unit: Unit
) -> None:
    found = library.keywords(KeywordsRequest("甲", unit=unit, least=1))
    lengths = {work: int(library.store.characters(work).sum()) for work in TEXTS}
    assert (found.size, found.rest_size) == (lengths["甲"], lengths["乙"] + lengths["丙"])
    assert len(found.rows) > 5
    for row in found.rows[:12]:
        assert len(row.words) == unit.size
        assert row.count == len(list(scan(sections["甲"], row.words, Scope.BOTH)))
        assert row.rest == len(list(scan([*sections["乙"], *sections["丙"]], row.words, Scope.BOTH)))
    for row in found.rows[:3]:
        for places, count in ((found.request.here, row.count), (found.request.rest, row.rest)):
            lines = of_selection(ConcordanceRequest, places, f'"{row.words}"')
            assert library.concordance(lines).total == count


def test_measures_are_those_of_their_formulas() -> None:
    for count, rest, size, rest_size in ((30, 20, 1_000, 9_000), (7, 0, 500, 4_000)):
        both = count + rest
        seen = [(count, size * both / (size + rest_size)), (rest, rest_size * both / (size + rest_size))]
        likelihood, ratio = keyness(count, rest, size, rest_size)
        assert likelihood == pytest.approx(2 * sum(one * log(one / even) for one, even in seen if one))
        assert ratio == pytest.approx(log2((count / size) / ((rest or 0.5) / rest_size)))
    assert keyness(1, 500, 1_000, 9_000)[0] < 0


def test_rows_are_ordered_by_the_measure_and_not_too_rare(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    for measure in KeyMeasure:
        rows = library.keywords(KeywordsRequest("甲", measure=measure, least=2)).rows
        values = [getattr(row, measure.replace("-", "_")) for row in rows]
        assert values == sorted(values, reverse=True)
        assert min(row.count for row in rows) == 2
    monkeypatch.setattr(library.store, "affordable", lambda unit: 3)
    some = library.keywords(KeywordsRequest("甲", measure=KeyMeasure.COUNT, least=2))
    assert (some.rows[0].words, len(some.rows), some.left_out) == (rows[0].words, 3, len(rows) - 3)


def test_what_is_not_there_is_told(library: Library, site: FlaskClient) -> None:
    for asked in (KeywordsRequest("無"), KeywordsRequest("甲", among=("無",))):
        with pytest.raises(SearchError, match="no-such-"):
            library.keywords(asked)
    assert site.get("/keywords?work=無").status_code == 400
    assert site.get("/keywords.csv?work=甲&with=無").status_code == 400
    assert "没有切成词" in site.get("/keywords?work=甲&unit=word").text
    assert site.get("/keywords?work=甲&unit=five").status_code == 400
    (collection,) = library.collections
    assert library.keywords(KeywordsRequest("甲", (collection,))).rows == library.keywords(KeywordsRequest("甲")).rows


def test_the_page_leads_to_as_many_lines_as_it_says(site: FlaskClient) -> None:
    assert 'href="/keywords?work=' in site.get("/works").text
    page = site.get("/keywords?work=甲&least=2").text
    cells = re.findall(r'<td class="number"><a href="([^"]+)"[^>]*>([\d,]+)<', page)
    assert len(cells) > 3
    for address, count in cells[:4]:
        lines = site.get(unescape(address)).text
        assert re.search(rf'class="total"[^>]*>\s*{count} 处', lines), address


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["keywords", *map(str, arguments)])


def test_the_command_and_the_page_export_the_same(index: Path, site: FlaskClient, library: Library) -> None:
    rows = library.keywords(KeywordsRequest("甲", least=2)).rows
    printed = run("甲", "--least", 2, "--csv", "--index", index).stdout_bytes.decode("utf-8-sig")
    about, names, *table = csv.reader(io.StringIO(printed))
    assert {"query: 甲", "least: 2", "generation: 1"} <= set(about)
    assert [(row[0], int(row[1]), int(row[2])) for row in table] == [(r.words, r.count, r.rest) for r in rows]
    downloaded = site.get("/keywords.csv?work=甲&least=2").data.decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(downloaded)))[1:] == [names, *table]
    told = json.loads(run("甲", "--least", 2, "--json", "--index", index).stdout)
    assert [each["words"] for each in told["keywords"]] == [row.words for row in rows]
    assert rows[0].words in run("甲", "--least", 2, "--index", index).stdout
