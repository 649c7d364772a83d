"""The forms of people."""

from __future__ import annotations

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from web.accounts.models import LONGEST_LOGIN
from web.accounts.passwords import LONGEST

NEEDED = InputRequired(lazy_gettext("请填写这一项。"))


class LogIn(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """Who one is, and where one wanted to go."""

    login = StringField(lazy_gettext("账号"), [NEEDED, Length(max=LONGEST_LOGIN)])
    password = PasswordField(lazy_gettext("密码"), [NEEDED, Length(max=LONGEST)])
    next = HiddenField()
