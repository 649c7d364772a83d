"""The drill: a whole site goes into one file, and comes back on an empty machine."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import sqlite3
import stat
import tarfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from databases import empty_database
from flask import Flask
from flask.testing import FlaskClient
from open_index import build
from people import PASSWORD, add, log_in
from sqlalchemy import make_url

from indexer.store.generation import published
from web import archive
from web.accounts.models import AccountRole
from web.app import create_app
from web.archive import MANIFEST, PARTS, SitePaths, back_up, restore
from web.commands.main import main
from web.database.failure import StorageFailure
from web.database.storage import Storage
from web.desk.letterhead import STYLE, write_out
from web.serving.config import Config
from web.serving.defaults import DATABASE

CLOSED = "closed"
WORK = {"id": "jin", "title": "金史", "sections": [{"title": "卷二十四", "text": "上京路即海古之地金之舊土也"}]}
OTHER = {"id": "note", "title": "白城記", "text": "𤣥武門在白城北。"}
YAML = f"id: {CLOSED}\ntitle: {{zh: 密藏, en: Closed}}\ndescription: {{zh: 。, en: .}}\nlicence: none\naccess: staff\n"


def run(*arguments: object) -> Result:
    """A command, as it is typed in the folder where the test stands."""
    return CliRunner().invoke(main, list(map(str, arguments)))


def index_at(folder: Path) -> None:
    """An index in ``folder/index`` with an open collection and a closed one."""
    for name, work, collection in (("open", WORK, ""), ("closed", OTHER, CLOSED)):
        (folder / f"{name}.jsonl").write_text(json.dumps(work, ensure_ascii=False), "utf-8")
        build([folder / f"{name}.jsonl"], folder / "index", collection=collection)


@contextmanager
def machine(folder: Path, kind: str) -> Iterator[str]:
    """A machine: a folder to work in, and the address of a database of its own."""
    folder.mkdir(exist_ok=True)
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        address = DATABASE if kind == "sqlite" else stack.enter_context(empty_database(kind, folder))
        patch.chdir(folder)
        patch.setenv("WENYUAN_DATABASE", address)
        patch.delenv("WENYUAN_SECRET_KEY", raising=False)
        patch.setenv("WENYUAN_LETTERHEAD", "letterhead")
        yield address


@contextmanager
def serving(address: str) -> Iterator[Flask]:
    """The application of the machine where the test stands."""
    app = create_app(Path("index"), address, config=Config(letterhead=Path("letterhead")))
    app.config["WTF_CSRF_ENABLED"] = False
    yield app
    app.extensions["storage"].engine.dispose()


def used(address: str) -> tuple[str, str]:
    """Use a site: a case with a quotation, signed, closed and published; its number and the librarian's cookie."""
    write_out(Path("letterhead"))
    with Path("letterhead", STYLE).open("a", encoding="utf-8") as style:
        style.write("/* of our own */")
    Path("data", "collections").mkdir(parents=True)
    Path("data", "collections", f"{CLOSED}.yaml").write_text(YAML, "utf-8")
    with serving(address) as app:
        for login, role in (("li", AccountRole.LIBRARIAN), ("wang", AccountRole.REVIEWER)):
            add(app, login, role)
        li, wang = app.test_client(), app.test_client()
        app.config["WTF_CSRF_ENABLED"] = True
        assert (log_in(li, "li"), log_in(wang, "wang")) == (302, 302)
        app.config["WTF_CSRF_ENABLED"] = False
        number = str(li.post("/desk/new", data={"question": "會寧府何在？", "tier": "factual"}).location)[-9:]

        def do(client: FlaskClient, action: str, **fields: str) -> None:
            assert client.post(f"/desk/cases/{number}/{action}", data=fields).status_code == 302

        do(li, "move", move="take-up")
        do(li, "evidence", work="jin", section="0", range="0-8")
        do(li, "reply", text="在阿城。\n\n[@1]", after="0")
        do(li, "move", move="sign")
        do(li, "move", move="close")
        do(wang, "publish", question="會寧府在哪裏？")
        cookie = li.get_cookie("wenyuan")
        assert cookie
        return number, cookie.value


