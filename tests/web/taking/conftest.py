"""An index of works that try every format, and what answers from it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask
from open_index import build

from search.library import Library
from web.app import create_app

HOSTILE = "=cmd|' /C calc'!A0 @x \"q\" </script> ]]> & <b> | \\ `x` *y*"
WORKS = [
    {
        "id": "甲",
        "title": "=1+1|<甲書>]]>",
        "author": "某人",
        "dynasty": "清",
        "year": 1720,
        "licence": "CC BY-SA 4.0",
        "sections": [
            {
                "title": "卷一",
                "text": "山川草木，水出\n東方。水之北有注城郭。\n　水歸於海。",
                "pages": [
                    {"label": "001-1a", "start": 0, "facsimile": "https://example.org/1.png"},
                    {"label": "001-1b", "start": 12},
                ],
                "notes": [[17, 20]],
            },
            {"title": "卷二", "text": f"水{HOSTILE}水\u000b水\u2028水"},
        ],
    },
    {"id": "乙", "title": "乙書", "licence": "All rights reserved", "text": "花鳥風月，水流花謝。"},
    {"id": "丙", "title": "丙書", "text": "水" * 60},
]


@pytest.fixture(scope="package")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("taking")
    (folder / "works.jsonl").write_text("\n".join(json.dumps(each, ensure_ascii=False) for each in WORKS), "utf-8")
    build([folder / "works.jsonl"], folder / "index")
    return folder / "index"


@pytest.fixture(scope="package")
def library(index: Path) -> Library:
    return Library.open(index)


@pytest.fixture(scope="package")
def house(index: Path) -> Flask:
    return create_app(index)
