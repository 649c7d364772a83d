import shutil
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from indexer.embedding import MODEL, ModelFailure, StaticEmbedder, TransformerEmbedder, load_embedder, token_keys
from indexer.errors import IndexFailure
from indexer.passages import code_points

TEXTS = ["冬天在冰上捕鱼", "冬月鑿冰取魚", "修建铁路的工人", ""]


def test_vectors_have_unit_length_and_nothing_known_is_zero() -> None:
    vectors = load_embedder().embed([*TEXTS, "，。", "\U0010fffd"])
    assert np.allclose(np.linalg.norm(vectors[:3], axis=1), 1, atol=1e-5)
    assert not vectors[3:].any()


def test_a_text_has_the_same_vector_alone_and_among_others() -> None:
    model = load_embedder()
    assert np.allclose(model.embed(TEXTS)[1], model.embed([TEXTS[1]])[0], atol=1e-6)


def test_scripts_and_punctuation_make_no_difference() -> None:
    traditional, simplified = load_embedder().embed(["會寧府，在混同江。", "会宁府在混同江"])
    assert np.allclose(traditional, simplified, atol=1e-6)


def test_a_modern_sentence_is_near_its_classical_one() -> None:
    modern, classical, other = load_embedder().embed(["皇帝去世了，享年五十岁", "帝崩年五十", "河水泛濫壞民田"])
    assert modern @ classical > modern @ other


def test_sentence_transformers_loads_the_same_model() -> None:
    theirs = SentenceTransformer(str(MODEL), device="cpu", local_files_only=True).encode(TEXTS[:3])
    assert np.allclose(theirs, load_embedder().embed(TEXTS[:3]), atol=1e-6)


def test_another_folder_goes_through_sentence_transformers(tmp_path: Path) -> None:
    shutil.copytree(MODEL, tmp_path / "model")
    model = load_embedder(tmp_path / "model")
    assert isinstance(model, TransformerEmbedder)
    assert model.name == str(tmp_path / "model")
    assert np.allclose(model.embed(TEXTS[:3]), load_embedder().embed(TEXTS[:3]), atol=1e-6)


@pytest.mark.parametrize("content", [None, "", "[]", "{"])
def test_a_folder_that_holds_no_model_is_named(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "modules.json").write_text(content)
    with pytest.raises(ModelFailure, match=str(tmp_path)):
        load_embedder(tmp_path)


def test_a_failure_to_load_is_a_failure_of_the_index() -> None:
    assert issubclass(ModelFailure, IndexFailure)


def test_quantized_weights_are_close_to_the_trained_ones(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    keys = np.unique(np.concatenate(token_keys(code_points("松花江出长白山北流"))))
    weights = random.normal(size=(len(keys), 16)).astype(np.float32)
    StaticEmbedder.from_weights(keys, weights).save(tmp_path)
    exact = weights[np.searchsorted(keys, np.concatenate(token_keys(code_points("长白山"))))].sum(axis=0)
    assert StaticEmbedder.load(tmp_path).embed(["长白山"])[0] @ (exact / np.linalg.norm(exact)) > 0.999
