"""The forms of the desk."""

from __future__ import annotations

import re
from typing import Any

from flask_babel import lazy_gettext
from wtforms import DateField, IntegerField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional, Regexp

from web.desk import labels
from web.desk.models import LONGEST_NAME, LONGEST_NOTE, LONGEST_PAGE, LONGEST_QUESTION, LONGEST_TAG, Case, Stance
from web.desk.quotations import LONGEST as LONGEST_PASSAGE
from web.desk.states import Tier
from web.forms import TextForm, choices_of

NEEDED = DataRequired(lazy_gettext("请填写这一项。"))
_BETWEEN_TAGS = re.compile(r"[\s,，、;；]+")
_FURTHEST = 1 << 31
_RANGE = re.compile(r"[0-9]{1,10}-[0-9]{1,10}\Z")


def stripped(text: str | None) -> str:
    """Return what was typed without blanks around it, with line ends as they are kept."""
    return (text or "").replace("\r\n", "\n").strip()


class Ask(TextForm):
    """The form for a reader's question, without an account."""

    question = TextAreaField(lazy_gettext("您的问题"), [NEEDED, Length(max=LONGEST_QUESTION)], filters=[stripped])
    name = StringField(lazy_gettext("姓名或单位"), [NEEDED, Length(max=LONGEST_NAME)], filters=[stripped])
    contact = StringField(
        lazy_gettext("联系方式（电话、邮箱或地址）"), [NEEDED, Length(max=LONGEST_NAME)], filters=[stripped]
    )
    website = StringField(
        lazy_gettext("请把这一栏空着"), [Length(max=0, message=lazy_gettext("这一栏是防自动填写的，请清空后再提交。"))]
    )
    """Hidden from people; programs that fill in every form betray themselves by it."""


class Follow(TextForm):
    """The form by which whoever asked follows their question."""

    number = StringField(lazy_gettext("编号"), [NEEDED, Length(max=20)], filters=[stripped])
    secret = StringField(lazy_gettext("查询码"), [NEEDED, Length(max=100)], filters=[stripped])


class Facts(TextForm):
    """The form for what a librarian knows of a case."""

    tier = SelectField(lazy_gettext("类别"), choices=choices_of(Tier, labels.TIERS))
    due = DateField(lazy_gettext("期限"), [Optional()])
    assignee = SelectField(lazy_gettext("经办人"), coerce=lambda value: int(value or 0), choices=[])
    tags = StringField(lazy_gettext("标签（用空格或顿号分开）"), [Length(max=500)], filters=[stripped])

    @classmethod
    def of(cls, case: Case, people: list[tuple[int, str]], **given: Any) -> Facts:
        """Fill the form with what is known of the case."""
        form = cls(
            tier=case.tier.value,
            due=case.due,
            assignee=case.assignee_id or 0,
            tags=" ".join(tag.name for tag in case.tags),
            **given,
        )
        form.assignee.choices = [SelectChoice(0, lazy_gettext("（无）")), *(SelectChoice(*each) for each in people)]
        return form

    def tag_names(self) -> list[str]:
        """Return the tags, one by one."""
        return [name[:LONGEST_TAG] for name in _BETWEEN_TAGS.split(self.tags.data) if name]


class Enter(TextForm):
    """The form for a question that came by letter, by telephone, at the counter."""

    question = TextAreaField(
        lazy_gettext("问题（照提问人的原话）"), [NEEDED, Length(max=LONGEST_QUESTION)], filters=[stripped]
    )
    tier = SelectField(lazy_gettext("类别"), choices=choices_of(Tier, labels.TIERS), default=Tier.FACTUAL.value)
    due = DateField(lazy_gettext("期限"), [Optional()])
    name = StringField(lazy_gettext("姓名或单位"), [Length(max=LONGEST_NAME)], filters=[stripped])
    contact = StringField(lazy_gettext("联系方式（电话、邮箱或地址）"), [Length(max=LONGEST_NAME)], filters=[stripped])


class Who(TextForm):
    """The form for who asked."""

    name = StringField(lazy_gettext("姓名或单位"), [Length(max=LONGEST_NAME)], filters=[stripped])
    contact = StringField(lazy_gettext("联系方式（电话、邮箱或地址）"), [Length(max=LONGEST_NAME)], filters=[stripped])


class Quote(TextForm):
    """The form for a passage of the texts that is to be kept."""

    work = StringField(validators=[NEEDED, Length(max=200)])
    section = IntegerField(validators=[InputRequired(), NumberRange(0, _FURTHEST)])
    range = StringField(validators=[NEEDED, Regexp(_RANGE)])
    """From where to where, half open, as ``12-90``."""
    query = StringField(validators=[Length(max=LONGEST_PASSAGE)])
    note = TextAreaField(validators=[Length(max=LONGEST_NOTE)], filters=[stripped])

    def bounds(self) -> tuple[int, int]:
        """Return where the passage begins and ends."""
        start, _, end = self.range.data.partition("-")
        return int(start), int(end)


class Annotate(TextForm):
    """The form for what a librarian thinks of a passage."""

    heading = StringField(lazy_gettext("归入标题"), [Length(max=LONGEST_NAME)], filters=[stripped])
    stance = SelectField(lazy_gettext("对所问"), choices=choices_of(Stance, labels.STANCES))
    note = TextAreaField(lazy_gettext("附注"), [Length(max=LONGEST_NOTE)], filters=[stripped])


class Trim(TextForm):
    """The form for the part of a passage that is quoted."""

    first = StringField(lazy_gettext("起于（头几个字）"), [Length(max=LONGEST_PASSAGE)], filters=[stripped])
    last = StringField(lazy_gettext("止于（末几个字）"), [Length(max=LONGEST_PASSAGE)], filters=[stripped])


class Canned(TextForm):
    """The form for a text that is at hand for every reply."""

    title = StringField(lazy_gettext("名称"), [NEEDED, Length(max=LONGEST_PAGE)], filters=[stripped])
    text = TextAreaField(lazy_gettext("文字"), [NEEDED, Length(max=LONGEST_NOTE)], filters=[stripped])


class Remark(TextForm):
    """The form for what a librarian tells the others of a case."""

    note = TextAreaField(lazy_gettext("留言"), [NEEDED, Length(max=LONGEST_NOTE)], filters=[stripped])


class Publish(TextForm):
    """The form for the question as the public is to see it."""

    question = TextAreaField(
        lazy_gettext("公开的问题（请去掉涉及个人的内容）"), [NEEDED, Length(max=LONGEST_QUESTION)], filters=[stripped]
    )
