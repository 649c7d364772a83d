"""Collocates, as a page and as a command: counts lead to their lines, and measures are those of their formulas."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from html import unescape
from math import log, log2
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient

from search import collocates as collocations
from search.collocates import CollocatesRequest, Measure
from search.concordance import ConcordanceRequest
from search.grams import Unit
from search.library import Library
from search.occurrences import Grouping, GroupName, Side
from search.selection import of_selection
from web.commands.main import main

TEXTS = {
    "甲": "dynasty: 金\n---\n太祖起兵伐遼，太祖至會寧府。太祖崩，太宗立。會寧府者，上京也。太祖起兵。",
    "乙": "dynasty: 清\n---\n會寧府在上京，太祖起兵于此。上京會寧府，江水所出。江水東流，太宗都之。",
}


REQUESTS = (
    CollocatesRequest("太祖", least=1),
    CollocatesRequest("太祖 OR 会宁府", least=1, unit=Unit.PAIR, distance=3, measure=Measure.PMI),
    CollocatesRequest("太祖", least=1, side=Side.RIGHT, within=(GroupName(Grouping.DYNASTY, "金"),)),
    CollocatesRequest("太祖", least=1, side=Side.LEFT, within=(GroupName(Grouping.SECTION, "乙/0"),), strict=True),
)


@pytest.mark.parametrize("asked", REQUESTS, ids=str)
def test_numbers_are_those_of_their_lines(library: Library, asked: CollocatesRequest) -> None:
    found = library.collocates(asked)
    assert found.rows
    assert found.occurrences == library.concordance(of_selection(ConcordanceRequest, asked, asked.q)).total
    for row in found.rows[:8]:
        near = of_selection(ConcordanceRequest, asked.near(row.words), asked.q)
        assert library.concordance(near).total == row.count
        everywhere = of_selection(ConcordanceRequest, found.reference, f'"{row.words}"')
        assert library.concordance(everywhere).total == row.frequency
        assert len(row.words) == asked.unit.size


def associated(count: int, frequency: int, occurrences: int, around: float, characters: int) -> collocations.Collocate:
    """One gram, weighed among others that are unlike it."""
    counts = {"甲": 1, "乙": count, "丙": 2}
    return collocations.weighed(
        counts, [1, frequency, 9], occurrences=occurrences, around=around, characters=characters
    )[1]


def test_measures_are_those_of_their_formulas() -> None:
    count, frequency, occurrences, around, characters = 30, 100, 200, 10, 100_000
    row = associated(count, frequency, occurrences, around, characters)
    chance = 1 - (1 - frequency / characters) ** around
    assert row.expected == pytest.approx(occurrences * chance)
    assert row.pmi == pytest.approx(log2(count / row.expected))
    near = characters * chance
    seen = [[count, near - count], [occurrences - count, characters - occurrences - near + count]]
    rows, columns = [sum(row) for row in seen], [occurrences, characters - occurrences]
    cells = (seen[i][j] * log(seen[i][j] / (rows[i] * columns[j] / characters)) for i in range(2) for j in range(2))
    assert row.log_likelihood == pytest.approx(2 * sum(cells))
    assert associated(1, 5_000, 200, 10, 100_000).log_likelihood < 0  # fewer than by chance
    for extreme in ((5, 5, 5, 1.0, 5), (1, 1, 1, 0.5, 100), (3, 1, 3, 10, 20)):
        row = associated(*extreme)
        assert all(abs(number) < 1e6 for number in (row.expected, row.log_likelihood, row.pmi))


def test_rows_are_ordered_by_the_measure_and_not_too_rare(library: Library) -> None:
    for measure, value in (
        (Measure.COUNT, lambda row: row.count),
        (Measure.PMI, lambda row: row.pmi),
        (Measure.LOG_LIKELIHOOD, lambda row: row.log_likelihood),
    ):
        rows = library.collocates(CollocatesRequest("太祖", measure=measure, least=2)).rows
        values = [value(row) for row in rows]
        assert values == sorted(values, reverse=True)
        assert min(row.count for row in rows) == 2


def test_the_commonest_are_weighed_and_the_rest_is_told(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = CollocatesRequest("太祖", least=1, measure=Measure.COUNT)
    everything = library.collocates(asked)
    monkeypatch.setattr(library.store, "affordable", lambda unit: 3)
    some = library.collocates(asked)
    assert (some.rows, some.left_out) == (everything.rows[:3], len(everything.rows) - 3)


def total(page: str) -> int:
    told = re.search(r'class="total"[^>]*>\s*(?:<a[^>]*>)?([\d,]+) 处', page)
    assert told
    return int(told[1])


def test_the_page_leads_to_as_many_lines_as_it_says(site: FlaskClient) -> None:
    page = site.get("/collocates?q=太祖&least=1&unit=pair&within=work:甲").text
    cells = re.findall(r'<td class="number"><a href="([^"]+)"[^>]*>([\d,]+)<', page)
    assert len(cells) > 4
    for address, count in cells[:8]:
        assert total(site.get(unescape(address)).text) == int(count), address
    near = site.get(unescape(cells[0][0])).text
    assert "前后 5 字内" in near
    assert site.get("/collocates").status_code == 200
    assert "没有找到" in site.get("/collocates?q=龘").text
    (lines,) = re.findall(r'<a href="(/collocates[^"]+)">搭配', site.get("/concordance?q=太祖&work=甲").text)
    assert "work=" in lines


@pytest.mark.parametrize(
    "wrong",
    [
        "side=up",
        "distance=0",
        "distance=51",
        "measure=t",
        "least=0",
        "beside=left:5",
        "limit=501",
        "unit=triple",
        "word=1",
    ],
)
def test_what_is_malformed_is_refused(site: FlaskClient, wrong: str) -> None:
    assert site.get(f"/collocates?q=太祖&{wrong}").status_code == 400
    assert site.get(f"/collocates.csv?q=太祖&{wrong}").status_code == 400


def test_a_distribution_and_a_concordance_keep_to_what_is_near(site: FlaskClient, library: Library) -> None:
    asked = CollocatesRequest("太祖", side=Side.RIGHT).near("起兵")
    count = library.concordance(of_selection(ConcordanceRequest, asked, "太祖")).total
    assert count == 3
    assert total(site.get("/concordance?q=太祖&beside=right:5:起兵").text) == count
    table = site.get("/distribution.csv?q=太祖&beside=right:5:起兵").data.decode("utf-8-sig")
    assert sum(int(row[3]) for row in csv.reader(io.StringIO(table)) if row[0] in TEXTS) == count
    assert library.collocates(replace(asked, beside=asked.beside, least=1)).occurrences == count


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["collocates", *map(str, arguments)])


def test_the_command_and_the_page_export_the_same(index: Path, site: FlaskClient, library: Library) -> None:
    rows = library.collocates(CollocatesRequest("太祖", least=1)).rows
    printed = run("太祖", "--least", 1, "--csv", "--index", index).stdout_bytes.decode("utf-8-sig")
    about, names, *table = csv.reader(io.StringIO(printed))
    assert {"query: 太祖", "least: 1", "generation: 1"} <= set(about)
    assert [(row[0], int(row[1]), int(row[2])) for row in table] == [(r.words, r.count, r.frequency) for r in rows]
    downloaded = site.get("/collocates.csv?q=太祖&least=1").data.decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(downloaded)))[1:] == [names, *table]
    told = json.loads(run("太祖", "--least", 1, "--json", "--index", index).stdout)
    assert [each["words"] for each in told["collocates"]] == [row.words for row in rows]
    assert rows[0].words in run("太祖", "--least", 1, "--index", index).stdout
    assert run("太祖", "--unit", "triple", "--index", index).exit_code == 2


def test_words_are_those_of_modern_text_alone(site: FlaskClient) -> None:
    page = site.get("/collocates?q=太祖&unit=word&least=1").text
    assert "文言著作与夹注不切词" in page
    assert (total(page), "没有找到" in page) == (0, True)
    assert total(site.get("/concordance?q=太祖&word=true").text) == 0
    assert total(site.get("/concordance?q=太祖&beside=both:5:|起兵|").text) == 0
    kept = site.get("/concordance?q=太祖&word=true&within=language:lzh").text
    assert "整词：现代文正文" in kept
    assert "语言：文言" in kept
