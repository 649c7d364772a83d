"""The catalogue: a field is declared once, lists are read from plain text, and a record comes back from every form."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from open_index import build

from corpora.catalogue import FIELDS, QUERIED, RECORD_FIELDS, CatalogueRecord, record_of
from corpora.identifiers import SCHEMES, Identifier, identifiers
from corpora.manifests import collections, read
from corpora.responsibility import CONTRIBUTOR, RELATORS, Responsibility, relator_of, responsibilities, statement
from search.library import Library
from search.model import SearchRequest

ROOT = Path(__file__).parents[2]

WORDS = (
    st.text(st.sampled_from("清西甲乙脫脱等 A1:-/'\"#"), min_size=1, max_size=8)
    .map(lambda text: " ".join(text.split()))
    .filter(bool)
)
ROLES = st.sampled_from(["", "撰", "奉敕撰", "編", "輯", "注", "譯", "参訂"])
RECORDS = st.builds(
    CatalogueRecord,
    title=WORDS,
    dynasty=st.just("") | WORDS,
    responsibilities=st.lists(
        st.builds(Responsibility, WORDS, ROLES, st.just("") | WORDS), max_size=4, unique=True
    ).map(tuple),
    category=st.just("") | WORDS,
    subjects=st.lists(WORDS, max_size=3, unique=True).map(tuple),
    place=st.just("") | WORDS,
    date=st.sampled_from(["", "康熙間", "南宋，年不詳"]),
    year=st.none() | st.integers(-3000, 3000),
    edition=st.just("") | WORDS,
    identifiers=st.lists(st.builds(Identifier, WORDS, WORDS), max_size=3, unique=True).map(tuple),
    language=st.sampled_from(["lzh", "zh"]),
    script=st.sampled_from(["Hant", "Hans"]),
    licence=WORDS,
    source=WORDS,
)


def manifest(folder: Path, work: dict[str, object]) -> CatalogueRecord:
    """Return the record of a manifest's only work."""
    about = {"id": "c", "title": {"zh": "題", "en": "T"}, "description": {"zh": "說", "en": "D"}}
    works = [{"id": "W1", "title": "書", **work}]
    path = folder / "c.yaml"
    data = {**about, "licence": "CC0", "access": "open", "works": works}
    path.write_text(yaml.safe_dump(data, allow_unicode=True), "utf-8")
    return read(path).collection.records["W1"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(record=RECORDS)
def test_a_record_comes_back_from_a_manifest_and_from_json(tmp_path: Path, record: CatalogueRecord) -> None:
    plain = json.loads(json.dumps(asdict(record)))
    assert record_of(plain) == record
    assert manifest(tmp_path, plain) == record


@settings(max_examples=3, deadline=None, phases=[Phase.generate])  # each example is a build
@given(records=st.lists(RECORDS, min_size=20, max_size=40))
def test_a_record_comes_back_from_an_index(
    tmp_path_factory: pytest.TempPathFactory, records: list[CatalogueRecord]
) -> None:
    folder = tmp_path_factory.mktemp("index")
    lines = [{**asdict(each), "id": f"W{number}", "text": "黑龍江"} for number, each in enumerate(records)]
    (folder / "works.jsonl").write_text("\n".join(map(json.dumps, lines)), "utf-8")
    build([folder / "works.jsonl"], folder / "index")
    found = {card.id: card.record for card in Library.open(folder / "index").works()}
    assert found == {f"W{number}": each for number, each in enumerate(records)}


# Responsibility


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("脫脫等", [("脫脫等", "", "")]),
        ("西清 撰", [("西清", "撰", "")]),
        ("〔清〕西清 撰", [("西清", "撰", "清")]),
        (
            "〔清〕阿桂、于敏中 奉敕撰；何秋濤 校",
            [("阿桂", "奉敕撰", "清"), ("于敏中", "奉敕撰", "清"), ("何秋濤", "校", "")],
        ),
        ("歐陽修", [("歐陽修", "", "")]),
        ("王 繪", [("王", "繪", "")]),
        ("John Smith", [("John Smith", "", "")]),
        ("王 先生", [("王 先生", "", "")]),
        ("（清）西清", [("（清）西清", "", "")]),
        ("〔清〕", [("〔清〕", "", "")]),
        ("；、 ；", []),
    ],
)
def test_a_statement_of_responsibility_is_read(said: str, meant: list[tuple[str, str, str]]) -> None:
    assert [(each.name, each.role, each.dynasty) for each in responsibilities(said)] == meant


