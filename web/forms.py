"""What every form of the site is."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_wtf import FlaskForm


class TextForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """A form of text alone: a file that is sent in the place of a field is not there, nor is JSON."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]  # as above
        """How the form reads what was sent."""

        def wrap_formdata(self, form: FlaskForm, formdata: Any) -> Any:
            """Return the fields that were sent."""
            sent = super().wrap_formdata(form, formdata)
            return sent if sent is None or sent is formdata else request.form or None
