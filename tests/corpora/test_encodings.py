"""Encodings are told apart by the likeliest text, and a byte that makes no character costs one."""

from __future__ import annotations

import random
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shared_texts import CASES

from corpora.model import Problem, Work
from corpora.readers import encodings, read
from corpora.readers.encodings import LEGACY, NAMES, PLACEHOLDER, DetectedEncoding, EncodingChoice, chosen, find, option
from corpora.readers.lines import lines
from corpora.sources.discover import discover

TRADITIONAL = "會寧府在上京，完顏氏所居。混同江源出長白山，東流入海，其民善漁，冬居山中，夏則巢水上。"
SIMPLIFIED = "会宁府在上京，完颜氏所居。混同江源出长白山，东流入海，其民善渔，冬居山中，夏则巢水上。"
JAPANESE = "混同江は長白山に源を発し、東に流れて海に入る。その民は漁をよくする。"
KOREAN = "혼동강은 장백산에서 발원하여 동쪽으로 흘러 바다로 들어간다. 그 백성은 고기잡이를 잘한다."
WRITTEN = [
    (SIMPLIFIED, "gb18030"),
    (TRADITIONAL, "gb18030"),
    (TRADITIONAL, "big5"),
    (JAPANESE, "shift_jis"),
    (JAPANESE, "euc-jp"),
    (KOREAN, "euc-kr"),
]


def read_all(path: Path, *written: str) -> tuple[list[Work], list[Problem]]:
    sources, problems = discover(path, [EncodingChoice.parse(each) for each in written])
    items = [item for source in sources for item in read(source)]
    return [x for x in items if isinstance(x, Work)], problems + [x for x in items if isinstance(x, Problem)]


def numbered(path: Path, wanted: str = "") -> tuple[list[tuple[int, str]], list[Problem]]:
    problems: list[Problem] = []
    return list(lines(path, problems.append, wanted)), problems


def unexpected(problem: Problem) -> None:
    pytest.fail(str(problem))


def text_of(path: Path) -> tuple[str, list[Problem]]:
    found, problems = numbered(path)
    return "\n".join(line for _, line in found), problems


def shapes(text: str) -> list[str]:
    """A text as prose, without punctuation, as a list, full of lacunae, as a table."""
    bare = "".join(character for character in text if character.isalnum())
    pieces = [bare[at : at + 2] for at in range(0, len(bare), 2)]
    lacunae = "".join("□" if number % 3 else character for number, character in enumerate(text))
    return [text, bare, "、".join(pieces), "、".join(bare), lacunae, "\t".join(pieces) + "\n"]


@pytest.mark.parametrize(("text", "name"), WRITTEN)
def test_the_likeliest_text_wins_however_it_is_written(text: str, name: str) -> None:
    for shape in shapes(text * 2):
        assert find([shape.encode(name)]).name == name, shape


@pytest.mark.parametrize("name", ["gb18030", "big5"])
def test_thousands_of_different_characters_without_a_sign_between_are_no_narrow_kana(name: str) -> None:
    table = (Path(encodings.__file__).parent / "characters.tsv").read_text("utf-8")
    usual = [character for character in table if "\u4e00" <= character <= "\u9fff"][:3000]
    text = "".join(character for character in usual if character.encode(name, "ignore"))
    for seed in range(20):
        shuffled = "".join(random.Random(seed).sample(text, 1000))
        assert find([shuffled.encode(name)]).name == name


@pytest.mark.parametrize(("text", "name"), WRITTEN)
def test_a_sure_text_gives_no_line(tmp_path: Path, text: str, name: str) -> None:
    (tmp_path / "a.txt").write_bytes(f"{text}\n{text}".encode(name))
    assert text_of(tmp_path / "a.txt") == (f"{text}\n{text}", [])


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_unicode_is_read_with_its_mark_and_with_every_end_of_line(tmp_path: Path, codec: str, end: str) -> None:
    (tmp_path / "a.txt").write_bytes(f"混同江{end}{end}㐀𠮷".encode(codec))
    assert numbered(tmp_path / "a.txt") == ([(1, "混同江"), (2, ""), (3, "㐀𠮷")], [])