@given(
    st.lists(
        st.builds(
            Responsibility,
            st.text("甲乙丙丁", min_size=1, max_size=3),
            st.sampled_from(["", "撰", "編", "奉敕注"]),
            st.sampled_from(["", "清", "南宋"]),
        ),
        max_size=5,
        unique=True,
    ).map(tuple)
)
def test_a_statement_says_what_was_read(given: tuple[Responsibility, ...]) -> None:
    assert responsibilities(statement(given)) == given


@given(st.text(max_size=200))
def test_any_text_is_a_statement_and_a_list_of_identifiers(text: str) -> None:
    for each in responsibilities(text):
        assert each.name.strip() == each.name != ""
    for number in identifiers(text):
        assert number.value


def test_a_role_is_what_its_end_says() -> None:
    codes = {role: relator_of(role).code for role in ("", "撰", "奉敕撰", "纂修", "編輯", "集注", "譯", "參閱")}
    assert codes == {
        "": "aut", "撰": "aut", "奉敕撰": "aut", "纂修": "edt", "編輯": "com", "集注": "wac", "譯": "trl",
        "參閱": "ctb",
    }  # fmt: skip
    terms = [term for relator in RELATORS for term in relator.terms]
    assert len(terms) == len(set(terms))
    assert relator_of("參閱") is CONTRIBUTOR


def test_a_work_is_of_the_dynasty_of_its_first_author_unless_it_says_another() -> None:
    assert record_of({"title": "書", "author": "〔漢〕甲 撰；〔宋〕乙 注"}).dynasty == "漢"
    assert record_of({"title": "書", "author": "〔漢〕甲 撰", "dynasty": "西漢"}).dynasty == "西漢"
    assert record_of({"title": "書", "author": "西清 撰", "dynasty": "清"}).statement == "〔清〕西清 撰"
    assert record_of({"title": "書", "author": "〔漢〕甲 撰；乙 注", "dynasty": "清"}).statement == "〔漢〕甲 撰；乙 注"
    assert record_of({"title": "書", "dynasty": "清"}).statement == "〔清〕"


# Identifiers


def test_an_identifier_names_its_scheme_or_is_a_value_alone() -> None:
    said = "ISBN 978-7-101-00318-1；doi:10.1/x；ark:/12148/b；cbeta：T0001；索书号 K29/1；KR2a0035；https://a.example/1"
    assert [(each.scheme, each.value) for each in identifiers(said)] == [
        ("ISBN", "978-7-101-00318-1"), ("DOI", "10.1/x"), ("ARK", "ark:/12148/b"), ("CBETA", "T0001"),
        ("索書號", "K29/1"), ("", "KR2a0035"), ("", "https://a.example/1"),
    ]  # fmt: skip
    assert len({scheme.name for scheme in SCHEMES}) == len(SCHEMES)


# Manifests


def test_a_manifest_gives_lists_as_one_text_or_item_by_item(tmp_path: Path) -> None:
    plain = manifest(tmp_path, {"author": "脫脫等", "dynasty": "元"})
    assert plain.responsibilities == (Responsibility("脫脫等"),)
    assert (plain.author, plain.statement) == ("脫脫等", "〔元〕脫脫等")
    full = manifest(
        tmp_path,
        {
            "responsibilities": [{"name": "西清", "role": "撰", "dynasty": "清"}, "何秋濤 校"],
            "identifiers": [{"scheme": "ISBN", "value": "1"}, "CBETA T1"],
            "subjects": ["東北", "地方志、雜記"],
        },
    )
    assert full.responsibilities == (Responsibility("西清", "撰", "清"), Responsibility("何秋濤", "校"))
    assert full.identifiers == (Identifier("ISBN", "1"), Identifier("CBETA", "T1"))
    assert full.subjects == ("東北", "地方志、雜記")
    assert manifest(tmp_path, {"author": ["甲", "乙"], "subject": "東北、史"}).subjects == ("東北", "史")


