"""The distribution, as a page and as a command: counts and denominators of a plain scan, each count with its lines."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient
from lxml import html
from oracle import runs, scan

from corpora.model import Section, Work
from corpora.readers import read
from corpora.sources.discover import discover
from search.concordance import ConcordanceRequest
from search.distribution import Distribution, DistributionRequest, DistributionRow, RowOrder
from search.library import Library
from search.model import Scope, SearchError
from search.occurrences import Grouping, GroupName
from search.selection import of_selection
from web.commands.main import main

TERMS = ("黑龙江", "水", "魚")
WORDS = ("黑龍江", "黒龍江", "水", "白山", "，", "。\n")
HEADERS = {
    "甲": "dynasty: 金\nyear: 1150\ncategory: 史部",
    "乙": "dynasty: 金\nyear: 800\ncategory: 史部/地理類",
    "丙": "dynasty: 清\ncategory: 史部/地理類",
}
Kept = Callable[[Work, int], str]
"""A function to the value of a section of a work."""
VALUES: dict[Grouping, Kept] = {
    Grouping.WORK: lambda work, _: work.id,
    Grouping.SECTION: lambda work, number: f"{work.id}/{number}",
    Grouping.DYNASTY: lambda work, _: work.record.dynasty,
    Grouping.CATEGORY: lambda work, _: work.record.category,
    Grouping.YEAR: lambda work, _: str(work.record.year or ""),
}


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, dice = tmp_path_factory.mktemp("texts"), random.Random(7)

    def some() -> str:
        return "".join(dice.choices(WORDS, k=60))

    for name, header in HEADERS.items():
        (folder / f"{name}.txt").write_text(f"---\nid: {name}\ntitle: {name}書\n{header}\n---\n{some()}\n", "utf-8")
    (folder / "KR9z0001").mkdir()
    for juan in (1, 2, 3):
        lines = ["#+TITLE: 水經", f"#+PROPERTY: JUAN 卷{juan}", f"<pb:KR9z0001_WYG_00{juan}-1a>¶"]
        lines += [f"{some()}天會{juan}年({some()}/{some()}){some()}五年秋¶".replace("\n", "") for _ in range(juan)]
        (folder / "KR9z0001" / f"KR9z0001_00{juan}.txt").write_text("\n".join(lines) + "\n", "utf-8")
    return folder


@pytest.fixture(scope="module")
def works(texts: Path) -> list[Work]:
    return [item for source in discover(texts)[0] for item in read(source) if isinstance(item, Work)]


def expected(works: list[Work], asked: DistributionRequest) -> dict[str, tuple[int, tuple[int, ...]]]:
    """Characters and counts of each group, by a plain scan."""
    found: dict[str, tuple[int, tuple[int, ...]]] = {}
    for work in works:
        for number, section in enumerate(work.sections):
            if all(asked.takes(grouping, value(work, number)) for grouping, value in VALUES.items()):
                key = VALUES[asked.group](work, number)
                characters, counts = found.get(key, (0, (0,) * len(asked.q)))
                more = tuple(len(list(scan([section], q, asked.scope))) for q in asked.q)
                sums = tuple(one + other for one, other in zip(counts, more, strict=True))
                found[key] = (characters + searched(section, asked.scope), sums)
    return found


def searched(section: Section, scope: Scope) -> int:
    scopes = (Scope.TEXT, Scope.NOTES) if scope is Scope.BOTH else (scope,)
    return sum(len(run) for each in scopes for run in runs(section, each))


def as_counted(rows: tuple[DistributionRow, ...]) -> dict[str, tuple[int, tuple[int, ...]]]:
    return {row.value: (row.characters, row.counts) for row in rows}


@pytest.mark.parametrize("group", VALUES)
def test_counts_and_denominators_are_those_of_a_plain_scan(
    library: Library, works: list[Work], group: Grouping
) -> None:
    chosen = (
        {},
        {"scope": Scope.TEXT},
        {"scope": Scope.NOTES},
        {"within": (GroupName(Grouping.DYNASTY, "金"), GroupName(Grouping.DYNASTY, "清"))},
        {"without": (GroupName(Grouping.SECTION, "KR9z0001/1"), GroupName(Grouping.YEAR, "800"))},
        {"within": (GroupName(Grouping.YEAR, ""),)},
    )
    for each in chosen:
        asked = DistributionRequest(TERMS, group=group, **each)  # type: ignore[arg-type]  # of several types
        found = library.distribution(asked)
        assert as_counted(found.rows) == expected(works, asked), asked
        assert found.total.characters == sum(row.characters for row in found.rows)
        assert found.total.counts == tuple(map(sum, zip(*(row.counts for row in found.rows), strict=True)))


@pytest.mark.parametrize("group", VALUES)
def test_every_count_is_that_of_its_lines(library: Library, group: Grouping) -> None:
    asked = DistributionRequest(TERMS, group=group, without=(GroupName(Grouping.SPELLING, "黒龍江"),))
    found = library.distribution(asked)
    for row in found.rows:
        for q, count in zip(TERMS, row.counts, strict=True):
            lines = of_selection(ConcordanceRequest, asked.alone(group, row.value), q)
            assert library.concordance(lines).total == count
        per = [round(10_000 * count / row.characters, 6) for count in row.counts]
        assert [round(each, 6) for each in row.frequencies] == per


def test_groups_are_ordered_as_asked(library: Library) -> None:
    def rows(group: Grouping, order: RowOrder) -> tuple[DistributionRow, ...]:
        return library.distribution(DistributionRequest(TERMS, group=group, order=order)).rows  # type: ignore[arg-type]  # no word

    by_count = [sum(row.counts) for row in rows(Grouping.SECTION, RowOrder.COUNT)]
    assert by_count == sorted(by_count, reverse=True)
    by_share = [sum(row.frequencies) for row in rows(Grouping.WORK, RowOrder.FREQUENCY)]
    assert by_share == sorted(by_share, reverse=True)
    sections = [row.value for row in rows(Grouping.SECTION, RowOrder.PLACE)]
    assert [each for each in sections if each.startswith("KR")] == [f"KR9z0001/{number}" for number in range(3)]
    # Years are numbers, and what has none comes last.
    assert [row.value for row in rows(Grouping.YEAR, RowOrder.PLACE)] == ["800", "1150", ""]


def test_terms_are_eight_at_most_and_each_is_counted_once(library: Library, site: FlaskClient) -> None:
    assert library.distribution(DistributionRequest(("水", " ", "水"))).total.counts == (
        library.distribution(DistributionRequest(("水",))).total.counts
    )
    with pytest.raises(SearchError, match="9 > 8"):
        library.distribution(DistributionRequest(tuple("一二三四五六七八九")))
    many = "&".join(f"q={each}" for each in "一二三四五六七八")
    assert site.get(f"/distribution?{many}&q=").status_code == 200
    assert site.get(f"/distribution?{many}&q=九").status_code == 400


def linked(page: str) -> list[tuple[str, int]]:
    """The addresses and the counts of a page's cells."""
    cells = re.findall(r'<td class="number"><a href="([^"]+)"[^>]*>([\d,]+)<', page)
    return [(unescape(address), int(count.replace(",", ""))) for address, count in cells]


