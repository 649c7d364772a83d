"""The bundled articles on Heilongjiang are complete, and the modern queries point at articles that exist."""

from __future__ import annotations

import json
import re
from pathlib import Path

import frontmatter
import pytest

ROOT = Path(__file__).parents[2]
ARTICLES = sorted((ROOT / "corpora" / "bundled" / "heilongjiang").glob("*.md"))
QUERIES = ROOT / "eval" / "datasets" / "bundled_queries.jsonl"
TEXT_FIELDS = {
    "id", "title", "author", "dynasty", "category", "place", "language", "script", "date", "licence", "source",
}  # fmt: skip


@pytest.mark.parametrize("path", ARTICLES, ids=lambda path: path.stem)
def test_article_is_complete(path: Path) -> None:
    article = frontmatter.loads(path.read_text(encoding="utf-8"))
    assert set(article.metadata) == TEXT_FIELDS
    assert all(isinstance(value, str) and value.strip() for value in article.metadata.values())
    assert article["id"] == f"hlj-{path.name[:2]}"
    assert (article["language"], article["script"], article["licence"]) == ("zh", "Hans", "CC0-1.0")
    assert 200 <= len(re.sub(r"\s", "", article.content)) <= 350
    paragraphs = article.content.split("\n\n")
    assert len(paragraphs) in (2, 3)
    assert all(paragraph.endswith(("。", "”")) for paragraph in paragraphs)


def test_articles_have_ids_and_titles_of_their_own() -> None:
    articles = [frontmatter.loads(path.read_text(encoding="utf-8")) for path in ARTICLES]
    assert len(articles) >= 60
    assert len({article["id"] for article in articles}) == len(articles)
    assert len({article["title"] for article in articles}) == len(articles)


def test_queries_are_unique_and_answered_by_articles_that_exist() -> None:
    queries = [json.loads(line) for line in QUERIES.read_text(encoding="utf-8").splitlines()]
    known = {f"hlj-{path.name[:2]}" for path in ARTICLES}
    assert len(queries) >= 90
    assert len({query["id"] for query in queries}) == len(queries)
    assert len({query["query"] for query in queries}) == len(queries)
    for query in queries:
        assert set(query) == {"id", "query", "relevant"}
        assert query["query"].strip()
        assert query["relevant"]
        assert set(query["relevant"]) <= known
