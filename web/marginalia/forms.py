"""The forms of marks."""

from __future__ import annotations

from flask_babel import lazy_gettext
from wtforms import HiddenField, RadioField, StringField, TextAreaField
from wtforms.validators import Length

from web.desk.forms import NEEDED, stripped
from web.forms import TextForm, choices_of
from web.marginalia import labels
from web.marginalia.models import LONGEST_PASSAGE, LONGEST_REMARK, Colour


class MarkForm(TextForm):
    """The form for the colour of a mark, and what is noted there."""

    colour = RadioField(
        lazy_gettext("颜色"),
        choices=choices_of(Colour, labels.COLOURS),
        default=Colour.YELLOW.value,
    )
    note = TextAreaField(lazy_gettext("批注（可不填）"), [Length(max=LONGEST_REMARK)], filters=[stripped])


class MarkPassage(MarkForm):
    """The form that marks a passage; ``place`` is the address of the text that was open."""

    place = HiddenField(validators=[NEEDED, Length(max=1000)])
    words = StringField(lazy_gettext("划哪些字句（不填就是全部）"), [Length(max=LONGEST_PASSAGE)], filters=[stripped])
