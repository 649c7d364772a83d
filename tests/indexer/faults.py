"""Disks that are full or read-only: small file systems in memory, which only an administrator can have."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import skips

Disk = Callable[[str], None]
"""Mounts the disk anew with options such as ``size=300k`` or ``ro``; what is on it stays."""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[tuple[Path, Disk]]:
    """A file system of its own, and how to change it."""
    place = tmp_path / "disk"
    place.mkdir()

    def mount(options: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{options}", str(place)], check=True)

    done = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(place)], capture_output=True, text=True, check=False)
    if done.returncode:
        reason = f"NO DISK WAS FILLED OR MADE READ-ONLY: {done.stderr.strip()}"
        skips.skip(reason, forbidden=os.environ.get("CI") and os.geteuid() == 0)
    yield place, mount
    subprocess.run(["umount", "--lazy", str(place)], check=True)
