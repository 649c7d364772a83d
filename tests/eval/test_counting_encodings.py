"""How encodings are measured: texts in every shape, counted by length."""

from __future__ import annotations

import numpy as np

from corpora.readers import encodings
from eval.learning.encodings import LENGTHS, Texts, _frequencies, _usual_pairs, measured

TEXT = "會寧府在上京，完顏氏所居。混同江源出長白山，東流入海，其民善漁，冬居山中，夏則巢水上。\n" * 60


def test_files_are_counted_by_length_and_those_of_a_hundred_characters_are_right() -> None:
    (row,) = measured([Texts("own", TEXT, ("big5",))], files=5)
    assert (row["encoding"], row["text"]) == ("big5", "own")
    assert [each["characters"] for each in row["lengths"]] == list(LENGTHS)
    assert all(each["right"] == each["files"] == 5 for each in row["lengths"] if each["characters"] >= 100)
    assert list(measured([Texts("own", TEXT, ("big5",))], files=5)) == [row]


def test_frequencies_are_logarithms_in_steps_of_half_a_nat() -> None:
    found = _frequencies([("江" * 90 + "山" * 10 + "の", 1.0)])
    assert found == {-0.0: ["江"], -2.5: ["山"]}


def test_usual_pairs_are_found_again_as_pairs() -> None:
    codes = np.array([ord("松"), ord("花")], np.uint32)
    place = encodings.bucket(codes[:1], codes[1:], 1 << 19)
    assert place.tolist() == _usual_pairs("松花").tolist()
