"""Discovery and the readers of plain text, Markdown, JSON Lines and poems."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest
from shared_texts import POEMS

from corpora.model import Page, Problem, Role, Source, Span, SpanKind, Work
from corpora.readers import READERS, read
from corpora.readers.encodings import EncodingChoice
from corpora.readers.identity import distinct_works
from corpora.sources.discover import MAX_DEPTH, discover

TRADITIONAL = "黑龍江者，古黑水也。其源出於北山，東流入海。\n"
SIMPLIFIED = "黑龙江省地方志编纂委员会编，本书记述自一九一二年至民国三十年之史实。\n"


def read_all(path: Path, *encodings: str) -> tuple[list[Work], list[Problem]]:
    sources, problems = discover(path, [EncodingChoice.parse(written) for written in encodings])
    items = [item for source in sources for item in read(source)]
    return [x for x in items if isinstance(x, Work)], problems + [x for x in items if isinstance(x, Problem)]


def only_problem(path: Path) -> Problem:
    works, problems = read_all(path)
    assert works == []
    assert len(problems) == 1
    return problems[0]


# Plain text and Markdown


def test_front_matter_is_the_record_and_the_body_is_untouched(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(
        "---\nid: WY1\ntitle: 龍沙紀略\nauthor: 方式濟\ndynasty: 清\ncategory: 史部/地理類\nplace: 黑龍江\n"
        "date: 1716 前後\nlanguage: lzh\nunknown: [1, 2]\n---\n\n　方隅\n\n邊荒沿革  \n"
    )
    works, problems = read_all(tmp_path)
    assert problems == []
    work = works[0]
    assert (work.id, work.record.title, work.record.author, work.record.dynasty) == ("WY1", "龍沙紀略", "方式濟", "清")
    assert (work.record.year, work.record.date, work.record.place) == (1716, "1716 前後", "黑龍江")
    assert [part.text for part in work.sections] == ["\n　方隅\n\n邊荒沿革  \n"]


def test_a_file_without_front_matter_is_named_by_its_stem(tmp_path: Path) -> None:
    (tmp_path / "松漠 紀聞.txt").write_text("女真即古肅慎國也\n")
    works, _ = read_all(tmp_path)
    assert (works[0].id, works[0].record.title) == ("松漠-紀聞", "松漠 紀聞")


def test_markdown_headings_begin_sections_and_stay_in_the_text(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("---\ntitle: 書\n---\n引言\n# 卷一\n甲\n## 山川 ##\n乙\n```\n# 不是\n```\n")
    works, _ = read_all(tmp_path)
    assert [(part.title, part.text) for part in works[0].sections] == [
        ("書", "引言\n"),
        ("卷一", "卷一\n甲\n"),
        ("山川", "山川\n乙\n```\n# 不是\n```\n"),
    ]


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        (b"", 0, "empty"),
        (b"\x89PNG\0\0\xff\xfe", 0, "not text"),
        ("---\nid: ../etc\n---\n甲\n".encode(), 1, "id"),
        (b"\n \n", 0, "no text"),
    ],
)
def test_a_bad_plain_file_is_one_problem(tmp_path: Path, content: bytes, line: int, reason: str) -> None:
    (tmp_path / "a.txt").write_bytes(content)
    (tmp_path / "b.txt").write_text("乙\n")
    works, problems = read_all(tmp_path)
    assert [(problem.file.name, problem.line) for problem in problems] == [("a.txt", line)]
    assert reason in problems[0].reason
    assert works[-1].id == "b"


def test_bad_front_matter_is_one_problem_and_the_text_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("---\ntitle: [書\n---\n甲\n")
    works, problems = read_all(tmp_path)
    assert [part.text for part in works[0].sections] == ["甲\n"]
    assert len(problems) == 1
    assert problems[0].line


def test_an_alias_bomb_in_the_front_matter_does_no_harm(tmp_path: Path) -> None:
    levels = "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 30))
    (tmp_path / "a.txt").write_text(f"---\na0: &a0 [x]\n{levels}title: *a29\n---\n甲\n")
    works, _ = read_all(tmp_path)
    assert works[0].record.title == "a"


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("!!timestamp x", "x"), ("!!int ''", "a"), ("!!bool x", "x"), ("!!float ''", "a"), ("0o17", "0o17"),
        ("0012", "0012"), ("1:20", "1:20"), ("0x" + "f" * 5000, "0x" + "f" * 498), ('"\\ud800江\\0"', "\ufffd江\ufffd"),
    ],
)  # fmt: skip
def test_the_front_matter_holds_nothing_but_texts(tmp_path: Path, written: str, title: str) -> None:
    (tmp_path / "a.txt").write_text(f"---\ntitle: {written}\n---\n甲\n")
    works, problems = read_all(tmp_path)
    assert [work.record.title for work in works] == [title]
    assert problems == []


@pytest.mark.parametrize(
    "header", ['title: "\\UFFFFFFFF"', "a: " + "[" * 60_000, "? " * 30_000, "- a", "x" * 70_000, "? [a]", "a: &a [*a]"]
)
def test_a_header_that_is_none_is_one_problem_and_the_text_is_read(tmp_path: Path, header: str) -> None:
    (tmp_path / "a.txt").write_text(f"---\n{header}\n---\n甲\n")
    works, problems = read_all(tmp_path)
    assert [part.text for part in works[0].sections] == ["甲\n"]
    assert len(problems) == 1
    assert problems[0].line >= 2


def test_a_title_may_be_a_mapping_from_languages(tmp_path: Path) -> None:
    for name, written in {
        "both": "{zh-hans: 江志, zh-hant: 江誌}",
        "simplified": "{en: River, zh-Hans: 江志}",
        "other": "{mnc: ula}",
        "empty": "{zh-hant: '', zh: 江}",
        "nested": "{zh: {a: b}}",
    }.items():
        (tmp_path / f"{name}.md").write_text(f"---\ntitle: {written}\n---\n甲\n")
    works, problems = read_all(tmp_path)
    assert problems == []
    assert {work.id: work.record.title for work in works} == {
        "both": "江誌",
        "simplified": "江志",
        "other": "ula",
        "empty": "江",
        "nested": "nested",
    }


# JSON Lines


def test_json_lines_of_both_shapes(tmp_path: Path) -> None:
    lines = [
        {"id": "A1", "title": "書", "author": "某", "text": "甲乙"},
        {
            "id": "A2",
            "title": "志",
            "year": 1126,
            "sections": [
                {
                    "title": "卷一",
                    "text": "甲乙丙丁",
                    "role": "preface",
                    "pages": [{"label": "1b", "start": 2}, {"label": "1a", "start": 0, "facsimile": "javascript:x"}],
                    "notes": [[2, 3]],
                }
            ],
        },
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(json.dumps(line) for line in lines) + "\n\n")
    works, problems = read_all(tmp_path)
    assert problems == []
    assert (works[0].record.author, works[0].sections[0].text, works[0].sections[0].title) == ("某", "甲乙", "書")
    part = works[1].sections[0]
    assert works[1].record.year == 1126
    assert (part.role, part.pages) == (Role.PREFACE, (Page("1a", 0), Page("1b", 2)))
    assert part.spans == (Span(SpanKind.NOTE, 2, 3),)


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        "[" * 100_000,
        "1" * 5_000,
        '{"title": "x", "text": "x"}',
        '{"id": "a/b", "text": "x"}',
        '{"id": "a"}',
        '{"id": "a", "text": "\\ud800"}',
        '{"id": "a", "text": "\\u0000"}',
        '{"id": "a", "text": 1}',
        '{"id": "a", "sections": {}}',
        '{"id": "a", "sections": [1]}',
        '{"id": "a", "text": "x", "role": "hero"}',
        '{"id": "a", "text": "x", "role": []}',
        '{"id": "a", "text": "x", "pages": [{"label": "1", "start": 9}]}',
        '{"id": "a", "text": "x", "pages": [{"label": "1", "start": true}]}',
        '{"id": "a", "text": "x", "notes": [[0, 0]]}',
        '{"id": "a", "text": "xyz", "notes": [[0, 2], [1, 3]]}',
    ],
)
def test_a_line_that_is_no_work_is_one_problem(tmp_path: Path, line: str) -> None:
    (tmp_path / "a.jsonl").write_text(line + '\n{"id": "b", "title": "b", "text": "乙"}\n')
    works, problems = read_all(tmp_path)
    assert [problem.line for problem in problems] == [1]
    assert [work.id for work in works] == ["b"]


def test_metadata_that_cannot_be_written_is_replaced(tmp_path: Path) -> None:
    page = {"label": "1\ud800", "start": 0}
    line = {"id": "a", "title": "書\ud800\0", "author": "\udfff", "text": "甲", "pages": [page]}
    (tmp_path / "a.jsonl").write_text(json.dumps(line))
    (work,), problems = read_all(tmp_path)
    assert problems == []
    assert (work.record.title, work.record.author) == ("書\ufffd\ufffd", "\ufffd")
    assert work.sections[0].pages == (Page("1\ufffd", 0),)


# Poems


def test_poems_become_sections(tmp_path: Path) -> None:
    folder = tmp_path / "yudingquantangshi" / "json"
    folder.mkdir(parents=True)
    poem = {
        "title": "登鸛雀樓",
        "author": "王之渙",
        "paragraphs": ["白日依山盡，", "黃河入海流。"],
        "notes": ["（一作）"],
        "volume": "卷二百五十三",
    }
    (folder / "253.json").write_text(json.dumps([poem, {"title": "闕"}]))
    works, problems = read_all(tmp_path)
    assert (works[0].id, works[0].record.title) == ("yudingquantangshi-253", "御定全唐詩 卷二百五十三")
    assert works[0].record.dynasty == "唐"
    part = works[0].sections[0]
    assert part.text == "登鸛雀樓\n王之渙\n白日依山盡，\n黃河入海流。\n（一作）\n"
    assert [part.text[span.start : span.end] for span in part.spans] == ["（一作）"]
    assert [problem.reason for problem in problems] == ["poem 2: has no lines; it is left out"]


def test_a_poem_that_cannot_be_written_is_one_problem(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps([{"paragraphs": ["白\ud800"]}, {"paragraphs": ["白日"]}]))
    works, problems = read_all(tmp_path)
    assert [section.text for section in works[0].sections] == ["白日\n"]
    assert ["poem 1" in problem.reason for problem in problems] == [True]


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"[1", b"\xff\xfe", b"[" * 100_000, b"[{}]", b"1" * 5_000])
def test_a_bad_poem_file_is_one_problem(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.json").write_bytes(content)
    assert only_problem(tmp_path).file.name == "a.json"


def only_work(folder: Path, name: str, content: object) -> Work:
    (folder / name).write_text(json.dumps(content, ensure_ascii=False))
    (work,), problems = read_all(folder)
    assert problems == []
    return work


def test_what_a_poem_stands_in_is_said_above_its_title(tmp_path: Path) -> None:
    poem = {"title": "江水", "chapter": "國風", "section": "北風", "content": ["江水湯湯。"]}
    (part,) = only_work(tmp_path, "a.json", [poem]).sections
    assert (part.title, part.text) == ("江水", "國風·北風\n江水\n江水湯湯。\n")


def test_a_chapter_without_a_title_is_titled_by_its_name(tmp_path: Path) -> None:
    work = only_work(tmp_path, "lunyu.json", [{"chapter": "學而篇", "paragraphs": ["子曰：善。"]}])
    assert work.record.title == "論語"
    assert [(part.title, part.text) for part in work.sections] == [("學而篇", "學而篇\n子曰：善。\n")]


def test_a_tune_is_a_title_unless_there_is_one(tmp_path: Path) -> None:
    poems = [{"rhythmic": "北江月", "paragraphs": ["甲"]}, {"title": "江", "rhythmic": "北江月", "paragraphs": ["乙"]}]
    assert [part.title for part in only_work(tmp_path, "a.json", poems).sections] == ["北江月", "江"]


def test_a_comment_is_a_note(tmp_path: Path) -> None:
    (part,) = only_work(tmp_path, "a.json", [{"content": "讀書宜冬。", "comment": ["某曰：善。"]}]).sections
    assert [part.text[span.start : span.end] for span in part.spans] == ["某曰：善。"]
    assert part.title == "讀書宜冬。"


def test_an_object_is_a_poem_or_holds_some_at_any_depth(tmp_path: Path) -> None:
    book = {
        "title": "試書",
        "author": "某",
        "content": [
            {"title": "卷上", "content": [{"chapter": "一東", "paragraphs": ["雲對雨。"]}]},
            {"type": "五言", "content": [{"chapter": "春", "author": "孟", "paragraphs": ["春眠。"]}]},
        ],
    }
    work = only_work(tmp_path, "a.json", book)
    assert (work.record.title, work.record.author) == ("試書", "某")
    assert [(part.title, part.text) for part in work.sections] == [
        ("一東", "卷上\n一東\n雲對雨。\n"),
        ("春", "五言\n春\n孟\n春眠。\n"),
    ]


@pytest.mark.parametrize(
    "content", [[{"name": "某", "desc": "人"}] * 50, {"a": 1}, [[1, 2], "x"], {"content": [{"content": [{"x": 1}]}]}]
)
def test_json_of_another_shape_is_one_line(tmp_path: Path, content: object) -> None:
    (tmp_path / "a.json").write_text(json.dumps(content))
    assert "no poem that is known" in only_problem(tmp_path).reason


def test_poems_that_lack_lines_are_counted_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps([{"paragraphs": ["甲"]}, {}, {"title": "闕"}, {}]))
    works, problems = read_all(tmp_path)
    assert len(works[0].sections) == 1
    assert [problem.reason for problem in problems] == ["poem 2: has no lines; it is left out, and so are 2 more"]


@pytest.mark.skipif(not POEMS.is_dir(), reason="the shared poems are not beside the checkout")
def test_the_real_poems() -> None:
    works, problems = read_all(POEMS)
    assert problems == []
    assert len(works) == len({work.id for work in works}) == 901
    assert sum(len(work.sections) for work in works) == 43_361


# Discovery


def test_formats_are_told_apart_at_any_depth_and_the_rest_is_passed_over(tmp_path: Path) -> None:
    deep = tmp_path / "x" / "y" / "KR2a0001"
    deep.mkdir(parents=True)
    (deep / "KR2a0001_000.txt").write_text("甲¶\n")
    chapter = tmp_path / "宋书" / "列传" / "卷一"
    chapter.mkdir(parents=True)
    (chapter / "text.txt").write_text("甲")
    for name in ("a.txt", "b.md", "c.jsonl", "d.json", "README.md", ".hidden.txt", "e.png"):
        (tmp_path / name).write_text("甲")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "f.txt").write_text("甲")
    sources, problems = discover(tmp_path)
    assert problems == [Problem(tmp_path, 0, "passed over: 1 .png", is_note=True)]
    assert [(source.reader, source.root.name) for source in sources] == [
        ("plain", "a.txt"),
        ("plain", "b.md"),
        ("jsonl", "c.jsonl"),
        ("poems", "d.json"),
        ("kanripo", "KR2a0001"),
        ("chapters", "宋书"),
    ]
    assert {source.reader for source in sources} == set(READERS)


def test_a_name_that_is_not_utf_8_is_one_problem(tmp_path: Path) -> None:
    strange = tmp_path / os.fsdecode(b"\xba\xda\xc1\xfa")
    for path in (strange / "a.txt", tmp_path / f"{strange.name}.txt", tmp_path / "b.txt"):
        path.parent.mkdir(exist_ok=True)
        path.write_text("甲\n")
    works, problems = read_all(tmp_path)
    assert [work.id for work in works] == ["b"]
    assert [problem.file.name for problem in problems] == [strange.name, f"{strange.name}.txt"]
    assert "UTF-8" in only_problem(strange).reason


@pytest.mark.parametrize("name", ["a\nb", "\x1b[2J", "\u202e", "\u2028", "\udcff", "\r", "\x9b"])
def test_a_problem_is_one_line_that_steers_no_terminal(name: str) -> None:
    told = str(Problem(Path(f"江{name}"), 3, f"holds {name}"))
    assert len(told.splitlines()) == 1
    assert told.isprintable()
    assert told.startswith("江")
    told.encode()


def test_a_file_by_itself(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("甲\n")
    (tmp_path / "a.png").write_text("甲\n")
    assert [source.reader for source in discover(tmp_path / "a.txt")[0]] == ["plain"]
    assert "no known format" in only_problem(tmp_path / "a.png").reason
    assert "cannot be read" in only_problem(tmp_path / "missing").reason


def test_links_are_followed_only_within_the_folder_and_once(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    (inside / "real").mkdir(parents=True)
    outside.mkdir()
    (outside / "secret.txt").write_text("甲\n")
    (inside / "real" / "a.txt").write_text("乙\n")
    (inside / "real" / "loop").symlink_to(inside)
    (inside / "self").symlink_to(inside / "self")
    (inside / "out").symlink_to(outside)
    (inside / "out.txt").symlink_to(outside / "secret.txt")
    works, problems = read_all(inside)
    assert [work.id for work in works] == ["a"]
    assert sorted(problem.file.name for problem in problems) == ["loop", "out", "out.txt", "self"]


def test_depth_is_bounded(tmp_path: Path) -> None:
    folder = tmp_path
    for _ in range(MAX_DEPTH + 1):
        folder = folder / "d"
    folder.mkdir(parents=True)
    (folder / "a.txt").write_text("甲\n")
    assert "folders deep" in only_problem(tmp_path).reason


def test_special_and_unreadable_files_are_one_problem_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "a.txt")
    assert "neither a file nor a folder" in only_problem(tmp_path).reason
    assert "neither a file nor a folder" in only_problem(tmp_path / "a.txt").reason
    (tmp_path / "a.txt").unlink()
    (tmp_path / "a.txt").write_text("甲\n")

    def refuse(self: Path, *args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert "Permission denied" in only_problem(tmp_path).reason


def test_sockets_and_devices_are_never_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's name is short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("a.txt")
        assert "neither a file nor a folder" in only_problem(tmp_path).reason
    assert "neither a file nor a folder" in only_problem(Path(os.devnull)).reason


def test_files_of_kinds_that_are_not_read_are_counted_by_kind(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    names = ["a.xml", "x/b.XML", "c.pdf", "x/d", "README", "LICENSE.org", ".hidden.xml"]
    for name in (*names, *(f"{number}.k{number}" for number in range(12))):
        (tmp_path / name).write_text("x")
    (note,) = discover(tmp_path)[1]
    assert note.is_note
    assert note.reason.startswith("passed over: 2 .xml, 1 ")
    assert note.reason.endswith(" and 5 of other kinds")


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "a.txt").open("wb") as file:
        file.truncate(257 << 20)
    assert "too large" in only_problem(tmp_path).reason


def test_the_second_work_with_an_id_is_a_problem(tmp_path: Path) -> None:
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.txt").write_text("---\nid: a\n---\n甲\n")
    seen: dict[str, Path] = {}
    sources = discover(tmp_path)[0]
    items = [item for source in sources for item in distinct_works(read(source), seen, source.root)]
    assert isinstance(items[0], Work)
    assert isinstance(items[1], Problem)
    assert items[1].file == tmp_path / "y" / "a.txt"


def test_an_unknown_reader_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        read(Source("nothing", tmp_path, ()))
