from corpora.model import Section, Span, SpanKind
from indexer.text import words
from indexer.text.streams import code_points, main_stream


def inside(text: str, *notes: tuple[int, int]) -> list[int]:
    section = Section("一", text, spans=tuple(Span(SpanKind.NOTE, *note) for note in notes))
    codes = code_points(text)
    return [int(place) for place in words.inside(codes, main_stream(section, codes))]


def test_words_in_longer_words_are_words() -> None:
    assert words.bounds("东北大学") == [0, 2, 4]


def test_places_are_those_of_the_folded_stream() -> None:
    # 东北，大学在北京: the stream has no comma, so 学 is its fourth character.
    assert inside("东北，大学在北京") == [1, 3, 6]


def test_traditional_text_is_cut_like_simplified() -> None:
    assert inside("東北，大學在北京") == inside("东北，大学在北京")


def test_a_note_between_two_words_is_passed_over() -> None:
    assert inside("东北（地名）大学", (2, 6)) == [1, 3]
