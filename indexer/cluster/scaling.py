"""The scale of an index: how a model's unit vectors become signed bytes, the same way in every build."""

from __future__ import annotations

import numpy as np

from corpora.manifests import bundled_folder
from corpora.model import Work
from corpora.readers import read
from corpora.sources.discover import discover
from indexer.cluster.mapping import STEPS
from indexer.embedding import Embedder
from indexer.text.streams import code_points, main_stream, main_windows, text_of

_SHARE = 99.99
"""Of all components as many are told apart by their bytes, in percent; those beyond are as long as a byte can say."""
_MOST = 2000


def scale_of(embedder: Embedder) -> float:
    """Return what a component of a vector is multiplied by, from vectors of the texts that come with the program."""
    vectors = embedder.embed(_windows()[:_MOST])
    return STEPS / float(np.percentile(np.abs(vectors), _SHARE))


def _windows() -> list[str]:
    folder = bundled_folder("bundled")
    assert folder, "the program comes with texts"
    sources, _ = discover(folder)
    works = (item for source in sources for item in read(source) if isinstance(item, Work))
    found: list[str] = []
    for section in (section for work in works for section in work.sections if section.text):
        stream = main_stream(section, code_points(section.text))
        found += [text_of(stream.codes[window.start : window.end]) for window in main_windows(section, stream)]
    return found