@pytest.mark.parametrize(("order", "mark"), [("utf-16-be", b"\xfe\xff"), ("utf-32-be", b"\0\0\xfe\xff")])
def test_the_mark_says_the_order_of_bytes(order: str, mark: bytes) -> None:
    assert find([mark + "混同江".encode(order)]) == DetectedEncoding(order, len(mark))


def test_a_mark_beats_the_encoding_that_was_named() -> None:
    assert find(["混同江".encode("utf-16")], "big5").name == "utf-16-le"


@pytest.mark.parametrize("text", ["混同江", "\u00e9\u00e8", "江" * 500])
def test_what_decodes_strictly_as_utf_8_is_that(text: str) -> None:
    assert find([text.encode()]) == DetectedEncoding("utf-8")


def test_big5_is_that_of_windows_eten_and_hong_kong_in_one_file() -> None:
    written = {
        b"\xf9\xd6\xf9\xd7": "碁銹", b"\xc6\xa1\xc6\xe7\xc7\x41": "①ぁず", b"\x9d\xee\xfc\xf8": "㗎栢",
        b"\xa1\x45\xa1\xe3\xa3\xe1": "‧～€", b"\xc6\xde\xc6\xdf": "〃仝", b"\xfa\x40\xfe\xfe": "𠕇秔",
        b"\xfa\x5f\xc8\xa5": "\ue01f\uf7ef",
    }  # fmt: skip
    for data, text in written.items():
        assert encodings.decode(data, "big5") == text


@pytest.mark.parametrize(
    ("file", "name", "phrase"),
    [
        ("gbk-list.txt", "gb18030", "会宁、上京、完颜"), ("gbk-lacuna.txt", "gb18030", "完颜□所居"),
        ("gbk-plain-ok.txt", "gb18030", "完颜氏所居"), ("gbk-short.txt", "gb18030", "翼言"),
        ("big5hkscs.txt", "big5", "㗎、嘅、啲、冚、埗、栢、冧、啱"),
        ("big5-eten-after-64k.txt", "big5", "城南墻下，粧飾如舊，銹蝕者多"),
        ("utf16le-bom.txt", "utf-16-le", "會寧府在上京"),
    ],
)  # fmt: skip
def test_the_cases_of_real_files(file: str, name: str, phrase: str) -> None:
    path = CASES / "encoding" / file
    if not path.is_file():
        pytest.skip("the shared cases are not beside the checkout")
    text, problems = text_of(path)
    assert find([path.read_bytes()]).name == name
    assert phrase in text
    assert PLACEHOLDER not in text
    assert [problem for problem in problems if not problem.is_note] == []


def test_the_case_of_one_bad_byte_loses_nothing_else() -> None:
    path = CASES / "encoding" / "utf8-one-bad-byte.txt"
    if not path.is_file():
        pytest.skip("the shared cases are not beside the checkout")
    text, problems = text_of(path)
    assert [problem.line for problem in problems] == [15]
    assert text.count(PLACEHOLDER) == 1
    assert len(set(text.replace(PLACEHOLDER, "").split("\n"))) == 1  # every line of it says the same


@pytest.mark.parametrize(("text", "name"), [(TRADITIONAL, "utf-8"), *WRITTEN])
def test_a_byte_that_came_in_costs_one_placeholder_and_at_most_one_character(
    tmp_path: Path, text: str, name: str
) -> None:
    data = (text * 4).encode(name)
    at = len(text.encode(name)) * 2
    for place in range(at, at + len(text.encode(name))):
        (tmp_path / "a.txt").write_bytes(data[:place] + b"\xff" + data[place:])
        found, problems = text_of(tmp_path / "a.txt")
        assert len(problems) == 1
        assert len(text * 4) - 1 <= len(found.replace(PLACEHOLDER, "")) <= len(text * 4)
        assert 1 <= found.count(PLACEHOLDER) <= 2
        assert found.startswith(text)
        assert found.endswith(text)


def test_a_bad_byte_is_one_line_of_the_report_wherever_it_stands(tmp_path: Path) -> None:
    line = f"{TRADITIONAL}\n".encode()
    for place in (0, 30_000, 59_999):
        (tmp_path / "a.txt").write_bytes(line * place + b"\xff" + line * (60_000 - place))
        found, problems = numbered(tmp_path / "a.txt")
        assert [(problem.line, problem.is_note) for problem in problems] == [(place + 1, False)]
        assert "UTF-8" in problems[0].reason
        assert [line for _, line in found if line != TRADITIONAL] == [PLACEHOLDER + TRADITIONAL]


