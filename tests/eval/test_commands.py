import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from eval.speed.bench import WORST
from indexer import errors
from web.commands.main import main


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_a_newcomer_can_measure_the_bundled_articles(tmp_path: Path) -> None:
    done = run("eval", "articles", "--data", tmp_path, "--json")
    assert done.exit_code == 0, done.output
    (table,) = json.loads(done.stdout)
    assert [row[0] for row in table["rows"]] == ["words", "meaning", "both", "both + rerank"]
    assert all(0.5 < value <= 1 for row in table["rows"] for value in row[1:])


def is_one_line_of_advice(error: str, advice: str) -> bool:
    return error.startswith("wenyuan: ") and error.count("\n") == 1 and advice in error and "internal" not in error


@pytest.mark.parametrize(
    "command",
    [
        *(f"eval {part}" for part in ("natural", "sentences", "verbatim", "words", "vectors", "names")),
        "eval --all",
        "bench",
        "bench --peers",
        "bench --characters 1",
        "bench --sizes 1",
        "train out",
    ],
)
def test_data_that_is_not_there_is_one_line(command: str, tmp_path: Path) -> None:
    done = run(*command.split(), "--data", tmp_path / "no-data")
    assert done.exit_code == 2
    assert is_one_line_of_advice(done.stderr, "by --data"), done.stderr
    assert str(tmp_path / "no-data") in done.stderr


@pytest.mark.parametrize("module", ["names", "fusion", "thesaurus mine", "encodings", "encodings train"])
def test_data_that_a_tool_lacks_is_one_line(module: str, tmp_path: Path) -> None:
    name, *rest = module.split()
    data = ["--data", str(tmp_path)]
    arguments = [*data, *rest] if name == "encodings" else [*rest, *data]
    done = subprocess.run([sys.executable, "-m", f"eval.learning.{name}", *arguments], capture_output=True, text=True)
    assert done.returncode == 2
    assert is_one_line_of_advice(done.stderr, "by --data"), done.stderr


@pytest.mark.parametrize(
    ("command", "advice"),
    [
        ("speed.xapian_peer", "python3-xapian"),
        ("learning.codebook {folder}", "`wenyuan index PATH"),
        ("speed.load http://127.0.0.1:1 --queries {folder}/empty.txt", "no queries in it"),
        ("speed.load http://203.0.113.1:1", "not this machine"),
    ],
)
def test_a_tool_that_cannot_begin_is_one_line(command: str, advice: str, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()
    arguments = command.format(folder=tmp_path).split()
    done = subprocess.run(
        [sys.executable, "-m", f"eval.{arguments[0]}", *arguments[1:]], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert is_one_line_of_advice(done.stderr, advice), done.stderr


@pytest.mark.parametrize(
    ("command", "extra"),
    [
        ("eval --all --peers vectors", "wenyuan[peers]"),
        ("bench {texts} --sizes 1 --plot growth.svg", "wenyuan[peers]"),
        ("train out", "wenyuan[models]"),
    ],
)
def test_a_library_that_is_not_installed_is_one_line(
    command: str, extra: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errors, "find_spec", lambda module: None)
    done = run(*command.format(texts=tmp_path).split(), "--data", tmp_path)
    assert done.exit_code == 2
    assert is_one_line_of_advice(done.stderr, f'pip install "{extra}"'), done.stderr


@pytest.mark.parametrize("sizes", ["0", "-1", "1,x", ","])
def test_a_size_is_a_whole_number_above_0(sizes: str, tmp_path: Path) -> None:
    done = run("bench", tmp_path, f"--sizes={sizes}")
    assert done.exit_code == 2
    assert is_one_line_of_advice(done.stderr, "--sizes")


@pytest.mark.parametrize("option", ["--peers", "--sizes=1", "--characters=1"])
def test_a_folder_without_texts_is_named(option: str, tmp_path: Path) -> None:
    done = run("bench", tmp_path, option)
    assert done.exit_code == 2
    assert is_one_line_of_advice(done.stderr, f"no text was found in {tmp_path}")


def test_texts_too_short_to_draw_queries_from_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "江.txt").write_text("江", "utf-8")
    done = run("bench", tmp_path, "--data", tmp_path)
    assert done.exit_code == 2
    assert is_one_line_of_advice(done.stderr, "too short")


def test_other_engines_are_compared_without_test_data(tmp_path: Path) -> None:
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "江.txt").write_text("混同江出長白山北流會黑龍江入海\n" * 20, "utf-8")
    done = run("bench", texts, "--peers", "--data", tmp_path, "--json")
    assert done.exit_code == 0, done.output
    (table,) = json.loads(done.stdout)
    assert {"Wenyuan", "Tantivy alone", "SQLite FTS5", "Whoosh"} <= {row[0] for row in table["rows"]}


def test_bench_times_every_mode(tmp_path: Path) -> None:
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "江.txt").write_text("混同江出長白山北流會黑龍江入海\n" * 20, "utf-8")
    done = run("bench", texts, "--data", tmp_path, "--json")
    assert done.exit_code == 0, done.output
    size, searches, worst, analyses = json.loads(done.stdout)
    assert dict(size["rows"])["characters"] == "320"
    assert [row[0] for row in searches["rows"]] == ["exact, phrases", "exact, AND OR NOT NEAR", "hybrid, phrases"]
    assert all(float(row[2]) > 0 for row in searches["rows"])
    assert len(worst["rows"]) == len(WORST)
    assert len(analyses["rows"]) == 6
