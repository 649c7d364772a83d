"""The role of a section in its work, by its title: the text itself, a table of contents, a preface, an abstract.

Titles alone mislead: 序 before the first 卷 is the book's preface, 送孟東野序 among the essays of an anthology is its
text, and so is 太史公自序 at the end of the 史記. So most names count only in the matter before or after the text.
"""

from __future__ import annotations

import re
from dataclasses import replace

from corpora.model import Role, Section, Work
from corpora.readers.titles import NUMERALS, SEPARATOR

_ORDINAL = f"[{NUMERALS}0-9上中下]{{0,3}}"
_EARLIER = "(?:御製|御制|欽定|钦定|重刻|重刊|重修|新刻|新刊|初刻|刻|舊|旧|原|原書|原书|自|後|后|前|小|總|总|續|续|大)*"
_CONTENTS = re.compile(rf".{{0,20}}(?:[目總总][錄録录次]|[總总細细篇卷]目){_ORDINAL}")
_ABSTRACT = re.compile(r"提要.{0,4}|.{0,12}提要")
_PREFACE = re.compile(
    rf"{_EARLIER}(?:[序敘叙跋]|[序敘叙][言文例錄録录說说]|[前引緒绪導导弁]言|小引|題[辭詞]|题[辞词]|跋[語语文尾]|後記|后记|後跋|后跋"
    rf"|凡例|例言|義例|义例|發凡|发凡|編例|编例|進表|进表){_ORDINAL}"
)
"""Names that only a preface, a postface or the rules of a work's making have."""
_OFFERED = re.compile(r"[進进].{0,12}表")
_ENDS_AS_PREFACE = re.compile(rf".{{1,20}}[序敘叙跋]{_ORDINAL}")
_BEFORE_TEXT = re.compile(
    r"表|[上聖圣諭谕勅敕詔诏].{0,3}[諭谕論论旨㫖]|[奏進进][摺折表].{0,4}|.{0,16}(?:職名|职名|銜名|衔名|姓氏)|[勅敕御].{2,20}"
)
"""Names that sections before the text have; elsewhere they are titles like any other."""


def assigned(work: Work) -> Work:
    """Return the work with a role for each section that its reader took for the text itself."""
    first, last = _text(work)
    sections = tuple(
        replace(section, role=_role(section.title, work.record.title, beside=not first <= number < last))
        if section.role is Role.BODY
        else section
        for number, section in enumerate(work.sections)
    )
    return replace(work, sections=sections)


def role_of(title: str, work: str = "") -> Role:
    """Return what a section is by its title alone, wherever it stands in the work of the title ``work``."""
    return _role(title, work, beside=False)


def _text(work: Work) -> tuple[int, int]:
    """Return where the text of a work begins and ends: half-open, by the numbers of its sections."""
    title = work.record.title
    named = [number for number, section in enumerate(work.sections) if _is_text(section, title)]
    # A title page bears the title of the work, and so does the text of a work without divisions.
    plain = [number for number in named if work.sections[number].title != title] or named
    return (plain[0], plain[-1] + 1) if plain else (0, len(work.sections))


def _is_text(section: Section, work: str) -> bool:
    """Return whether a section is its work's text, even were it to stand before the others or after them."""
    return section.role is Role.BODY and _role(section.title, work, beside=True) is Role.BODY


def _role(title: str, work: str, *, beside: bool) -> Role:
    """Return the role of a title; ``beside`` says that the section stands before the text of its work or after it."""
    if title == work:
        return Role.BODY
    name = title.split(SEPARATOR)[-1].strip()
    of_work = bool(work) and work in name
    if _CONTENTS.fullmatch(name):
        return Role.CONTENTS
    if _ABSTRACT.fullmatch(name):
        return Role.ABSTRACT
    is_preface = _PREFACE.fullmatch(name) and (beside or name == title)
    is_named = _ENDS_AS_PREFACE.fullmatch(name) and (beside or of_work or name.startswith(("御製", "御制")))
    is_offered = _OFFERED.fullmatch(name) and (beside or of_work)
    if is_preface or is_named or is_offered or (beside and _BEFORE_TEXT.fullmatch(name)):
        return Role.PREFACE
    return Role.BODY
