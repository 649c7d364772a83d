from itertools import pairwise

import pytest
from stores import Indexing

from corpora.aliases import Alias
from search.library import Library
from search.model import Mode, SearchRequest, SearchResponse, Why
from search.query import And, Near, Not, Or, Phrase, Tree, parse
from search.words.aliases import MOST, Names, expand


def table(*pairs: tuple[str, str], kind: str = "person") -> list[Alias]:
    return [Alias(name, other, kind, "test") for name, other in pairs]


NAMES = Names(
    table(("阿骨打", "阿固達"), ("骨打", "固達"), ("甲乙", "丙丁"), ("戊己", "丙丁"), ("鄂倫", "斡論"))
    + table(("完顏", "完顏"), ("徒單", "圖克坦"), kind="clan")
)


def spelled(q: str) -> list[str]:
    """What is searched, phrase by phrase."""

    def leaves(tree: Tree) -> list[str]:
        match tree:
            case Phrase(text):
                return [text]
            case And(children) | Or(children):
                return [text for child in children for text in leaves(child)]
            case Near(left, right):
                return leaves(left) + leaves(right)
            case Not(child):
                return leaves(child)
        return []

    return leaves(NAMES.expand(parse(q)).tree)


@pytest.mark.parametrize(
    ("q", "searched"),
    [
        ("阿骨打", ["阿骨打", "阿固達"]),
        ("阿固达", ["阿固达", "阿骨打"]),
        ("太祖阿骨打起兵", ["太祖阿骨打起兵", "太祖阿固達起兵"]),
        ("“阿骨打”", ["阿骨打", "阿固達"]),
        ("完颜阿骨打", ["完颜阿骨打", "完颜阿固達", "阿固達", "阿骨打"]),
        ("徒单，阿骨打", ["徒单，阿骨打", "圖克坦，阿固達", "圖克坦，阿骨打", "徒单，阿固達", "阿固達", "阿骨打"]),
        ("丙丁", ["丙丁", "甲乙", "戊己"]),
        ("甲乙", ["甲乙", "丙丁"]),
        ("鄂伦春", ["鄂伦春"]),
        ("阿骨打 NOT 甲乙", ["阿骨打", "阿固達", "甲乙"]),
        ("阿骨打 OR 阿固達", ["阿骨打", "阿固達"]),
        ("阿骨打 NEAR/5 兵", ["阿骨打", "阿固達", "兵"]),
        ("阿骨打?", ["阿骨打", "阿固達"]),
        ("阿?打 兵", ["阿?打", "兵"]),
        ("兵", ["兵"]),
    ],
)
def test_names_are_exchanged_and_the_longest_first(q: str, searched: list[str]) -> None:
    assert spelled(q) == searched


def test_what_was_searched_is_told() -> None:
    assert NAMES.expand(parse("完颜阿骨打 甲乙")).names == ("阿固達", "阿骨打", "丙丁")


def test_at_most_so_many_phrases_are_added_to_a_query() -> None:
    many = Names(table(*(("甲乙", f"{one}{other}") for one, other in pairwise("子丑寅卯辰巳午未申酉戌亥"))))
    tree = many.expand(parse("甲乙 甲乙丙 丁甲乙")).tree
    assert isinstance(tree, And)
    assert sum(len(child.children) - 1 for child in tree.children if isinstance(child, Or)) == MOST


def test_switched_off_a_query_stays_as_it_is() -> None:
    parsed = parse("完颜阿骨打")
    assert expand(parsed, aliases=False).tree == parsed.tree
    assert expand(parsed).names == ("阿固達", "阿骨打")


TEXTS = {
    "old": "太祖諱阿骨打，起兵伐遼。阿骨打即位。",
    "new": "太祖諱阿固達，起兵伐遼。阿固達即位。阿固達崩。",
    "simple": "阿骨打是金太祖。",
    "none": "冬天鑿冰捕魚。",
}


