"""How a text is displayed: what a reader may set. An address sets it for one visit, a script keeps it for the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import cast

from flask_babel import LazyString, lazy_gettext


class Layout(StrEnum):
    """The direction of writing."""

    HORIZONTAL = "horizontal"
    VERTICAL = "vertical"


class Lines(StrEnum):
    """Whether lines end where the edition's do. What is indented, and headings, stand apart anyhow."""

    FITTING = "fitting"  # as the edition has them, but run on where the screen is narrow
    EDITION = "edition"
    RUN = "run"


class NotesPlace(StrEnum):
    """Where interlinear notes are shown; a note in which the words stand is never hidden."""

    INLINE = "inline"
    ASIDE = "aside"
    HIDDEN = "hidden"


class Characters(StrEnum):
    """The characters that are shown; they are simplified for display alone."""

    ORIGINAL = "original"
    SIMPLIFIED = "simplified"


class Size(StrEnum):
    """The size of the text."""

    MEDIUM = "medium"
    SMALL = "small"
    LARGE = "large"
    LARGEST = "largest"


class LineLength(StrEnum):
    """The length of lines at most."""

    MEDIUM = "medium"
    NARROW = "narrow"
    WIDE = "wide"


class Paper(StrEnum):
    """The colours of page and text."""

    SYSTEM = "system"
    LIGHT = "light"
    SEPIA = "sepia"
    DARK = "dark"


Setting = Layout | Lines | NotesPlace | Characters | Size | LineLength | Paper
SETTINGS: Mapping[str, type[Setting]] = MappingProxyType(
    {
        "layout": Layout,
        "lines": Lines,
        "notes": NotesPlace,
        "characters": Characters,
        "size": Size,
        "measure": LineLength,
        "paper": Paper,
    }
)
"""What may be set, by its name in addresses; the first value of each is that of who has set nothing."""
NAMES: Mapping[str, LazyString] = MappingProxyType(
    {
        "layout": lazy_gettext("排法"),
        "lines": lazy_gettext("分行"),
        "notes": lazy_gettext("夹注"),
        "characters": lazy_gettext("字形"),
        "size": lazy_gettext("字号"),
        "measure": lazy_gettext("行长"),
        "paper": lazy_gettext("底色"),
    }
)
VALUES: Mapping[Setting, LazyString] = MappingProxyType(
    {
        Layout.HORIZONTAL: lazy_gettext("横排"),
        Layout.VERTICAL: lazy_gettext("直排"),
        Lines.FITTING: lazy_gettext("依底本，窄屏连排"),
        Lines.EDITION: lazy_gettext("依底本"),
        Lines.RUN: lazy_gettext("连排"),
        NotesPlace.INLINE: lazy_gettext("行内"),
        NotesPlace.ASIDE: lazy_gettext("旁列"),
        NotesPlace.HIDDEN: lazy_gettext("隐去"),
        Characters.ORIGINAL: lazy_gettext("底本原字"),
        Characters.SIMPLIFIED: lazy_gettext("以简体显示"),
        Size.MEDIUM: lazy_gettext("中"),
        Size.SMALL: lazy_gettext("小"),
        Size.LARGE: lazy_gettext("大"),
        Size.LARGEST: lazy_gettext("特大"),
        LineLength.MEDIUM: lazy_gettext("中"),
        LineLength.NARROW: lazy_gettext("短"),
        LineLength.WIDE: lazy_gettext("长"),
        Paper.SYSTEM: lazy_gettext("随系统"),
        Paper.LIGHT: lazy_gettext("浅"),
        Paper.SEPIA: lazy_gettext("旧纸"),
        Paper.DARK: lazy_gettext("深"),
    }
)


def first(name: str) -> Setting:
    """Return the value of a setting that nobody has set."""
    return cast("Setting", next(iter(SETTINGS[name])))


@dataclass(frozen=True, slots=True)
class Display:
    """How a text is displayed. ``given`` are the settings that the address has, by name; the others are the first."""

    given: Mapping[str, Setting]

    def __getitem__(self, name: str) -> Setting:
        return self.given[name] if name in self.given else first(name)

    @property
    def carried(self) -> dict[str, str]:
        """The settings as addresses of other pages carry them on."""
        return {name: str(value) for name, value in self.given.items()}

    @property
    def is_vertical(self) -> bool:
        """Whether columns go from right to left."""
        return self["layout"] is Layout.VERTICAL

    @property
    def is_simplified(self) -> bool:
        """Whether characters are simplified as they are displayed."""
        return self["characters"] is Characters.SIMPLIFIED

    @property
    def styles(self) -> str:
        """The classes of the text that style it so."""
        names = ("lines", "notes", "size", "measure")
        return " ".join([*(f"{name}-{self[name]}" for name in names), *(["vertical"] if self.is_vertical else [])])

    def choices(self) -> list[tuple[str, LazyString, list[tuple[str, LazyString, bool]]]]:
        """Return what a form offers: name and label of each setting, and its values, labels and whether it is set."""
        return [
            (name, NAMES[name], [(str(value), VALUES[value], value is self[name]) for value in values])
            for name, values in SETTINGS.items()
        ]


def display_of(arguments: Mapping[str, str]) -> Display:
    """Return the display that an address asks for; what it can't mean is passed over."""
    return Display(
        {
            name: values(arguments[name])
            for name, values in SETTINGS.items()
            if arguments.get(name) in {str(value) for value in values}
        }
    )
