"""Formats of tables: one module each, a function from a table to the bytes of a file, piece by piece."""

TABLE_FORMAT_NAMES = ("csv", "xlsx", "jsonl", "md", "tei")
"""What addresses and the command line call them; :mod:`web.taking.formats.every` has the formats themselves."""
