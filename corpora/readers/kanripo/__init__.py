"""Kanripo (漢籍リポジトリ): a folder of mandoku files ``KR2a0035_001.txt`` becomes one work.

Texts of one's own may be written in the same way, under an id of two capitals, digits and small letters.

The mandoku markup is described at https://www.kanripo.org/ and in its source,
https://github.com/mandoku/mandoku; what stands here beyond that was measured in the files themselves:

* ``¶`` ends a printed line, ``<pb:ID_EDITION_JUAN-PAGE>`` begins a page, ``#+PROPERTY: JUAN`` begins a section.
* ``(右/左)`` are the two columns of a note, read right then left. A note that is longer than its line is
  printed as one group a line, so groups that only a line break parts are one note.
* ``(臣/)`` is small type of the main text, unless it directly goes on with a note of the line before, as an
  odd last character or a word of respect that was raised to the head of its own line.
* One work uses no slash: there ``(爾)`` is small type, anything longer is a note, and a note runs over lines.
* ``&KR2038;``, ``[車*犬]`` and ``⿰車犬`` each stand for one character that had no code point.
* Files of the TLS project are outlines: ``** title`` begins a section, drawers (``:PROPERTIES:`` to ``:END:``) and
  keywords are no text, ``[[link][words]]`` is its words, and ``¶`` may begin a line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from corpora.catalogue import CatalogueRecord
from corpora.model import Problem, Section, Source, Work
from corpora.readers.kanripo.facsimiles import canvases
from corpora.readers.kanripo.files import DATA_FOLDER, TEXT_NAME, data_files, is_text
from corpora.readers.kanripo.volume import Volume

__all__ = ["DATA_FOLDER", "LICENCE", "SOURCE", "TEXT_NAME", "data_files", "read"]

SOURCE = "Kanripo"
LICENCE = "CC BY-SA 4.0"


def read(source: Source) -> Iterator[Work | Problem]:
    """Yield the one work of a Kanripo folder, after the problems in its files.

    A work of whose text nothing can be read is not yielded.
    """
    problems: list[Problem] = []
    texts = sorted(file for file in source.files if is_text(file))
    images = canvases(sorted(file for file in source.files if not is_text(file)), problems.append)
    sections: list[Section] = []
    title = edition = ""
    for file in texts:
        volume = Volume(file, images, problems.append, dict(source.options).get("encoding", ""))
        volume.read()
        sections += volume.sections()
        title = title or volume.title
        edition = edition or volume.edition
    yield from problems
    if sections:
        work_id = TEXT_NAME.fullmatch(texts[0].name)
        assert work_id  # is_text has matched it
        record = CatalogueRecord(title or work_id[1], edition=edition)
        if work_id[1].startswith("KR"):
            record = replace(record, licence=LICENCE, source=SOURCE)
        yield Work(work_id[1], record, tuple(sections))
