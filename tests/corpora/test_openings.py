"""What a volume of a history calls itself before its text."""

from __future__ import annotations

import pytest

from corpora.model import Section, Span, SpanKind
from corpora.readers.kanripo.openings import opening_headings

HEAD = "欽定四庫全書\n　江志卷八\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("　本紀第八\n　　江宗下\n二十一年", ("本紀第八", "江宗下")),
        ("　列傳第二十三\n江人", ("列傳第二十三",)),
        ("　列傳第一\n　　甲某　　乙某\n　　丙某\n甲某字", ("列傳第一",)),
        ("　列傳第一\n　　甲某\n　　乙某\n甲某字", ("列傳第一",)),
        ("　列傳第一\n　　外國下\n　　　東國\n東國王", ("列傳第一", "外國下")),
        ("　江志凡例\n　　第一\n文", ()),
        ("本紀第八\n　　江宗下\n", ()),
        ("　本紀第八", ("本紀第八",)),
        ("", ()),
        ("\n\n", ()),
    ],
)
def test_a_volume_is_called_what_stands_below_its_running_head(text: str, expected: tuple[str, ...]) -> None:
    head = Span(SpanKind.HEAD, 0, len(HEAD) - 1)
    assert opening_headings(Section("卷八", HEAD + text, spans=(head,))) == expected


def test_notes_are_no_part_of_what_a_volume_is_called() -> None:
    text = "　志第五\n　　地理上上京路北京路\n金之壤地"
    at = text.index("上京路")
    note = Span(SpanKind.NOTE, at, at + 6)
    assert opening_headings(Section("卷二十四", text, spans=(note,))) == ("志第五", "地理上")
