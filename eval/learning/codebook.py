"""Training of the codebook that sorts and codes vectors of the static model, from windows of an index.

    python -m eval.learning.codebook INDEX

What is learnt is saved beside the model. A minute does it. After the model was trained again (``wenyuan train``) it
is learnt again from an index that the new model made.
"""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

from eval.quality.pools import packs
from indexer.embedding import MODEL, Codebook, load_embedder
from indexer.store.vectors import LISTS, learn
from web.commands.main import finish

SAMPLE = 300_000


def from_index(index: Path, model: Path, lists: int = LISTS) -> Codebook:
    """Train a codebook on windows drawn at random from an index."""
    searched = packs(index)
    firsts = np.cumsum([0, *(len(pack.windows) for pack in searched)])
    drawn = np.sort(np.random.default_rng(7).permutation(int(firsts[-1]))[:SAMPLE])
    places = np.searchsorted(firsts, drawn, side="right") - 1
    rows = drawn - firsts[places]
    texts = [
        searched[place].window_text(searched[place].windows[row])
        for place, row in zip(places.tolist(), rows.tolist(), strict=True)
    ]
    return learn(load_embedder(model).embed(texts), lists)


@click.command()
@click.argument("index", type=click.Path(path_type=Path, exists=True))
@click.option("--model", type=click.Path(path_type=Path, exists=True), default=MODEL, show_default=True)
def main(index: Path, model: Path) -> None:
    """Train the codebook and save it beside the model."""
    from_index(index, model).save(model)


if __name__ == "__main__":
    finish(lambda: main(standalone_mode=False))
