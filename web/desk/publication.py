"""Public cases, as far as readers may see them.

A reply quotes works, and who may read these can change at any time. So it is asked again at each reading, and a case
that quotes what is closed by now is as good as not public.
"""

from __future__ import annotations

from typing import cast

from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from web.access import closed_to_the_public, shelf
from web.desk.drafting import placeholders
from web.desk.models import Case, Signature

QuotedPages = frozenset[tuple[str, str]]
"""Collections and works."""
_EXTENSION = "wenyuan.quoted"


def closed(case: Case) -> list[str]:
    """Return the collections that the signed reply quotes and that not everybody may read."""
    return closed_to_the_public(shelf().library(), _quoted(case))


def is_public(case: Case) -> bool:
    """Return whether readers may see the case now."""
    return case.published and case.signed is not None and not closed(case)


def public_cases(session: Session) -> dict[str, int]:
    """Return all cases that readers may see now, the latest first: their numbers with their keys in the database."""
    latest = func.max(Signature.id)
    rows = session.execute(
        select(Case.id, Case.year, Case.sequence, latest)
        .join(Signature, Signature.case_id == Case.id)
        .where(Case.published)
        .group_by(Case.id, Case.year, Case.sequence)
        .order_by(Case.year.desc(), Case.sequence.desc())
    ).all()
    library, known = shelf().library(), _known()
    found = {}
    for key, year, sequence, signature in rows:
        quoted = known.get(signature)
        if quoted is None:
            quoted = _quoted(session.get_one(Case, key))
        if not closed_to_the_public(library, quoted):
            found[f"{year}-{sequence:04}"] = key
    return found


def _quoted(case: Case) -> QuotedPages:
    """Return what the signed reply of a case quotes. A signature never changes, so each is read once."""
    if case.signed is None:
        return frozenset()
    known = _known()
    if case.signed.id not in known:
        text = next(each.text for each in case.revisions if each.number == case.signed.revision)
        numbers = placeholders(text)
        # Withdrawn passages count: the signed text has their words.
        known[case.signed.id] = frozenset((e.collection, e.work) for e in case.evidence if e.number in numbers)
    return known[case.signed.id]


def _known() -> dict[int, QuotedPages]:
    """Return what was read before, by the number of the signature."""
    return cast(dict[int, QuotedPages], current_app.extensions.setdefault(_EXTENSION, {}))