def assert_as_it_was(address: str, number: str, cookie: str) -> None:
    """The old password, the old cookie, the case and its quotation, what is public and what is closed: all is there."""
    with serving(address) as app:
        fresh, old, nobody = app.test_client(), app.test_client(), app.test_client()
        app.config["WTF_CSRF_ENABLED"] = True
        assert log_in(fresh, "li", PASSWORD) == 302
        app.config["WTF_CSRF_ENABLED"] = False
        old.set_cookie("wenyuan", cookie)
        page = old.get(f"/desk/cases/{number}").text
        assert "上京路即海古之" in page
        assert "索引更新后" not in page  # what was quoted stands where it stood
        assert old.get(f"/desk/cases/{number}/reply.json").get_json()["signed"]
        assert "在阿城" in nobody.get(f"/faq/{number}").text
        assert nobody.get("/read/note/0").status_code == 404
        assert old.get("/read/note/0").status_code == 200
        assert "of our own" in Path("letterhead", STYLE).read_text("utf-8")


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_site_comes_back_on_an_empty_machine(tmp_path: Path, kind: str) -> None:
    with machine(tmp_path / "one", kind) as address:
        index_at(Path())
        number, cookie = used(address)
        done = run("backup", tmp_path / "site.tar")
        assert done.exit_code == 0, done.output
    assert stat.S_IMODE((tmp_path / "site.tar").stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "site.tar"]
    shutil.rmtree(tmp_path / "one")
    with machine(tmp_path / "two", kind) as address:
        done = run("restore", tmp_path / "site.tar")
        assert done.exit_code == 0, done.output
        # A shared database holds the key itself.
        expected = [part for part in PARTS if part != "key" or kind == "sqlite"]
        assert [line.partition(":")[0] for line in done.stdout.splitlines()] == expected
        assert_as_it_was(address, number, cookie)
        again = run("restore", tmp_path / "site.tar")  # nothing is written over unasked
        assert again.exit_code == 2
        assert "say --replace" in again.stderr
        done = run("restore", tmp_path / "site.tar", "--replace")
        assert done.exit_code == 0, done.output
        assert_as_it_was(address, number, cookie)
        assert "kept aside" in done.stderr
        assert not [path for path in Path().rglob(".*") if path.is_dir()]
        if kind == "sqlite":
            (aside,) = Path("data").glob("wenyuan.sqlite.before-*")
            assert Storage.at(str(aside)).version()
        state = published(Path("index"))
        assert state
        assert run("repair", "--previous").exit_code == 0  # and so is the index that was there


@pytest.fixture(scope="module")
def used_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a used site, to be copied."""
    folder = tmp_path_factory.mktemp("used")
    with machine(folder, "sqlite") as address:
        index_at(Path())
        used(address)
    return folder


@pytest.fixture
def site(used_site: Path, tmp_path: Path) -> Iterator[str]:
    """A used site on this machine."""
    shutil.copytree(used_site, tmp_path / "site", symlinks=True)
    with machine(tmp_path / "site", "sqlite") as address:
        yield address


def here() -> SitePaths:
    """Where things stand on this machine."""
    return SitePaths(
        DATABASE, Path("data", "wenyuan.key"), Path("data", "collections"), Path("letterhead"), Path("index")
    )


def contents(root: Path = Path()) -> dict[str, bytes]:
    """Every file but the lock of builders and what is made anew."""
    found = (path for path in root.rglob("*") if path.is_file() and "answers" not in str(path))
    return {str(path.relative_to(root)): path.read_bytes() for path in found if path.name != "lock"}


def test_the_manifest_ties_what_was_taken(site: str, tmp_path: Path) -> None:
    made = back_up(here(), tmp_path / "site.tar")
    assert made.parts == PARTS
    with tarfile.open(tmp_path / "site.tar") as tar:
        *members, last = tar.getmembers()
        assert last.name == MANIFEST
        assert [member.name for member in members] == [member.name for member in made.members]
        assert [member.size for member in members] == [member.bytes for member in made.members]
        told = json.load(tar.extractfile(last))  # type: ignore[arg-type]  # it is a file
    assert (told["name"], told["generation"], told["program"]) == ("site.tar", 2, made.program)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", told["time"])


@pytest.mark.parametrize("part", PARTS)
def test_one_part_is_kept_and_brought_back_alone(site: str, tmp_path: Path, part: str) -> None:
    before = contents()
    assert run("backup", tmp_path / "part.tar", "--only", part).exit_code == 0
    assert run("backup", tmp_path / "site.tar").exit_code == 0
    for number, file in enumerate(("part.tar", "site.tar")):
        with machine(tmp_path / f"other-{number}", "sqlite"):
            done = run("restore", tmp_path / file, "--only", part)
            assert done.exit_code == 0, done.output
            assert done.stdout.startswith(f"{part}: ")
            brought = contents()
            assert brought
            assert {name for name, data in brought.items() if before[name] != data} <= {DATABASE}


def test_an_index_alone_needs_no_database(tmp_path: Path) -> None:
    with machine(tmp_path / "one", "sqlite"):
        index_at(Path())
        done = run("backup", tmp_path / "site.tar")
        assert done.exit_code == 0, done.output
        assert "database: left out, there is none" in done.stderr
        assert not Path("data").exists()
        assert run("backup", tmp_path / "other.tar", "--only", "database").exit_code == 2
        shutil.rmtree("index")
        assert run("restore", tmp_path / "site.tar").exit_code == 0
        assert published(Path("index"))


def test_backups_of_before_come_back(site: str, tmp_path: Path) -> None:
    from indexer.upkeep.backup import backup

    backup(Path("index"), tmp_path / "index.tar")
    assert run("database", "backup", tmp_path / "copy").exit_code == 0
    with machine(tmp_path / "other", "sqlite") as address:
        for file in ("index.tar", "copy"):
            done = run("restore", tmp_path / file)
            assert done.exit_code == 0, done.output
        assert published(Path("index"))
        assert Storage.at(address).version()


def test_a_medium_that_can_not_be_written_is_read(site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written, nor opened for writing, where the backup lies, not even beside it by SQLite."""
    medium = tmp_path / "medium"
    medium.mkdir()
    back_up(here(), medium / "site.tar")
    assert run("database", "backup", medium / "copy").exit_code == 0
    before = sorted(medium.iterdir())
    opened: list[str] = []
    connect = sqlite3.connect

    def connecting(database: object, *args: object, **named: object) -> sqlite3.Connection:
        opened.append(str(database))
        return connect(database, *args, **named)  # type: ignore[arg-type, call-overload, no-any-return]  # as it was called

    monkeypatch.setattr(sqlite3, "connect", connecting)
    monkeypatch.setattr("sqlite3.dbapi2.connect", connecting)
    for number, command in enumerate((["restore", medium / "site.tar"], ["database", "restore", medium / "copy"])):
        with machine(tmp_path / f"other-{number}", "sqlite"):
            done = run(*command)
            assert done.exit_code == 0, done.output
    assert opened
    assert not [name for name in opened if name.startswith(str(medium))]
    assert sorted(medium.iterdir()) == before


