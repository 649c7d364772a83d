"""A form that could not be taken keeps what was written in it, and can be sent again from the page that says why.

Whatever goes wrong with a POST (the session or the form's token is over, the server was started again, the case has
changed, there is too much to do, the database can't be written), the page that answers holds the fields in a form to
the same address, with a fresh token; where it takes an account and nobody is logged in, one logs in on that page.

Nothing is done without a click on a page that shows what will be done: the fields are shown, the page can't be framed,
and a form that another site sent is not offered. The token is checked as for any form, and so is the role, by the view
itself. Passwords and other secrets must be typed again; files are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, make_response, render_template, request, url_for
from werkzeug.exceptions import HTTPException

from web.accounts import labels as account_labels
from web.accounts.guard import current_account
from web.accounts.pages import log_in
from web.caching import keep_nowhere
from web.presenting import labels, languages

LOG_IN = "log-in-here"
"""The field of a form that brings name and password, too."""
_CREDENTIALS = (LOG_IN, "login", "password")
TOKEN = "csrf_token"
SECRETS = ("password", "again", "current", "secret")
"""Fields that are never shown again."""
WRITTEN = ("text", "question", "note", "reason", "name", "contact", "heading", "tags", "q")
"""Fields into which people write at length, or what they would have to look up again."""
BOOKKEEPING = ("after", "sheet", "here", "sure")
"""Fields that a page keeps for itself: nobody chose them, and nobody is shown them."""
MOST_FIELDS = 50
"""Of more fields none of our forms is made."""
_LONG = 80
"""Characters from which on a value is shown in a box of several lines."""


@dataclass(frozen=True, slots=True)
class SentField:
    """A field that was sent: its name, what people call it, and its value, empty for a secret."""

    name: str
    label: str
    value: str

    @property
    def secret(self) -> bool:
        """Whether it must be typed again."""
        return self.name in SECRETS

    @property
    def long(self) -> bool:
        """Whether it takes a box of several lines."""
        return self.name in ("text", "question") or len(self.value) > _LONG or "\n" in self.value

    @property
    def bookkeeping(self) -> bool:
        """Whether the page keeps it for itself."""
        return self.name in BOOKKEEPING

    @property
    def written(self) -> bool:
        """Whether it is a person's own writing, that may be changed before it is sent again."""
        return self.name in WRITTEN


@dataclass(frozen=True, slots=True)
class Again:
    """Everything needed to send a form again: what it does, to which address, with which fields, whether to log in."""

    act: str
    address: str
    fields: tuple[SentField, ...]
    log_in: bool
    login: str


def register(app: Flask) -> None:
    """Register the resuming of forms, also by logging in; to be called after tokens are looked after."""
    app.before_request(_log_in_first)


def page(status: int, shown: str = "", *, bare: bool = False) -> Response:
    """Return a failure's page: why, what to do about it, and the form that failed, if one did.

    With ``bare`` nothing is asked of the database: the page has no navigation, and doesn't know who is logged in.
    """
    again = _again(bare)
    heading, help_ = labels.kept_form(status) if again else labels.failure(status)
    told = {"status": status, "heading": heading, "help": help_, "shown": shown, "again": again}
    if not bare:
        response = make_response(render_template("error.html", layout="base.html", **told), status)
    else:
        # Not render_template: what it adds to every page asks the database who is logged in.
        template = current_app.jinja_env.get_template("error.html")
        response = make_response(template.render(layout="bare.html", language=languages.tag(), **told), status)
    return keep_nowhere(response) if again else response


def is_written() -> bool:
    """Return whether the form that was sent holds anything that a person would not like to write again."""
    return any(request.form.get(name, "").strip() for name in WRITTEN)


def needs_account() -> bool:
    """Return whether the address that was asked is for people with an account alone."""
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, "requires", None) is not None


def _log_in_first() -> Response | None:
    if request.method != "POST" or LOG_IN not in request.form or not needs_account() or current_account():
        return None
    answer = make_response(log_in())
    if current_account():
        g.pop(TOKEN, None)  # the session is a new one, and so is its token
        return None
    shown = account_labels.wrong_password() if answer.status_code == 401 else ""
    response = page(answer.status_code, shown)
    if wait := answer.headers.get("Retry-After"):
        response.headers["Retry-After"] = wait
    return response


def _again(bare: bool) -> Again | None:
    """Return what was sent, if it can be offered again."""
    if request.method != "POST" or request.url_rule is None or not request.endpoint or _from_elsewhere():
        return None
    try:
        sent = list(request.form.items(multi=True))
    except HTTPException:  # more than is read
        return None
    if len(sent) > MOST_FIELDS or any(name is None or "\0" in name + value for name, value in sent):
        return None
    here = not bare and needs_account() and current_account() is None
    left_out = {TOKEN, LOG_IN, *(_CREDENTIALS if here or LOG_IN in request.form else ())}
    fields = tuple(
        SentField(name, labels.field(name), "" if name in SECRETS else value)
        for name, value in sent
        if name not in left_out
    )
    if here and any(each.secret for each in fields):
        return None  # who is to choose a password has to log in first
    return Again(
        act=labels.act(request.endpoint),
        address=url_for(request.endpoint, **(request.view_args or {})),
        fields=fields,
        log_in=here,
        login=request.form.get("login", "") if here and LOG_IN in request.form else "",
    )


def _from_elsewhere() -> bool:
    """Return whether another site sent the form. Browsers say so, and pages can't make them say anything else."""
    if site := request.headers.get("Sec-Fetch-Site"):
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc != request.host
