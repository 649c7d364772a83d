"""Wherever an index is named, a folder or a cluster's address serves, and nothing secret in it is repeated."""

from __future__ import annotations

import time
from itertools import product
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from indexer.cluster.address import index_address
from indexer.errors import IndexFailure
from web.archive import SitePaths
from web.commands.building import index
from web.commands.main import main
from web.commands.searching import search
from web.serving.config import Config

AWAY = "opensearch+http://127.0.0.1:1/library"
"""An address at which nobody listens."""
SECRET = "hunter2"
WITH_PASSWORD = f"opensearch+https://reader:{SECRET}@host:9200/library"


def run(*arguments: object, **environment: str) -> Result:
    return CliRunner(env=environment).invoke(main, [str(argument) for argument in arguments])


COMMANDS: list[tuple[object, ...]] = [
    ("status",),
    ("search", "江"),
    ("verify",),
    ("access",),
    ("compact",),
    ("repair",),
    ("repair", "--previous"),
    ("index", "bundled"),
    ("backup", "never.tar", "--only", "index"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(map(str, command)))
def test_a_cluster_that_is_away_is_told_in_a_line(
    command: tuple[object, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    began = time.monotonic()
    done = run(*command, "--index", AWAY)
    assert done.exit_code == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"wenyuan: {AWAY}: ")
    assert "internal error" not in line
    assert time.monotonic() - began < 20
    assert list(tmp_path.iterdir()) == []


GIVEN = [
    *product(["status", "serve", "backup"], ["option", "variable"]),
    *product(["serve", "backup"], ["file"]),  # the others read none
]


@pytest.mark.parametrize(("command", "given"), GIVEN)
def test_a_password_in_an_address_is_refused_and_not_repeated(command: str, given: str, tmp_path: Path) -> None:
    arguments: list[object] = [command, *([tmp_path / "x.tar"] if command == "backup" else [])]
    environment: dict[str, str] = {}
    if given == "option":
        arguments += ["--index", WITH_PASSWORD]
    elif given == "variable":
        environment["WENYUAN_INDEX"] = WITH_PASSWORD
    else:
        (tmp_path / "site.toml").write_text(f'index = "{WITH_PASSWORD}"', "utf-8")
        arguments += ["--config", tmp_path / "site.toml"]
    done = run(*arguments, **environment)
    assert done.exit_code == 2
    assert "WENYUAN_OPENSEARCH_PASSWORD" in done.stderr
    assert SECRET not in done.output


@pytest.mark.parametrize("address", ["http://host:9200/x", "opensearch+https://host/Big", "opensearch+https:///x"])
def test_what_is_no_address_is_told_how_to_write_one(address: str) -> None:
    done = run("status", "--index", address)
    assert done.exit_code == 2
    assert "opensearch+https://" in done.stderr


def test_a_file_is_no_index(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run("status", "--index", tmp_path / "file")
    assert done.exit_code == 2
    assert "is a file" in done.stderr


def test_options_are_the_same_in_every_command() -> None:
    options = [
        next(each for each in command.params if isinstance(each, click.Option) and "--index" in each.opts)
        for command in (index, search)
    ]
    assert len({(each.metavar, each.help) for each in options}) == 1


def test_file_variable_and_option_take_an_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "site.toml").write_text(f'index = "{AWAY}"', "utf-8")
    assert Config.read(tmp_path / "site.toml").index == index_address(AWAY)
    assert Config.read(None, index=index_address(AWAY)).index == index_address(AWAY)
    monkeypatch.setenv("WENYUAN_INDEX", AWAY)
    assert Config.read(None).index == index_address(AWAY)
    monkeypatch.setenv("WENYUAN_INDEX", "folder")
    assert Config.read(None).index == Path("folder")
    assert Config().index == Path("folder")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--workers", "2"), "2 processes over a cluster"),
        (("--host", "0.0.0.0"), "others would be served"),
        (("--proxy", "10.0.0.1"), "others would be served"),
    ],
)
def test_over_a_cluster_a_database_in_a_file_serves_one_process_on_this_machine(
    options: tuple[str, ...], told: str, tmp_path: Path
) -> None:
    database = tmp_path / "db.sqlite"
    done = run("serve", "--port", "0", "--index", AWAY, "--database", database, *options)
    assert done.exit_code == 2
    assert told in done.stderr
    assert "PostgreSQL" in done.stderr


def test_a_folder_is_copied_to_a_folder_without_our_help(tmp_path: Path) -> None:
    done = run("carry", tmp_path / "a", tmp_path / "b")
    assert done.exit_code == 2
    assert "are folders" in done.stderr


def test_the_parts_of_a_site_may_have_a_cluster_among_them() -> None:
    places = SitePaths("", None, Path("collections"), None, index_address(AWAY))
    assert str(places.index) == AWAY
    with pytest.raises(IndexFailure):
        index_address(WITH_PASSWORD)
