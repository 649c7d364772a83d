"""Parallels, as pages and as a command: what they show is what the library finds; whatever is sent gets an answer."""

from __future__ import annotations

import csv
import io
import json
import re
from html import unescape
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient
from people import token

from search.library import Library
from search.parallels.model import MOST_CHARACTERS, Likeness, ParallelsRequest
from search.parallels.works import WorkParallelsRequest
from web.commands.main import main
from web.presenting.parallels import notation

ASKED = "金之先出靺鞨氏靺鞨本號勿吉古肅慎地也元魏時勿吉有七部"
TEXTS = {
    "甲": f"---\n山川草木。{ASKED}。花鳥風月。",
    "乙": "---\n風月。金之先，出靺鞨之氏。靺鞨本名勿吉，古肅慎也。\n　元魏時勿吉有七部。草木。",
    "丙": "---\n漁者冬月鑿冰取魚，雪深數尺。",
}


def sheet(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))


def test_the_page_marks_what_is_shared_changed_missing_and_added(site: FlaskClient) -> None:
    page = site.get(f"/parallels?q={ASKED}").text
    assert re.findall(r'<li class="(\w+)">', page) == ["exact", "near"]
    first, second = page.split('<li class="')[1:]
    assert f'<mark class="shared">{ASKED}</mark>' in first
    assert '<ins class="added">之</ins>' in second
    assert '<del class="missing">地</del>' in second
    assert '<span class="changed" title="那里作 名">號</span>' in second
    assert '<span class="changed" title="所问作 號">名</span>' in second
    assert "也。元魏時勿吉有七部</mark>" in second  # over a line end of the edition
    for address in re.findall(r'<h2><a href="([^"]+)"', page):
        assert 'class="window"' in site.get(unescape(address)).text


def test_a_long_text_is_sent_as_a_form_and_keeps_what_was_chosen(site: FlaskClient) -> None:
    text = f"{ASKED}，{'說' * 3000}"
    sent = {"q": text, "least": "12", "likeness": "exact", "csrf_token": token(site, "/parallels")}
    page = site.post("/parallels", data=sent).text
    assert text in page
    assert re.findall(r'<li class="(\w+)">', page) == ["exact"]
    assert 'value="exact" checked' in page
    assert 'value="12"' in page
    table = sheet(site.post("/parallels.csv", data=sent).data)
    assert [row[0] for row in table[2:]] == ["exact"]
    refused = site.post("/parallels", data={**sent, "csrf_token": "x"})
    assert refused.status_code == 400
    assert text in refused.text  # nothing that was pasted is lost


def test_pages_are_turned_and_narrowed(site: FlaskClient) -> None:
    page = site.get(f"/parallels?q={ASKED}&limit=1").text
    assert re.findall(r'<li class="(\w+)">', page) == ["exact"]
    assert 'name="start" value="2"' in page
    page = site.get(f"/parallels?q={ASKED}&limit=1&start=2").text
    assert re.findall(r'<li class="(\w+)">', page) == ["near"]
    assert 'name="start" value="1"' in page
    page = site.get(f"/parallels?q={ASKED}&with=乙").text
    assert re.findall(r'<li class="(\w+)">', page) == ["near"]
    assert 'name="with" value="乙" checked' in page


def test_a_text_that_is_read_leads_to_its_parallels(site: FlaskClient) -> None:
    (link,) = re.findall(r'<a href="(/parallels\?place=[^"]+)"', site.get("/read/甲/0").text)
    page = site.get(unescape(link)).text
    assert re.findall(r'<li class="(\w+)">', page)[0] == "near"
    assert "甲書" not in "".join(re.findall(r"<h2>.*?</h2>", page))
    assert ASKED in page


@pytest.mark.parametrize(
    "wrong",
    [
        *("least=4", "least=x", "likeness=same", "start=0", "limit=501", "place=nowhere", "q=1&q=2"),
        *("with=無", "place=無/0/@0%2B2:山川", f"q={'字' * (MOST_CHARACTERS + 1)}"),
    ],
)
def test_what_is_malformed_is_refused(site: FlaskClient, wrong: str) -> None:
    for path in ("/parallels", "/parallels.csv"):
        assert site.get(f"{path}?q={ASKED}&{wrong}" if "q=" not in wrong else f"{path}?{wrong}").status_code == 400


@pytest.mark.parametrize("wrong", ["work=無&with=甲", "work=甲&with=無", "work=甲&with=乙&least=7", "work=1&work=2"])
def test_what_is_malformed_of_works_is_refused(site: FlaskClient, wrong: str) -> None:
    for path in ("/parallels/works", "/parallels/works.csv"):
        assert site.get(f"{path}?{wrong}").status_code == 400


