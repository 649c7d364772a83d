"""The files in deploy/ are followed as docs/operations.md says, in folders laid out as they say.

Not tried: useradd, runuser and systemctl (there is no system to change), systemd's restrictions themselves, the
container's image (it needs a registry).
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from configparser import ConfigParser
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest
import skips
from databases import empty_database
from modes import open_to_others

from web.accounts.keys import key_of
from web.database.storage import Storage

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "deploy" / "wenyuan.service"
PATIENCE = 120
"""Seconds after which a server that has not begun, or has not stopped, has failed."""
UNTRIED = ("make", "useradd", "systemctl")
PROGRAM = "/opt/wenyuan/.venv/bin/wenyuan"
COMMAND = f"{shlex.quote(sys.executable)} -c 'from web.commands.main import main; main()'"
TEXTS = ("我的文本", "mytexts")


def service() -> dict[str, str]:
    """The keys of the unit's section that are there once."""
    unit = ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]  # as the documentation of configparser has it
    unit.read(UNIT, "utf-8")
    return dict(unit["Service"])


def steps(language: int) -> list[str]:
    """The shell lines of the documentation: 0 the Chinese ones, 1 the English ones."""
    blocks = re.findall(r"(?m)((?:^    .+\n)+)", (ROOT / "docs" / "operations.md").read_text("utf-8"))
    found = [block for block in blocks if "useradd" in block]
    assert len(found) == 2
    return [line.strip() for line in found[language].splitlines()]


def moved(text: str, root: Path) -> str:
    """The text with the paths of a server below another root."""
    text = text.replace(PROGRAM, COMMAND).replace("/opt/wenyuan/deploy", str(ROOT / "deploy"))
    return re.sub(r"/(?:var/lib|etc)(?=/)", lambda path: f"{root}{path[0]}", text)


def follow(language: int, root: Path) -> None:
    """Carry out each line that needs no system to change, as the account that runs the tests."""
    for folder in ("var/lib", "etc/systemd/system"):
        (root / folder).mkdir(parents=True)
    for line in steps(language):
        if line.split()[0] in UNTRIED:
            continue
        line = re.sub(r"^runuser -u wenyuan -- ", "", line)
        line = re.sub(r" -[og] wenyuan\b", "", line)
        for name in TEXTS:
            line = line.replace(f" {name} ", " bundled ")
        done = subprocess.run(
            shlex.split(moved(line, root)), cwd=ROOT, capture_output=True, text=True, check=False, umask=0o022
        )
        assert done.returncode == 0, (line, done.stderr)
    config = root / "etc" / "wenyuan" / "wenyuan.toml"
    config.write_text(moved(config.read_text("utf-8"), root), "utf-8")


@contextmanager
def started(root: Path, *, where: Path, **environment: str) -> Iterator[str]:
    """Run the unit's ExecStart with its umask; the address that it serves."""
    with (root / "log").open("w") as log:
        process = subprocess.Popen(
            shlex.split(moved(service()["ExecStart"], root)),
            cwd=where,
            env={**os.environ, "PYTHONPATH": str(ROOT), "WENYUAN_PORT": "0", "WENYUAN_WORKERS": "1", **environment},
            umask=int(service()["UMask"], 8),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    overdue = threading.Timer(PATIENCE, process.kill)
    overdue.start()
    try:
        assert process.stdout
        address = process.stdout.readline().partition("/ ")[0]
        assert address.startswith("http"), (root / "log").read_text("utf-8")
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
        overdue.cancel()
        if process.stdout:
            process.stdout.close()


def status(address: str) -> int:
    with urlopen(f"{address}/readyz", timeout=PATIENCE) as answer:
        found: int = answer.status
        return found


@pytest.mark.parametrize("language", [0, 1], ids=["Chinese", "English"])
def test_a_server_is_set_up_and_runs_as_documented(language: int, tmp_path: Path) -> None:
    follow(language, tmp_path)
    assert (tmp_path / "etc/systemd/system/wenyuan.service").read_bytes() == UNIT.read_bytes()
    assert (tmp_path / "etc/wenyuan/wenyuan.toml").stat().st_mode & 0o777 == 0o640
    state = tmp_path / "var/lib/wenyuan"
    assert state.stat().st_mode & 0o777 == int(service()["StateDirectoryMode"], 8)
    with started(tmp_path, where=Path(moved(service()["WorkingDirectory"], tmp_path))) as address:
        assert status(address) == 200
    kept = list(state.iterdir())
    assert {"index", "wenyuan.sqlite", "wenyuan.key"} <= {path.name for path in kept}
    assert [open_to_others(path) for path in kept] == [{}] * len(kept)


def test_postgresql_runs_from_a_folder_that_can_not_be_written_to(tmp_path: Path) -> None:
    follow(1, tmp_path)
    keys = []
    with empty_database("postgresql", tmp_path) as database:
        for _ in range(2):
            # Nobody, root neither, can make a file in /proc.
            with started(tmp_path, where=Path("/proc"), WENYUAN_DATABASE=database) as address:
                assert status(address) == 200
            keys.append(key_of(Storage.at(database), None))
    assert len(set(keys)) == 1
    assert not (tmp_path / "var/lib/wenyuan/wenyuan.key").exists()
    assert (tmp_path / "var/lib/wenyuan/wenyuan.answers/texts").is_dir()


def test_systemd_finds_nothing_wrong_in_the_unit(tmp_path: Path) -> None:
    if not (program := shutil.which("systemd-analyze")):
        skips.skip("THE UNIT WAS NOT VERIFIED: systemd-analyze is not installed", forbidden=os.environ.get("CI"))
    unit = tmp_path / UNIT.name
    command = tmp_path / "wenyuan"
    command.write_text("#!/bin/sh\n", "utf-8")
    command.chmod(0o755)
    unit.write_text(UNIT.read_text("utf-8").replace(PROGRAM, str(command)), "utf-8")
    done = subprocess.run([program, "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False)
    said = [line for line in done.stderr.splitlines() if UNIT.name in line or str(tmp_path) in line]
    assert (done.returncode, said) == (0, []), done.stderr


def test_the_files_that_the_container_copies_and_installs_are_there() -> None:
    text = (ROOT / "deploy" / "Containerfile").read_text("utf-8")
    assert "COPY requirements requirements" in text
    names = re.search(r"for lock in ([a-z ]+);", text)
    assert names
    assert [name for name in names[1].split() if not (ROOT / "requirements" / f"{name}.txt").is_file()] == []
    assert "--require-hashes" in text
