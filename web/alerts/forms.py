"""The forms of saved searches."""

from __future__ import annotations

from flask_babel import lazy_gettext
from wtforms import HiddenField, StringField
from wtforms.validators import Length

from web.alerts.models import LONGEST_TITLE
from web.alerts.searches import LONGEST
from web.desk.forms import NEEDED, stripped
from web.forms import TextForm


class Rename(TextForm):
    """The form for what a saved search is called."""

    title = StringField(lazy_gettext("名称"), [NEEDED, Length(max=LONGEST_TITLE)], filters=[stripped])


class Save(Rename):
    """The form that saves a search."""

    search = HiddenField(validators=[NEEDED, Length(max=LONGEST)])
