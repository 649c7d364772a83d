"""Page images: lists in ``_data/imglist`` say which image each page has, ``imginfo.cfg`` where the images are."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from corpora.model import Canvas
from corpora.readers.kanripo.files import TEXT_NAME
from corpora.readers.lines import Report, lines

_NO_IMAGE = "missing/missing"
"""What a list has for a page of which there is no image."""


def canvases(files: list[Path], report: Report) -> dict[tuple[str, str], Canvas]:
    """Return the page images by edition and page label, from ``_data/imglist`` and ``imginfo.cfg``.

    The lists are of one volume each and in the order of its pages, so that the images of an edition are counted through
    all of them.
    """
    bases: dict[str, str] = {}
    for file in files:
        if file.name == "imginfo.cfg":
            bases.update(_image_bases(file, report))
    images: dict[tuple[str, str], Canvas] = {}
    counts: Counter[str] = Counter()
    if not bases:
        return images
    for file in files:
        if not TEXT_NAME.fullmatch(file.name) or not file.stat().st_size:
            continue  # a volume without images has an empty list
        for _, line in lines(file, report):
            fields = line.split("\t")
            if len(fields) < 3:
                continue
            edition, _, label = fields[1].partition(" ")
            if edition in bases and label:
                counts[edition] += 1
                if (image := fields[2].strip()) != _NO_IMAGE:
                    images[edition, label] = Canvas(counts[edition], bases[edition] + image)
    return images


def _image_bases(file: Path, report: Report) -> dict[str, str]:
    """Return the folders of page images by edition: lines such as ``WYG=http://…`` below ``[Versions]``.

    They are taken apart here, for the patterns of ``configparser`` try a line of blanks in the square of its length.
    """
    bases: dict[str, str] = {}
    section = ""
    for _, line in lines(file, report):
        line = line.strip()
        name, sign, base = (part.strip() for part in line.partition("="))
        if line.startswith("["):
            section = line.strip("[]")
        elif section == "Versions" and sign and base.startswith(("http://", "https://")):
            bases[name] = base
    return bases
