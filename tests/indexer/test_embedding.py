import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Split

from indexer import errors
from indexer.embedding import MODEL, ModelFailure, StaticEmbedder, TransformerEmbedder, load_embedder, token_keys
from indexer.errors import IndexFailure
from indexer.text.streams import code_points

TEXTS = ["冬天在冰上捕鱼", "冬月鑿冰取魚", "修建铁路的工人", ""]


def _heaven_and_earth() -> StaticEmbedder:
    """A model that knows 地, 天 and the pair 天地, each on an axis of its own."""
    characters, pairs = token_keys(code_points("天地"))
    tokens = np.array([characters[1], characters[0], pairs[0]])
    return StaticEmbedder.from_weights(tokens, np.diag([3, 4, 12]).astype(np.float32), np.ones(3, np.float32))


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


CODE_POINTS = st.integers(0, 400) | st.integers(0, 0x10FFFF)
KEYS = CODE_POINTS | st.builds(lambda first, second: first << 32 | second, CODE_POINTS, CODE_POINTS)


def _model_of(keys: list[int]) -> StaticEmbedder:
    return StaticEmbedder.from_weights(
        np.array(keys, np.uint64), np.ones((len(keys), 2), np.float32), np.ones(len(keys), np.float32)
    )


@given(st.sets(KEYS.filter(bool), min_size=1, max_size=300), st.lists(KEYS, max_size=50))
def test_the_row_of_a_key_is_its_place_among_the_sorted_keys(known: set[int], asked: list[int]) -> None:
    keys = sorted(known)
    model = _model_of(keys)
    rows = model.rows_of(np.array([*asked, *keys], np.uint64)).tolist()
    assert rows == [keys.index(key) if key in known else model.unknown for key in [*asked, *keys]]


@given(st.sets(KEYS.filter(bool), min_size=1, max_size=100), st.lists(CODE_POINTS, max_size=50))
def test_the_rows_of_a_text_are_those_of_its_characters_and_pairs(known: set[int], text: list[int]) -> None:
    keys = sorted(known)
    model = _model_of(keys)
    characters, pairs = model.rows(np.array(text, np.uint32))
    place = {key: row for row, key in enumerate(keys)}
    assert characters.tolist() == [place.get(character, model.unknown) for character in text]
    # A pair that begins with a boundary, 0, is none, though its number is that of its second character.
    wanted = [place.get(one << 32 | other, model.unknown) if one else model.unknown for one, other in pairwise(text)]
    assert pairs.tolist() == wanted


def test_every_token_of_the_model_that_comes_along_has_its_own_row() -> None:
    model = load_embedder()
    assert isinstance(model, StaticEmbedder)
    keys = np.load(MODEL / "tokens.npy")
    assert np.array_equal(model.rows_of(keys), np.arange(len(keys)))


def test_no_other_pair_of_the_characters_of_the_model_has_a_row() -> None:
    model = load_embedder()
    assert isinstance(model, StaticEmbedder)
    keys = np.load(MODEL / "tokens.npy")
    pairs = keys[keys >> np.uint64(32) > 0]
    firsts, seconds = np.unique(pairs >> np.uint64(32)), np.unique(pairs & np.uint64(0xFFFFFFFF))
    known = sum(int((model.rows_of(first << np.uint64(32) | seconds) < model.unknown).sum()) for first in firsts)
    assert known == len(pairs)


def test_tokens_are_compared_by_their_directions() -> None:
    keys = np.array([1, 2, 3], np.uint64)
    vectors = np.array([[3, 0], [0, 0.5], [1, 1]], np.float32)
    model = StaticEmbedder.from_weights(keys, vectors, np.array([1, 2, 3], np.float32))
    cosines = model.cosines(np.array([0, 1, 2]), np.array([0, 2]))
    assert np.allclose(cosines, [[1, 0.7071], [0, 0.7071], [0.7071, 1]], atol=0.01)
    assert model.importance(np.array([0, model.unknown])).tolist() == [1, 2.5]


def test_no_texts() -> None:
    model = load_embedder()
    assert model.embed([]).shape == (0, model.dimensions)


def test_many_texts_keep_their_order() -> None:
    model = load_embedder()
    many = model.embed([*TEXTS] * 300)
    assert np.allclose(many, np.tile(model.embed(TEXTS), (300, 1)), atol=1e-6)


def test_a_text_is_the_sum_of_its_characters_and_pairs() -> None:
    assert np.allclose(_heaven_and_earth().embed(["天地"]), np.array([[3, 4, 12]]) / 13)


