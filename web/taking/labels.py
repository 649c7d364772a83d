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
"""What a format of a table is called, and what it is for."""
WORK_FORMATS = {
    "epub": ("EPUB", lazy_gettext("电子书，横排")),
    "epub-vertical": ("EPUB", lazy_gettext("电子书，直排")),
    "tei": ("TEI", lazy_gettext("叶、行、夹注、缺字、书影")),
    "text": ("TXT", lazy_gettext("纯文字")),
}
"""The same of a format of works."""
REFUSALS = {
    "licence": lazy_gettext("全书不能取走：没有写明许可，或许可不容人人复制。摘引、逐处不受此限。"),
    "access": lazy_gettext("全书不能取走：它不是人人可读。摘引、逐处不受此限。"),
    "manifest": lazy_gettext("全书不能取走：馆方没有开放。摘引、逐处不受此限。"),
}
"""Why a work can't be taken away."""
