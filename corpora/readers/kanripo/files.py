"""Files of a Kanripo folder: texts, named by work and volume, and lists of page images in a folder beside them."""

from __future__ import annotations

import re
from pathlib import Path

TEXT_NAME = re.compile(r"([A-Z]{2}[0-9][0-9a-z]{3,8})_([0-9]{3,4})\.txt")
DATA_FOLDER = "_data"


def is_text(path: Path) -> bool:
    """Return whether a file is named as a Kanripo text file is, outside of the ``_data`` folder."""
    return bool(TEXT_NAME.fullmatch(path.name)) and DATA_FOLDER not in path.parts


def data_files(folder: Path) -> tuple[Path, ...]:
    """Return the files that say where the page images of a Kanripo folder are."""
    data = folder / DATA_FOLDER
    if data.is_symlink():
        return ()
    found = [*data.glob("imginfo.cfg"), *data.glob("imglist/imginfo.cfg"), *data.glob("imglist/*_*.txt")]
    return tuple(sorted(file for file in found if not file.is_symlink()))
