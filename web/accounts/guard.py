"""Authentication and authorization of requests."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import ParamSpec, TypeVar, cast

from blinker import Namespace
from flask import Flask, Response, abort, after_this_request, current_app, g, redirect, request, url_for
from flask import session as cookie
from flask.sessions import SecureCookieSessionInterface
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user, login_user, logout_user
from flask_wtf.csrf import CSRFProtect
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy.exc import DBAPIError

from web.accounts import sessions
from web.accounts.models import Account, AccountRole
from web.accounts.sessions import Current
from web.database.storage import session
from web.serving.logs import shown_path

DEVICE_COOKIE = "wenyuan-browser"
"""Tells a browser that has logged in before: strangers' failures don't make it wait."""
_DEVICE_LIFE = timedelta(days=365)
_DEVICE_ACCOUNTS = 8
"""Accounts that a browser is known to."""
_SECRET = "session"
"""The cookie's key of the secret of its session."""
_LIFE = "ACCOUNT_SESSION_LIFE"
UNCOUNTED = ("accounts.session_left", "desk.present")
"""The endpoints that are asked by pages left open, which is no use of a session."""

welcoming = Namespace().signal("welcoming")
"""Somebody is being logged in, and the cookie is still that of before. The sender is the application; receivers get
``account``, and take part in the transaction."""

ViewParameters = ParamSpec("ViewParameters")
View = TypeVar("View", bound=ResponseReturnValue)


class _Sessions(SecureCookieSessionInterface):
    """Session cookies for https alone where the request came by it: a library's own network may have none."""

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure


def register(app: Flask, key: bytes, session_hours: float) -> None:
    """Register logging in with the application; sessions last so many hours at most, ``key`` signs cookies."""
    life = timedelta(hours=session_hours)
    app.config.update(
        {_LIFE: life},
        SECRET_KEY=key,
        SESSION_COOKIE_NAME="wenyuan",
        PERMANENT_SESSION_LIFETIME=life,
        SESSION_REFRESH_EACH_REQUEST=False,  # rows know the last use; an old page's answer must not undo a new log-in
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
    )
    app.session_interface = _Sessions()
    manager = LoginManager(app)
    manager.user_loader(_load)
    CSRFProtect(app)


def current_account() -> Account | None:
    """Return who is logged in; None for a reader without an account. Without a session the database is not touched."""
    return cast(Account, current_user._get_current_object()) if current_user.is_authenticated else None


def acting() -> Account:
    """Return who is logged in, on a page where somebody is."""
    account = current_account()
    assert account is not None
    return account


def welcome(account: Account) -> None:
    """Begin a session in the place of this browser's last one, and commit; nothing of before stays in the cookie."""
    if before := cookie.get(_SECRET):
        sessions.end(session(), before)
    welcoming.send(current_app._get_current_object(), account=account)  # type: ignore[attr-defined]  # it is a proxy
    secret, begun = sessions.begin(session(), account, request.user_agent.string, life())
    session().commit()
    g.account_session = begun
    cookie.clear()
    cookie.permanent = True
    cookie[_SECRET] = secret
    login_user(account)
    _remember_browser(account)


def farewell() -> None:
    """End the session, and forget it in this browser even if the database can't be written.

    Raises:
        DBAPIError: it could not be ended in the database.
    """
    secret = cookie.get(_SECRET)
    logout_user()
    cookie.clear()
    if secret:
        sessions.end(session(), secret)
        session().commit()


def current_session() -> Current | None:
    """Return the session of the request; None for a reader without an account."""
    return cast("Current | None", g.get("account_session")) if current_user.is_authenticated else None


def life() -> timedelta:
    """Return how long a session lasts at most."""
    return cast(timedelta, current_app.config[_LIFE])


def seconds_left() -> int:
    """Return seconds until the session ends if it is not used; 0 where there is none.

    Raises:
        DBAPIError: the database can't be read.
    """
    held = current_session()
    if held is None and (failure := g.get("unknown")) is not None:
        raise failure
    return held.left if held else 0


def known_browser(account: Account | None) -> str:
    """Return the key of this browser if it has logged in to the account since its password was set; or nothing."""
    name, accounts = _browser()
    return name if account and accounts.get(str(account.id)) == _mark(account) else ""


def may(role: AccountRole) -> bool:
    """Return whether the account of the request has this role, or a higher one."""
    account = current_account()
    return account is not None and account.role >= role


def requires(role: AccountRole) -> Callable[[Callable[ViewParameters, View]], Callable[ViewParameters, View]]:
    """Restrict a view to this role and higher ones; others are asked to log in, or refused."""

    def guard(view: Callable[ViewParameters, View]) -> Callable[ViewParameters, View]:
        @wraps(view)
        def guarded(*args: ViewParameters.args, **named: ViewParameters.kwargs) -> View:
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
    """Return the account of a session, unless it was disabled or the session is over.

    While the database can't be reached nobody is logged in, and what is open can be searched all the same.
    """
    number, _, mark = carried.partition(".")
    try:
        held = sessions.find(session(), str(cookie.get(_SECRET, "")), life())
    except DBAPIError as failure:
        current_app.logger.error("%s: who is asking could not be looked up", shown_path(), exc_info=failure)
        g.unknown = failure
        return None
    if held is None or str(held.account_id) != number or not held.account.active or held.account.stamp != mark:
        return None
    account = held.account
    g.account_session = sessions.current(held, life())
    if request.endpoint not in UNCOUNTED:
        try:
            if sessions.touch(session(), held):
                g.account_session = sessions.current(held, life())
        except DBAPIError as failure:
            current_app.logger.warning("the last use of a session could not be noted: %s", failure.orig)
    return account


def _browser() -> tuple[str, dict[str, str]]:
    """Return the name of this browser, and a mark for each account that it has logged in to; empty where it is new."""
    try:
        name, accounts = _signer().loads(request.cookies.get(DEVICE_COOKIE, ""))
    except BadSignature:
        return "", {}
    return name, accounts


def _remember_browser(account: Account) -> None:
    name, accounts = _browser()
    kept = {number: mark for number, mark in accounts.items() if number != str(account.id)}
    kept = dict([*kept.items(), (str(account.id), _mark(account))][-_DEVICE_ACCOUNTS:])
    told = _signer().dumps((name or secrets.token_urlsafe(12), kept))

    @after_this_request
    def remember(response: Response) -> Response:
        response.set_cookie(
            DEVICE_COOKIE, told, max_age=_DEVICE_LIFE, httponly=True, samesite="Lax", secure=request.is_secure
        )
        return response


def _mark(account: Account) -> str:
    """Return a digest of the account's password for a cookie: another password makes all browsers strangers."""
    return hashlib.sha256(account.stamp.encode()).hexdigest()[:16]


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="browser")