def test_a_copy_with_its_journal_is_restored_to_the_last_word(site: str, tmp_path: Path) -> None:
    with closing(sqlite3.connect(DATABASE)) as writing:
        writing.execute("PRAGMA wal_autocheckpoint = 0")
        writing.execute("UPDATE account SET name = 'the last word'")
        writing.commit()
        for name in ("", "-wal"):
            shutil.copyfile(f"{DATABASE}{name}", tmp_path / f"copy{name}")
    with machine(tmp_path / "other", "sqlite"):
        assert run("database", "restore", tmp_path / "copy").exit_code == 0
        with closing(sqlite3.connect(DATABASE)) as reading:
            assert set(reading.execute("SELECT name FROM account")) == {("the last word",)}


@pytest.mark.parametrize("failing", ["_put_database", "_put", "_published"])
def test_what_fails_midway_leaves_all_as_it_was(
    site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    back_up(here(), tmp_path / "site.tar")
    Path("data", "collections", f"{CLOSED}.yaml").write_text("changed since", "utf-8")
    Path("data", "wenyuan.key").write_text("k" * 64)
    with closing(sqlite3.connect(DATABASE)) as writing:
        writing.execute("PRAGMA journal_mode = DELETE")
    before = contents()

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive, failing, fail)
    done = run("restore", tmp_path / "site.tar", "--replace")
    assert done.exit_code == 2
    assert "internal error" not in done.stderr
    after = contents()
    assert {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)} == set()


def test_a_database_on_a_server_is_as_it_was_when_a_later_part_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with machine(tmp_path / "one", "postgresql") as address:
        index_at(Path())
        number, cookie = used(address)
        back_up(replace(here(), database=address), tmp_path / "site.tar")
        monkeypatch.setattr(archive, "_published", lambda *_: 1 / 0)
        assert run("restore", tmp_path / "site.tar", "--replace").exit_code == 2
        monkeypatch.undo()
        os.chdir(tmp_path / "one")
        assert_as_it_was(address, number, cookie)


