"""The concordance, as a page and as a command: every number is that of a plain scan, and leads to its lines."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient
from oracle import Found, scan

from corpora.model import Section, Work
from corpora.readers import read
from corpora.sources.discover import discover
from indexer.text.folding import fold
from search.concordance import Concordance, ConcordanceRequest, spelled
from search.library import Library
from search.model import Mode, Scope, SearchRequest
from search.occurrences import Grouping, GroupName, Order
from web.commands.main import main
from web.taking import bounds

WORDS = ("黑龍江", "黒龍江", "黑龙江", "阿骨打", "阿固達", "懼", "水", "白山", "，", "。\n")
YEARS = {"甲": 1150, "乙": 1344, "丙": 0, "丁": 0}
CLASSES = {"甲": "史部", "乙": "史部/地理類", "丙": "史部/地理類", "丁": ""}


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, dice = tmp_path_factory.mktemp("texts"), random.Random(3)
    for name, year in YEARS.items():
        text = "".join(dice.choices(WORDS, k=400))
        header = (
            f"id: {name}\ntitle: {name}書\ndynasty: {'金' if name in '甲乙' else '清'}\ncategory: {CLASSES[name]}\n"
        )
        told = f"---\n{header}{f'year: {year}' if year else ''}\n---\n{text}\n"
        (folder / f"{name}.txt").write_text(told, "utf-8")
    return folder


@pytest.fixture(scope="module")
def scanned(texts: Path) -> dict[str, Section]:
    """The section of each work; none has two."""
    works = [item for source in discover(texts)[0] for item in read(source) if isinstance(item, Work)]
    return {work.id: work.sections[0] for work in works}


def found(scanned: dict[str, Section], *phrases: str) -> list[tuple[str, Found]]:
    return [
        (work, each) for work, section in scanned.items() for q in phrases for each in scan([section], q, Scope.BOTH)
    ]


def spelling(one: Found) -> str:
    return "".join(each.original for each in one.characters)


def test_spellings_words_and_groups_are_counted_as_a_plain_scan_counts(
    library: Library, scanned: dict[str, Section]
) -> None:
    page = library.concordance(ConcordanceRequest("阿骨打"))
    expected = found(scanned, "阿骨打", "阿固達")
    assert page.total == page.listed == len(expected)
    assert {each.value: each.count for each in page.spellings} == Counter(spelling(one) for _, one in expected)
    counted = Counter("".join(each.folded for each in one.characters) for _, one in expected)
    assert {each.value: each.count for each in page.words if each.count} == counted
    assert {each.value: each.count for each in page.groups} == Counter(work for work, _ in expected)
    assert {each.text: each.alias for each in page.sought}["阿固達"]
    assert not {each.text: each.alias for each in page.sought}["阿骨打"]


def test_the_spelling_that_was_typed_is_told_where_it_stands_nowhere(library: Library) -> None:
    page = library.concordance(ConcordanceRequest("白山 OR 阿骨打 OR 阿固达", aliases=False))
    assert {each.value: each.count for each in page.spellings}["阿固达"] == 0
    assert dict(page.folded) == {"白山": "白山", "阿骨打": "阿骨打", "阿固达": "阿固达"}
    near = library.concordance(ConcordanceRequest("白山 NEAR/3 阿固达", aliases=False))
    assert "阿固达" not in {each.value for each in near.spellings}


def test_as_many_as_a_search_counts(library: Library) -> None:
    for q in ("黑龙江", "阿骨打", "水 NOT 白山", "黑?江", "dynasty:金 水"):
        for mode, aliases in ((Mode.EXACT, False), (Mode.HYBRID, True)):
            total = library.search(SearchRequest(q, mode=mode)).total
            assert library.concordance(ConcordanceRequest(q, aliases=aliases)).total == total.occurrences


def test_classical_words_have_the_number_of_their_own_lines(library: Library, scanned: dict[str, Section]) -> None:
    (word,) = library.concordance(ConcordanceRequest("害怕")).classical
    assert (word.word, word.classical, word.count) == ("害怕", "懼", len(found(scanned, "懼")))


def requests() -> Iterator[ConcordanceRequest]:
    dice = random.Random(9)
    names = [
        *(GroupName(Grouping.SPELLING, each) for each in ("黑龍江", "黒龍江", "阿骨打", "水")),
        *(GroupName(Grouping.WORDS, each) for each in ("黑龙江", "阿固達", "水")),
        *(GroupName(Grouping.WORK, each) for each in "甲乙丁"),
        *(GroupName(Grouping.SECTION, f"{each}/0") for each in "甲丙"),
        *(GroupName(Grouping.DYNASTY, each) for each in "金清"),
        *(GroupName(Grouping.CATEGORY, each) for each in ("史部", "史部/地理類")),
    ]
    for group in Grouping:
        for _ in range(6):
            within, without = (tuple(dice.sample(names, dice.randrange(3))) for _ in range(2))
            yield ConcordanceRequest("黑龙江 OR 阿骨打 OR 水", within=within, without=without, group=group)


def lines(asked: ConcordanceRequest, scanned: dict[str, Section]) -> list[tuple[str, int]]:
    """The work and the place of each line, by a plain scan."""
    kept = []
    for work, one in found(scanned, "黑龙江", "阿骨打", "阿固達", "水"):
        values = {
            Grouping.SPELLING: spelling(one),
            Grouping.WORDS: fold(spelling(one)),
            Grouping.WORK: work,
            Grouping.SECTION: f"{work}/0",
            Grouping.DYNASTY: "金" if work in "甲乙" else "清",
            Grouping.CATEGORY: CLASSES[work],
            Grouping.YEAR: str(YEARS[work] or ""),
        }

        def named(names: tuple[GroupName, ...], grouping: Grouping) -> set[str]:
            of = {each.value for each in names if each.grouping is grouping}
            return set(map(fold, of)) if grouping is Grouping.WORDS else of

        inside = all(
            not (wanted := named(asked.within, grouping)) or value in wanted for grouping, value in values.items()
        )
        outside = any(value in named(asked.without, grouping) for grouping, value in values.items())
        if inside and not outside:
            kept.append((work, one.characters[0].offset))
    return sorted(kept)


@pytest.mark.parametrize("asked", list(requests()), ids=lambda asked: f"{asked.group}")
def test_every_number_leads_to_its_lines(
    library: Library, scanned: dict[str, Section], asked: ConcordanceRequest
) -> None:
    page = library.concordance(asked)
    expected = lines(asked, scanned)
    assert page.total == len(expected)
    assert [(each.work.id, each.start) for each in page.lines] == expected[:50]
    for grouping, groups in (
        (Grouping.SPELLING, page.spellings),
        (Grouping.WORDS, page.words),
        (asked.group, page.groups),
    ):
        for group in groups[:3]:
            others = [tuple(e for e in some if e.grouping is not grouping) for some in (asked.within, asked.without)]
            alone = ConcordanceRequest(
                asked.q, within=(*others[0], GroupName(grouping, group.value)), without=others[1], group=asked.group
            )
            assert len(lines(alone, scanned)) == group.count == library.concordance(alone).total


def test_pages_are_parts_of_one_order_and_samples_of_one_draw(library: Library) -> None:
    for order in Order:
        for sample in (0, 40):
            whole = ConcordanceRequest("水 OR 黑龙江", order=order, sample=sample, seed=4, limit=10_000)
            everything = library.concordance(whole)
            assert everything.listed == (sample or everything.total) == len(everything.lines)
            paged = [
                library.concordance(ConcordanceRequest(whole.q, order=order, sample=sample, seed=4, limit=17, start=at))
                for at in range(1, everything.listed + 17, 17)
            ]
            assert [each for page in paged for each in page.lines] == list(everything.lines)
    assert library.concordance(ConcordanceRequest("水", start=999_999_999)).lines == ()


def addresses(page: str) -> list[str]:
    return [unescape(each) for each in re.findall(r'href="(/concordance[^"]*)"', page)]


def total(page: str) -> int:
    told = re.search(r'class="total"[^>]*>(?:至少 )?([\d,]+) 处', page)
    assert told
    return int(told[1].replace(",", ""))


def test_the_page_leads_to_as_many_lines_as_it_says(site: FlaskClient) -> None:
    for group in Grouping:
        page = site.get(f"/concordance?q=黑龙江 OR 阿骨打&group={group}").text
        counts = re.findall(r'<a class="count" href="([^"]+)"[^>]*>([\d,]+)<', page)
        assert counts
        for address, count in counts:
            assert total(site.get(unescape(address)).text) == int(count), address
        for address in re.findall(r'<a class="switch" href="([^"]+)"', page):
            assert total(site.get(unescape(address)).text) < total(page)


def test_switches_are_in_the_address_and_back_again(site: FlaskClient) -> None:
    page = site.get("/concordance?q=黑龙江").text
    off = next(each for each in addresses(page) if "without=spelling" in each and quote("黒龍江") in each)
    narrowed = site.get(off).text
    assert "黒龍江" not in re.findall(r'<mark class="found">(.*?)</mark>', narrowed)
    assert "U+9ED2" in narrowed
    assert "/concordance?q=" + quote("黑龙江") in addresses(narrowed)  # the same switch, and the condition's cross


def test_a_line_opens_its_place(site: FlaskClient) -> None:
    page = site.get("/concordance?q=黑龙江&order=right&context=5").text
    shown = re.findall(r'<a class="at" href="([^"]+)"[^>]*>.*?<mark class="found">(.*?)</mark>', page)
    assert len(shown) == 50
    for address, text in shown[:5]:
        followed = site.get(unescape(address))
        assert followed.status_code == 302
        place = parse_qs(urlsplit(followed.location).query)
        work = urlsplit(followed.location).path
        read_there = site.get(followed.location.partition("#")[0]).text
        assert f'<span class="window"><span id="hit"></span>{text}</span>' in read_there, (work, place)


def test_the_parts_of_a_sample_stay_in_its_address(site: FlaskClient) -> None:
    page = site.get("/concordance?q=水&sample=60&seed=5&limit=25").text
    assert "抽样 60 处" in page
    later = next(each for each in addresses(page) if "start=26" in each)
    assert {"sample=60", "seed=5", "limit=25"} <= set(urlsplit(later).query.split("&"))
    assert site.get(later).text != page
    assert site.get("/concordance?q=水&sample=60&seed=5&limit=25").text == page


def test_the_search_page_leads_to_the_lines_of_its_count(site: FlaskClient) -> None:
    for options in ("", "&mode=exact", "&strict=true", "&work=甲", "&aliases=false"):
        page = site.get(f"/search?q=阿骨打{options}").text
        link = re.search(r'class="to-lines" href="([^"]+)"', page)
        counted = re.search(r"段 · (\d+) 处", page)
        assert link
        assert counted
        assert total(site.get(unescape(link[1])).text) == int(counted[1]), options


@pytest.mark.parametrize(
    "wrong",
    [
        *("within=x", "within=page:1", "without=spelling", "context=201", "context=-1", "sample=x", "start=0"),
        *("limit=999", "order=date", "seed=1e3", "group=author", "&".join(f"within=work:{n}" for n in range(51))),
    ],
)
def test_what_is_malformed_is_refused(site: FlaskClient, wrong: str) -> None:
    assert site.get(f"/concordance?q=水&{wrong}").status_code == 400


def test_what_finds_nothing_or_costs_too_much_is_explained(site: FlaskClient) -> None:
    assert "请输入要找的字句" in site.get("/concordance").text
    assert "没有找到" in site.get("/concordance?q=龘").text
    assert "一共只有" in site.get("/concordance?q=水&start=99999").text
    assert site.get("/concordance?q=***").status_code == 400
    assert "已补上" in site.get('/concordance?q="白山').text


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["concordance", *map(str, arguments)])


def test_the_command_prints_the_lines_of_the_page(index: Path, library: Library, site: FlaskClient) -> None:
    shown = run("黑龙江", "--order", "right", "--limit", 5, "--index", index).stdout
    page = library.concordance(ConcordanceRequest("黑龙江", order=Order.RIGHT))
    assert f"{page.total:,} occurrences, 1–5" in shown
    assert f"黒龍江 {next(each.count for each in page.spellings if each.value == '黒龍江')}" in shown
    options = ("--within", "spelling:黒龍江", "--without", "work:甲", "--group", "dynasty", "--limit", 1000)
    told = json.loads(run("黑龙江", *options, "--json", "--index", index).stdout)
    assert told["asked"]["within"] == ["spelling:黒龍江"]
    assert (told["query"], told["generation"], told["total"]) == ("黑龙江", 1, len(told["lines"]))
    assert {line["text"] for line in told["lines"]} == {"黒龍江"}
    assert all(site.get(f"/at/{line['address']}").status_code == 302 for line in told["lines"][:3])


def test_csv_says_what_it_is_of(index: Path, library: Library) -> None:
    options = ("--sample", 30, "--limit", 1000, "--dynasty", "金", "--csv")
    printed = run("水", *options, "--index", index).stdout_bytes.decode("utf-8-sig")
    about, names, *rows = csv.reader(io.StringIO(printed))
    asked = ConcordanceRequest("水", sample=30, limit=1000, filters={"dynasty": ("金",)})
    page: Concordance = library.concordance(asked)
    assert {"query: 水", "dynasty: 金", "sample: 30", "seed: 1", "generation: 1"} <= set(about)
    assert f"total: {page.total}" in about
    lines = [dict(zip(names, row, strict=True)) for row in rows]
    assert [line["address"] for line in lines] == [str(each.address) for each in page.lines]
    assert all("\n" not in cell for row in rows for cell in row)


@pytest.mark.parametrize(
    "arguments", [["水", "--csv", "--json"], ["水", "--within", "x"], ["水", "--start", "0"], ["**"]]
)
def test_failures_are_one_line(index: Path, arguments: list[str]) -> None:
    done = run(*arguments, "--index", index)
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (2, "", 1)


def test_the_page_exports_the_lines_that_the_command_does(
    index: Path, site: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    (address,) = re.findall(r'href="(/concordance\.csv[^"]+)"', site.get("/concordance?q=水&order=right&limit=1").text)
    answer = site.get(unescape(address))
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    printed = run("水", "--order", "right", "--limit", 10_000, "--csv", "--index", index)
    assert answer.data.replace(b"http://localhost/", b"/") == printed.stdout_bytes
    assert site.get("/concordance.csv?q=水&order=up").status_code == 400
    assert site.get(f"/concordance.csv?q={quote('**')}").status_code == 400
    monkeypatch.setattr(bounds, "MOST_LINES", 3)
    about, _, *rows = csv.reader(io.StringIO(site.get("/concordance.csv?q=水&start=9").data.decode("utf-8-sig")))
    assert (len(rows), "lines: 3" in about) == (3, True)
    assert "前 3 处" in site.get("/concordance?q=水").text


def test_what_counts_of_a_word() -> None:
    assert spelled("會寧、 府") == "會寧府"
