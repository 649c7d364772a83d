"""The form of an account's mail address."""

from __future__ import annotations

from flask_babel import lazy_gettext
from wtforms import EmailField, Field, ValidationError
from wtforms.validators import Length

from web.desk.forms import NEEDED, stripped
from web.forms import TextForm
from web.letters.models import LONGEST_RECIPIENT
from web.mail import address_in


def _is_address(form: TextForm, field: Field) -> None:
    if address_in(field.data) != field.data:
        raise ValidationError(lazy_gettext("请写一个邮件地址，如 name@example.org。"))


class MailAddress(TextForm):
    """The form for a mail address."""

    address = EmailField(
        lazy_gettext("邮件地址"), [NEEDED, Length(max=LONGEST_RECIPIENT), _is_address], filters=[stripped]
    )