def test_a_database_that_is_in_use_is_not_replaced(site: str, tmp_path: Path) -> None:
    back_up(here(), tmp_path / "site.tar")
    with closing(sqlite3.connect(DATABASE)) as running:
        running.execute("SELECT count(*) FROM account").fetchone()
        done = run("restore", tmp_path / "site.tar", "--replace")
        assert done.exit_code == 2
        assert "stop the server" in done.stderr


Member = tuple[tarfile.TarInfo, bytes]
HARMS: dict[str, Callable[[list[Member]], object]] = {
    "no manifest": lambda members: members.pop(),
    "a member more": lambda members: members.insert(0, (tarfile.TarInfo("letterhead/more.css"), b"")),
    "a member less": lambda members: members.pop(0),
    "a member twice": lambda members: members.insert(0, members[0]),
    "other bytes": lambda members: members.__setitem__(0, (members[0][0], members[0][1][:-1] + b"?")),
    "shorter": lambda members: members.__setitem__(0, (members[0][0], members[0][1][:-1])),
    "out of its folder": lambda members: members.insert(0, (tarfile.TarInfo("letterhead/../../out"), b"x")),
    "an absolute name": lambda members: members.insert(0, (tarfile.TarInfo("/tmp/out"), b"x")),
    "nothing": lambda members: members.clear(),
}


@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS)
def test_what_is_no_whole_backup_is_refused(site: str, tmp_path: Path, harm: Callable[[list[Member]], object]) -> None:
    back_up(here(), tmp_path / "site.tar")
    with tarfile.open(tmp_path / "site.tar") as tar:
        members = [(info, tar.extractfile(info).read()) for info in tar]  # type: ignore[union-attr]  # all are files
    harm(members)
    with tarfile.open(tmp_path / "forged.tar", "w") as tar:
        for info, data in members:
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    assert_refused(tmp_path)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_a_member_that_is_no_plain_file_is_refused(site: str, tmp_path: Path, kind: bytes) -> None:
    """Though the manifest knows it."""
    link = tarfile.TarInfo("letterhead/link")
    link.type, link.linkname = kind, "/etc/passwd"
    nothing = archive.BackupMember(
        "letterhead", link.name, 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )
    manifest = archive.BackupManifest("x", "", "", "", 0, (nothing,))
    last = tarfile.TarInfo(MANIFEST)
    last.size = len(archive._as_json(manifest))
    with tarfile.open(tmp_path / "forged.tar", "w") as tar:
        tar.addfile(link)
        tar.addfile(last, io.BytesIO(archive._as_json(manifest)))
    assert_refused(tmp_path)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_backup_is_refused(site: str, tmp_path: Path, share: float) -> None:
    back_up(here(), tmp_path / "site.tar")
    whole = (tmp_path / "site.tar").read_bytes()
    (tmp_path / "forged.tar").write_bytes(whole[: int(len(whole) * share)])
    assert_refused(tmp_path)


def assert_refused(folder: Path) -> None:
    """The forged backup brings nothing to an empty machine, and leaves nothing there."""
    with machine(folder / "other", "sqlite"):
        done = run("restore", folder / "forged.tar")
        assert done.exit_code == 2
        assert len(done.stderr.splitlines()) == 1
        assert "internal error" not in done.stderr
        assert list(Path().rglob("*")) == []
    assert not (folder / "out").exists()
    assert not Path("/tmp/out").exists()


def test_an_interrupted_backup_leaves_nothing(site: str, tmp_path: Path) -> None:
    def interrupt(step: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        back_up(here(), tmp_path / "site.tar", on_progress=interrupt)
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_a_file_that_is_there_is_not_written_over(site: str, tmp_path: Path) -> None:
    (tmp_path / "site.tar").write_text("precious")
    with pytest.raises(StorageFailure, match="is there already"):
        back_up(here(), tmp_path / "site.tar")
    assert (tmp_path / "site.tar").read_text() == "precious"


def test_another_kind_of_database_is_refused(site: str, tmp_path: Path) -> None:
    back_up(here(), tmp_path / "site.tar")
    with machine(tmp_path / "other", "postgresql") as address:
        done = run("restore", tmp_path / "site.tar", "--only", "database")
        assert done.exit_code == 2
        assert "no copy of a database on PostgreSQL" in done.stderr
        assert make_url(address).database


def test_restoring_by_hand_says_what_went_where(site: str, tmp_path: Path) -> None:
    back_up(here(), tmp_path / "site.tar", ["key"])
    done = restore(tmp_path / "site.tar", here(), over=True)
    assert set(done.parts) == {"key"}
    assert [path.name.partition(".before-")[0] for path in done.aside] == ["wenyuan.key"]
