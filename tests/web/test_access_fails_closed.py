"""Ordinary acts of staff open nothing: each row of the review's table, by commands and a real application.

The collection ``secret`` is staff's by a manifest of the library's own. Whatever is done, a reader without an account
gets what an index without it would answer.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient
from people import logged_in
from serving import PATIENCE, serving

from corpora import manifests
from corpora.manifests import ManifestFailure
from corpora.model import Access
from indexer.store.access import Declared
from indexer.store.generation import published, relabel
from indexer.upkeep.declaring import declare, survey
from web.accounts.models import AccountRole
from web.app import create_app
from web.commands.main import main
from web.serving.config import Config

MANIFEST = """\
id: {id}
title: {{zh: 密檔, en: Secret files}}
description: {{zh: 不示人, en: Not to be shown}}
licence: none
access: {access}
"""
SECRET_TEXT = "鐵匣塵封，鑰匙失落於江濱。"
OPEN_TEXT = "松花江出長白山，至於江濱。"


def run(*arguments: object, status: int = 0) -> Result:
    done = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert done.exit_code == status, done.output
    return done


class House:
    """A library's folder: manifests, texts of the collection ``secret``, an open text, and an index of both."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.own = folder / "data" / "collections"
        self.own.mkdir(parents=True)
        self.texts = folder / "data" / "secret"
        self.texts.mkdir()
        self.manifest("staff")
        self.write(self.texts / "密檔.txt", SECRET_TEXT)
        self.write(folder / "江志.txt", OPEN_TEXT)

    def manifest(self, access: str, name: str = "secret") -> Path:
        return self.write(self.own / f"{name}.yaml", MANIFEST.format(id=name, access=access))

    def write(self, path: Path, text: str) -> Path:
        """A file that is another one than before."""
        draft = path.with_name(f".{path.name}.draft")
        draft.write_text(text, "utf-8")
        os.replace(draft, path)
        return path

    def index(self, *arguments: object, status: int = 0) -> Result:
        return run("index", *arguments, status=status)

    def build(self) -> None:
        """What a careful person does."""
        self.index("江志.txt", "--access", "open")
        self.index("secret")

    def site(self, **config: object) -> FlaskClient:
        return create_app(Path("index"), config=Config(**config)).test_client()  # type: ignore[arg-type]  # a test's shorthand


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.chdir(tmp_path)
    return House(tmp_path)


def quiet(client: FlaskClient) -> None:
    """Fail where somebody without an account sees anything of the closed text."""
    betrayed = []
    for path in ("/", "/works", "/search?q=江濱", "/api/v1/search?q=江濱&facets=true", "/read/江志/0"):
        text = client.get(path).text
        betrayed += [(path, sign) for sign in ("密檔", "鐵匣塵封", "secret", "Secret") if sign in text]
    assert betrayed == []
    assert client.get("/read/密檔/0").status_code == 404
    for mode in ("exact", "semantic", "hybrid"):
        answer = client.get(f"/api/v1/search?q=鑰匙失落&mode={mode}&facets=true").get_json()
        assert [hit["text"] for hit in answer["hits"] if "鑰匙" in hit["text"]] == []
    assert client.get("/api/v1/search?q=鑰匙失落&mode=exact").get_json()["total"] == {
        "passages": 0,
        "occurrences": 0,
        "alike": 0,
        "at_least": False,
    }


def shown(client: FlaskClient) -> bool:
    """Whether the closed text is open: the endpoint finds it, and it can be read."""
    found = client.get("/api/v1/search?q=鑰匙失落&mode=exact").get_json()["total"]["passages"]
    read = client.get("/read/密檔/0").status_code == 200
    assert bool(found) is read
    return read


def test_before_anything_is_done_staff_alone_see_it(house: House) -> None:
    house.build()
    client = house.site()
    quiet(client)
    assert client.get("/api/v1/search?q=江濱&mode=exact").get_json()["total"]["passages"] == 1
    assert shown(logged_in(client.application, AccountRole.LIBRARIAN))


# a. The manifest is not there: another machine after a restoration, a new image, a new environment