def test_two_works_have_their_stretches_in_a_table_a_map_and_a_sheet(site: FlaskClient, library: Library) -> None:
    found = library.work_parallels(WorkParallelsRequest("甲", ("乙",), least=8))
    assert found.rows
    page = site.get("/parallels/works?work=甲&with=乙&least=8").text
    assert f"{len(found.rows)} 段" in page
    assert f"同的 {found.runs} 处" in page
    assert page.count('class="dot ') == page.count("<circle") == len(found.rows)
    for address in re.findall(r'<td><a href="([^"]+)"', page):
        assert 'class="window"' in site.get(unescape(address)).text
    about, names, *table = sheet(site.get("/parallels/works.csv?work=甲&with=乙&least=8").data)
    assert {"query: 甲", "with: 乙", "least: 8", f"runs: {found.runs}", "generation: 1"} <= set(about)
    rows = [dict(zip(names, row, strict=True)) for row in table]
    assert [(row["here_address"], row["there_address"], int(row["same"])) for row in rows] == [
        (str(each.here.address), str(each.there.address), each.agreements.same) for each in found.rows
    ]
    printed = run("--work", "甲", "--with", "乙", "--least", 8, "--csv")
    address = "/parallels/works.csv?work=甲&with=乙&least=8"
    assert sheet(printed.stdout_bytes) == sheet(site.get(address).data.replace(b"http://localhost/", b"/"))
    told = json.loads(run("--work", "甲", "--with", "乙", "--least", 8, "--json").stdout)
    assert [each["there_text"] for each in told["stretches"]] == [row["there_text"] for row in rows]
    assert "1 of 1 stretches" in run("--work", "甲", "--with", "乙", "--least", 8).stdout


@pytest.fixture(autouse=True)
def _at_hand(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WENYUAN_INDEX", str(index))


def run(*arguments: object, text: str = "") -> Result:
    return CliRunner().invoke(main, ["parallels", *map(str, arguments)], input=text)


def test_the_command_and_the_page_export_the_same(site: FlaskClient, library: Library, tmp_path: Path) -> None:
    found = library.parallels(ParallelsRequest(ASKED))
    about, names, *table = sheet(run(ASKED, "--csv").stdout_bytes)
    assert {f"query: {ASKED}", "exact: 1", "near: 1", "generation: 1"} <= set(about)
    aligned = [row[names.index("aligned")] for row in table]
    assert aligned == [notation(found.text, each) for each in found.rows]
    assert aligned[1] == "金之先，出靺鞨{+之}氏。靺鞨本{號→名}勿吉，古肅慎{-地}也。元魏時勿吉有七部"
    answer = site.get(f"/parallels.csv?q={ASKED}").data.replace(b"http://localhost/", b"/")
    assert sheet(answer) == [about, names, *table]
    (tmp_path / "asked.txt").write_text(ASKED, "utf-8")
    for other in (run("--file", tmp_path / "asked.txt", "--csv"), run("--file", "-", "--csv", text=ASKED)):
        assert sheet(other.stdout_bytes)[1:] == [names, *table]
    told = json.loads(run(ASKED, "--likeness", "near", "--json").stdout)
    assert [each["work"] for each in told["parallels"]] == ["乙"]
    assert told["parallels"][0]["parts"][0]["stretches"][0][0] == "same"
    place = str(found.rows[1].address)
    assert {row[1] for row in sheet(run("--place", place, "--csv").stdout_bytes)[2:]} == {"甲"}
    assert aligned[1] in run(ASKED).stdout.replace("\n", "")


@pytest.mark.parametrize(
    "wrong",
    [
        *((), (ASKED, "--work", "甲"), ("--work", "甲", "--likeness", "near"), ("--work", "無"), (ASKED, "--least", 4)),
        *((ASKED, "--csv", "--json"), ("--place", "x"), (ASKED, "--with", "無")),
    ],
)
def test_a_command_that_makes_no_sense_is_refused(wrong: tuple[object, ...]) -> None:
    refused = run(*wrong)
    assert refused.exit_code == 2
    assert refused.stderr


def test_what_is_too_long_is_refused_before_all_of_it_is_read() -> None:
    refused = run("--file", "-", text="字" * (2 * MOST_CHARACTERS))
    assert refused.exit_code == 2
    assert "20000 characters" in refused.stderr
    assert set(Likeness) == {"exact", "near", "meaning"}
