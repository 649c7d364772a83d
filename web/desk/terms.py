"""Search terms of a question: all of it by its meaning, and its words one by one."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import jieba.analyse

jieba.setLogLevel(logging.WARNING)

MOST = 8
ASIDE = frozenset(Path(__file__).with_name("asking.txt").read_text("utf-8").split())
"""Words that questions are asked with: no text answers to them."""
_HAN = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]")
LONGEST = 300
"""Characters of a question that are searched with: the beginning says what it is about."""


def query(question: str) -> str:
    """Return the question without what the query language would take for an operator.

    >>> query("上京在哪里？“會寧府” OR 白城？")
    '上京在哪里 會寧府 or 白城'
    """
    spaced = "".join(character if character.isalnum() else " " for character in question.lower())
    return " ".join(spaced.split())[:LONGEST]


def terms(question: str) -> tuple[str, ...]:
    """Return the keywords of a question in the order of their weight, by jieba's keyword extraction.

    Words of the asking itself are left out, and so is what has no Chinese character, which no text of ours has.

    >>> terms("请问古籍原文里上京会宁府是什么样？ask")
    ('会宁', '上京')
    """
    found = jieba.analyse.extract_tags(question, topK=MOST + len(ASIDE))
    kept = [word for word in found if len(word) > 1 and word not in ASIDE and _HAN.search(word)]
    return tuple(kept[:MOST])
