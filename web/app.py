"""The application: pages and endpoint over one index and one database."""

from __future__ import annotations

from typing import Any

from flask import Flask, request
from flask_babel import Babel
from flask_talisman import Talisman

from indexer.cluster.address import IndexAddress
from web import access, errors, policy, resuming, site
from web.accounts import guard
from web.accounts import setup as accounts
from web.accounts.keys import key_of
from web.accounts.models import AccountRole
from web.alerts import setup as alerts
from web.api import routes
from web.api.parameters import MAX_VALUE, BadParameter
from web.basket import setup as basket
from web.citing import setup as citing
from web.database import storage
from web.database.storage import Storage
from web.desk import setup as desk
from web.errata import setup as errata
from web.jobs import setup as jobs
from web.letters import setup as letters
from web.mailbox import setup as mailbox
from web.marginalia import setup as marginalia
from web.networks import behind_proxies
from web.pages import setup as pages
from web.presenting import labels, languages
from web.readers import setup as readers
from web.serving import admission, health, logs, metrics, timing
from web.serving.config import Config
from web.serving.state import place
from web.taking import setup as taking
from web.usage import pages as usage
from web.usage import recording


def create_app(
    index: IndexAddress, database: str = "", *, config: Config | None = None, force_https: bool = False
) -> Flask:
    """Create an application that answers from the index; the database is in memory where no address is given.

    Raises:
        IndexFailure: the index can't be opened.
        ManifestFailure: a manifest of a collection is not as it should be.
        StorageFailure: the database can't be opened.
    """
    app = Flask(__name__)
    app.config["BABEL_DEFAULT_LOCALE"] = "zh"
    app.config["MAX_CONTENT_LENGTH"] = 1 << 20  # the longest draft of a reply, nine bytes a character
    app.json.ensure_ascii = app.json.sort_keys = False  # type: ignore[attr-defined]  # the default provider has them
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    config = config or Config.model_construct()
    _operate(app, config)
    access.register(app, config, index)
    opened = Storage.open(database)
    storage.register(app, opened)
    app.before_request(_refuse_malformed)  # before tokens are looked for in the form
    guard.register(app, key_of(opened, place(opened, config, ".key")), config.session_hours)
    resuming.register(app)  # when tokens are looked after
    Babel(app, locale_selector=languages.locale)
    policy.register(app)
    Talisman(
        app,
        force_https=force_https,
        content_security_policy=policy.POLICY,
        referrer_policy="same-origin",
        strict_transport_security_include_subdomains=False,  # they are not ours to decide for
        session_cookie_secure=False,  # web.accounts.guard decides it for each request
    )
    citing.register(app, config)
    pages.register(app)
    basket.register(app)
    readers.register(app)
    taking.register(app)
    jobs.register(app, config)
    app.register_blueprint(routes.blueprint(routes.OPERATIONS))
    letters.register(app, config)
    mailbox.register(app)
    accounts.register(app, sign_up=config.sign_up)
    app.register_blueprint(usage.blueprint)
    recording.register(app)
    desk.register(app, place(opened, config, ".answers"), config.letterhead)
    errata.register(app)
    alerts.register(app)
    marginalia.register(app)
    errors.register(app, config.retry_after)
    app.context_processor(_shared)
    app.after_request(languages.remember)
    return app


def _operate(app: Flask, config: Config) -> None:
    """Register what serves operators. It comes first, so that all else is logged, counted and bounded."""
    app.wsgi_app = behind_proxies(app.wsgi_app, config.proxies)  # type: ignore[method-assign,assignment]  # how WSGI middleware is put on
    timing.register(app)
    logs.register(app, config)
    metrics.register(app, config)
    health.register(app)
    site.register(app, config)
    admission.register(app, config)


def _refuse_malformed() -> None:
    """Refuse fields without a name, at which libraries stumble, and binary data, which not every database can hold."""
    for given in (request.args, request.form):
        for name, value in given.items(multi=True):
            if name is None or "\0" in value:
                raise BadParameter((name or "")[:MAX_VALUE], "a field has no name, or holds binary data")


def _shared() -> dict[str, Any]:
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
    return {
        "language": languages.tag(),
        "languages": languages,
        "printed_address": site.here,
        "printed_day": storage.today,
        "other_languages": {code: name for code, name in languages.NAMES.items() if code != languages.language()},
        "kept": kept,
        "labels": labels,
        "root": request.script_root,
        "account": guard.current_account(),
        "seconds_left": guard.seconds_left,
        "may": guard.may,
        "Role": AccountRole,
    }