def test_row_a_a_manifest_that_is_not_there(house: House) -> None:
    house.build()
    running = house.site()
    (house.own / "secret.yaml").rename(house.own / "secret.yaml.old")
    quiet(running)
    quiet(house.site())
    run("backup", "saved.tar")
    run("restore", "saved.tar", "--only", "index", "--index", "elsewhere")
    quiet(create_app(Path("elsewhere")).test_client())
    assert shown(logged_in(house.site().application, AccountRole.LIBRARIAN))


def test_row_a_with_an_index_of_today(house: House) -> None:
    """Such an index says nothing itself, so nothing of it is open and nobody serves it until somebody says it."""
    house.build()
    state = published(Path("index"))
    assert state is not None
    relabel(Path("index"), state, Declared())
    (house.own / "secret.yaml").unlink()
    quiet(house.site())
    refused = run("serve", "--port", 0, status=2)
    assert "nobody has said who may read local, secret" in refused.stderr
    assert "wenyuan access secret open --index index" in refused.stderr
    assert refused.stderr.count("\n") == 1


# b. The line `access:` is left out


def test_row_b_a_manifest_without_access(house: House) -> None:
    house.build()
    running = house.site()
    lacking = MANIFEST.format(id="secret", access="staff").replace("access: staff\n", "")
    house.write(house.own / "secret.yaml", lacking)
    quiet(running)
    assert running.get("/readyz").status_code == 200
    with pytest.raises(ManifestFailure, match=r"secret.yaml:1: the manifest: access is missing"):
        house.site()
    for command in (["serve", "--port", 0], ["index", "secret"], ["access"], ["collections"]):
        assert "secret.yaml:1: the manifest: access is missing" in run(*command, status=2).stderr


# c. A path instead of the name


@pytest.mark.parametrize("elsewhere", [False, True])
def test_row_c_a_path_instead_of_the_name(house: House, elsewhere: bool) -> None:
    house.index("江志.txt", "--access", "open")
    folder = house.texts
    if elsewhere:
        folder = house.texts.rename(house.folder / "copied")
    told = house.index(folder).stderr
    quiet(house.site())
    assert ("local: 1 works are undeclared, so for staff alone" in told) is elsewhere
    assert ("secret: who may read it: 1 staff" in told) is not elsewhere


def test_row_c_after_it_was_indexed_by_its_name(house: House) -> None:
    house.build()
    copied = house.folder / "copied"
    copied.mkdir()
    house.write(copied / "密檔.txt", SECRET_TEXT)
    told = house.index(copied, "--access", "open", status=1)
    assert "密檔: belongs to the collection secret, which is not open" in told.stdout
    quiet(house.site())
    house.index(copied, "--move", "--access", "open")
    assert shown(house.site())


# d. One changed file of it, given by its path


def test_row_d_one_changed_file(house: House) -> None:
    house.build()
    client = house.site()
    house.write(house.texts / "密檔.txt", SECRET_TEXT + "今得之。")
    assert "1 replaced" in house.index(house.texts / "密檔.txt").stderr
    quiet(client)
    (house.texts / "密檔.txt").unlink()
    moved = house.write(house.folder / "密檔.txt", SECRET_TEXT + "又得之。")
    told = house.index(moved, status=1).stdout
    assert "--collection secret" in told
    quiet(client)
    assert "又得之" not in logged_in(client.application, AccountRole.LIBRARIAN).get("/read/密檔/0").text
    assert "1 replaced" in house.index(moved, "--collection", "secret").stderr
    quiet(client)


# e. A folder of the working directory is called as the collection is


def test_row_e_a_folder_that_is_called_so(house: House) -> None:
    house.index("江志.txt", "--access", "open")
    (house.folder / "secret").mkdir()
    house.write(house.folder / "secret" / "密檔.txt", SECRET_TEXT)
    refused = house.index("secret", status=2).stderr
    assert "./secret" in refused
    assert "--collection secret" in refused
    house.index("--collection", "secret")
    quiet(house.site())
    assert "belongs to the collection secret" in house.index("./secret", "--access", "open", status=1).stdout
    quiet(house.site())


