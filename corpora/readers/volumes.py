"""Files of one folder that are the volumes of one work: 卷一.txt, 卷二.txt, 卷0003.md, 第四卷.txt, 序.txt beside
them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from corpora.readers import chapters, titles

_NUMBER = f"[{titles.NUMERALS}廿卅0-9]{{1,9}}"
_DIVISION = rf"(?:卷(?:之|第)?(?:{_NUMBER}[上中下]?|[上中下首末])|第{_NUMBER}[卷回章册冊][上中下]?)"
_NAME = re.compile(rf"{_DIVISION}(?:[ 　_.·-].{{1,60}})?")
_BESIDE = re.compile(
    "自?序[一二三四上下]?|敘|叙|自敘|前言|目[錄録录]|凡例|提要|題辭|题辞|引言|跋|後序|后序|附[錄録录]|卷首|卷末|補遺|补遗"
)
"""Files that belong to the work whose volumes stand beside them."""
_VOLUME = re.compile(rf"[\s·,，_-]*{_DIVISION}(?:[\s·_-].*)?")
_BEFORE, _AFTER = ("卷首",), ("卷末", "跋", "後", "后", "附", "補", "补")


def grouped(files: Sequence[Path]) -> tuple[Path, ...]:
    """Return the plain texts of a folder that are the volumes of one work, in order; empty where there are none.

    Files beside them that are no volumes stay works of their own.
    """
    volumes = [file for file in files if _NAME.fullmatch(file.stem)]
    if not volumes:
        return ()
    beside = [file for file in files if _BESIDE.fullmatch(file.stem)]
    return tuple(sorted([*volumes, *(file for file in beside if file not in volumes)], key=_order))


def title(given: Sequence[str]) -> str:
    """Return the common part of the volumes' titles as the title of their work; empty where there is none.

    >>> title(["江志 卷一", "江志 卷二"])
    '江志'
    """
    if len(given) == 1:
        return given[0]
    common = {_VOLUME.sub("", each) for each in given}
    return common.pop() if len(common) == 1 else ""


def section_title(volume: str, part: str) -> str:
    """Return the title of a volume's section: the volume's, and the part's own where it has one."""
    return volume if part == volume or volume.endswith(part) else f"{volume}{titles.SEPARATOR}{part}"


def section_path(volume: str, path: tuple[str, ...]) -> tuple[str, ...]:
    """Return the path of a volume's section: the volume, and its own without what only names the volume again."""
    return (volume, *(path[1:] if path and volume.endswith(path[0]) else path))


def _order(file: Path) -> tuple[int, tuple[chapters.ChapterOrder, ...], str]:
    """Return a key that sorts front matter first, then the volumes by their numbers, then what follows them."""
    name = file.stem
    place = 2 if name.startswith(_AFTER) else 1 if _NAME.fullmatch(name) and not name.startswith(_BEFORE) else 0
    return place, chapters.order(Path(name)), file.name
