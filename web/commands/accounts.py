"""``accounts``: who may log in, looked after on the machine itself."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table

from web.api.schemas import Model
from web.commands import reports
from web.commands.options import database_option
from web.commands.printing import print_json

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from web.accounts.models import Account

ROLES = ("reader", "librarian", "reviewer", "administrator")
_LONGEST_LINE = 1000


@click.group()
def accounts() -> None:
    """Create accounts, change them, and list them.

    Passwords are asked for, or read from the standard input; they are never part of a command.

    \b
    wenyuan accounts add wang --name 王某 --role administrator
    wenyuan accounts invite --role librarian --site https://library.example
    """


@accounts.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print it for programs.")
@database_option
def list_(as_json: bool, address: str) -> None:
    """List all accounts."""
    from web.accounts import attempts, people

    with _session(address) as session:
        everyone = people.everyone(session)
        waiting = attempts.waiting(session, [each.login for each in everyone])
        rows = [
            reports.AccountReport(
                login=each.login,
                name=each.name,
                role=each.role.code,
                state="disabled" if not each.active else "locked" if each.login in waiting else "active",
                created=each.created.isoformat(timespec="seconds"),
                seen=each.seen.isoformat(timespec="seconds") if each.seen else None,
            )
            for each in everyone
        ]
    _show(rows, as_json)


@accounts.command()
@click.argument("login")
@click.option("--name", help="How the person is called.  [default: the login]")
@click.option("--role", type=click.Choice(ROLES), default="reader", show_default=True, help="What the person may do.")
@database_option
def add(login: str, name: str | None, role: str, address: str) -> None:
    """Make an account; its password is asked for, or read from the standard input."""
    from web.accounts import people
    from web.accounts.models import AccountRole

    with _session(address) as session:
        people.add(session, None, login, name or login, AccountRole.of(role), _password())
    click.echo(f"{login}: made, {role}")


@accounts.command()
@click.option("--role", type=click.Choice(ROLES), default="reader", show_default=True, help="What the person may do.")
@click.option(
    "--site",
    help="Where the site is.  [env var: WENYUAN_SITE, or `site` in WENYUAN_CONFIG; default: http://127.0.0.1:8000]",
)
@database_option
def invite(role: str, site: str | None, address: str) -> None:
    """Print a link by which somebody makes an account; it serves once, within seven days."""
    from web.accounts import people
    from web.accounts.models import AccountRole
    from web.serving.config import Config

    known = Config.read(None, site=site).site or "http://127.0.0.1:8000"

    with _session(address) as session:
        secret = people.invite(session, None, AccountRole.of(role))
    click.echo(f"{known}/account/invitation#{secret}")


@accounts.command()
@click.option("--json", "as_json", is_flag=True, help="Print it for programs.")
@database_option
def links(as_json: bool, address: str) -> None:
    """List the links that were given and still serve."""
    from web.accounts import people

    with _session(address) as session:
        rows = [
            reports.Link(
                link=str(each.id),
                recipient=each.account.login if each.account else each.role.code,
                giver=each.giver.login if each.giver else "(command line)",
                created=each.created.isoformat(timespec="seconds"),
                expires=each.expires.isoformat(timespec="seconds"),
            )
            for each in people.open_links(session)
        ]
    _show(rows, as_json)


@accounts.command()
@click.argument("link", type=click.IntRange(1, (1 << 31) - 1))
@database_option
def withdraw(link: int, address: str) -> None:
    """Withdraw a link; LINK is its number, as `links` lists it."""
    from web.accounts import people

    with _session(address) as session:
        held = people.link(session, link)
        if held is None:
            raise click.ClickException(f"{link}: no such link; `wenyuan accounts links` lists those that serve")
        people.withdraw(session, None, held)
    click.echo(f"{link}: withdrawn")


@accounts.command()
@click.option("--export", "file", required=True, type=click.Path(dir_okay=False, path_type=Path), help="A new file.")
@click.option("--before", "day", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The first day to be kept.")
@database_option
def audit(file: Path, day: datetime, address: str) -> None:
    """Move old lines of the audit log into FILE, as JSON Lines for the owner alone.

    The lines leave the database when they are safely in the file, and the log says how many went, of which time, and
    the file's SHA-256. Nothing else removes a line.
    """
    from web.accounts.retention import export
    from web.database.storage import Storage

    gone = export(Storage.open(address), file, day.astimezone())
    if gone is None:
        click.echo(f"no line is older than {day:%Y-%m-%d}")
    else:
        click.echo(f"{file}: {gone.lines} lines, {gone.first} to {gone.last}, SHA-256 {gone.digest}")


@accounts.command()
@click.argument("login")
@click.argument("role", type=click.Choice(ROLES))
@database_option
def role(login: str, role: str, address: str) -> None:
    """Set the role of an account."""
    from web.accounts import people
    from web.accounts.models import AccountRole

    with _session(address) as session:
        people.set_role(session, None, _found(session, login), AccountRole.of(role))
    click.echo(f"{login}: {role}")


@accounts.command()
@click.argument("login")
@database_option
def disable(login: str, address: str) -> None:
    """Disable an account, and end its sessions."""
    from web.accounts import people

    with _session(address) as session:
        people.disable(session, None, _found(session, login))
    click.echo(f"{login}: disabled")


@accounts.command()
@click.argument("login")
@database_option
def enable(login: str, address: str) -> None:
    """Enable an account: one that was disabled, or that waits after failures."""
    from web.accounts import people

    with _session(address) as session:
        people.enable(session, None, _found(session, login))
    click.echo(f"{login}: enabled")


@accounts.command("reset-password")
@click.argument("login")
@database_option
def reset_password(login: str, address: str) -> None:
    """Set a new password for an account, asked for or read from the standard input, and end its sessions."""
    from web.accounts import people

    with _session(address) as session:
        people.set_password(session, None, _found(session, login), _password())
    click.echo(f"{login}: new password; its sessions have ended")


@contextmanager
def _session(address: str) -> Iterator[Session]:
    """Open a session whose changes are committed unless an error is raised."""
    from web.accounts import labels  # these load the web framework and the database's library
    from web.accounts.people import AccountFailure
    from web.database.storage import Storage
    from web.presenting.labels import in_english

    try:
        with Storage.open(address).session.begin() as session:
            yield session
    except AccountFailure as failure:
        raise click.ClickException(labels.account_failure(failure.code, failure.detail, in_english)) from failure


def _show(rows: Sequence[Model], as_json: bool) -> None:
    if as_json:
        print_json(rows)
        return
    table = Table(show_edge=False, pad_edge=False)
    told = [row.model_dump(by_alias=True) for row in rows]
    for heading in told[0] if told else ():
        table.add_column(heading)
    for each in told:
        table.add_row(*(value or "" for value in each.values()))
    Console(markup=False).print(table)


def _found(session: Session, login: str) -> Account:
    from web.accounts import people

    account = people.find(session, login)
    if account is None:
        raise click.ClickException(f"{login}: no such account; `wenyuan accounts list` lists them")
    return account


def _password() -> str:
    if sys.stdin.isatty():
        password: str = click.prompt("Password", hide_input=True, confirmation_prompt="Again", err=True)
        return password
    return sys.stdin.readline(_LONGEST_LINE).rstrip("\r\n")
