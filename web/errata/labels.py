"""Words for reports of errors. Chinese here, English in the catalogue of translations."""

from __future__ import annotations

from flask_babel import LazyString, lazy_gettext

from web.errata.models import ErratumEvent, ErratumState
from web.errata.reporting import FORGET, NotDecided

STATES = {
    ErratumState.NEW: lazy_gettext("新到"),
    ErratumState.ACCEPTED: lazy_gettext("采纳，待改"),
    ErratumState.DECLINED: lazy_gettext("不采纳"),
    ErratumState.MENDED: lazy_gettext("已改正"),
}
DECISIONS = {
    ErratumState.ACCEPTED: lazy_gettext("采纳：报得对，原文还没有改"),
    ErratumState.MENDED: lazy_gettext("已改正：原文已在来源处改好"),
    ErratumState.DECLINED: lazy_gettext("不采纳：底本如此，或所报有误"),
}
FATES = {
    ErratumState.NEW: lazy_gettext("已经收到，等候馆员查核。"),
    ErratumState.ACCEPTED: lazy_gettext("馆员已经采纳，等候在文本的来源处改正。"),
    ErratumState.DECLINED: lazy_gettext("馆员查核过，没有采纳。"),
    ErratumState.MENDED: lazy_gettext("已经改正；文本更新以后可以看到。"),
}
_EVENTS = {
    "report": lazy_gettext("收到勘误"),
    FORGET: lazy_gettext("删去了联系方式"),
    **{state.value: words for state, words in STATES.items()},
}
_REFUSALS = {
    "nothing-new": lazy_gettext("没有改动，没有记下。"),
    "no-answer": lazy_gettext("不采纳的，请写明缘由，读者会看到。"),
    "decided-meanwhile": lazy_gettext("刚才有人处理了这一条，请看过再做；您写的还在下面。"),
}


def event(of: ErratumEvent) -> LazyString | str:
    """Return the label of an event; an unknown code is its own label."""
    return _EVENTS.get(of.action, of.action)


def refusal(failure: NotDecided) -> str:
    """Return why a decision was refused."""
    return str(_REFUSALS[failure.code])