@pytest.mark.parametrize("more", ["", "&group=year", "&group=section&order=place&within=work:KR9z0001&scope=notes"])
def test_cells_and_bars_lead_to_their_lines(site: FlaskClient, more: str) -> None:
    page = site.get(f"/distribution?q=黑龙江&q=水{more}").text
    cells = linked(page)
    assert cells
    for address, count in cells:
        told = re.search(r'class="total"[^>]*>([\d,]+) 处', site.get(address).text)
        assert told
        assert int(told[1]) == count, address
    (chart,) = html.fromstring(page).xpath("//figure//svg")
    assert {link.get("href") for link in chart.iter("a")} <= {address for address, _ in cells}
    assert chart.get("role") == "group"
    assert [chart.find(name).text for name in ("title", "desc")]
    assert not list(chart.iter("style", "script"))
    assert not chart.xpath(".//@style")
    labels = set(chart.xpath("string(.//*[contains(@class, 'axis y')])").split())
    assert labels or "within" in more, "bars without names"


def test_a_timeline_has_its_years_in_order_and_every_bar_its_lines(site: FlaskClient) -> None:
    (address,) = html.fromstring(site.get("/concordance?q=水&work=KR9z0001").text).xpath("//a[.='时间线']/@href")
    page = html.fromstring(site.get(address).text)
    rows = [each.text.strip() for each in page.xpath("//tbody//th")]
    assert rows[-1] == "（上文没有年份）"
    years = list(map(int, rows[:-1]))
    assert years == sorted(years)
    assert {1123, 1127} < set(years)
    cells = linked(site.get(address).text)
    charts = page.xpath("//figure//svg")
    assert len(charts) == 2
    assert len({each.get("id") for chart in charts for each in chart.iter() if each.get("id")}) == 4
    for chart in charts:
        links = [link.get("href") for link in chart.iter("a")]
        assert links == [href for href, _ in cells[: len(years)]]
    for href, count in cells[:-1]:
        assert f">{count} 处" in re.sub(r"\s", "", site.get(href).text).replace("处", " 处"), href


