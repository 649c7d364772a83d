"""The content security policy: what a page may load, and from which other hosts a page of a facsimile may.

A page loads nothing from elsewhere, but for images of a work's pages: a view says whose addresses it shows, and the
policy of its answer, and of no other, names their hosts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Flask, Response, g

POLICY = {
    "default-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "object-src": "'none'",
}
MOST_HOSTS = 16
"""Other hosts that one answer may name; images of any more are links alone."""

_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_HEADER = "Content-Security-Policy"


def register(app: Flask) -> None:
    """Register with an application, before whatever sets the policy of all answers: the last one is asked first."""
    app.after_request(_name_hosts)


def host_of(address: str) -> str:
    """Return scheme, host and port of a web address as a policy names them; empty where it can't.

    >>> host_of("HTTP://img.Example.org:8080/a.png"), host_of("http://[::1]/a.png"), host_of("data:image/png,")
    ('http://img.example.org:8080', '', '')
    """
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").encode("idna").decode("ascii")
        port = f":{parts.port}" if parts.port else ""
    except ValueError:  # a name that can't be one is no less than that
        return ""
    is_plain = parts.scheme in ("http", "https") and parts.username is None and _HOST.fullmatch(host)
    return f"{parts.scheme}://{host}{port}" if is_plain else ""


@dataclass(frozen=True, slots=True)
class ImageHosts:
    """Hosts from which images may be loaded, and those of them that may be asked about theirs."""

    images: tuple[str, ...] = ()
    services: tuple[str, ...] = ()


def hosts_of(images: Iterable[str], services: Iterable[str]) -> ImageHosts:
    """Return the hosts of images and of services of images; of very many the first."""
    asked = dict.fromkeys(filter(None, map(host_of, services)))
    loaded = tuple(asked | dict.fromkeys(filter(None, map(host_of, images))))[:MOST_HOSTS]
    return ImageHosts(loaded, tuple(host for host in asked if host in loaded))


def allow(hosts: ImageHosts) -> None:
    """Add these hosts to those from which the page that is being answered may load images.

    A browser that has come by https may ask a host that is named with http by https, too (CSP 3, section 6.7.2.8).
    """
    g.image_hosts = hosts


def _name_hosts(response: Response) -> Response:
    """Name the hosts in the policy of an answer."""
    hosts: ImageHosts = g.get("image_hosts", ImageHosts())
    named = {"img-src": hosts.images, "connect-src": hosts.services}
    more = {name: " ".join(("'self'", *each)) for name, each in named.items() if each}
    if more and response.status_code == 200:
        response.headers[_HEADER] = "; ".join(f"{name} {value}" for name, value in (POLICY | more).items())
    return response
