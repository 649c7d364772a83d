"""Two drafts become one without losing a word of either."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from web.desk.merging import Whose, merge

TEXTS = st.text("上京會寧府。\n", max_size=30)
BASE = "上京会宁府在今阿城南。\n金太祖所建。"


def test_changes_in_different_places_are_both_there() -> None:
    merged = merge(BASE, BASE.replace("南", "南四里"), BASE.replace("太祖", "太宗"))
    assert merged.text == "上京会宁府在今阿城南四里。\n金太宗所建。"
    assert [(change.text, change.whose) for change in merged.changes if change.whose is not Whose.UNCHANGED] == [
        ("四里", Whose.ADDED_HERE),
        ("祖", Whose.REMOVED_THERE),
        ("宗", Whose.ADDED_THERE),
    ]


@given(TEXTS, TEXTS, TEXTS)
def test_what_either_added_is_in_it(base: str, here: str, there: str) -> None:
    merged = merge(base, here, there)
    assert "".join(change.text for change in merged.changes if not change.removed) == merged.text


@given(TEXTS, TEXTS)
def test_what_one_alone_changed_is_taken_as_it_is(base: str, here: str) -> None:
    assert merge(base, here, base).text == here
    assert merge(base, base, here).text == here


@given(TEXTS, TEXTS)
def test_two_that_began_with_nothing_are_both_kept(here: str, there: str) -> None:
    letters = sorted(merge("", here, there).text)
    assert len(letters) >= max(len(here), len(there))
    assert set(letters) == set(here + there)
