"""``serve``: the pages and the endpoint."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corpora.model import Access
from indexer.cluster.address import ClusterAddress, IndexAddress
from indexer.errors import Unavailable
from indexer.store.access import CollectionAccess
from web.commands.access import counted, undeclared_line
from web.commands.options import ON_CLUSTER, as_index, without_password

if TYPE_CHECKING:
    from web.serving.config import Config

_FOLDER = click.Path(file_okay=False, path_type=Path)
_SERVER = (
    "accounts, desk, limits and keys of a site over a cluster stand in PostgreSQL: name it by WENYUAN_DATABASE; with a "
    "file the site can be tried by one process on this machine alone, without --workers, --proxy and another --host"
)


@click.command()
@click.option("--host", help="Where to listen; 0.0.0.0 lets other machines in.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="The port; 0 takes a free one.  [default: 8000]")
@click.option(
    "--site",
    metavar="ADDRESS",
    help="The address that readers know, such as https://library.example: all that is printed, saved or sent begins "
    "with it.  [env var: WENYUAN_SITE; default: as each request has it]",
)
@click.option(
    "--hosts",
    multiple=True,
    metavar="NAME",
    help="Another host name that is answered, beside the site's own, localhost and plain addresses; may be repeated.  "
    "[env var: WENYUAN_HOSTS]",
)
@click.option("--workers", type=click.IntRange(1, 64), help="Processes that answer.  [default: one a core]")
@click.option("--threads", type=click.IntRange(1, 64), help="Requests that each works on at once.  [default: 2]")
@click.option(
    "--config",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A TOML file with these and more; see docs/operations.md.  [env var: WENYUAN_CONFIG]",
)
@click.option(
    "--index",
    metavar="FOLDER|ADDRESS",
    callback=as_index,
    help=f"The index: a folder, or {ON_CLUSTER}.  [env var: WENYUAN_INDEX; default: index]",
)
@click.option(
    "--database",
    callback=without_password,
    help="The database: a file, or postgresql://… without a password.  "
    "[env var: WENYUAN_DATABASE; default: data/wenyuan.sqlite]",
)
@click.option(
    "--library-network",
    "library_networks",
    multiple=True,
    metavar="NETWORK",
    help="A network of the library's rooms, such as 10.1.0.0/16; may be repeated. There, in-library collections open.  "
    "[env var: WENYUAN_LIBRARY_NETWORKS]",
)
@click.option(
    "--proxy",
    "proxies",
    multiple=True,
    metavar="NETWORK",
    help="A reverse proxy's address; may be repeated. It alone is believed as to where requests come from.  "
    "[env var: WENYUAN_PROXIES]",
)
@click.option(
    "--collections",
    type=_FOLDER,
    help="The folder of your own manifests of collections.  [env var: WENYUAN_COLLECTIONS; default: data/collections]",
)
@click.option(
    "--letterhead",
    type=_FOLDER,
    help="The folder of the library's own letterhead; `wenyuan letterhead` makes one.  [env var: WENYUAN_LETTERHEAD]",
)
def serve(file: Path | None, **options: Any) -> None:
    """Serve the index to browsers, and to programs under /api/v1, until Ctrl-C.

    What a later `wenyuan index` publishes is served without a restart, and so is what `wenyuan access` or a manifest
    says of who may read it. Collections of which nobody said it are not served.
    """
    from web.serving.config import Config  # it is a library that `--help` has no need of

    config = _alone(Config.read(file, **{name: value for name, value in options.items() if value != ()}))
    # Requests side by side use all cores; threads within one would only wait for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with tempfile.TemporaryDirectory(prefix="wenyuan-") as figures:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = figures  # before the library that reads it is loaded

        from web.access import shelf
        from web.app import create_app  # it loads the engines, which `--help` has no need of
        from web.database.storage import session
        from web.desk.knowledge import refreshed
        from web.desk.pages.answers import answers
        from web.serving import logs
        from web.serving.server import Server, listen

        app = create_app(config.index, config.database, config=config)
        found, missed = _found(config)
        _require_declared(found, config.index)
        shown = f"[{config.host}]" if ":" in config.host else config.host
        try:
            listening = listen(config.host, config.port)
        except (OSError, ValueError, OverflowError) as failure:
            reason = getattr(failure, "strerror", None) or str(failure).rstrip(".")
            advice = "name another with --host or --port"
            raise click.ClickException(f"{shown}:{config.port}: {reason}; {advice}") from failure
        if not ip_address(listening.getsockname()[0]).is_loopback or config.proxies:
            _require_for_all(found, config.index)
            _require_server(config)
        folded_as_now = True
        with app.app_context():
            # The first search reads the model and the dictionaries; no reader should wait for that.
            with suppress(Unavailable):
                shelf().library().warm_up()
                folded_as_now = shelf().library().is_folded_as_now
            refreshed(answers(), session())  # it may be missing, or made by an earlier version of the program
        logs.configure(config.log_level)
        click.echo(f"http://{shown}:{listening.getsockname()[1]}/ (Ctrl-C stops it)")
        click.echo(_addresses(config))
        if _is_for_trying(config):
            click.echo("on trial: one process, for the database is a file of this machine; PostgreSQL serves more")
        if missed:
            click.echo(f"{missed}; the desk is served, and searches will be as soon as it can be reached")
        for each in found:
            click.echo(_told(each))
        if not folded_as_now:
            click.echo(
                f"{config.index} was built with other tables of variants than this program has: some words are not "
                "found in it; build it anew in another folder (`wenyuan index PATH --index FOLDER`)"
            )
        Server(app, listening, config).run()


def _addresses(config: Config) -> str:
    """Return how links and references will begin, and which names are answered."""
    from web.site import is_address, names

    if config.site:
        begins = f"links and references begin with {config.site}"
    else:
        begins = "--site is not set: links and references begin with whatever address one came by"
    answered = ", ".join(["plain addresses", *sorted(name for name in names(config) if not is_address(name))])
    return f"{begins}; answered to: {answered} (--hosts adds names)"


def _is_for_trying(config: Config) -> bool:
    """Return whether the index is on a cluster, for any number of machines, but the database a file of this one."""
    from web.database.storage import is_on_server  # it loads the database's library, which `--help` has no need of

    return isinstance(config.index, ClusterAddress) and not is_on_server(config.database)


def _alone(config: Config) -> Config:
    """Return the configuration with one process, if it takes a database of this machine alone for trying a cluster."""
    if not _is_for_trying(config):
        return config
    if "workers" in config.model_fields_set and config.workers > 1:
        raise click.ClickException(f"workers: {config.workers} processes over a cluster; {_SERVER}")
    return config.model_copy(update={"workers": 1})


def _require_server(config: Config) -> None:
    """Refuse to let other machines in while what they write goes to a file of this one."""
    if _is_for_trying(config):
        raise click.ClickException(f"{config.database}: a file of this machine, and others would be served; {_SERVER}")


def _found(config: Config) -> tuple[Sequence[CollectionAccess], str]:
    """Return who may read the collections of the index; or none, and why it can't be reached.

    Then nothing is refused. What nobody declared is for staff alone in any case, and what is open on this machine is
    not shown to others.
    """
    from indexer.upkeep.declaring import survey

    try:
        return tuple(survey(config.index, config.collections).values()), ""
    except Unavailable as failure:
        return (), str(failure)


def _require_declared(found: Iterable[CollectionAccess], index: IndexAddress) -> None:
    """Refuse to serve collections of which nobody said who may read them."""
    undeclared = [each.collection for each in found if each.is_undeclared]
    if undeclared:
        lines = "; ".join(undeclared_line(name, index) for name in undeclared)
        advice = f"`wenyuan access --from-manifests --index {index}` does it for collections that have a manifest"
        raise click.ClickException(f"nobody has said who may read {', '.join(undeclared)}: {lines}; {advice}")


def _require_for_all(found: Iterable[CollectionAccess], index: IndexAddress) -> None:
    """Refuse to serve to other machines, or behind a proxy, what is open on this machine alone."""
    here = [each.collection for each in found if Access.THIS_MACHINE in each.effect]
    if here:
        advice = "; ".join(f"`wenyuan access {name} open --index {index}` (or in-library, or staff)" for name in here)
        raise click.ClickException(
            f"{', '.join(here)}: declared open on this machine alone, but other machines would be served: say {advice}"
        )


def _told(each: CollectionAccess) -> str:
    """Return a line on a collection: who may read how many of its works."""
    line = f"{each.collection}: {counted(each.effect)}"
    if each.is_closed_by_manifest_alone:
        line += " (by its manifest alone; `wenyuan access --from-manifests` writes it into the index, where it stays)"
    return line
