"""Which hosts are answered, and which address stands in all that is printed, saved and sent."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from click import ClickException
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from people import logged_in, token

from web import site
from web.accounts.models import AccountRole
from web.app import create_app
from web.commands import serving
from web.commands.accounts import invite
from web.serving.config import Config

SITE = "https://library.example/wenyuan"
ASKED_AT = "http://intern.lan:8401"


def asking(index: Path, **keys: object) -> FlaskClient:
    return create_app(index, config=Config(**keys)).test_client()  # type: ignore[arg-type]  # a test's shorthand


# Hosts


@pytest.mark.parametrize(
    ("keys", "host", "status"),
    [
        ({}, "localhost", 200),
        ({}, "LOCALHOST:8000", 200),
        ({}, "localhost.", 200),
        ({}, "127.0.0.1:8000", 200),
        ({}, "[::1]:8000", 200),
        ({}, "10.1.2.3:8000", 200),  # an address can't be pointed elsewhere
        ({}, "evil.example", 421),
        ({}, "localhost.evil.example", 421),
        ({}, "evil.example:80@localhost", 421),
        ({}, "localhost/evil.example", 421),
        ({}, "127.1", 421),
        ({}, "localhost:x", 421),
        ({}, "library.example", 421),
        ({"site": SITE}, "library.example", 200),
        ({"site": "https://library.example:8443"}, "library.example:8443", 200),
        ({"site": SITE}, "evil.example", 421),
        ({"site": SITE}, "localhost", 200),
        ({"hosts": "old.example other.example"}, "other.example", 200),
        ({"hosts": ["圖書館.example"]}, "xn--ldso38aj21b.example", 200),
        ({"hosts": ["old.example"]}, "evil.example", 421),
        ({"host": "reading-room.lan"}, "reading-room.lan:8000", 200),
        ({"host": "0.0.0.0"}, "evil.example", 421),
    ],
)
def test_only_known_hosts_are_answered(index: Path, keys: dict[str, object], host: str, status: int) -> None:
    for path in ("/about", "/api/v1/search?q=x", "/static/style.css"):
        response = asking(index, **keys).get(path, headers={"Host": host})
        assert response.status_code == status, path
        assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_a_refusal_says_so_to_people_and_to_programs(index: Path) -> None:
    page = asking(index).get("/search?q=x", headers={"Host": "evil.example"})
    assert "hosts" in page.text
    problem = asking(index).get("/api/v1/search?q=x", headers={"Host": "evil.example"})
    assert problem.get_json()["type"] == "urn:wenyuan:problem:unknown-host"
    assert "evil.example" in problem.get_json()["detail"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_balancers_need_no_name(index: Path, path: str) -> None:
    assert asking(index).get(path, headers={"Host": "balancer-probe"}).status_code == 200


def test_a_declared_proxy_names_the_host_and_nobody_else(index: Path) -> None:
    proxied = asking(index, proxies="192.0.2.9", site=SITE)
    told = {"Host": "localhost", "X-Forwarded-Host": "evil.example", "X-Forwarded-For": "192.0.2.1"}
    assert proxied.get("/about", headers=told, environ_base={"REMOTE_ADDR": "192.0.2.9"}).status_code == 421
    assert proxied.get("/about", headers=told, environ_base={"REMOTE_ADDR": "192.0.2.8"}).status_code == 200


# The address


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("", ""),
        ("https://Library.Example/", "https://library.example"),
        ("http://10.1.2.3:8000", "http://10.1.2.3:8000"),
        ("https://圖書館.example/文", None),
        ("https://圖書館.example", "https://xn--ldso38aj21b.example"),
        ("https://[2001:db8::1]:8443/w/", "https://[2001:db8::1]:8443/w"),
        ("library.example", None),
        ("ftp://library.example", None),
        ("https://", None),
        ("https://user@library.example", None),
        ("https://library.example:99999", None),
        ("https://library.example/?q=1", None),
        ("https://library.example/#a", None),
        ("https://library.example/<b>", None),
        ("https://library.example\r\nX: y", None),
    ],
)
def test_an_address_that_can_not_be_used_is_named(given: str, kept: str | None) -> None:
    if kept is None:
        with pytest.raises(ClickException, match=r"site: .*operations\.md"):
            Config.read(None, site=given)
    else:
        assert Config.read(None, site=given).site == kept


@pytest.mark.parametrize("given", ["https://library.example", "library.example:8000", "", "a b", "[::1]"])
def test_a_host_that_can_not_be_one_is_named(given: str) -> None:
    with pytest.raises(ClickException, match=r"hosts\.0: "):
        Config.read(None, hosts=(given,))


@pytest.fixture(params=[SITE, ""], ids=["configured", "not configured"])
def served(request: pytest.FixtureRequest, index: Path) -> tuple[Flask, str]:
    """An application, and the address that all it sends has to begin with when it is asked at intern.lan:8401."""
    app = create_app(index, config=Config(site=request.param, hosts=("intern.lan",)))
    return app, request.param or ASKED_AT


def test_an_invitation_leads_to_the_site(served: tuple[Flask, str]) -> None:
    app, begins = served
    administrator, path = logged_in(app, AccountRole.ADMINISTRATOR), "/administration/accounts"
    page = administrator.post(
        path, data={"doing": "invite", "role": "reader", "csrf_token": token(administrator, path)}
    ).text
    expected = begins.replace(ASKED_AT, "http://localhost")
    assert re.findall("https?://[^ <>]+/account/invitation#", page)[0] == f"{expected}/account/invitation#"
    with app.test_request_context("/", base_url=ASKED_AT):
        assert site.address_of("accounts.invitation", _anchor="x") == f"{begins}/account/invitation#x"
    with app.test_request_context("/", base_url=f"{ASKED_AT}/prefix"):
        told = site.address_of("accounts.invitation", _anchor="x")
        assert told == (f"{SITE}/account/invitation#x" if begins == SITE else f"{ASKED_AT}/prefix/account/invitation#x")


def test_programs_are_told_the_address(served: tuple[Flask, str]) -> None:
    app, begins = served
    told = app.test_client().get("/api/v1/openapi.json", base_url=ASKED_AT).get_json()
    assert told["servers"] == [{"url": f"{SITE}/api/v1" if begins == SITE else "/api/v1"}]


def test_the_command_line_invites_to_the_configured_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def invited(*options: str) -> str:
        return CliRunner().invoke(invite, ["--database", str(tmp_path / "db.sqlite"), *options]).output

    assert invited().startswith("http://127.0.0.1:8000/account/invitation#")
    file = tmp_path / "wenyuan.toml"
    file.write_text(f'site = "{SITE}"\n')
    monkeypatch.setenv("WENYUAN_CONFIG", str(file))
    assert invited().startswith(f"{SITE}/account/invitation#")
    monkeypatch.setenv("WENYUAN_SITE", "https://other.example")
    assert invited().startswith("https://other.example/account/invitation#")
    assert invited("--site", "https://third.example/").startswith("https://third.example/account/invitation#")
    assert "it begins with https://" in invited("--site", "third.example")


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({}, "--site is not set"),
        ({"site": SITE}, f"begin with {SITE}; answered to: plain addresses, library.example, localhost"),
        ({"hosts": ("old.example",), "host": "0.0.0.0"}, "plain addresses, localhost, old.example"),
    ],
)
def test_serving_says_what_will_be_printed(config: dict[str, Any], said: str) -> None:
    assert said in serving._addresses(Config(**config))


def test_no_subdomain_is_forced_to_https(client: FlaskClient) -> None:
    told = client.get("/about", base_url="https://localhost").headers["Strict-Transport-Security"]
    assert "includeSubDomains" not in told
