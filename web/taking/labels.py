"""Words for taking away. Chinese here, English in the catalogue of translations."""

from __future__ import annotations

from flask_babel import lazy_gettext

FORMATS = {
    "csv": ("CSV", lazy_gettext("各种表格软件与程序")),
    "xlsx": ("XLSX", lazy_gettext("Excel、WPS 表格")),
    "jsonl": ("JSON Lines", lazy_gettext("给程序，一行一条")),
    "md": ("Markdown", lazy_gettext("笔记")),
    "tei": ("TEI", lazy_gettext("数字人文的 XML")),
}
"""What a format is called, and what it is for."""
