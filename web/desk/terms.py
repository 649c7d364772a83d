"""Words of a question that are worth a search, found by jieba's keyword extraction."""

from __future__ import annotations

import jieba.analyse

MOST = 8


def terms(question: str) -> tuple[str, ...]:
    """The words that say most of what is asked, in the order of their weight."""
    return tuple(word for word in jieba.analyse.extract_tags(question, topK=MOST) if len(word) > 1)