# f. A shipped manifest was edited, and is written over by the next version


def test_row_f_a_shipped_manifest_is_written_over(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = house.folder / "shipped"
    shipped.mkdir()
    for function in (manifests.load, manifests.manifest_files, manifests.Watched.__init__):
        given = function.__defaults__  # type: ignore[attr-defined]  # functions have them
        monkeypatch.setattr(function, "__defaults__", (*given[:-1], shipped))
    (house.own / "secret.yaml").rename(shipped / "secret.yaml")
    house.write(shipped / "secret.yaml", MANIFEST.format(id="secret", access="in-library"))
    house.build()
    client = house.site()
    quiet(client)
    house.write(shipped / "secret.yaml", MANIFEST.format(id="secret", access="open"))
    quiet(client)
    quiet(house.site())
    house.index("secret")
    quiet(house.site())


def test_row_f_a_librarys_own_manifest_closes_a_shipped_collection(house: House) -> None:
    house.index("江志.txt", "--access", "open")
    house.index("bundled")
    client = house.site()
    assert client.get("/read/WY0001/0").status_code == 200
    house.manifest("staff", "bundled")
    assert client.get("/read/WY0001/0").status_code == 404
    assert client.get("/api/v1/search?q=黑龙江&mode=exact").get_json()["total"]["passages"] == 0
    assert "index: 67 open → 67 staff" in run("access", "--from-manifests").stdout
    (house.own / "bundled.yaml").unlink()
    assert house.site().get("/read/WY0001/0").status_code == 404


# g. Access is changed while it is served


def test_row_g_a_manifest_is_changed_while_it_is_served(house: House) -> None:
    house.manifest("open")
    house.build()
    client = house.site()
    assert shown(client)
    for _ in range(2):
        house.manifest("staff")
        quiet(client)
        house.manifest("open")
        assert shown(client)
    house.manifest("in-library")
    quiet(client)
    assert client.get("/read/密檔/0", environ_base={"REMOTE_ADDR": "10.1.0.1"}).status_code == 404
    inside = house.site(library_networks=("10.1.0.0/16",))
    assert inside.get("/read/密檔/0", environ_base={"REMOTE_ADDR": "10.1.0.1"}).status_code == 200


def test_row_g_the_index_says_otherwise_while_it_is_served(house: House) -> None:
    house.manifest("open")
    house.build()
    client = house.site()
    for _ in range(2):
        assert "secret: index: 1 open → 1 staff; in effect: 1 open → 1 staff" in run("access", "secret", "staff").stdout
        quiet(client)
        run("access", "secret", "open")
        assert shown(client)


@pytest.mark.parametrize("harm", ["access: Staff\n", "acess: staff\n", "[", "", None])
def test_a_manifest_that_breaks_while_it_is_served_holds_as_it_was(house: House, harm: str | None) -> None:
    house.manifest("open")
    house.build()
    client = house.site()
    house.manifest("staff")
    quiet(client)
    broken = house.own / "secret.yaml"
    if harm is None:
        broken.unlink()
    else:
        house.write(broken, MANIFEST.format(id="secret", access="open").replace("access: open\n", harm) if harm else "")
    quiet(client)
    assert client.get("/readyz").status_code == 200
    house.manifest("in-library", "other")  # another one is taken up meanwhile
    quiet(client)
    house.manifest("open")
    assert shown(client)


def test_a_process_that_never_saw_the_manifest_whole_holds_it_for_staffs(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.manifest("open")
    house.build()
    client = house.site()
    house.write(house.own / "secret.yaml", "[")
    monkeypatch.setattr("corpora.manifests.os.getpid", lambda: -1)  # as after a fork
    quiet(client)


# Further


def test_the_manifest_may_stand_beside_the_texts(house: House) -> None:
    house.index("江志.txt", "--access", "open")
    folder = house.folder / "mine"
    folder.mkdir()
    (house.own / "secret.yaml").unlink()
    beside = house.write(folder / "collection.yaml", MANIFEST.format(id="mine", access="open"))
    house.write(folder / "密檔.txt", SECRET_TEXT)
    assert "mine:" not in house.index("mine").stderr  # there is nothing to be said
    client = house.site()
    assert shown(client)
    assert "密檔" in client.get("/works").text
    house.write(beside, MANIFEST.format(id="mine", access="staff"))
    quiet(client)
    house.write(folder / "密檔.txt", SECRET_TEXT + "今得之。")
    house.index("mine/密檔.txt")
    house.write(beside, MANIFEST.format(id="mine", access="open"))
    quiet(client)  # the index has taken it down
    run("access", "mine", "open")
    assert shown(client)
    house.write(beside, MANIFEST.format(id="mine", access="all"))
    assert "collection.yaml:5: access: 'all'" in run("serve", "--port", 0, status=2).stderr


def test_a_newcomers_folder_is_open_on_this_machine_alone(house: House) -> None:
    told = house.index(house.folder / "江志.txt", "--access", "this-machine").stderr
    assert "local: 1 works are declared open on this machine alone; `wenyuan access local staff --index index`" in told
    client = house.site()
    path = "/api/v1/search?q=江濱&mode=exact"

    def found(**told: object) -> int:
        return int(client.get(path, **told).get_json()["total"]["passages"])  # type: ignore[arg-type]  # a test's shorthand

    assert found() == 1
    assert found(environ_base={"REMOTE_ADDR": "::1"}) == 1
    assert found(environ_base={"REMOTE_ADDR": "192.0.2.1"}) == 0
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
        assert found(headers={header: "127.0.0.1"}) == 0
    for options in (["--host", "0.0.0.0"], ["--proxy", "127.0.0.1"]):
        refused = run("serve", "--port", 0, *options, status=2).stderr
        assert "local: declared open on this machine alone" in refused
        assert "wenyuan access local open --index index" in refused


def test_what_nobody_declared_is_not_served(house: House) -> None:
    told = house.index("江志.txt").stderr
    assert "undeclared, so for staff alone; `wenyuan access local open --index index`" in told
    assert house.site().get("/read/江志/0").status_code == 404
    assert "nobody has said who may read local" in run("serve", "--port", 0, status=2).stderr
    listed = run("access", status=1)
    assert "1 undeclared" in listed.stdout
    assert "wenyuan access local open" in listed.stderr
    assert "local: index: 1 undeclared → 1 open; in effect: 1 staff → 1 open" in run("access", "local", "open").stdout
    assert house.site().get("/read/江志/0").status_code == 200
    assert run("access", "local", "open").stdout == "nothing changed\n"


def test_the_command_says_when_the_manifest_is_stricter(house: House) -> None:
    house.build()
    opened = run("access", "secret", "open")
    assert "index: 1 staff → 1 open; in effect: 1 staff → 1 staff" in opened.stdout
    assert "its manifest is stricter" in opened.stderr
    quiet(house.site())


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["secret"], "say who may read secret"),
        (["secret", "staff", "--from-manifests"], "not both"),
        (["nowhere", "staff"], "no works of a collection nowhere"),
        (["secret", "public"], "public"),
        (["--index", "nowhere"], "no index there"),
    ],
)
def test_a_wrong_command_is_one_line(house: House, arguments: list[str], reason: str) -> None:
    house.build()
    refused = run("access", *arguments, status=2)
    assert reason in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_a_manifest_and_said_collections_have_to_agree(house: House) -> None:
    assert (
        "belongs to the collection secret, not to bundled"
        in house.index(house.texts, "--collection", "bundled", status=2).stderr
    )
    assert "not made of letters" in house.index("江志.txt", "--collection", "../x", status=2).stderr


