"""``serve``: the pages and the endpoint."""

from __future__ import annotations

from pathlib import Path

import click

from web.commands.options import database_option, index_option


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen; 0.0.0.0 lets other machines in.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="The port.")
@click.option(
    "--threads", type=click.IntRange(1, 256), default=4, show_default=True, help="How many requests run at once."
)
@click.option(
    "--library-network",
    "networks",
    multiple=True,
    metavar="NETWORK",
    envvar="WENYUAN_LIBRARY_NETWORKS",
    show_envvar=True,
    help="A network of the library's rooms, such as 10.1.0.0/16; may be repeated. There, in-library collections open.",
)
@click.option(
    "--proxy",
    "proxies",
    multiple=True,
    metavar="NETWORK",
    envvar="WENYUAN_PROXIES",
    show_envvar=True,
    help="A reverse proxy's address; may be repeated. It alone is believed as to where requests come from.",
)
@index_option
@database_option
@click.option(
    "--letterhead",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    envvar="WENYUAN_LETTERHEAD",
    show_envvar=True,
    help="The folder of the library's own letterhead; `wenyuan letterhead` makes one.",
)
def serve(
    host: str,
    port: int,
    threads: int,
    networks: tuple[str, ...],
    proxies: tuple[str, ...],
    folder: Path,
    address: str,
    letterhead: Path | None,
) -> None:
    """Serve the index to browsers, and to programs under /api/v1, until Ctrl-C.

    What a later `wenyuan index` publishes is served without a restart.
    """
    import waitress

    from search.results import SearchRequest
    from web.addresses import network
    from web.app import create_app  # it loads the engines, which `--help` has no need of
    from web.desk.knowledge import refreshed
    from web.desk.pages.answers import answers
    from web.shelf import shelf
    from web.storage import session

    try:
        rooms, trusted = [network(each) for each in networks], [network(each) for each in proxies]
    except ValueError as failure:
        raise click.ClickException(f"--library-network or --proxy: {failure}") from failure
    app = create_app(folder, address, networks=rooms, proxies=trusted, letterhead=letterhead)
    shown = f"[{host}]" if ":" in host else host
    try:
        server = waitress.create_server(
            app, host=host, port=port, threads=threads, ident=None, clear_untrusted_proxy_headers=not trusted
        )
    except (OSError, ValueError) as failure:
        reason = getattr(failure, "strerror", None) or str(failure).rstrip(".")
        raise click.ClickException(f"{shown}:{port}: {reason}; name another with --host or --port") from failure
    with app.app_context():
        # The first search reads the model and the dictionaries; no reader should wait for that.
        shelf().library().search(SearchRequest("江"))
        refreshed(answers(), session())  # it may be missing, or made by an earlier version of the program
    click.echo(f"http://{shown}:{port}/ (Ctrl-C stops it)")
    server.run()
