"""``carry``: an index goes from a folder to a cluster, or back."""

from __future__ import annotations

import click

from indexer.cluster.address import ClusterAddress, IndexAddress
from web.commands.options import ON_CLUSTER, as_index
from web.commands.progress import Bars


@click.command()
@click.argument("source", metavar="FROM", callback=as_index)
@click.argument("target", metavar="TO", callback=as_index)
def carry(source: IndexAddress, target: IndexAddress) -> None:
    """Carry an index from a folder to a cluster, or from a cluster to a folder.

    What is published goes, with who may read it; nothing is read from the files that it was made of. TO must be empty,
    or what an earlier attempt has left, which then goes on. FROM stays as it is, and can be served meanwhile.

    \b
    wenyuan carry index 'opensearch+https://host:9200/library?shards=3&replicas=1'
    wenyuan carry opensearch+https://host:9200/library index/copy

    Exit status: 0 done and verified, 2 not.
    """
    if isinstance(source, ClusterAddress) == isinstance(target, ClusterAddress):
        kind, command = ("clusters", "wenyuan backup") if isinstance(source, ClusterAddress) else ("folders", "cp -a")
        raise click.UsageError(
            f"FROM and TO are both {kind}: one is a folder, the other {ON_CLUSTER}; a copy is made by `{command}`"
        )

    from indexer.cluster.carrying import carry as run  # it loads the engines, which `--help` has no need of

    with Bars() as bars:
        done = run(source, target, bars)
    click.echo(f"{target}: generation {done.generation}, {done.works} works, {done.bytes:,} bytes of texts", err=True)