def test_many_bad_bytes_are_counted_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(f"{TRADITIONAL}\n".encode() * 500 + b"\xff\n" * 300)
    found, problems = numbered(tmp_path / "a.txt")
    assert len(found) == 800
    assert [str(problem) for problem in problems] == [
        f"{tmp_path / 'a.txt'}:501: 300 places, of which this is the first, are not UTF-8; � stands for what was there"
    ]


def test_nuls_at_the_end_and_one_within_cost_no_book(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(f"{TRADITIONAL}\0{TRADITIONAL}".encode() + b"\0" * 4096)
    text, problems = text_of(tmp_path / "a.txt")
    assert text == f"{TRADITIONAL}{PLACEHOLDER}{TRADITIONAL}{PLACEHOLDER}"
    assert len(problems) == 1


@pytest.mark.parametrize(
    "data", [b"\0" * 5000, b"\x89PNG\0\0\xff\xfe", random.Random(7).randbytes(20_000), "混同江".encode("utf-32-le")]
)
def test_what_is_no_text_is_refused_in_one_line(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.txt").write_bytes(data)
    found, problems = numbered(tmp_path / "a.txt")
    assert found == []
    assert [problem.line for problem in problems] == [0]
    assert "is not text" in problems[0].reason


def test_what_the_bytes_cannot_decide_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("混".encode("big5"))
    problems = numbered(tmp_path / "a.txt")[1]
    assert [problem.is_note for problem in problems] == [True]
    assert "--encoding" in problems[0].reason
    assert numbered(tmp_path / "a.txt", "big5") == ([(1, "混")], [])


def test_a_folder_may_mix_encodings(tmp_path: Path) -> None:
    for number, (text, name) in enumerate([(TRADITIONAL, "utf-8"), (TRADITIONAL, "utf-16"), *WRITTEN]):
        (tmp_path / f"{number}.txt").write_bytes((text * 2).encode(name))
    works, problems = read_all(tmp_path)
    assert problems == []
    texts = [TRADITIONAL, TRADITIONAL, *(text for text, _ in WRITTEN)]
    assert [work.sections[0].text for work in works] == [f"{text * 2}\n" for text in texts]


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("KR9a0001/KR9a0001_001.txt", f"#+TITLE: 江志\n{TRADITIONAL}¶\n"), ("書/卷一/text.txt", TRADITIONAL),
        ("a.jsonl", f'{{"id": "a", "text": "{TRADITIONAL}"}}\n'), ("a.json", f'[{{"paragraphs": ["{TRADITIONAL}"]}}]'),
    ],
)  # fmt: skip
def test_every_reader_reads_every_encoding_and_loses_a_byte_alone(tmp_path: Path, file: str, content: str) -> None:
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "書" / "卷二").mkdir(parents=True)
    for name in ("gb18030", "utf-16"):
        path.write_bytes(content.encode(name))
        works, problems = read_all(tmp_path)
        assert problems == []
        assert TRADITIONAL in works[0].sections[0].text
    at = content.encode().index("漁".encode())
    path.write_bytes(content.encode()[:at] + b"\xff" + content.encode()[at:])
    works, problems = read_all(tmp_path)
    assert len(problems) == 1
    assert TRADITIONAL.replace("漁", f"{PLACEHOLDER}漁") in works[0].sections[0].text


def test_encodings_are_named_for_some_files() -> None:
    choices = [EncodingChoice.parse(each) for each in ("cp950", "gbk:漢書/*", "sjis:*/漢書/卷二.txt")]
    files = [Path(each) for each in ("史/漢書/卷一.txt", "史/漢書/卷二.txt", "史/遼史/卷一.txt", "史/後漢書/卷一.txt")]
    ((key, wanted),) = option(choices, files)
    assert key == "encoding"
    assert [chosen(wanted, file) for file in files] == ["gb18030", "shift_jis", "big5", "big5"]
    assert option(choices[1:], [Path("a.txt")]) == ()
    assert chosen("", files[0]) == ""


