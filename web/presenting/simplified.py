"""Simplified characters for display alone: as many as there are, so that all that is said of places stays true."""

from __future__ import annotations

from functools import cache

from opencc import OpenCC


def simplified(text: str) -> str:
    """Return a text in simplified characters, one for each.

    >>> simplified("會寧府\\n乾隆")
    '会宁府\\n乾隆'
    """
    return "\n".join(map(_line, text.split("\n")))


def _line(line: str) -> str:
    whole = _converter().convert(line)
    return whole if len(whole) == len(line) else "".join(map(_character, line))


@cache
def _character(char: str) -> str:
    one = _converter().convert(char)
    return one if len(one) == 1 else char


@cache
def _converter() -> OpenCC:
    return OpenCC("t2s")
