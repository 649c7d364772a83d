"""The address that the site is known by, and the host names that are answered.

A request names the host that it is for, and may name any. Whatever is printed, saved, mailed or sent therefore begins
with the configured address, and a request that names a foreign host is refused: a page elsewhere could else have its
own name point here (DNS rebinding) and read, from a reader's browser, what is for the library's rooms.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from flask import Flask, current_app, request, url_for
from werkzeug.urls import uri_to_iri

from web.serving.config import Config

LOOPBACK = ("localhost", "127.0.0.1", "::1")
"""Hosts that are always answered."""
ANYHOW = ("health.alive", "health.ready")
"""Endpoints that are answered whatever the host: they tell nothing, and balancers name hosts of their own."""
_SITE = "SITE"


class UnknownHost(Exception):
    """The request names a host that is not answered; the message is its name."""


def register(app: Flask, config: Config) -> None:
    """Refuse requests to hosts that are not ours; an address (10.1.0.5) can't be pointed elsewhere, and is answered."""
    app.config[_SITE] = config.site
    answered = names(config)

    @app.before_request
    def refuse_foreign_hosts() -> None:
        name = host_of(request.host)
        if request.endpoint not in ANYHOW and name not in answered and not is_address(name):
            raise UnknownHost(name)


def names(config: Config) -> frozenset[str]:
    """Return the host names that are answered."""
    return frozenset((*LOOPBACK, *config.hosts, config.host.lower(), *filter(None, [host_of(config.site, "")])))


def configured() -> str:
    """Return the configured address; empty where there is none."""
    return str(current_app.config[_SITE])


def root() -> str:
    """Return the address that everything printed, saved or sent begins with, without a slash at its end.

    Where none is configured it is that of the request, whose host is one that is answered.
    """
    return configured() or request.url_root.rstrip("/")


def is_settled() -> bool:
    """Return whether what is kept for good may bear the site's address: it is configured, or all is on this machine."""
    return bool(configured()) or host_of(request.host) in LOOPBACK


def address_of(endpoint: str, **values: Any) -> str:
    """Return the whole address of a page, to be handed to somebody."""
    return root() + url_for(endpoint, **values)[len(request.script_root) :]


def here() -> str:
    """Return the whole address of the page that is shown, in readable characters, but for the language it is in."""
    asked = [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
    query = f"?{urlencode(asked)}" if asked else ""
    return uri_to_iri(root() + quote(request.path) + query)


def host_of(address: str, prefix: str = "//") -> str:
    """Return the host of an address, or of a ``Host`` header, in lower case and without its port; empty where it has
    none.

    >>> host_of("Library.Example:8000"), host_of("[::1]:80"), host_of("a@b:c"), host_of("https://x.example/y", "")
    ('library.example', '::1', '', 'x.example')
    """
    try:
        parts = urlsplit(prefix + address)
        _ = parts.port  # a port that is no number is an error
    except ValueError:
        return ""
    return "" if "@" in parts.netloc else (parts.hostname or "").removesuffix(".")


def is_address(name: str) -> bool:
    """Return whether a host is named by its address."""
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
