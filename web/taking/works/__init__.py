"""Works to be taken away, whole: whether they may be, and the formats, one module each."""

WORK_FORMAT_NAMES = ("text", "tei", "epub", "epub-vertical")
"""What addresses and the command line call them; :mod:`web.taking.works.every` has the formats themselves."""