def test_a_real_server_says_what_each_collection_is_and_follows_at_once(house: House) -> None:
    house.manifest("open")
    house.build()
    with serving(Path("index"), house.folder / "log", workers=2) as running:
        assert running.process.stdout
        addresses, *lines = [running.process.stdout.readline() for _ in range(3)]
        assert addresses.startswith("--site is not set")
        assert lines == ["local: 1 open\n", "secret: 1 open\n"]

        def each(wanted: int) -> None:
            """Every process answers so after its next request; so many ask at once first that each gets some."""
            with ThreadPoolExecutor(6) as clients:
                list(clients.map(lambda _: running.found("鑰匙失落"), range(24)))
            for _ in range(12):
                assert len(running.found("鑰匙失落")) == wanted

        each(1)
        house.manifest("staff")
        each(0)
        house.write(house.own / "secret.yaml", "[")
        each(0)
        assert running.get("/readyz")[0] == 200
        house.manifest("open")
        each(1)
        declare(Path("index"), "secret", Access.STAFF)
        each(0)
        # A process that comes to be while the manifest is broken has not seen what it last said.
        declare(Path("index"), "secret", Access.OPEN)
        house.manifest("staff")
        each(0)
        house.write(house.own / "secret.yaml", "[")
        for child in _children(running.process.pid):
            os.kill(child, signal.SIGKILL)
        _until(lambda: len(_children(running.process.pid)) == 3)  # the third does jobs
        each(0)
        assert running.get("/readyz")[0] == 200


