"""Where a request comes from: addresses as networks know them, and through proxies that are trusted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

from flask import request
from werkzeug.middleware.proxy_fix import ProxyFix

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Network = IPv4Network | IPv6Network
_SHARED = (64, 48)
"""Bits of an IPv6 address that one network's addresses share, and that all networks of one customer may share."""
_PROXIED = "werkzeug.proxy_fix.orig"
"""Where the middleware keeps what a request said before it: only it can write there, no client."""


def is_within(address: str | None, networks: Sequence[Network]) -> bool:
    """Whether an address is in one of the networks; what is no address is in none."""
    known = _address(address)
    return known is not None and any(known in each for each in networks if each.version == known.version)


def networks() -> tuple[str, ...]:
    """What stands for whoever sends the request, where attempts are counted: the smallest network first.

    An IPv4 address stands for itself. A customer with IPv6 has a network of addresses, and may have many such networks.
    """
    known = _address(request.remote_addr)
    if isinstance(known, IPv6Address):
        return tuple(str(ip_network((known, bits), strict=False)) for bits in _SHARED)
    return (str(known),)


def came_by_proxy() -> bool:
    """Whether the request came through one of the proxies that are believed."""
    return _PROXIED in request.environ


def behind_proxies(app: WSGIApplication, proxies: Iterable[Network]) -> WSGIApplication:
    """The application behind these proxies: they, and nobody else, are believed when they say who is asking."""
    trusted = tuple(proxies)
    told = ProxyFix(app, x_for=1, x_proto=1, x_host=1, x_prefix=1)

    def answer(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        chosen = told if is_within(environ.get("REMOTE_ADDR"), trusted) else app
        return chosen(environ, start)

    return answer


def _address(text: str | None) -> IPv4Address | IPv6Address | None:
    try:
        known = ip_address((text or "").partition("%")[0])
    except ValueError:
        return None
    return (isinstance(known, IPv6Address) and known.ipv4_mapped) or known
