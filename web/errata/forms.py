"""The forms of reports of errors."""

from __future__ import annotations

from flask_babel import lazy_gettext
from wtforms import HiddenField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange

from web.desk.forms import NEEDED, stripped
from web.desk.models import LONGEST_NAME
from web.errata import labels
from web.errata.models import LONGEST_ANSWER, LONGEST_REASON, LONGEST_SUGGESTION, LONGEST_WORDS, ErratumState
from web.forms import TextForm, choices_of


class Report(TextForm):
    """The form for an error in a text, without an account; ``place`` is the address of the text that was open."""

    place = HiddenField(validators=[NEEDED, Length(max=1000)])
    words = StringField(
        lazy_gettext("有误的字句（照原文，连同前后几个字）"), [NEEDED, Length(max=LONGEST_WORDS)], filters=[stripped]
    )
    suggestion = StringField(
        lazy_gettext("应当怎样（整句写出；应删的写“删”）"), [NEEDED, Length(max=LONGEST_SUGGESTION)], filters=[stripped]
    )
    reason = TextAreaField(
        lazy_gettext("依据（可不填）：书影、别本、上下文"), [Length(max=LONGEST_REASON)], filters=[stripped]
    )
    contact = StringField(lazy_gettext("联系方式（可不填）"), [Length(max=LONGEST_NAME)], filters=[stripped])
    website = StringField(
        lazy_gettext("请把这一栏空着"), [Length(max=0, message=lazy_gettext("这一栏是防自动填写的，请清空后再提交。"))]
    )
    """Hidden from people, as in the form for questions."""


class Decide(TextForm):
    """The form for a decision; ``seen`` is how many there were when it was opened."""

    seen = IntegerField(validators=[InputRequired(), NumberRange(0, 1 << 30)])
    state = SelectField(
        lazy_gettext("处理"),
        choices=choices_of(ErratumState, labels.DECISIONS),
    )
    answer = TextAreaField(
        lazy_gettext("给读者的答复（不采纳时必填）"), [Length(max=LONGEST_ANSWER)], filters=[stripped]
    )
