"""The windows nearest in meaning, over packs whose vectors are coded and packs whose vectors are not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from eval.learning.codebook import from_index
from indexer.building.build import build
from indexer.embedding import MODEL, ModelFailure, StaticEmbedder, load_embedder
from indexer.store import vectors
from indexer.store.generation import open_packs, published
from indexer.store.pack import Pack
from search.stores.embedded.nearest import Meaning

LETTERS = "江水出長白山北流入海上京會寧府城南地苦寒國人漁獵爲業冬則鑿氷取魚王后臨朝立其子因之置留守司徙都燕"


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Pack]:
    """Two packs of coded vectors, and one too small for it."""
    folder = tmp_path_factory.mktemp("texts")
    random = np.random.default_rng(3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vectors, "EXACT_UP_TO", 20)
        for name, length in (("a", 2000), ("b", 100), ("c", 3000)):
            text = "".join(random.choice(list(LETTERS), length))
            (folder / f"{name}.txt").write_text(text, "utf-8")
            build([folder / f"{name}.txt"], folder / "index")
    generation = published(folder / "index")
    assert generation
    return open_packs(folder / "index", generation.packs)


def test_large_packs_alone_are_coded(packs: dict[int, Pack]) -> None:
    assert [type(pack.vectors).__name__ for pack in packs.values()] == ["Coded", "VectorIndex", "Coded"]


@pytest.mark.parametrize("hidden", [None, 1, 2])
@pytest.mark.parametrize("share", [None, 0.5, 0.0])
def test_the_nearest_windows_come_with_their_true_cosines(
    packs: dict[int, Pack], share: float | None, hidden: int | None
) -> None:
    model = load_embedder()
    query = model.embed(["江水流入大海"])[0]
    random = np.random.default_rng(5)
    allowed = {
        number: None if share is None else random.random(len(pack.windows)) < share
        for number, pack in packs.items()
        if number != hidden
    }
    found = Meaning(packs, model).nearest(query, allowed, 1000)
    true = {
        (number, row): float(model.embed([pack.window_text(window)])[0] @ query)
        for number, pack in packs.items()
        if number != hidden
        for row, window in enumerate(pack.windows)
        if (mask := allowed[number]) is None or mask[row]
    }
    places = list(zip(found.packs.tolist(), found.rows.tolist(), strict=True))
    assert len(places) == len(true)
    assert [true[place] for place in places] == pytest.approx(found.cosines.tolist(), abs=1e-4)
    assert np.allclose(found.cosines, sorted(true.values(), reverse=True), atol=1e-4)


def test_a_codebook_learnt_from_an_index_is_saved_beside_the_model(packs: dict[int, Pack], tmp_path: Path) -> None:
    model = load_embedder()
    assert isinstance(model, StaticEmbedder)
    learnt = from_index(packs[next(iter(packs))].folder.parents[1], MODEL, lists=4)
    model.save(tmp_path)
    learnt.save(tmp_path)
    again = load_embedder(tmp_path)
    assert isinstance(again, StaticEmbedder)
    assert again.codebook
    assert again.codebook.centres.shape == (4, model.dimensions)
    assert np.array_equal(again.codebook.parts, learnt.parts)
    (tmp_path / "parts.npy").write_bytes(b"")
    with pytest.raises(ModelFailure, match=r"parts\.npy"):
        load_embedder(tmp_path)
