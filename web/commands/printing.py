"""What commands print: JSON for programs, texts that steer no terminal for people."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

import click
from pydantic_core import to_jsonable_python
from rich.console import Console
from rich.text import Text

_STEERING = re.compile("[\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u2069\\ud800-\\udfff]")

_SIGNS = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\t\n"} | dict.fromkeys(
    range(0x7F, 0xA0), 0xFFFD
)


def print_json(value: object) -> None:
    """Print a value (a model, a dataclass, or plain data of them) for programs.

    What would steer a terminal, or can't be written at all, is escaped, which means the same in JSON.
    """
    written = json.dumps(to_jsonable_python(value), ensure_ascii=False, indent=2)
    click.echo(_STEERING.sub(lambda each: f"\\u{ord(each[0]):04x}", written))


def print_explanations(console: Console, explanations: Iterable[tuple[str, str]]) -> None:
    """Print how a query was read."""
    from web.presenting import labels  # it loads the web framework, which `--help` has no need of

    for code, detail in explanations:
        console.print(Text(labels.explanation(code, detail, labels.in_english), style="yellow"))


def visible(text: str) -> str:
    """Return the text with a sign for each control character, which a terminal would obey."""
    return text.translate(_SIGNS)
