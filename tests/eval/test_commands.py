import json
from pathlib import Path

from click.testing import CliRunner, Result

from eval.bench import WORST
from web.cli import main


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_a_newcomer_can_measure_the_bundled_articles(tmp_path: Path) -> None:
    done = run("eval", "articles", "--data", tmp_path, "--json")
    assert done.exit_code == 0, done.output
    (table,) = json.loads(done.stdout)
    assert [row[0] for row in table["rows"]] == ["words", "meaning", "both", "both + rerank"]
    assert all(0.5 < value <= 1 for row in table["rows"] for value in row[1:])


def test_data_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    for part in ("natural", "sentences", "verbatim", "words", "vectors", "names"):
        done = run("eval", part, "--data", tmp_path)
        assert done.exit_code == 2
        assert done.stderr.startswith("wenyuan: ")
        assert done.stderr.count("\n") == 1
        assert str(tmp_path) in done.stderr


def test_bench_times_every_mode(tmp_path: Path) -> None:
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "江.txt").write_text("混同江出長白山北流會黑龍江入海\n" * 20, "utf-8")
    done = run("bench", texts, "--data", tmp_path, "--json")
    assert done.exit_code == 0, done.output
    size, searches, worst = json.loads(done.stdout)
    assert dict(size["rows"])["characters"] == "320"
    assert [row[0] for row in searches["rows"]] == ["exact, phrases", "exact, AND OR NOT NEAR", "hybrid, phrases"]
    assert all(float(row[2]) > 0 for row in searches["rows"])
    assert len(worst["rows"]) == len(WORST)
