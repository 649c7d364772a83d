"""Words for what becomes of letters. Chinese here, English in the catalogue of translations."""

from __future__ import annotations

from flask_babel import lazy_gettext

from web.letters.models import LetterState

STATES = {
    LetterState.WAITING: lazy_gettext("等候寄出"),
    LetterState.SENDING: lazy_gettext("正在寄"),
    LetterState.SENT: lazy_gettext("已寄出"),
    LetterState.UNKNOWN: lazy_gettext("不知是否寄到：信已交给邮件服务器，没有等到回音。"),
    LetterState.FAILED: lazy_gettext("没有寄出"),
}