@pytest.mark.parametrize("name", ["klingon", "", "base64", "utf-7", "cp1252", "x" * 1000, "idna"])
def test_only_encodings_that_serve_can_be_named(name: str) -> None:
    with pytest.raises(ValueError, match="is not known; use one of utf-8, gb18030, big5"):
        EncodingChoice.parse(name)


def test_a_pattern_is_one_line_and_may_hold_anything_else() -> None:
    with pytest.raises(ValueError, match="more than one line"):
        EncodingChoice.parse("big5:a\nb")
    choice = EncodingChoice.parse("big5:a\u2028b:[1].txt")
    assert chosen(dict(option([choice], [Path("a\u2028b:1.txt")]))["encoding"], Path("a\u2028b:1.txt")) == "big5"


def test_half_a_surrogate_in_utf_16_costs_itself_alone(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(
        b"\xff\xfe" + "甲".encode("utf-16-le") + b"\x00\xd8" + "耀乙\n".encode("utf-16-le")
    )
    found, problems = numbered(tmp_path / "a.txt")
    assert found == [(1, f"甲{PLACEHOLDER}耀乙")]
    assert len(problems) == 1


def test_every_encoding_that_serves_can_be_named() -> None:
    for name in NAMES:
        assert find([b""], EncodingChoice.parse(name).encoding).name in NAMES


def test_one_line_of_more_than_a_mebibyte_is_read_whole(tmp_path: Path) -> None:
    line = "會寧府在上京完顏氏所居。" * 32_000
    (tmp_path / "a.txt").write_text(f"{line}\n混同江\n", "utf-8")
    works, problems = read_all(tmp_path)
    assert problems == []
    assert works[0].sections[0].text == f"{line}\n混同江\n"


def test_lines_are_read_without_the_file_being_held(tmp_path: Path) -> None:
    with (tmp_path / "a.txt").open("w", encoding="utf-8") as file:
        for _ in range(40):
            file.write(f"{TRADITIONAL}\n" * 8_000)
    size = (tmp_path / "a.txt").stat().st_size
    tracemalloc.start()
    count = sum(1 for _ in lines(tmp_path / "a.txt", unexpected))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 320_000
    assert peak < 12 << 20 < size


def test_what_is_added_while_a_file_is_read_is_left_for_another_time(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("甲\n乙\n", "utf-8")
    found = []
    for _, line in lines(path, unexpected):
        found.append(line)
        with path.open("a", encoding="utf-8") as file:
            file.write("丙\n" * 1000)
    assert found == ["甲", "乙"]


def test_an_end_of_line_between_two_chunks_is_one(tmp_path: Path) -> None:
    for before in ((1 << 20) - 2, (1 << 20) - 1):
        (tmp_path / "a.txt").write_bytes(b"x" * before + "\r\n江\r\r\n".encode())
        found, problems = numbered(tmp_path / "a.txt")
        assert [line for _, line in found] == ["x" * before, "江", ""]
        assert problems == []


@given(data=st.binary(max_size=400), wanted=st.sampled_from(["", *NAMES]))
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_bytes_are_lines_or_a_reason(tmp_path: Path, data: bytes, wanted: str) -> None:
    (tmp_path / "a.txt").write_bytes(data)
    found, problems = numbered(tmp_path / "a.txt", wanted and str(EncodingChoice.parse(wanted)))
    text = "".join(line for _, line in found)
    text.encode()  # no half of a surrogate pair
    assert not set("\0\r\n") & set(text)
    assert len(problems) <= 2
    assert found or problems


@given(
    text=st.text(st.sampled_from(sorted(set(TRADITIONAL + SIMPLIFIED + JAPANESE + "、□〇\n"))), min_size=1),
    name=st.sampled_from(["utf-8", "utf-16", "utf-32", *LEGACY]),
)
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_what_an_encoding_writes_it_reads(tmp_path: Path, text: str, name: str) -> None:
    codec = {"big5": "big5hkscs", "shift_jis": "cp932", "euc-kr": "cp949"}.get(name, name)
    text = text.encode(codec, "ignore").decode(codec)
    if not text:
        return
    (tmp_path / "a.txt").write_bytes(text.encode(codec))
    found, problems = numbered(tmp_path / "a.txt", EncodingChoice.parse(name).encoding)
    assert "".join(f"{line}\n" for _, line in found) == text.removesuffix("\n") + "\n"
    assert problems == []
