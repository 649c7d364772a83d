"""Who is asking, and whether they may."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar, cast

from flask import Flask, abort, current_app, redirect, request, url_for
from flask.sessions import SecureCookieSessionInterface
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user
from flask_wtf.csrf import CSRFProtect
from sqlalchemy.exc import DBAPIError

from web.accounts.models import Account, Role
from web.storage import session

IDLE = 8 * 3600
"""Seconds after the last request at which a session ends."""

Parameters = ParamSpec("Parameters")
View = TypeVar("View", bound=ResponseReturnValue)


class _Sessions(SecureCookieSessionInterface):
    """Cookies are for https alone where the request came by it: a library's own network may have none."""

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure


def register(app: Flask, key: bytes) -> None:
    """Let people log in; ``key`` signs their cookies."""
    app.config.update(
        SECRET_KEY=key,
        SESSION_COOKIE_NAME="wenyuan",
        PERMANENT_SESSION_LIFETIME=IDLE,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
    )
    app.session_interface = _Sessions()
    manager = LoginManager(app)
    manager.user_loader(_load)
    CSRFProtect(app)


def current_account() -> Account | None:
    """Who is logged in; None for a reader without an account. A session that has none does not touch the database."""
    return cast(Account, current_user._get_current_object()) if current_user.is_authenticated else None


def may(role: Role) -> bool:
    """Whether who is asking has this role, or a higher one."""
    account = current_account()
    return account is not None and account.role >= role


def requires(role: Role) -> Callable[[Callable[Parameters, View]], Callable[Parameters, View]]:
    """Let a view answer only those who have this role, or a higher one; others are asked to log in, or refused."""

    def guard(view: Callable[Parameters, View]) -> Callable[Parameters, View]:
        @wraps(view)
        def guarded(*args: Parameters.args, **named: Parameters.kwargs) -> View:
            if current_account() is None:
                if request.method != "GET":
                    abort(401)
                wanted = request.full_path.rstrip("?")
                return cast(View, redirect(url_for("accounts.log_in", next=wanted)))
            if not may(role):
                abort(403)
            return view(*args, **named)

        guarded.requires = role  # type: ignore[attr-defined]  # for the test that asks it of every route
        return guarded

    return guard


def _load(carried: str) -> Account | None:
    """The account of a session, unless it was disabled or its sessions were ended.

    While the database can't be reached nobody is logged in, and what is open can be searched all the same.
    """
    number, _, mark = carried.partition(".")
    try:
        account = session().get(Account, int(number)) if number.isascii() and number.isdigit() else None
    except DBAPIError as failure:
        current_app.logger.error("%s: who is asking could not be looked up", request.path, exc_info=failure)
        return None
    return account if account and account.active and account.stamp == mark else None
