"""The states of a case, and how it passes from one to another."""

from __future__ import annotations

from enum import StrEnum


class Tier(StrEnum):
    """The effort that a question needs."""

    DIRECTIONAL = "directional"  # 指向性咨询: where to look
    FACTUAL = "factual"  # 事实性咨询: a fact
    TOPICAL = "topical"  # 专题咨询: what there is on a topic
    RESEARCH = "research"  # 课题咨询: accompanying a research project


class Status(StrEnum):
    """The status of a case."""

    NEW = "new"
    IN_PROGRESS = "in-progress"
    AWAITING_REVIEW = "awaiting-review"
    ANSWERED = "answered"
    CLOSED = "closed"
    REOPENED = "reopened"


class CaseOutcome(StrEnum):
    """What a case was that is closed without an answer."""

    OTHER = "other"  # taken back, or not to be answered: the reason says why
    SPAM = "spam"
    DUPLICATE = "duplicate"


class Move(StrEnum):
    """A move of a case from one status to another."""

    TAKE_UP = "take-up"
    SUBMIT = "submit"
    SEND_BACK = "send-back"
    APPROVE = "approve"
    SIGN = "sign"
    CLOSE = "close"
    REOPEN = "reopen"


REVIEWED = frozenset({Tier.TOPICAL, Tier.RESEARCH})
"""Replies to these are signed only after a second person has looked at them."""
EDITABLE = frozenset({Status.IN_PROGRESS, Status.REOPENED})
"""While a case stands so, its evidence and its reply can be changed."""
FINISHED = frozenset({Status.ANSWERED, Status.CLOSED})
"""When a case stands so, it is what was signed that counts."""
REASONED = frozenset({Move.SEND_BACK, Move.REOPEN})
"""Moves that need a reason."""
UNANSWERED = frozenset({Status.NEW, Status.IN_PROGRESS, Status.REOPENED})
"""What is closed when it stands so is closed without an answer, and has to be accounted for."""
SIGNING = frozenset({Move.APPROVE, Move.SIGN})
"""Moves that sign the reply."""

_MOVES: dict[tuple[Status, Move], Status] = {
    (Status.NEW, Move.TAKE_UP): Status.IN_PROGRESS,
    (Status.NEW, Move.CLOSE): Status.CLOSED,
    (Status.IN_PROGRESS, Move.SUBMIT): Status.AWAITING_REVIEW,
    (Status.IN_PROGRESS, Move.SIGN): Status.ANSWERED,
    (Status.IN_PROGRESS, Move.CLOSE): Status.CLOSED,
    (Status.AWAITING_REVIEW, Move.APPROVE): Status.ANSWERED,
    (Status.AWAITING_REVIEW, Move.SEND_BACK): Status.IN_PROGRESS,
    (Status.ANSWERED, Move.CLOSE): Status.CLOSED,
    (Status.ANSWERED, Move.REOPEN): Status.REOPENED,
    (Status.CLOSED, Move.REOPEN): Status.REOPENED,
    (Status.REOPENED, Move.SUBMIT): Status.AWAITING_REVIEW,
    (Status.REOPENED, Move.SIGN): Status.ANSWERED,
    (Status.REOPENED, Move.CLOSE): Status.CLOSED,
}


def waives_review(before: Tier, after: Tier) -> bool:
    """Return whether a change of tier lets the reply be signed without a second person."""
    return before in REVIEWED and after not in REVIEWED


def moves(status: Status, tier: Tier) -> dict[Move, Status]:
    """Return the moves that a case allows in its state, and where each leads."""
    barred = Move.SIGN if tier in REVIEWED else None
    return {move: after for (before, move), after in _MOVES.items() if before is status and move is not barred}
