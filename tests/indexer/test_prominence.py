"""The text itself counts most in a ranking; what leads to it or repeats it is told by role, span and lines."""

from __future__ import annotations

import numpy as np
import pytest

from corpora.model import Page, Role, Section, Span, SpanKind
from indexer.text.prominence import BODY, LIST, MATTER, SIGNPOST, passage_weights
from indexer.text.streams import passage_starts

PROSE = "　江水出大山之北東流五百里入於海土人以漁獵為業\n　冬則鑿氷取魚夏則逐水草而居其俗質樸不知文字刻\n" * 2
OFFICES = (
    "　　東江州節度使司\n　　西江州防禦使司\n　　南江州刺史\n　　北江州團練使司\n　　大江府尹\n　　小江府同知府事\n"
)
VOLUMES = "　　卷一\n　　　山川一\n　　卷二\n　　　山川二\n　　卷三\n　　　城池\n　　卷四\n　　　人物\n"
VERSE = "江上春潮起\n山中暮雨來\n孤舟何處去\n明月照樓臺\n故人千里外\n獨酌兩三杯\n"


def weights(text: str, role: Role = Role.BODY, pages: bool = False, spans: tuple[Span, ...] = ()) -> list[float]:
    section = Section("卷一", text, role, (Page("1a", 0),) if pages else (), spans)
    starts = np.array([start for start, _ in passage_starts(section)], np.uint32)
    return [round(weight, 2) for weight in passage_weights(section, starts).tolist()]


@pytest.mark.parametrize(
    ("role", "weight"),
    [(Role.BODY, BODY), (Role.PREFACE, MATTER), (Role.ABSTRACT, MATTER), (Role.CONTENTS, SIGNPOST)],
)
def test_a_section_counts_by_its_role(role: Role, weight: float) -> None:
    assert weights(PROSE, role) == [weight]


@pytest.mark.parametrize(
    "text",
    [
        VOLUMES,
        "江志卷一　本紀第一\n江志卷二　本紀第二\n江志卷三　志第一\n江志卷四　志第二\n",
        "第一回　江上逢故人\n第二回　山中遇大雪\n第三回　渡口失行囊\n第四回　城下遇奇人\n",
        "- 第一章 山川\n- 第二章 城池\n- 第三章 人物\n- 第四章 艺文\n",
        "总论……1\n山川……12\n城池……30\n人物……47\n",
    ],
)
def test_a_table_of_contents_is_told_by_its_lines(text: str) -> None:
    assert weights(text) == [SIGNPOST]


@pytest.mark.parametrize("pages", [True, False])
def test_a_list_is_told_by_its_lines(pages: bool) -> None:
    listed = PROSE * 5 + OFFICES if pages else OFFICES
    section = Section("卷一", listed, pages=(Page("1a", 0), Page("1b", len(listed) - len(OFFICES))) if pages else ())
    starts = np.array([start for start, _ in passage_starts(section)], np.uint32)
    assert passage_weights(section, starts)[-1] == np.float32(LIST)


@pytest.mark.parametrize(
    "text",
    [
        PROSE,
        VERSE,
        "江上有城。\n城中有市。\n市中有人。\n人皆漁獵。\n",
        "江志\n　王某撰\n" + PROSE,
        "第三子早卒。\n第四子封王。\n第五子從軍。\n第六子為僧。\n",
        "　卷二作某江今改\n" + PROSE,
        "东江州\n",
    ],
)
def test_prose_and_verse_are_neither_lists_nor_contents(text: str) -> None:
    assert weights(text) == [BODY]
    assert weights(text, pages=True) == [BODY]


def test_a_passage_that_is_mostly_running_head_leads_only_to_the_text() -> None:
    text = "欽定四庫全書\n欽定江志卷一\n　山川\n"
    heads = (Span(SpanKind.HEAD, 0, 6), Span(SpanKind.HEAD, 7, 13))
    assert weights(text, spans=heads) == [SIGNPOST]
    assert weights(text + PROSE, spans=heads) == [BODY]


def test_two_columns_of_a_note_take_the_width_of_one() -> None:
    """Lines that hold notes are long in characters; beside them full lines of text are not short."""
    note = "　江城在江之南" + "其地舊名江州後改今名又名南江城市中有井" * 2
    lines = [*["　江水出大山之北東流五百里入於海土人以漁獵為業"] * 6, *[note] * 2]
    text = "\n".join(lines) + "\n"
    starts = [text.index("其地舊名"), text.rindex("其地舊名江州", 0, text.rindex("其地舊名") + 8)]
    notes = tuple(Span(SpanKind.NOTE, start, start + 38) for start in sorted(set(starts)))
    assert weights(text, pages=True, spans=notes) == [BODY]
