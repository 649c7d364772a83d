import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from eval.datasets import questions
from indexer.building.build import build
from indexer.errors import IndexFailure
from web.commands.main import main

RIVER = [{"work": "江"}]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    texts, index = tmp_path_factory.mktemp("texts"), tmp_path_factory.mktemp("index")
    pages = [{"label": "001-1a", "start": 0}, {"label": "001-1b", "start": 14}]
    works = [
        {"id": "江", "title": "江", "text": "混同江出長白山北流會黑龍江入海國人漁獵爲業冬則鑿氷取魚", "pages": pages},
        {"id": "京", "title": "京", "text": "上京會寧府其地苦寒"},
    ]
    (texts / "works.jsonl").write_text("".join(json.dumps(work) + "\n" for work in works), "utf-8")
    build([texts], index)
    return index


def ask(tmp_path: Path, index: Path, *rows: object) -> Result:
    file = tmp_path / "my.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return CliRunner().invoke(main, ["eval", "--queries", str(file), "--index", str(index), "--json"])


def test_the_place_of_the_first_right_answer_is_told_for_every_question(tmp_path: Path, index: Path) -> None:
    rows = [
        {"id": "1", "query": "鑿氷取魚", "relevant": [{"work": "江", "page": "001-1b"}]},
        {"id": "2", "query": "鑿氷取魚", "relevant": [{"work": "江", "page": "001-1a"}]},
        {"id": "3", "query": "混同江", "relevant": RIVER},
        {"id": "4", "query": "會寧府", "relevant": RIVER},
    ]
    done = ask(tmp_path, index, *rows)
    assert done.exit_code == 0, done.output
    measures, places = json.loads(done.stdout)
    exact = places["columns"].index("exact words")
    assert [row[exact] for row in places["rows"]] == ["1", "–", "1", "–"]
    assert [row[0] for row in places["rows"]] == ["1", "2", "3", "4"]
    (shares,) = (row for row in measures["rows"] if row[0] == "exact words")
    assert all(share.startswith("0.500 (") for share in shares[1:])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "is not valid JSON"),
        ("[]", "is not an object"),
        ('{"query": "江", "relevant": [{"work": "江"}]}', "has no id"),
        ('{"id": "1", "query": " ", "relevant": [{"work": "江"}]}', "has no query"),
        ('{"id": "1", "query": "江", "relevant": []}', "has no relevant answer"),
        ('{"id": "1", "query": "江", "relevant": ["江"]}', "an answer names no work"),
        ('{"id": "1", "query": "江", "relevant": [{"work": "江", "page": 3}]}', "a page is a string"),
    ],
)
def test_a_line_that_is_no_question_is_named(tmp_path: Path, line: str, reason: str) -> None:
    file = tmp_path / "my.jsonl"
    file.write_text(json.dumps({"id": "0", "query": "江", "relevant": RIVER}) + "\n\n" + line, "utf-8")
    with pytest.raises(IndexFailure, match=f"my.jsonl:3: {reason}"):
        questions.read(file)


def test_questions_that_can_not_be_asked_are_one_line(tmp_path: Path, index: Path) -> None:
    twice = {"id": "1", "query": "江", "relevant": RIVER}
    for rows, reason in (
        ([], "no questions in it"),
        ([twice, twice], "id 1 stands twice"),
        ([{**twice, "relevant": [{"work": "河"}]}], "the index holds no work 河"),
    ):
        done = ask(tmp_path, index, *rows)
        assert done.exit_code == 2
        assert done.stderr.startswith("wenyuan: ")
        assert reason in done.stderr
        assert done.stderr.count("\n") == 1