@pytest.fixture(scope="module")
def library(indexing: Indexing, tmp_path_factory: pytest.TempPathFactory) -> Library:
    texts = tmp_path_factory.mktemp("texts")
    for name, text in TEXTS.items():
        (texts / f"{name}.txt").write_text(text, "utf-8")
    return Library.open(indexing([[texts]], tmp_path_factory.mktemp("index")))


def ask(
    library: Library, q: str, mode: Mode = Mode.HYBRID, *, strict: bool = False, aliases: bool = True
) -> SearchResponse:
    return library.search(SearchRequest(q, mode, strict=strict, aliases=aliases))


def found(response: SearchResponse) -> list[tuple[str, Why]]:
    """The hits in which the words stand, not those that are only alike."""
    standing = (Why.EXACT, Why.FOLDED, Why.ALIAS)
    return [(hit.work.record.title, hit.why[0]) for hit in response.hits if hit.why[0] in standing]


def test_another_name_comes_after_the_one_asked_for(library: Library) -> None:
    response = ask(library, "阿骨打")
    assert response.expanded_names == ("阿固達",)
    assert [why for _, why in found(response)[:3]] == [Why.EXACT, Why.EXACT, Why.ALIAS]
    assert found(response)[2][0] == "new"


def test_a_hit_that_holds_only_the_other_name_is_no_hit_as_asked(library: Library) -> None:
    """起兵 stands as typed in both, but the name does not."""
    assert found(ask(library, "阿骨打 起兵")) == [("old", Why.EXACT), ("new", Why.ALIAS)]


@pytest.mark.parametrize(
    "q", ["阿骨打", "阿固达", "太祖讳阿骨打", "阿骨打 OR 起兵", "阿骨打 OR 阿固達", "阿?達 OR 阿骨打"]
)
def test_counts_are_those_of_a_scan_for_every_spelling(library: Library, q: str) -> None:
    spellings = {
        "太祖讳阿骨打": ("太祖諱阿骨打", "太祖諱阿固達"),
        "阿骨打 OR 起兵": ("阿骨打", "阿固達", "起兵"),
    }.get(q, ("阿骨打", "阿固達"))
    response = ask(library, q)
    assert response.total.occurrences == sum(text.count(each) for text in TEXTS.values() for each in spellings)
    assert len(found(response)) == sum(any(each in text for each in spellings) for text in TEXTS.values())


def test_the_other_name_is_marked_where_a_passage_is_only_alike(library: Library) -> None:
    def marked(aliases: bool) -> set[str]:
        response = ask(library, "阿骨打怎样登上皇位", aliases=aliases)
        (new,) = (hit for hit in response.hits if hit.work.record.title == "new")
        return {new.text[start:end] for start, end in new.highlights}

    assert marked(aliases=True) == {"阿固達"}
    assert marked(aliases=False) == set()


def test_strict_and_a_switch_leave_the_query_as_typed(library: Library) -> None:
    for response in (ask(library, "阿骨打", strict=True), ask(library, "阿骨打", aliases=False)):
        assert response.expanded_names == ()
        assert sorted(title for title, _ in found(response)) == ["old", "simple"]


@pytest.mark.parametrize("mode", [Mode.SEMANTIC, Mode.EXACT])
def test_only_the_hybrid_mode_searches_other_names(library: Library, mode: Mode) -> None:
    assert ask(library, "阿骨打", mode).expanded_names == ()


def test_the_exact_mode_counts_what_is_written_and_nothing_else(library: Library) -> None:
    total = ask(library, "阿骨打", Mode.EXACT).total
    assert total.occurrences == sum(text.count("阿骨打") for text in TEXTS.values())


def test_the_reading_page_shows_the_other_name(library: Library) -> None:
    (work,) = (card.id for card in library.works() if card.record.title == "new")
    assert library.section(work, 0, "阿骨打", aliases=True).occurrences == 3
    assert library.section(work, 0, "阿骨打").occurrences == 0
