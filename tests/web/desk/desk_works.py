"""Two small works, one with pages and notes, and an index of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from open_index import build

TEXT = "上京路即海古之地金之舊土也\n國言金曰按出虎按出虎水源於此故名金源\n會寧府初為會寧州太宗以建都升為府"
WORK = {
    "id": "jin",
    "title": "金史",
    "author": "脫脫等",
    "dynasty": "元",
    "edition": "文淵閣四庫全書",
    "sections": [
        {
            "title": "卷二十四",
            "text": TEXT,
            "pages": [{"label": "024-1a", "start": 0}, {"label": "024-1b", "start": TEXT.index("會寧府")}],
            "notes": [[TEXT.index("按出虎水"), TEXT.index("故名")]],
        }
    ],
}
OTHER = {"id": "note", "title": "白城記", "language": "zh", "text": "𤣥武門在白城北。\n\n今哈爾濱市阿城區。"}

PICTURED = {
    "id": "tu",
    "title": "圖志",
    "sections": [
        {
            "title": "卷一",
            "text": "長白山在會寧府之南\n混同江源出長白山",
            "pages": [
                {"label": "001-1a", "start": 0, "facsimile": "http://127.0.0.1:9/1.png"},
                {"label": "001-1b", "start": 10},
            ],
        },
        {"title": "卷二", "text": "上京無圖", "pages": [{"label": "002-1a", "start": 0}]},
    ],
}
"""A work with an image of one of its pages, which no host answers for."""


def write(folder: Path, *works: dict[str, object], gone: Sequence[str] = ()) -> Path:
    """An index of these works, or its next generation, from which the works ``gone`` are taken out."""
    (folder / "works.jsonl").write_text("\n".join(json.dumps(work, ensure_ascii=False) for work in works), "utf-8")
    build([folder / "works.jsonl"], folder / "index", remove=gone)
    return folder / "index"
