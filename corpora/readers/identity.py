"""Ids of works that bring none along: the name of the file or folder, and more of where it stands if two have one name.

An id is made of nothing but the path below what was named, so that it is the same from run to run and on every machine,
wherever that stands: ``列傳``, else ``金史-列傳``, else with the name of what was named,
else with the suffix, else with a digest.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from corpora.model import Problem, Source, Work
from corpora.readers import records

OPTION = "id"
"""The option of a source that gives its work an id."""


def identifier(name: str) -> str:
    """Return the id made of a name; empty where none can be made of it."""
    try:
        return records.work_id({}, name)
    except ValueError:
        return ""


def with_id(source: Source, name: str) -> Source:
    """Return the source with the id ``name`` for its work, unless its file says another; empty means no id."""
    others = tuple((option, value) for option, value in source.options if option != OPTION)
    return replace(source, options=(*others, (OPTION, name)) if name else others)


def candidates(top: Path, source: Source) -> Iterator[str]:
    """Yield ids for the work of a source found under ``top``, each longer than the one before; the last is unique."""
    top, root = top.resolve(), source.root.resolve()
    within = root.relative_to(top).parts if root.is_relative_to(top) else (root.name,)
    shown = list(within) or [top.name]
    bare = [*shown[:-1], Path(shown[-1]).stem] if source.root in source.files else shown
    named = top.name if within else top.parent.name
    yield identifier("-".join(bare))
    yield identifier("-".join([named, *bare]))
    yield identifier("-".join(shown))
    digest = hashlib.sha256("/".join([named, *shown]).encode()).hexdigest()[:8]
    yield f"{identifier('-'.join(bare))[:90] or 'work'}-{digest}"


def told_apart(found: Sequence[tuple[Path, Source, str]]) -> list[Source]:
    """Return the sources, given with their roots and default ids, with ids that all differ."""
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for number, (_, _, default) in enumerate(found):
        groups[default].append(number)
    taken = {default for default, numbers in groups.items() if len(numbers) == 1}
    sources = [source for _, source, _ in found]
    for default, numbers in groups.items():
        if not default or len(numbers) == 1:
            continue
        chosen: tuple[str, ...] = ()
        for chosen in zip(*(candidates(*found[number][:2]) for number in numbers), strict=True):
            if all(chosen) and len(set(chosen)) == len(chosen) and taken.isdisjoint(chosen):
                break
        taken.update(chosen)
        for number, name in zip(numbers, chosen, strict=True):
            sources[number] = with_id(sources[number], "" if name == default else name)
    return sources


def distinct_works(items: Iterable[Work | Problem], seen: dict[str, Path], file: Path) -> Iterator[Work | Problem]:
    """Yield the items, with a problem in place of each work whose id ``seen`` already has.

    ``seen`` maps the ids so far to where they were found, and takes up the new ones as found in ``file``.
    """
    for item in items:
        if isinstance(item, Work):
            if item.id in seen:
                yield Problem(file, 0, f"work {item.id} was already read from {seen[item.id]}; it is left out")
                continue
            seen[item.id] = file
        yield item
