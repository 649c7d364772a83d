"""What is new to a saved search is what a plain scan of all texts that there ever were says."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path

import pytest
from open_index import build

from search.concordance import ConcordanceRequest
from search.library import Library
from search.model import SearchRequest
from web.alerts import checking
from web.alerts.novelty import AROUND, Seen, key_of
from web.alerts.searches import asked_in, canonical, places
from web.api.parameters import BadParameter
from web.presenting.urls import page_url

ADDRESS = "/search?q=上京&mode=exact"
LETTERS = "上京之東有山河也"
Key = tuple[str, str, str]


def scan(works: dict[str, str], words: str = "上京") -> Counter[Key]:
    """Every place of the words, by a plain scan."""
    found: Counter[Key] = Counter()
    for work, text in works.items():
        plain = text.replace("\n", "")
        at = plain.find(words)
        while at >= 0:
            end = at + len(words)
            found[work, plain[max(0, at - AROUND) : at], plain[end : end + AROUND]] += 1
            at = plain.find(words, at + 1)
    return found


def published(folder: Path, works: dict[str, str], gone: set[str]) -> Library:
    """The library of just these works; the index in the folder is changed from what it was."""
    paths = []
    for work, text in works.items():
        paths.append(folder / f"{work}.jsonl")
        paths[-1].write_text(json.dumps({"id": work, "title": work, "text": text}, ensure_ascii=False), "utf-8")
    build(paths, folder / "index", remove=sorted(gone))
    return Library.open(folder / "index")


def some_text(chance: random.Random) -> str:
    return "\n".join("".join(chance.choices(LETTERS, k=chance.randint(3, 40))) for _ in range(chance.randint(1, 6)))


@pytest.mark.parametrize("seed", range(3))
def test_what_is_new_is_what_a_plain_scan_says(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    works = {f"w{number}": some_text(chance) for number in range(4)}
    first = checking.look(published(tmp_path, works, set()), ADDRESS, None)
    assert first.new == ()
    assert first.seen is not None
    seen, ever = bytes(first.seen), scan(works)
    assert first.places == ever.total()
    met = 0
    for step in range(6):
        before = set(works)
        match chance.randrange(4):
            case 0:
                works[f"w{4 + step}"] = some_text(chance)
            case 1:
                works[chance.choice(sorted(works))] = some_text(chance)
            case 2:  # put in front of what is there, which moves
                work = chance.choice(sorted(works))
                works[work] = f"{some_text(chance)}\n{works[work]}"
            case 3 if len(works) > 1:
                del works[chance.choice(sorted(works))]
        looked = checking.look(published(tmp_path, works, before - set(works)), ADDRESS, seen)
        now = scan(works)
        expected = now - ever
        assert looked.seen is not None
        assert Counter(map(key_of, looked.new)) == Counter(_keys(expected))
        assert looked.places == now.total()
        met += expected.total()
        ever |= now
        seen = bytes(looked.seen)
    assert met > 0


def _keys(places: Counter[Key]) -> list[int]:
    """The numbers of places, made of the scan alone."""
    from hashlib import blake2b

    from indexer.text.folding import fold

    return [
        int.from_bytes(
            blake2b("\0".join((work, fold(left), fold("上京"), fold(right))).encode(), digest_size=8).digest(), "little"
        )
        for work, left, right in places.elements()
    ]


def test_what_went_and_came_again_is_not_new_and_what_is_written_twice_is(tmp_path: Path) -> None:
    text = "金之上京在會寧府"
    seen = checking.look(published(tmp_path, {"a": text, "b": "無"}, set()), ADDRESS, None).seen
    assert seen is not None
    gone = checking.look(published(tmp_path, {"b": "無"}, {"a"}), ADDRESS, bytes(seen))
    assert (gone.places, gone.new) == (0, [])
    assert gone.seen is not None
    again = checking.look(published(tmp_path, {"a": text, "b": "無"}, set()), ADDRESS, bytes(gone.seen))
    assert (again.places, again.new) == (1, [])
    twice = checking.look(published(tmp_path, {"a": text, "b": f"{'無' * 20}{text}"}, set()), ADDRESS, bytes(seen))
    assert [each.work.id for each in twice.new] == ["b"]


def test_other_names_and_scripts_are_found_as_the_search_finds_them(tmp_path: Path) -> None:
    held = published(tmp_path, {"a": "會寧府在上京之東"}, set())
    assert len(places(held, asked_in("/search?q=会宁府"))) == 1
    assert len(places(held, asked_in("/search?q=会宁府&strict=true"))) == 0
    assert len(places(held, asked_in("/search?q=会宁府&work=b"))) == 0
    assert len(places(held, asked_in("/concordance?q=府&beside=right:3:上京"))) == 1
    assert len(places(held, asked_in("/concordance?q=府&beside=left:1:上京"))) == 0


def test_of_a_search_by_meaning_and_of_too_many_places_nothing_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = published(tmp_path, {"a": "上京上京上京"}, set())
    assert checking.look(held, "/search?q=都城&mode=semantic", None).trouble == "by-meaning"
    assert checking.look(held, "/search?q=" + "(" * 3 + "&mode=exact", None).trouble in ("", "failed")
    monkeypatch.setattr(checking, "MOST_PLACES", 2)
    looked = checking.look(held, ADDRESS, None)
    assert (looked.trouble, looked.seen, looked.places) == ("too-many", None, 3)


def test_what_is_remembered_is_bounded() -> None:
    assert Seen(Counter({1: 5, 2: 1})).told([], 5)[0].keys == Counter()
    assert Seen(Counter({1: 5, 2: 1})).told([], 6)[0].keys == Counter({1: 5, 2: 1})
    assert Seen.parse(bytes(Seen(Counter({1: 2, 1 << 63: 1})))).keys == Counter({1: 2, 1 << 63: 1})


def test_an_address_is_kept_in_one_way_from_its_first_page() -> None:
    for written in ("/search?q=上京&cursor=xyz&mode=hybrid&hit=3&facets=true", "/search?q=上京"):
        assert canonical(written) == page_url(SearchRequest("上京"))
    written = "/concordance?q=上京&start=41&sample=5&seed=2&layout=vertical"
    assert canonical(written) == page_url(ConcordanceRequest("上京"))
    for bad in (
        "",
        "/works?q=上京",
        "https://example.org/x?q=上京",
        "/search?q=",
        "/search?q=a&q=b",
        "/search?q=" + "上" * 5000,
    ):
        with pytest.raises(BadParameter):
            canonical(bad)
