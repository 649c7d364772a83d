"""The serve command."""

from __future__ import annotations

from pathlib import Path

import click

from web.commands.options import index_option


@click.command()
@index_option
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--threads", type=click.IntRange(1, 64), default=4, show_default=True, help="Requests at a time.")
def serve(index: Path, host: str, port: int, threads: int) -> None:
    """Serve the search page and the JSON endpoint from an index.

    Behind a proxy that speaks HTTPS, bind to a local address and let the proxy pass requests on.
    """
    import waitress

    from web.app import create_app

    application = create_app(index)
    click.echo(f"Wenyuan 文渊: http://{host}:{port}  (Ctrl-C stops it)")
    waitress.serve(application, host=host, port=port, threads=threads, ident=None)
