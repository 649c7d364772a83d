"""Where the real texts stand: beside the checkout, or nowhere. Tests that need them are then skipped, aloud."""

from __future__ import annotations

from pathlib import Path

CORPORA = Path(__file__).parents[1].parent / "shared" / "corpora"
KANRIPO = CORPORA / "kanripo"
POEMS = CORPORA / "chinese-poetry"
FORMATS = CORPORA / "formats"
CASES = CORPORA.parent / "cases"
"""Small inputs for what people reported, each with what is right."""
