"""The states of a case: what leads where, and that nothing slips past the review."""

from __future__ import annotations

import pytest

from web.desk.states import REVIEWED, SIGNING, Move, Status, Tier, moves


@pytest.mark.parametrize("tier", Tier)
def test_from_every_state_one_can_go_on(tier: Tier) -> None:
    reached = {Status.NEW}
    waiting = [Status.NEW]
    for status in waiting:  # which grows
        after = moves(status, tier)
        assert after
        waiting += [each for each in dict.fromkeys(after.values()) if each not in reached]
        reached |= set(after.values())
    assert reached == set(Status)


@pytest.mark.parametrize("tier", sorted(REVIEWED))
def test_a_reviewed_tier_is_signed_by_approval_alone(tier: Tier) -> None:
    signing = {(status, move) for status in Status for move in moves(status, tier) if move in SIGNING}
    assert signing == {(Status.AWAITING_REVIEW, Move.APPROVE)}


def test_only_signing_answers() -> None:
    leading = {
        move for status in Status for tier in Tier for move, to in moves(status, tier).items() if to is Status.ANSWERED
    }
    assert leading == SIGNING
