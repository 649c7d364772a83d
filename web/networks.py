"""The origin of a request: addresses as networks know them, and through proxies that are trusted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

from flask import request
from werkzeug.middleware.proxy_fix import ProxyFix

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Network = IPv4Network | IPv6Network
FORWARDED = (
    "Forwarded",
    "Via",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Port",
    "X-Forwarded-Prefix",
    "X-Forwarded-Proto",
    "X-Forwarded-Ssl",
    "X-Real-IP",
    "X-Client-IP",
    "X-Cluster-Client-IP",
    "True-Client-IP",
    "CF-Connecting-IP",
)
"""Headers that tell of a proxy: where one comes from a sender that is no declared proxy, the origin is not known."""
_SHARED = (64, 48)
"""Bits of an IPv6 address that one network's addresses share, and that all networks of one customer may share."""
_PROXIED = "werkzeug.proxy_fix.orig"
"""The key under which the middleware keeps what a request said before it: only it can write there, no client."""
_ORIGIN = "wenyuan.origin"
"""The variable of the WSGI environment with the address that a request is known to come from, or nothing."""
_SPEAKER = "wenyuan.speaker"
"""The same, but that a declared proxy which forwards nothing may speak for itself."""
_VARIABLES = tuple(f"HTTP_{name.upper().replace('-', '_')}" for name in FORWARDED)


def is_within(address: str | None, networks: Sequence[Network]) -> bool:
    """Return whether an address is in one of the networks; what is no address is in none."""
    known = _address(address)
    return known is not None and any(known in each for each in networks if each.version == known.version)


def networks_of(address: str | None) -> tuple[str, ...]:
    """Return what stands for a sender where attempts and places are counted, the smallest network first.

    An IPv4 address stands for itself. A customer with IPv6 has a network of addresses, and may have many such networks.

    >>> networks_of("2001:db8:1:2::9")
    ('2001:db8:1:2::/64', '2001:db8:1::/48')
    >>> networks_of("::ffff:192.0.2.7")
    ('192.0.2.7',)
    """
    known = _address(address)
    if isinstance(known, IPv6Address):
        return tuple(str(ip_network((known, bits), strict=False)) for bits in _SHARED)
    return (str(known),)


def networks() -> tuple[str, ...]:
    """Return the networks that stand for the sender of the request, as :func:`networks_of`."""
    return networks_of(request.remote_addr)


def came_by_proxy() -> bool:
    """Return whether the request came through one of the trusted proxies."""
    return _PROXIED in request.environ


def is_from(networks: Sequence[Network], *, proxies_too: bool = False) -> bool:
    """Return whether the request is known to come from one of the networks.

    It is not known where a forwarding header comes from somebody who is no declared proxy, nor where a declared proxy
    names no usable address. With ``proxies_too``, a declared proxy that sends no forwarding header speaks for itself.
    """
    return is_within(request.environ.get(_SPEAKER if proxies_too else _ORIGIN), networks)


def behind_proxies(app: WSGIApplication, proxies: Iterable[Network]) -> WSGIApplication:
    """Wrap the application for these proxies: they, and nobody else, are believed when they say who is asking."""
    trusted = tuple(proxies)
    told = ProxyFix(app, x_for=1, x_proto=1, x_host=1, x_prefix=1)

    def answer(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        peer = environ.get("REMOTE_ADDR", "")
        direct = "" if any(name in environ for name in _VARIABLES) else peer
        if is_within(peer, trusted):
            named = environ.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
            environ[_ORIGIN] = "" if is_within(named, trusted) else named
            environ[_SPEAKER] = environ[_ORIGIN] or direct
            return told(environ, start)
        environ[_ORIGIN] = environ[_SPEAKER] = direct
        for name in _VARIABLES:
            environ.pop(name, None)  # some libraries would believe it
        return app(environ, start)

    return answer


def _address(text: str | None) -> IPv4Address | IPv6Address | None:
    try:
        known = ip_address((text or "").partition("%")[0])
    except ValueError:
        return None
    return (isinstance(known, IPv6Address) and known.ipv4_mapped) or known