def _children(process: int) -> list[int]:
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process)], capture_output=True, text=True, check=False)
    return [int(number) for number in listed.stdout.split()]


def _until(happened: Callable[[], bool]) -> None:
    """Wait for something."""
    end = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_asking_again_reads_no_manifest_and_computes_no_view(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.build()
    client = house.site()
    client.get("/works")

    def fail(*_: object) -> None:
        raise AssertionError("it was computed before")

    monkeypatch.setattr("corpora.manifests.read", fail)
    monkeypatch.setattr("web.access.effective", fail)
    monkeypatch.setattr("search.stores.embedded.store.PartialEngine", fail)
    for _ in range(3):
        assert client.get("/works").status_code == 200


def test_surveys_and_the_commands_agree(house: House) -> None:
    house.build()
    found = survey(Path("index"), house.own)
    assert {name: dict(each.effect) for name, each in found.items()} == {
        "local": {Access.OPEN: 1},
        "secret": {Access.STAFF: 1},
    }
    assert json.loads(Path("index", "manifest.json").read_text("utf-8"))["access"]["collections"] == {"secret": "staff"}


@pytest.mark.parametrize(("has_manifest", "said"), [(False, "--access this-machine"), (True, "")])
def test_make_run_declares_a_newcomers_folder_unless_a_manifest_does(
    house: House, has_manifest: bool, said: str
) -> None:
    echo = house.write(house.folder / "wenyuan", '#!/bin/sh\necho "$*"\n')
    echo.chmod(0o755)
    texts = house.folder / "mine"
    texts.mkdir()
    if has_manifest:
        house.write(texts / "collection.yaml", MANIFEST.format(id="mine", access="open"))
    makefile = Path(__file__).parents[2] / "Makefile"
    given = [f"BIN={house.folder}", "COLLECTION=mine", "INDEX=ix"]
    command = ["make", "-s", "-f", str(makefile), "-o", ".venv/installed", "run", *given]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "ACCESS": "--odd"})
    assert done.stdout.splitlines() == [f"index mine --index ix {said}".strip(), "serve --index ix --port 8000"]


@pytest.mark.parametrize("is_there", [True, False])
def test_make_run_asks_a_cluster_whether_there_is_an_index(house: House, is_there: bool) -> None:
    address = "opensearch+http://127.0.0.1:9200/library"
    fails = "" if is_there else "[ $1 != status ] || exit 2\n"
    echo = house.write(house.folder / "wenyuan", f'#!/bin/sh\n{fails}echo "$*"\n')
    echo.chmod(0o755)
    makefile = Path(__file__).parents[2] / "Makefile"
    there = [f"-o{name}" for name in (".venv/installed", ".venv/asking")]
    command = ["make", "-s", "-f", str(makefile), *there, "run", f"BIN={house.folder}", f"INDEX={address}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    indexed = [] if is_there else [f"index bundled --index {address}"]
    assert done.stdout.splitlines() == [*indexed, f"serve --index {address} --port 8000"]
