"""Responsibility for a work: names with role and dynasty, and the statement of responsibility that says so."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True, slots=True)
class Relator:
    """A kind of responsibility: MARC's code, the name variable of CSL, and the terms (責任方式) that stand for it."""

    code: str
    csl: str
    terms: tuple[str, ...]


AUTHOR = Relator("aut", "author", ("撰", "著", "作", "述"))
CONTRIBUTOR = Relator("ctb", "contributor", ())
"""The relator of a responsibility that is not in the table."""
RELATORS = (
    AUTHOR,
    Relator("edt", "editor", ("編", "编", "修", "訂", "订", "校")),
    Relator("com", "editor", ("輯", "辑", "纂", "集")),
    Relator("trl", "translator", ("譯", "译")),
    Relator("wac", "contributor", ("注", "註", "疏", "箋", "笺", "解", "釋", "释", "評", "评", "音義", "音义")),
    Relator("wpr", "contributor", ("序",)),
    Relator("ill", "illustrator", ("繪", "绘", "畫", "画", "圖", "图")),
)
"""Codes of https://www.loc.gov/marc/relators/. A compiler is CSL's editor: styles print no other name for one."""
_RELATORS = {term: relator for relator in RELATORS for term in relator.terms}
_MOST_IN_ROLE = 4
"""The longest role that is told from a name, in characters: 奉敕撰 has three."""


def relator_of(role: str) -> Relator:
    """Return the kind of a responsibility by how its role ends: 奉敕撰 is 撰. One that is not named is an author's."""
    if not role:
        return AUTHOR
    return next((_RELATORS[role[at:]] for at in range(len(role)) if role[at:] in _RELATORS), CONTRIBUTOR)


@dataclass(frozen=True, slots=True)
class Responsibility:
    """A person responsible for a work, and for what. ``dynasty`` is given where it is not that of the work."""

    name: str
    role: str = ""
    dynasty: str = ""


_STATEMENT = re.compile(r"(?:〔(?P<dynasty>[^〔〕]+)〕)?(?P<names>.+?)(?:\s+(?P<role>\S+))?")


def responsibilities(statement: str) -> tuple[Responsibility, ...]:
    """Read a statement of responsibility such as ``〔清〕阿桂、于敏中 奉敕撰；何秋濤 校``.

    ``；`` separates those of different role or dynasty, ``、`` those of the same. A role stands behind a blank: where
    none does, the whole is a name, for 歐陽修 edited nothing by being called so.
    """
    found: list[Responsibility] = []
    for part in filter(None, map(str.strip, statement.split("；"))):
        match = _STATEMENT.fullmatch(part)
        dynasty, names, role = match.group("dynasty", "names", "role") if match else (None, part, None)
        if role and (len(role) > _MOST_IN_ROLE or relator_of(role) is CONTRIBUTOR):
            names, role = f"{names} {role}", None
        found += (Responsibility(name, role or "", dynasty or "") for name in map(str.strip, names.split("、")) if name)
    return tuple(found)


def statement(given: tuple[Responsibility, ...]) -> str:
    """Return the statement of responsibility, which :func:`responsibilities` reads."""
    parts = []
    for (dynasty, role), group in groupby(given, key=lambda each: (each.dynasty, each.role)):
        names = "、".join(each.name for each in group)
        parts.append(f"{f'〔{dynasty}〕' if dynasty else ''}{names}{f' {role}' if role else ''}")
    return "；".join(parts)