def test_shipped_authors_are_found_by_their_names_alone() -> None:
    record = collections()["northeast"].records["KR2a0037"]
    assert record.responsibilities == (Responsibility("高宗弘曆", "敕撰"),)
    assert record.statement == "〔清〕高宗弘曆 敕撰"


def test_a_record_with_one_text_for_its_author_is_read_as_the_desk_kept_it() -> None:
    kept = (
        '{"title": "金史", "author": "脫脫等", "dynasty": "元", "category": "史部/正史類", "place": "", '
        '"language": "lzh", "script": "Hant", "edition": "", "licence": "", "source": "", '
        '"date": "至正四年（1344）", "year": 1344}'
    )
    record = record_of(json.loads(kept))
    assert (record.author, record.statement, record.year) == ("脫脫等", "〔元〕脫脫等", 1344)
    assert record_of(asdict(record)) == record


# Fields


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    folder = tmp_path_factory.mktemp("library")
    works: list[dict[str, object]] = [
        {
            "id": "A",
            "title": "甲書",
            "author": "〔清〕西清 撰；何秋濤 校",
            "subject": ["東北", "風俗"],
            "identifier": "ISBN 1",
        },
        {"id": "B", "title": "乙書", "responsibilities": [{"name": "何秋濤", "role": "撰"}], "dynasty": "清"},
        {"id": "C", "title": "丙書", "author": "丙", "dynasty": "宋", "subjects": "東北"},
    ]
    lines = [json.dumps({**work, "text": "黑龍江"}) for work in works]
    (folder / "works.jsonl").write_text("\n".join(lines), "utf-8")
    build([folder / "works.jsonl"], folder / "index")
    return Library.open(folder / "index")


def test_each_of_several_authors_is_found_and_counted(library: Library) -> None:
    found = library.search(SearchRequest("黑龍江", facets=True))
    facets = {name: {each.value: each.count for each in values} for name, values in found.facets.items()}
    assert facets["author"] == {"西清": 1, "何秋濤": 2, "丙": 1}
    assert facets["subject"] == {"東北": 2, "風俗": 1}
    assert facets["dynasty"] == {"清": 2, "宋": 1}


@pytest.mark.parametrize(
    ("q", "works"),
    [
        ("author:何秋濤", "AB"), ("作者:何秋涛", "AB"), ("責任者：西清", "A"), ("subject:東北", "AC"),
        ("主题:风俗", "A"), ("編號:1", "A"), ("identifier:1", "A"), ("identifier:2", ""), ("朝代:清", "AB"),
        ("著作:乙書", "B"), ("著作:C", "C"), ("题名:甲", "A"),
    ],
)  # fmt: skip
def test_a_query_names_fields_in_both_scripts(library: Library, q: str, works: str) -> None:
    assert {hit.work.id for hit in library.search(SearchRequest(f"{q} 黑龍江")).hits} == set(works)


@pytest.mark.parametrize(
    ("filters", "works"),
    [
        ({"author": ("何秋濤",)}, "AB"), ({"author": ("西清", "丙")}, "AC"), ({"subject": ("風俗",)}, "A"),
        ({"identifier": ("1",)}, "A"), ({"author": ("何秋濤",), "subject": ("東北",)}, "A"), ({"author": ("西",)}, ""),
    ],
)  # fmt: skip
def test_a_filter_takes_a_work_by_any_of_its_values(
    library: Library, filters: dict[str, tuple[str, ...]], works: str
) -> None:
    assert {hit.work.id for hit in library.search(SearchRequest("黑龍江", filters=filters)).hits} == set(works)


