from pathlib import Path

import pytest

from eval.learning.names import entries, former

BOOK = """#+TITLE: 書
<pb:KR2a0037_WYG_001-1a>¶
　　人名¶
¶
　　努(爾)蘇　(鳥也卷二作耨里思)¶
　　伊蘇濟(勒　九也卷三作乙室已)¶
　　實喇　(黄色也卷一作轄剌又卷十六作虚列非一人¶
併改)¶
　　貝勒　(管理之稱卷一作勃堇又作勃極烈併改)¶
　　興克　(瘠田也卷一作興和村名)¶
　　耀珠　(卷七作咬住因無解義但改字面)¶
　　薩　(帽也卷九作撒)¶
　　雅里　(肉也從史卷六十四原文)¶
"""


@pytest.fixture
def found(tmp_path: Path) -> list[tuple[str, str, str]]:
    (tmp_path / "KR2a0037_001.txt").write_text(BOOK, "utf-8")
    return [(old, entry.name, kind) for entry in entries(tmp_path) for old, kind in former(entry)]


def test_a_note_gives_every_old_spelling_without_what_stands_behind_it(found: list[tuple[str, str, str]]) -> None:
    assert found == [
        ("耨里思", "努爾蘇", "person"),
        ("乙室已", "伊蘇濟勒", "person"),
        ("轄剌", "實喇", "person"),
        ("虚列", "實喇", "person"),
        ("勃堇", "貝勒", "person"),
        ("勃極烈", "貝勒", "person"),
        ("興和", "興克", "place"),
        ("咬住", "耀珠", "person"),
    ]
