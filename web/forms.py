"""What every form of the site is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from flask import request
from flask_wtf import FlaskForm
from wtforms import SelectChoice

Kind = TypeVar("Kind", bound=StrEnum)


class TextForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """A form of text alone: a file that is sent in the place of a field is not there, nor is JSON."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]  # as above
        """How the form reads what was sent."""

        def wrap_formdata(self, form: FlaskForm, formdata: Any) -> Any:
            """Return the fields that were sent."""
            sent = super().wrap_formdata(form, formdata)
            return sent if sent is None or sent is formdata else request.form or None


def choices_of(kinds: Iterable[Kind], words: Mapping[Kind, Any]) -> list[SelectChoice]:
    """Return what a field offers: the kinds that there are words for, in their order."""
    return [SelectChoice(each.value, words[each]) for each in kinds if each in words]
