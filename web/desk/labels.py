"""Words on the desk's pages for its codes. Chinese here, English in the catalogue of translations."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import LazyString, lazy_gettext
from flask_babel import gettext as _

from search.addresses import Standing
from web.desk.cases import Refused
from web.desk.models import Case, Event, Presence, Stance
from web.desk.queue import QueueScope
from web.desk.states import CaseOutcome, Move, Status, Tier
from web.letters.labels import STATES
from web.letters.models import LetterState, QueuedLetter

TIERS = {
    Tier.DIRECTIONAL: lazy_gettext("指向性咨询"),
    Tier.FACTUAL: lazy_gettext("事实性咨询"),
    Tier.TOPICAL: lazy_gettext("专题咨询"),
    Tier.RESEARCH: lazy_gettext("课题咨询"),
}
STATUSES = {
    Status.NEW: lazy_gettext("新到"),
    Status.IN_PROGRESS: lazy_gettext("处理中"),
    Status.AWAITING_REVIEW: lazy_gettext("待审核"),
    Status.ANSWERED: lazy_gettext("已答复"),
    Status.CLOSED: lazy_gettext("已结案"),
    Status.REOPENED: lazy_gettext("重新处理"),
}
MOVES = {
    Move.TAKE_UP: lazy_gettext("受理"),
    Move.SUBMIT: lazy_gettext("送审"),
    Move.SEND_BACK: lazy_gettext("退回修改"),
    Move.APPROVE: lazy_gettext("审核通过并签发"),
    Move.SIGN: lazy_gettext("签发"),
    Move.CLOSE: lazy_gettext("结案"),
    Move.REOPEN: lazy_gettext("重新处理"),
}
SCOPES = {
    QueueScope.WAITING: lazy_gettext("等我办的（我的与无人经办的）"),
    QueueScope.MINE: lazy_gettext("我经办的"),
    QueueScope.ALL: lazy_gettext("全部"),
}
OUTCOMES = {
    CaseOutcome.OTHER: lazy_gettext("不作答复，缘由如下"),
    CaseOutcome.DUPLICATE: lazy_gettext("与另一案重复"),
    CaseOutcome.SPAM: lazy_gettext("垃圾信息"),
}
MOVED = {
    Move.TAKE_UP: lazy_gettext("已受理，由您经办。"),
    Move.SUBMIT: lazy_gettext("已送审。要接着改，请审核员退回。"),
    Move.SEND_BACK: lazy_gettext("已退回，缘由显示在案卷与编辑页的上方。"),
    Move.APPROVE: lazy_gettext("已签发。签发的一份照原样留存；要改，写明缘由“重新处理”，再签发。"),
    Move.SIGN: lazy_gettext("已签发。签发的一份照原样留存；要改，写明缘由“重新处理”，再签发。"),
    Move.CLOSE: lazy_gettext("已结案。以后有补充，写明缘由“重新处理”。"),
    Move.REOPEN: lazy_gettext("已重新处理，可以改动了。"),
}
"""What is told after a move, and how it can be undone."""
STANCES = {
    Stance.NEUTRAL: lazy_gettext("未定"),
    Stance.FOR: lazy_gettext("支持"),
    Stance.AGAINST: lazy_gettext("反对"),
}
STANDINGS = {
    Standing.MOVED: lazy_gettext("索引更新后，这段文字移到了同书别处；引文仍是当时所见。"),
    Standing.CHANGED: lazy_gettext("索引更新后，此处的文字已经不同；引文仍是当时所见，请核对。"),
    Standing.GONE: lazy_gettext("索引更新后，这部著作或这一篇已经不在；引文仍是当时所见，请核对。"),
}

_ASKED = {
    Status.NEW: lazy_gettext("已经收到，等候馆员受理。"),
    Status.IN_PROGRESS: lazy_gettext("馆员正在查阅馆藏。"),
    Status.AWAITING_REVIEW: lazy_gettext("答复已经写好，正在审核。"),
    Status.ANSWERED: lazy_gettext("已经答复。"),
    Status.CLOSED: lazy_gettext("已经答复。"),
    Status.REOPENED: lazy_gettext("馆员正在补充答复。"),
}
_LETTERS = STATES | {
    LetterState.UNKNOWN: lazy_gettext("不知是否寄到：信已交给邮件服务器，没有等到回音。请问过提问人，再决定。")
}
_EVENTS = {
    "open": lazy_gettext("收到问题"),
    "tier": lazy_gettext("改了类别"),
    "waive-review": lazy_gettext("免去复审，类别改为"),
    "due": lazy_gettext("改了期限"),
    "assign": lazy_gettext("改了经办人"),
    "tags": lazy_gettext("改了标签"),
    "asker": lazy_gettext("改了提问人资料"),
    "forget-asker": lazy_gettext("删去了提问人资料"),
    "secret": lazy_gettext("给了一个新的查询码"),
    "quote": lazy_gettext("加入引文"),
    "edit-evidence": lazy_gettext("改了引文的附注"),
    "trim": lazy_gettext("截取引文"),
    "withdraw": lazy_gettext("撤去引文"),
    "restore": lazy_gettext("恢复引文"),
    "draft": lazy_gettext("保存答复第几稿"),
    "spam": lazy_gettext("算作垃圾信息"),
    "duplicate": lazy_gettext("与这一案重复："),
    "letter": lazy_gettext("用邮件寄出答复"),
    "letter-arrived": lazy_gettext("确认信已寄到"),
    "letter-again": lazy_gettext("再寄一次"),
    "publish": lazy_gettext("公开为常见问题"),
    "unpublish": lazy_gettext("不再公开"),
    **{move.value: words for move, words in MOVES.items()},
}
_REFUSALS = {
    "no-such-move": lazy_gettext("案卷现在的状态不能这样做。"),
    "letter-on-its-way": lazy_gettext("这一案已有一封信等候寄出，没有再寄。"),
    "letter-decided": lazy_gettext("这封信不用决定了：它已经寄出，或正在寄。"),
    "no-letter": lazy_gettext("现在不能寄：要有签发过的答复、提问人的一个邮箱地址，站点也要设置好邮件。"),
    "no-asker": lazy_gettext("没有提问人的资料，查询码无从给出。"),
    "already-taken": lazy_gettext("%(detail)s 已经受理。"),
    "no-such-case": lazy_gettext("没有编号为“%(detail)s”的另一案。"),
    "moved-meanwhile": lazy_gettext("刚才有人改动了案卷的状态，请看过再做。"),
    "no-reason": lazy_gettext("请写明缘由。"),
    "no-site": lazy_gettext(
        "没有签发：站点没有写明读者所知的网址，签发的答复会永远带着 %(detail)s。请管理员在配置里写明 site，再签发。"
    ),
    "no-reply": lazy_gettext("还没有写答复。"),
    "not-a-reviewer": lazy_gettext("只有审核员能签发这一级的答复。"),
    "own-reply": lazy_gettext("自己写过的答复须由别人审核。"),
    "waiver-needs-reviewer": lazy_gettext("改到无须复审的类别，要由没有写过这份答复的审核员来做。"),
    "own-waiver": lazy_gettext("免去复审的人写过这份答复，不能直接签发；请把类别改回，再送审。"),
    "changed-since-seen": lazy_gettext("您看过以后，答复又改动了；请看过现在的一稿，再签发。"),
    "unknown-passages": lazy_gettext("答复里有案卷中没有的引文：%(detail)s。"),
    "not-editable": lazy_gettext("案卷现在的状态不能改动；先受理，或重新处理。"),
    "too-long": lazy_gettext("答复过长，最多 %(detail)s 字；没有保存。"),
    "too-many-quotations": lazy_gettext(
        "答复引得太多：引文合计至多 10 万字、2000 处，后面 %(detail)s 处没有填入。请删去一些，再送审或签发。"
    ),
    "facts-malformed": lazy_gettext("案情没有保存：请检查所填的内容。"),
    "asker-too-long": lazy_gettext("提问人资料没有保存：太长了。"),
    "note-too-long": lazy_gettext("附注没有保存：太长了。"),
    "no-note": lazy_gettext("留言是空的，没有记下。"),
    "unsettled": lazy_gettext("答复里还有 %(detail)s 处两稿不同（⟪您的‖对方的⟫）没有定；请逐处改好，再送审或签发。"),
    "no-such-passage": lazy_gettext("馆藏里没有这一段，或它太长。"),
    "already-kept": lazy_gettext("案卷里已经有这一段：%(detail)s；没有再加。"),
    "too-many-passages": lazy_gettext("案卷里的引文太多了。"),
    "not-in-passage": lazy_gettext("引文里没有“%(detail)s”，没有截取。"),
    "not-publishable": lazy_gettext("只有已结案并签发过的答复能公开。"),
    "closed-collection": lazy_gettext("答复引用了不开放的专题库（%(detail)s），不能公开。"),
}


def event(of: Event) -> LazyString | str:
    """Return the label of an event; an unknown code is its own label."""
    return _EVENTS.get(of.action, of.action)


def detail(of: Event) -> LazyString | str:
    """Return the detail of an event, in words."""
    return TIERS[Tier(of.detail)] if of.action in ("tier", "waive-review") else of.detail


def others(there: Sequence[Presence]) -> str:
    """Return who else has a reply open, and since when they were seen; empty where nobody has."""
    if not there:
        return ""
    seen = [f"{each.account.name}（{each.seen.astimezone():%H:%M}）" for each in there]
    return str(_("%(names)s 也开着这份答复。", names="、".join(seen)))


def standing(case: Case) -> str:
    """Return how a question stands, in the words of whoever asked it."""
    if case.outcome is CaseOutcome.DUPLICATE:
        return str(_("与另一件提问相同，一并答复；请查看那一件，或向图书馆询问。"))
    if case.status is Status.CLOSED and (case.outcome or not case.signed):
        return str(_("已经结束，没有答复。有疑问请来电、来信或到馆询问。"))
    return str(_ASKED[case.status])


def letter(of: QueuedLetter) -> str:
    """Return where a letter is on its way."""
    return str(_LETTERS[of.state])


def refusal(failure: Refused) -> str:
    """Return why something can't be done; an unknown code is its own label."""
    known = _REFUSALS.get(failure.code)
    return str(known) % {"detail": failure.detail} if known else failure.code
