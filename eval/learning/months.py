"""The first days of lunar months, reckoned by sxtwl (寿星天文历), for ``indexer/dates/months.tsv``.

    pip install sxtwl
    python -m eval.learning.months

sxtwl (BSD) knows how the calendar of each time was reckoned; of regimes side by side it has the southern one. Years
whose months do not follow each other in it, as where the year was begun two months earlier, are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import click

from indexer.dates import lunar

YEARS = range(1, 1950)


def rows() -> Iterator[str]:
    """Yield a line for each year: the Julian day of its first day, its leap month, and which months have 30 days."""
    for year in YEARS:
        leap, firsts = _months(year)
        _, following = _months(year + 1)
        days = [after - before for before, after in pairwise([*firsts, following[0]])]
        if set(days) <= {29, 30}:
            yield f"{year}\t{firsts[0]}\t{leap}\t{''.join(str(each - 29) for each in days)}\n"


def _months(year: int) -> tuple[int, list[int]]:
    """Return the leap month of a lunar year, 0 where there is none, and the Julian days on which its months begin."""
    import sxtwl

    leap: int = sxtwl.getRunMonth(year)
    firsts = []
    for month in range(1, 13):
        for is_leap in (False, True) if month == leap else (False,):
            day = sxtwl.fromLunar(year, month, 1, is_leap)
            noon = sxtwl.Time(day.getSolarYear(), day.getSolarMonth(), day.getSolarDay(), 12, 0, 0)
            firsts.append(round(sxtwl.toJD(noon)))
    return leap, firsts


@click.command()
@click.option("--into", type=click.Path(dir_okay=False, path_type=Path), default=lunar.TABLE, show_default=True)
def main(into: Path) -> None:
    """Write the table of lunar months."""
    into.write_text(lunar.HEAD + "".join(rows()), "utf-8")


if __name__ == "__main__":
    main()
