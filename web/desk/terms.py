"""Search terms of a question: all of it by its meaning, and its words one by one."""

from __future__ import annotations

import logging

import jieba.analyse

jieba.setLogLevel(logging.WARNING)

MOST = 8
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
    """Return the keywords of a question in the order of their weight, by jieba's keyword extraction."""
    return tuple(word for word in jieba.analyse.extract_tags(question, topK=MOST) if len(word) > 1)
