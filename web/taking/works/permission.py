"""Whether a work may be taken away whole: by its licence, by who may read it, and by what its manifest says.

A manifest's word counts first (``taking: allowed`` or ``refused``). Without one, a work is taken away by everybody if
everybody may read it and its licence is one that lets everybody copy it; a licence that nobody stated, or that is not
known here, is none. Passages are not asked about: who may read a work may quote it.
"""

from __future__ import annotations

import re
from enum import StrEnum

from corpora.manifests import Catalogue
from corpora.model import Access, Taking
from indexer.store.access import Declared, effective
from search.model import WorkCard

_FREE = re.compile(
    r"""
    cc[ -]?0 ([ -]?1\.0)? ([ -]universal)?
    | cc[ -]by ([ -](nc|nd|sa))* ([ -]\d\.\d)? ([ -](international|unported|[a-z]{2}))?
    | https?://creativecommons\.org/(licenses|publicdomain)/[a-z-]+/\d\.\d/? (deed(\.[a-z-]+)?)?
    | public[ ]domain (\ mark)? (\ 1\.0)? | pdm? ([ -]1\.0)? | 公[有共][领領]域
    | apache[ -]2\.0 | apache\ licen[cs]e,?\ (version\ )?2\.0 | mit (\ licen[cs]e)?
    | odc-by([ -]1\.0)? | odbl([ -]1\.0)?
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""Licences by which everybody may copy the whole."""


class Refusal(StrEnum):
    """What keeps a work from being taken away."""

    LICENCE = "licence"  # it is unknown, or not one that lets everybody copy it
    ACCESS = "access"  # not everybody may read it
    MANIFEST = "manifest"  # its collection's manifest refuses it


def refusal(card: WorkCard, declared: Declared, catalogue: Catalogue) -> Refusal | None:
    """Return what keeps a work that one may read from being taken away; None where nothing does."""
    known = catalogue.collections.get(card.collection)
    if known and known.taking:
        return Refusal.MANIFEST if known.taking is Taking.REFUSED else None
    if not is_free(card.record.licence):
        return Refusal.LICENCE
    level = effective(declared.of(card.collection, card.id), catalogue.access_of(card.collection))
    return None if level in (Access.OPEN, Access.THIS_MACHINE) else Refusal.ACCESS


def is_free(licence: str) -> bool:
    """Return whether everybody may copy the whole by a licence, as a record names it.

    >>> is_free("CC BY-SA 4.0"), is_free("cc0-1.0"), is_free(""), is_free("CC BY 4.0, but not the notes")
    (True, True, False, False)
    """
    return bool(_FREE.fullmatch(licence.strip()))
