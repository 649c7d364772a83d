"""Write the catalogue of messages in traditional characters, from those that the English one has.

``python -m web.translations.traditional`` writes it anew; it isn't edited by hand.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from web.presenting.languages import traditional

HERE = Path(__file__).parent
_HEADER = "# Made by python -m web.translations.traditional."


def catalogue() -> Catalog:
    """Return every message in traditional characters."""
    with (HERE / "en" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        known = read_po(file)
    made = Catalog("zh_Hant", header_comment=_HEADER, creation_date=known.creation_date, fuzzy=False)
    for message in known:
        if message.id:
            # One form serves every number, and both ids name it.
            string = traditional(message.id if isinstance(message.id, str) else message.id[0])
            made.add(message.id, string if isinstance(message.id, str) else (string,), flags=message.flags)
    return made


def written(made: Catalog) -> bytes:
    """Return a catalogue as people read it."""
    file = BytesIO()
    write_po(file, made, sort_output=True, width=120)
    return file.getvalue()


def main() -> None:
    """Write the catalogue, and what pages read of it."""
    folder = HERE / "zh_Hant" / "LC_MESSAGES"
    folder.mkdir(parents=True, exist_ok=True)
    made = catalogue()
    (folder / "messages.po").write_bytes(written(made))
    with (folder / "messages.mo").open("wb") as file:
        write_mo(file, made)


if __name__ == "__main__":
    main()
