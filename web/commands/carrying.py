"""``carry``: an index goes from a folder to a cluster, or back."""

from __future__ import annotations

import click

from indexer.cluster.address import IndexAddress
from web.commands.options import as_index
from web.commands.progress import Bars


@click.command()
@click.argument("source", metavar="FROM", callback=as_index)
@click.argument("target", metavar="TO", callback=as_index)
def carry(source: IndexAddress, target: IndexAddress) -> None:
    """Carry an index from a folder to a cluster, from a cluster to a folder, or from one cluster to another.

    What is published goes, with who may read it; nothing is read from the files that it was made of. At TO no index may
    stand yet, or what an earlier attempt has left, which then goes on. In the end every work of both is read and
    compared. FROM stays as it is, and can be served meanwhile.

    \b
    wenyuan carry index 'opensearch+https://host:9200/library?shards=3&replicas=1'
    wenyuan carry opensearch+https://host:9200/library index/copy

    Exit status: 0 both are equal, 1 they differ, 2 nothing done.
    """
    from indexer.cluster.carrying import carry as run  # it loads the engines, which `--help` has no need of
    from indexer.cluster.carrying import contents

    with Bars() as bars:
        done = run(source, target, on_progress=bars)
        here, there = contents(source, bars), contents(target, bars)
    click.echo(f"{target}: {done.works} works, generation {done.generation}", err=True)
    if differing := sorted(name for name in here.keys() | there.keys() if here.get(name) != there.get(name)):
        click.echo(f"they differ in {', '.join(name or 'what is said of all' for name in differing)}", err=True)
        raise click.exceptions.Exit(1)
    click.echo("every work is the same in both", err=True)