def test_every_field_has_labels_in_both_languages_and_names_of_its_own() -> None:
    for field in FIELDS.values():
        assert field.label.zh
        assert field.label.en
    spellings = [spelling for field in FIELDS.values() if field.names for spelling in (field.name, *field.names)]
    assert len(spellings) == len(set(spellings)) == len(QUERIED)
    keys = [key for field in RECORD_FIELDS for key in {field.name, field.attribute}]
    assert len(keys) == len(set(keys))
    assert {"id", "text", "sections", "origin"} & set(keys) == set()


NEW_FIELD = """    publisher: Annotated[
        str,
        CatalogueField(
            "publisher", Localized("出版者", "Publisher"), names=("出版者",), facet=True, marc=Marc("260", "b")
        ),
    ] = ""
"""
"""What adds a field, and all of it."""

USE = """
import importlib.util, json, sys
from pathlib import Path

folder = Path(sys.argv[1])
spec = importlib.util.spec_from_file_location("corpora.catalogue", folder / "catalogue.py")
sys.modules["corpora.catalogue"] = module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)

from click.testing import CliRunner
from open_index import build
from corpora.crosswalks import marc
from corpora.manifests import load
from search.library import Library
from web.app import create_app
from web.commands.main import main

print(json.dumps(str(*(each for each in marc(load(folder).record_of("M1")[1]) if each.tag == "260"))))
build([folder / "works.jsonl"], folder / "index")
client = create_app(folder / "index").test_client()
api = lambda **asked: client.get("/api/v1/search", query_string=asked).get_json()
print(json.dumps([hit["work"]["id"] for hit in api(q="出版者:商務 黑龍江")["hits"]]))
print(json.dumps([hit["work"]["id"] for hit in api(q="黑龍江", publisher="商務印書館")["hits"]]))
listed = client.get("/api/v1/works", query_string={"publisher": "商務印書館"}).get_json()["works"]
print(json.dumps([work["record"]["publisher"] for work in listed]))
print(json.dumps(api(q="黑龍江", facets="true")["facets"]["publisher"]))
described = client.get("/api/v1/openapi.json").get_json()
print(json.dumps([each["name"] for each in described["paths"]["/search"]["get"]["parameters"]]))
print(json.dumps(sorted(described["components"]["schemas"]["Record"]["properties"])))
for path in ("/search?q=黑龍江&publisher=商務印書館", "/read/W1/0", "/about", "/read/W1/0?lang=en"):
    print(json.dumps(client.get(path).text))
print(json.dumps(CliRunner().invoke(main, ["search", "--help"]).output))
"""


def test_a_field_is_added_by_one_declaration(tmp_path: Path) -> None:
    source = (ROOT / "corpora" / "catalogue.py").read_text("utf-8")
    before = "    date: Annotated["
    assert source.count(before) == 1
    (tmp_path / "catalogue.py").write_text(source.replace(before, NEW_FIELD + before), "utf-8")
    works = [
        {"id": "W1", "title": "書", "publisher": "商務印書館", "text": "黑龍江"},
        {"id": "W2", "title": "書", "text": "黑龍江"},
    ]
    (tmp_path / "works.jsonl").write_text("\n".join(map(json.dumps, works)), "utf-8")
    about = "id: c\ntitle: {zh: 題, en: T}\ndescription: {zh: 說, en: D}\nlicence: x\naccess: open\n"
    (tmp_path / "c.yaml").write_text(about + "works:\n- {id: M1, title: 書, publisher: 中華書局}\n", "utf-8")
    done = subprocess.run(
        [sys.executable, "-c", USE, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "tests")))},
    )
    assert done.returncode == 0, done.stderr
    marc, found, filtered, listed, facet, parameters, shape, results, reading, about, english, command = map(
        json.loads, done.stdout.splitlines()
    )
    assert marc == "260 ## $b中華書局"
    assert found == ["W1"]
    assert filtered == ["W1"]
    assert listed == ["商務印書館"]
    assert [(each["value"], each["label"], each["count"]) for each in facet] == [("商務印書館", "商務印書館", 1)]
    assert "publisher" in parameters
    assert "publisher" in shape
    assert "<summary>出版者</summary>" in results
    assert "<dt>出版者</dt>" in reading
    assert "<code>publisher</code>" in about
    assert "<dt>Publisher</dt>" in english
    assert "--publisher" in command