def test_no_pair_runs_from_one_text_into_the_next() -> None:
    assert np.allclose(_heaven_and_earth().embed(["天", "地"]), [[0, 1, 0], [1, 0, 0]])


def test_two_loads_give_the_same_name_and_vectors() -> None:
    one, two = load_embedder(), load_embedder(MODEL)
    assert one.name == two.name
    assert np.array_equal(one.embed(TEXTS), two.embed(TEXTS))


def test_embedding_needs_no_torch() -> None:
    load = "import sys; from indexer.embedding import load_embedder; load_embedder().embed(['江'])"
    code = f"{load}; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_sentence_transformers_loads_the_same_model(tmp_path: Path) -> None:
    # The library asks for the flag wherever a model's class is not its own.
    model = SentenceTransformer(str(MODEL), device="cpu", local_files_only=True, trust_remote_code=True)
    assert np.allclose(model.encode(TEXTS), load_embedder().embed(TEXTS), atol=1e-6)
    model.save(str(tmp_path))
    assert np.array_equal(load_embedder(tmp_path).embed(TEXTS), load_embedder().embed(TEXTS))
    assert load_embedder(tmp_path).name == str(tmp_path.resolve()), "a model that was named is recorded by its folder"


def test_a_static_model_may_stand_in_any_folder(tmp_path: Path) -> None:
    _heaven_and_earth().save(tmp_path)
    assert np.array_equal(load_embedder(tmp_path).embed(["天地"]), _heaven_and_earth().embed(["天地"]))


@pytest.mark.parametrize("damage", [b"", b"\x93NUMPY", b"\x93NUMPY\x01\x00"])
def test_a_damaged_static_model_is_named(tmp_path: Path, damage: bytes) -> None:
    _heaven_and_earth().save(tmp_path)
    (tmp_path / "weights.npy").write_bytes(damage)
    with pytest.raises(ModelFailure, match=str(tmp_path)):
        load_embedder(tmp_path)


def test_files_of_two_static_models_are_told_apart(tmp_path: Path) -> None:
    _heaven_and_earth().save(tmp_path)
    np.save(tmp_path / "scales.npy", np.ones(2, np.float32))
    with pytest.raises(ModelFailure, match="belong together"):
        load_embedder(tmp_path)


@pytest.mark.parametrize("tokens", [[2, 1, 1 << 32 | 1], [1, 1, 1 << 32 | 1], [1, 2, 1 << 54], [1, 2, 1 << 31]])
def test_a_static_model_of_no_characters_is_named(tmp_path: Path, tokens: list[int]) -> None:
    _heaven_and_earth().save(tmp_path)
    np.save(tmp_path / "tokens.npy", np.array(tokens, np.uint64))
    with pytest.raises(ModelFailure, match="does not hold sorted characters"):
        load_embedder(tmp_path)


def test_another_model_goes_through_sentence_transformers(tmp_path: Path) -> None:
    words = Tokenizer(WordLevel({"?": 0, "江": 1, "水": 2}, unk_token="?"))
    words.pre_tokenizer = Split("", "isolated")
    SentenceTransformer(modules=[StaticEmbedding(words, embedding_dim=8)], device="cpu").save(str(tmp_path))
    model = load_embedder(tmp_path)
    assert isinstance(model, TransformerEmbedder)
    assert (model.name, model.dimensions) == (str(tmp_path), 8)
    vectors = model.embed(["江", "江水"])
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_a_model_of_ones_own_without_its_extra_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "modules.json").write_text("[]")
    monkeypatch.setattr(errors, "find_spec", lambda module: None)
    with pytest.raises(IndexFailure, match=r'pip install "wenyuan\[models\]"'):
        load_embedder(tmp_path)


def test_code_that_comes_with_a_model_is_not_run(tmp_path: Path) -> None:
    modules = [{"idx": 0, "name": "0", "path": "", "type": "modeling.Model"}]
    (tmp_path / "modules.json").write_text(json.dumps(modules))
    (tmp_path / "modeling.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    with pytest.raises(ModelFailure, match=str(tmp_path)):
        load_embedder(tmp_path)
    assert not (tmp_path / "ran").exists()


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
    StaticEmbedder.from_weights(keys, weights, np.ones(len(keys), np.float32)).save(tmp_path)
    exact = weights[np.searchsorted(keys, np.concatenate(token_keys(code_points("长白山"))))].sum(axis=0)
    assert StaticEmbedder.load(tmp_path).embed(["长白山"])[0] @ (exact / np.linalg.norm(exact)) > 0.999
