"""``letterhead``: the letterhead that comes along, to begin one's own from."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def letterhead(folder: Path) -> None:
    """Write the letterhead of replies into FOLDER, to begin your own from.

    Change it with Word or LibreOffice (reply.docx) and a text editor (reply.html, reply.css), and name the folder to
    `wenyuan serve --letterhead FOLDER`. Files that are there already are left as they are.
    """
    from web.desk import letterhead as shipped  # it loads the library for Word, which `--help` has no need of

    try:
        shipped.write_out(folder)
    except FileExistsError as failure:
        raise click.ClickException(f"{failure}; name another folder") from failure
    click.echo(f"{folder}: {', '.join((shipped.WORD, shipped.PAGE, shipped.STYLE))}")
