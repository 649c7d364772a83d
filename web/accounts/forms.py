"""The forms of people."""

from __future__ import annotations

from flask_babel import lazy_gettext
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import EqualTo, InputRequired, Length

from web.accounts.models import LONGEST_LOGIN, LONGEST_NAME
from web.accounts.passwords import LONGEST
from web.forms import TextForm

LONGEST_LINK = 500
"""In characters."""
NEEDED = InputRequired(lazy_gettext("请填写这一项。"))


def _most(length: int) -> Length:
    return Length(max=length, message=lazy_gettext("最多 %(max)d 字。"))


class LogIn(TextForm):
    """The form for logging in: login and password, and the page that was wanted."""

    login = StringField(lazy_gettext("账号"), [NEEDED, _most(LONGEST_LOGIN)])
    password = PasswordField(lazy_gettext("密码"), [NEEDED, _most(LONGEST)])
    next = HiddenField()


class OpenLink(TextForm):
    """The form for a link's secret: the part behind its ``#``, or the whole link as a person may paste it."""

    secret = StringField(
        lazy_gettext("链接，或其中 # 后面的一段"),
        [NEEDED, _most(LONGEST_LINK)],
        filters=[lambda pasted: (pasted or "").rpartition("#")[2].strip()],
    )


class NewPassword(TextForm):
    """A new password, twice."""

    password = PasswordField(lazy_gettext("新密码"), [NEEDED, _most(LONGEST)])
    again = PasswordField(
        lazy_gettext("再写一遍新密码"), [NEEDED, EqualTo("password", lazy_gettext("两次写的密码不同。"))]
    )


class ChangePassword(NewPassword):
    """The password so far, and a new one."""

    current = PasswordField(lazy_gettext("现在的密码"), [NEEDED, _most(LONGEST)])


class Leave(TextForm):
    """The form by which a reader's account is removed."""

    password = PasswordField(lazy_gettext("密码"), [NEEDED, _most(LONGEST)])


class NewAccount(NewPassword):
    """The form for an account's owner."""

    name = StringField(lazy_gettext("姓名"), [NEEDED, _most(LONGEST_NAME)])
    login = StringField(lazy_gettext("账号"), [NEEDED, _most(LONGEST_LOGIN)])
