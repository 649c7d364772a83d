"""Addresses become searches and back."""

from __future__ import annotations

from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.catalogue import FILTERS
from search.model import Mode, Scope, SearchRequest, Sort
from web.api.parameters import SEARCH, SEARCH_FORM, BadParameter, read
from web.presenting.urls import arguments, page_url

WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
REQUESTS = st.builds(
    SearchRequest,
    q=WORDS,
    mode=st.sampled_from(Mode),
    scope=st.sampled_from(Scope),
    strict=st.booleans(),
    aliases=st.booleans(),
    filters=st.dictionaries(st.sampled_from(FILTERS), st.lists(WORDS, min_size=1, max_size=3, unique=True).map(tuple)),
    sort=st.sampled_from(Sort),
    limit=st.integers(1, 100),
    cursor=st.just("") | WORDS,
    facets=st.booleans(),
)


@given(REQUESTS)
def test_a_search_survives_its_address(request: SearchRequest) -> None:
    args = parse_qs(page_url(request).partition("?")[2], keep_blank_values=True)
    for model in (SEARCH, SEARCH_FORM):
        assert read(model, args).request() == request
    assert arguments(read(SEARCH_FORM, args).request()) == arguments(request)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("q", ["a", "b"]),
        ("mode", ["fuzzy"]),
        ("scope", [""]),
        ("strict", ["yes"]),
        ("aliases", ["no"]),
        ("limit", ["0"]),
        ("limit", ["101"]),
        ("limit", ["9" * 5000]),
        ("limit", ["٣"]),
        ("cursor", [""]),
        ("work", [""]),
        ("work", ["x" * 201]),
        ("work", ["x"] * 51),
        ("facets", ["1"]),
        ("nonsense", ["1"]),
    ],
)
def test_malformed_parameters_are_named(name: str, values: list[str]) -> None:
    with pytest.raises(BadParameter) as failure:
        read(SEARCH_FORM, {name: values})
    assert failure.value.name == name
