"""What of a record goes where in Dublin Core, MARC 21 and CSL."""

from __future__ import annotations

import re

import pytest

from corpora.catalogue import RECORD_FIELDS, CatalogueRecord, record_of
from corpora.crosswalks import csl, dublin_core, marc
from corpora.identifiers import SCHEMES
from corpora.manifests import collections
from corpora.responsibility import RELATORS

SHIPPED = [record for collection in collections().values() for record in collection.records.values()]
FULL = record_of(
    {
        "title": "黑龍江外記",
        "author": ["西清 撰", "〔民國〕甲、乙 校；丙 輯；丁 譯；戊 注；己 序；庚 繪", {"name": "辛", "role": "參閱"}],
        "dynasty": "清",
        "category": "史部/地理類",
        "subjects": ["東北", "風俗"],
        "place": "黑龍江",
        "date": "嘉慶十五年",
        "year": 1810,
        "edition": "漸西村舍叢刊",
        "identifier": "ISBN 1；ISSN 2；DOI 10.3/x；ark:/4/x；CBETA T5；Kanripo KR6；索書號 K7；PN8；9",
        "licence": "CC0",
        "source": "館藏",
    }
)
ELEMENTS = {
    "title", "creator", "subject", "description", "publisher", "contributor", "date", "type", "format", "identifier",
    "source", "language", "relation", "coverage", "rights",
}  # fmt: skip
"""The fifteen of Dublin Core."""
NAMES = {"author", "editor", "translator", "illustrator", "contributor"}
VARIABLES = NAMES | {
    "title", "keyword", "edition", "language", "original-date", "ISBN", "ISSN", "DOI", "call-number",
}  # fmt: skip
"""Variables of CSL that a record may fill."""


def test_a_full_record_in_dublin_core() -> None:
    assert dublin_core(FULL) == (
        ("creator", "西清"),
        *(("contributor", name) for name in "甲乙丙丁戊己庚辛"),
        ("identifier", "urn:ISBN:1"),
        ("identifier", "urn:ISSN:2"),
        ("identifier", "doi:10.3/x"),
        ("identifier", "ark:/4/x"),
        ("identifier", "CBETA:T5"),
        ("identifier", "Kanripo:KR6"),
        ("identifier", "索書號:K7"),
        ("identifier", "PN8"),
        ("identifier", "9"),
        ("title", "黑龍江外記"),
        ("date", "清"),
        ("subject", "史部/地理類"),
        ("subject", "東北"),
        ("subject", "風俗"),
        ("coverage", "黑龍江"),
        ("date", "嘉慶十五年"),
        ("date", "1810"),
        ("source", "漸西村舍叢刊"),
        ("language", "lzh"),
        ("rights", "CC0"),
        ("source", "館藏"),
    )


def test_a_full_record_in_marc() -> None:
    said = "西清 撰；〔民國〕甲、乙 校；丙 輯；丁 譯；戊 注；己 序；庚 繪；辛 參閱"
    assert [str(field) for field in marc(FULL)] == [
        "020 ## $a1",
        "022 ## $a2",
        "024 7# $a10.3/x$2doi",
        "024 7# $aark:/4/x$2ark",
        "024 8# $aT5$qCBETA",
        "024 8# $aKR6$qKanripo",
        "024 8# $aPN8",
        "024 8# $a9",
        "041 07 $alzh$2rfc5646",
        "046 ## $k1810",
        f"245 00 $a黑龍江外記$c〔清〕{said}",
        "250 ## $a漸西村舍叢刊",
        "260 ## $c嘉慶十五年",
        "522 ## $a黑龍江",
        "540 ## $aCC0",
        "546 ## $bHant",
        "653 #6 $a史部/地理類",
        "653 #0 $a東北",
        "653 #0 $a風俗",
        "720 ## $a西清$e撰$4aut",
        "720 ## $a甲$e校$4edt",
        "720 ## $a乙$e校$4edt",
        "720 ## $a丙$e輯$4com",
        "720 ## $a丁$e譯$4trl",
        "720 ## $a戊$e注$4wac",
        "720 ## $a己$e序$4wpr",
        "720 ## $a庚$e繪$4ill",
        "720 ## $a辛$e參閱$4ctb",
        "786 0# $n館藏",
        "852 8# $hK7",
    ]


def test_a_full_record_in_csl() -> None:
    assert csl(FULL) == {
        "title": "黑龍江外記",
        "keyword": "東北；風俗",
        "edition": "漸西村舍叢刊",
        "language": "lzh",
        "author": [{"literal": "〔清〕西清"}],
        "editor": [{"literal": "〔民國〕甲"}, {"literal": "〔民國〕乙"}, {"literal": "〔清〕丙"}],
        "translator": [{"literal": "〔清〕丁"}],
        "contributor": [{"literal": "〔清〕戊"}, {"literal": "〔清〕己"}, {"literal": "〔清〕辛"}],
        "illustrator": [{"literal": "〔清〕庚"}],
        "ISBN": "1",
        "ISSN": "2",
        "DOI": "10.3/x",
        "call-number": "K7",
        "original-date": {"date-parts": [[1810]]},
    }


@pytest.mark.parametrize("record", SHIPPED, ids=lambda record: record.title)
def test_all_that_a_shipped_record_says_arrives(record: CatalogueRecord) -> None:
    elements, fields, variables = dublin_core(record), marc(record), csl(record)
    for field in RECORD_FIELDS:
        for value in field.stated(record):
            if field.dublin_core:
                assert (field.dublin_core, value) in elements
            if field.marc:
                assert any(each.tag == field.marc.tag and (field.marc.code, value) in each.subfields for each in fields)
            if field.csl:
                assert value in str(variables[field.csl])
    for name in record.author.split("、"):
        assert ("creator", name) in elements
        assert any(each.tag == "720" and ("a", name) in each.subfields for each in fields)
        assert any(each["literal"].endswith(name) for each in variables["author"])


def test_what_is_unknown_is_nowhere() -> None:
    bare = CatalogueRecord("書")
    assert dublin_core(bare) == (("title", "書"), ("language", "lzh"))
    assert [str(each) for each in marc(bare)] == ["041 07 $alzh$2rfc5646", "245 00 $a書", "546 ## $bHant"]
    assert csl(bare) == {"title": "書", "language": "lzh"}


def test_where_nobody_is_an_author_or_an_editor_somebody_is_named() -> None:
    assert csl(record_of({"title": "書", "author": "郭璞 注", "language": "zh"}))["author"] == [{"literal": "郭璞"}]
    edited = csl(record_of({"title": "書", "author": "甲 編；乙 注"}))
    assert "author" not in edited
    assert edited["editor"] == [{"literal": "甲"}]


def test_what_is_declared_is_of_the_formats() -> None:
    for field in RECORD_FIELDS:
        assert field.dublin_core in ELEMENTS | {""}
        assert field.csl in VARIABLES | {""}
    places = [field.marc for field in RECORD_FIELDS if field.marc] + [scheme.marc for scheme in SCHEMES]
    for place in places:
        assert re.fullmatch("[0-9]{3}", place.tag)
        assert re.fullmatch("[0-9a-z]", place.code)
        assert re.fullmatch("[0-9 ]{2}", place.indicators)
    for relator in RELATORS:
        assert re.fullmatch("[a-z]{3}", relator.code)
        assert relator.csl in NAMES
    assert {scheme.csl for scheme in SCHEMES} <= VARIABLES | {""}