def test_a_timeline_is_drawn_by_years_whatever_the_table_is_ordered_by(site: FlaskClient) -> None:
    drawn = [
        sorted(each.get("href") for each in html.fromstring(page.text).xpath("//figure//svg//a"))
        for page in map(site.get, (f"/distribution?q=水&group=event&order={order}" for order in ("place", "count")))
    ]
    assert drawn[1] == drawn[0]
    assert len(drawn[0]) > 2


def test_a_work_leads_to_its_sections_in_their_order(site: FlaskClient) -> None:
    page = html.fromstring(site.get("/distribution?q=水").text)
    (inside,) = [each for each in page.xpath("//tbody//th//a/@href") if "KR9z0001" in each]
    strip = html.fromstring(site.get(inside).text)
    assert [each.text.strip() for each in strip.xpath("//tbody//th")] == [f"水經 卷{number}" for number in (1, 2, 3)]
    assert len(strip.xpath("//figure//rect[contains(@class, 'rect')]")) == 3


def test_pages_are_parts_of_one_table(site: FlaskClient) -> None:
    whole = linked(site.get("/distribution?q=水&group=section").text)
    first = site.get("/distribution?q=水&group=section&limit=2").text
    (later,) = re.findall(r'<a href="([^"]+)" rel="next"', first)
    assert linked(first)[:-1] + linked(site.get(unescape(later)).text)[:-1] == whole[:4]


def test_what_is_malformed_or_costs_too_much_is_refused(site: FlaskClient) -> None:
    for wrong in ("group=words", "group=x", "order=right", "start=0", "limit=501", "within=x", "scope=all"):
        assert site.get(f"/distribution?q=水&{wrong}").status_code == 400
        assert site.get(f"/distribution.csv?q=水&{wrong}").status_code == 400
    assert site.get("/distribution?q=***").status_code == 400
    assert site.get("/distribution.csv?q=***").status_code == 400
    assert "请输入" in site.get("/distribution").text


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["distribution", *map(str, arguments)])


def test_the_command_and_the_page_export_the_same(index: Path, library: Library, site: FlaskClient) -> None:
    options = ("--group", "dynasty", "--scope", "text", "--without", "work:丙")
    printed = run("水", "黑龙江", *options, "--csv", "--index", index).stdout_bytes
    address = "/distribution.csv?q=水&q=黑龙江&group=dynasty&scope=text&without=work:丙"
    about, names, *rows = csv.reader(io.StringIO(printed.decode("utf-8-sig")))
    assert {"query: 水 | 黑龙江", "group: dynasty", "scope: text", "without: work:丙", "generation: 1"} <= set(about)
    assert names[:5] == ["dynasty", "label", "characters", "水", "黑龙江"]
    found: Distribution = library.distribution(
        DistributionRequest(
            ("水", "黑龙江"), scope=Scope.TEXT, group=Grouping.DYNASTY, without=(GroupName(Grouping.WORK, "丙"),)
        )
    )
    assert [(row[0], *map(int, row[2:5])) for row in rows[:-1]] == [
        (row.value, row.characters, *row.counts) for row in found.rows
    ]
    assert list(csv.reader(io.StringIO(site.get(address).data.decode("utf-8-sig"))))[1:] == [names, *rows]
    told = json.loads(run("水", "黑龙江", *options, "--json", "--index", index).stdout)
    assert [each["counts"] for each in told["groups"]] == [list(row.counts) for row in found.rows]
    assert f"{found.total.counts[0]:,}" in run("水", *options, "--index", index).stdout


@pytest.mark.parametrize(
    "arguments", [["水", "--csv", "--json"], ["水", "--group", "words"], list("123456789"), ["**"]]
)
def test_failures_are_one_line(index: Path, arguments: list[str]) -> None:
    done = run(*arguments, "--index", index)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr
