"""What staff write is readable by its owner alone, whatever the umask, and stands where the configuration says."""

from __future__ import annotations

from pathlib import Path

import pytest
from desk_people import Desk
from modes import open_to_others, umask

from web.accounts.keys import key_in
from web.app import create_app
from web.database.backup import back_up
from web.database.storage import Storage
from web.serving.config import Config


def serve(index: Path, database: str, **configured: object) -> Desk:
    """A desk whose forms need no token, with one case answered and closed."""
    app = create_app(index, database, config=Config(**configured))
    app.config["WTF_CSRF_ENABLED"] = False
    desk = Desk(app)
    desk.answered()
    return desk


@pytest.mark.parametrize("mask", [0o022, 0o000], ids=["umask 022", "umask 000"])
def test_database_key_answers_and_copies_are_the_owners_alone(
    mask: int, works: Path, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with umask(mask):
        desk = serve(works, database if "://" in database else "data/wenyuan.sqlite")
        back_up(desk.storage, tmp_path / "copy")
    kept = tmp_path / "data"
    # On a server the key is a row, for other machines have it, too.
    beside = {"wenyuan.answers"} | (set() if "://" in database else {"wenyuan.key"})
    assert {path.name for path in kept.iterdir()} & {"wenyuan.answers", "wenyuan.key"} == beside
    assert len(list(kept.glob("wenyuan.answers/**/*.jsonl"))) == 1
    assert (open_to_others(kept), open_to_others(tmp_path / "copy")) == ({}, {})


def test_a_base_of_answers_that_others_could_enter_is_closed_to_them(works: Path, tmp_path: Path) -> None:
    (tmp_path / "wenyuan.answers" / "texts").mkdir(parents=True)
    (tmp_path / "wenyuan.answers").chmod(0o755)
    serve(works, str(tmp_path / "wenyuan.sqlite"))
    assert (tmp_path / "wenyuan.answers").stat().st_mode & 0o077 == 0


def test_key_and_answers_are_beside_a_database_in_a_file_unless_the_state_folder_is_named(
    works: Path, tmp_path: Path
) -> None:
    serve(works, str(tmp_path / "beside" / "db.sqlite"))
    serve(works, str(tmp_path / "apart" / "db.sqlite"), state=tmp_path / "state")

    def kept(folder: str) -> set[str]:
        return {path.name for path in (tmp_path / folder).iterdir() if not path.name.startswith("db.sqlite")}

    assert kept("beside") == {"db.key", "db.answers"}
    assert kept("apart") == set()
    assert kept("state") == {"wenyuan.key", "wenyuan.answers"}


def test_the_key_in_the_state_folder_is_the_same_after_a_restart(works: Path, tmp_path: Path) -> None:
    database = str(tmp_path / "db.sqlite")
    config = Config(state=tmp_path / "state")
    first, second = (create_app(works, database, config=config).secret_key for _ in range(2))
    assert first == second == key_in(tmp_path / "state" / "wenyuan.key")
    assert Storage.open(database).version()
