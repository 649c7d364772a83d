"""Letters that are written when they are sent: by who may read what at that moment, with keys that stand nowhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import cast

from flask import Flask
from sqlalchemy.orm import Session

from web.letters.models import LetterKind, QueuedLetter

_EXTENSION = "wenyuan.composers"


@dataclass(frozen=True, slots=True)
class WrittenLetter:
    """What a letter says, and the headers that are its own."""

    subject: str
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)


Compose = Callable[[Session, QueuedLetter], WrittenLetter | None]
"""Writes a letter; None where there is nothing to say any more."""


def register(app: Flask, kind: LetterKind, compose: Compose) -> None:
    """Register who writes the letters of a kind."""
    app.extensions.setdefault(_EXTENSION, {})[kind] = compose


def composers(app: Flask, site: str) -> Mapping[LetterKind, Compose]:
    """Return who writes letters of which kind, outside of a request; addresses begin with the site's."""

    def outside(compose: Compose) -> Compose:
        def write(session: Session, letter: QueuedLetter) -> WrittenLetter | None:
            with app.test_request_context(base_url=site):
                return compose(session, letter)

        return write

    registered = cast("dict[LetterKind, Compose]", app.extensions.get(_EXTENSION, {}))
    return {kind: outside(compose) for kind, compose in registered.items()}
