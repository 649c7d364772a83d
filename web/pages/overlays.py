"""What other areas lay over a text that is read, without the pages knowing them."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from flask import Flask, current_app

from search.model import SectionView
from web.presenting.rendering import Overlay

_EXTENSION = "wenyuan.overlays"


def register(app: Flask, lay: Callable[[SectionView], Overlay]) -> None:
    """Register what an area lays over a section that is shown."""
    app.extensions.setdefault(_EXTENSION, []).append(lay)


def over(view: SectionView) -> list[Overlay]:
    """Return all that is laid over a section for whoever reads it."""
    registered = cast("list[Callable[[SectionView], Overlay]]", current_app.extensions.get(_EXTENSION, []))
    return [lay(view) for lay in registered]
