"""``access``: shows and changes who may read the collections of an index."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from corpora.model import Access
from indexer.cluster.address import IndexAddress
from indexer.store.access import CollectionAccess
from web.commands.options import collections_option, index_option


@click.command()
@click.argument("collection", required=False)
@click.argument("who", metavar="[ACCESS]", type=click.Choice(list(map(str, Access))), required=False)
@click.option("--from-manifests", is_flag=True, help="Declare what is undeclared as the collections' manifests say.")
@collections_option
@index_option
def access(collection: str | None, who: str | None, from_manifests: bool, own: Path, index: IndexAddress) -> None:
    """Show who may read the collections of an index, or change it.

    With COLLECTION and ACCESS (open, this-machine, in-library or staff) the index says so from now on. A collection's
    manifest can only close more: of the two the stricter holds. Nothing is indexed again, and servers follow at once.

    \b
    wenyuan access                     list the collections
    wenyuan access secret staff        close one
    wenyuan access --from-manifests    bring an index up to date that an earlier version built

    Exit status: 0 fine, 1 something is undeclared, 2 nothing done.
    """
    if collection and not who:
        raise click.UsageError(f"say who may read {collection}: {', '.join(Access)}")
    if collection and from_manifests:
        raise click.UsageError("name a collection or say --from-manifests, not both")

    from indexer.upkeep.declaring import adopt, declare, survey  # they load the engines, which `--help` has no need of

    before = survey(index, own)
    if collection and who:
        declare(index, collection, Access(who))
    elif from_manifests:
        adopt(index, own)
    after = survey(index, own)
    if collection or from_manifests:
        changed = [_change(before[name], each) for name, each in after.items() if before.get(name) not in (None, each)]
        click.echo("\n".join(changed) or "nothing changed")
        if collection and after[collection].is_closed_by_manifest_alone:
            click.echo(f"{collection}: its manifest is stricter than the index, and holds", err=True)
    else:
        _print(after)
    undeclared = [name for name, each in after.items() if each.is_undeclared]
    for name in undeclared:
        click.echo(undeclared_line(name, index), err=True)
    raise click.exceptions.Exit(1 if undeclared else 0)


def undeclared_line(collection: str, index: IndexAddress) -> str:
    """Return what is to be done about an undeclared collection."""
    return f"{collection}: undeclared; say `wenyuan access {collection} open --index {index}` (or in-library, or staff)"


def counted(works: Mapping[Access, int] | Mapping[Access | None, int]) -> str:
    """Return who may read how many works, as words."""
    return ", ".join(f"{number} {access or 'undeclared'}" for access, number in works.items())


def _change(before: CollectionAccess, after: CollectionAccess) -> str:
    told = f"{after.collection}: index: {counted(before.declared)} → {counted(after.declared)}"
    return f"{told}; in effect: {counted(before.effect)} → {counted(after.effect)}"


def _print(found: Mapping[str, CollectionAccess]) -> None:
    table = Table(show_edge=False, pad_edge=False)
    for heading in ("collection", "index", "manifest", "in effect"):
        table.add_column(heading)
    for each in found.values():
        manifest = each.manifest.value if each.manifest else "none"
        table.add_row(each.collection, counted(each.declared), manifest, counted(each.effect))
    Console().print(table)
