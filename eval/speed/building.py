"""How long an index on a cluster takes to build, and how much room it takes, with vectors and without.

    python -m eval.speed.building PATH... ADDRESS

builds two indexes, of ADDRESS and of the same name with ``-plain`` at its end, and leaves both there.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import click

from corpora.model import Access
from indexer.building.build import build
from indexer.cluster.address import ClusterAddress, index_address
from indexer.cluster.documents import WorkDocuments
from search.library import Library


def _no_windows(_: WorkDocuments, passages: range) -> list[list[str]]:
    return [[] for _ in passages]


def _measured(paths: Sequence[Path], address: ClusterAddress) -> str:
    began = time.monotonic()
    report = build(paths, address, access=Access.OPEN)
    seconds = time.monotonic() - began
    status = Library.open(address).status()
    size = status["bytes"]["engine"] / status["characters"]
    return f"{seconds:,.0f} s, {report.passages:,} passages, {size:.1f} bytes a character a copy"


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.argument("address")
@click.option("--vectors/--no-vectors", default=None, help="Build one of the two alone.")
def main(paths: tuple[Path, ...], address: str, vectors: bool | None) -> None:
    """Build indexes of PATHs on a cluster, where there are none of these names yet, and time it."""
    whole = index_address(address)
    if not isinstance(whole, ClusterAddress):
        sys.exit(f"{address}: name a cluster; `wenyuan bench` measures folders")
    if vectors is not True:
        with patch.object(WorkDocuments, "_windows", _no_windows):
            click.echo(f"without vectors: {_measured(paths, replace(whole, name=f'{whole.name}-plain'))}")
    if vectors is not False:
        click.echo(f"with vectors: {_measured(paths, whole)}")


if __name__ == "__main__":
    main()
