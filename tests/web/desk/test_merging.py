"""Two drafts become one without losing a word of either."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from web.desk.drafting import LONGEST
from web.desk.merging import Whose, combine, merge, unsettled

TEXTS = st.text("上京會寧府。\n", max_size=30)
BASE = "上京会宁府在今阿城南。\n金太祖所建。"


def test_changes_in_different_places_are_both_there() -> None:
    merged = merge(BASE, BASE.replace("南", "南四里"), BASE.replace("太祖", "太宗"))
    assert merged
    assert merged.text == "上京会宁府在今阿城南四里。\n金太宗所建。"
    assert [(change.text, change.whose) for change in merged.changes if change.whose is not Whose.UNCHANGED] == [
        ("四里", Whose.ADDED_HERE),
        ("祖", Whose.REMOVED_THERE),
        ("宗", Whose.ADDED_THERE),
    ]


@given(TEXTS, TEXTS, TEXTS)
def test_what_either_added_is_in_it(base: str, here: str, there: str) -> None:
    merged = combine(base, here, there)
    assert "".join(change.text for change in merged.changes if not change.removed) == merged.text


@given(TEXTS, TEXTS)
def test_what_one_alone_changed_is_taken_as_it_is(base: str, here: str) -> None:
    assert combine(base, here, base).text == here
    assert combine(base, base, here).text == here


@given(TEXTS, TEXTS)
def test_two_that_began_with_nothing_are_both_kept(here: str, there: str) -> None:
    letters = sorted(combine("", here, there).text)
    assert len(letters) >= max(len(here), len(there))
    assert set(letters) == set(here + there)


def test_drafts_that_have_little_in_common_are_given_up_in_time() -> None:
    chance = random.Random(5)
    mine, theirs = ("".join(chr(chance.randrange(0x4E00, 0x9000)) for _ in range(LONGEST)) for _ in range(2))
    assert merge("", mine, theirs) is None


def test_real_edits_of_a_long_reply_are_merged() -> None:
    chance = random.Random(7)
    base = [chr(chance.randrange(0x4E00, 0x9000)) for _ in range(26_000)]
    mine, theirs = base.copy(), base.copy()
    for place in range(100, 26_000, 1000):
        mine[place] = "改"
        theirs[place + 500] = "增"
    merged = merge("".join(base), "".join(mine), "".join(theirs))
    assert merged
    assert (merged.text.count("改"), merged.text.count("增")) == (26 + base.count("改"), 26 + base.count("增"))


def test_what_both_changed_is_marked_and_has_to_be_settled() -> None:
    mine = BASE.replace("阿城南。", "阿城涞流水（今拉林河）。")
    theirs = BASE.replace("阿城南。", "阿城來流水，見《金史》。").replace("太祖", "太宗")
    merged = merge(BASE, mine, theirs)
    assert merged
    assert merged.clashes == unsettled(merged.marked) > 0
    assert "太宗" in merged.marked  # what one alone changed is taken
    assert "⟪涞流水（今拉林河）‖來流水，見《金史》⟫" in merged.marked


@given(TEXTS, TEXTS)
def test_nothing_is_marked_where_one_alone_wrote(base: str, here: str) -> None:
    for merged in (combine(base, here, base), combine(base, base, here), combine(base, here, here)):
        assert merged.clashes == 0
