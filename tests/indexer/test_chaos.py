"""A few random deaths in each run of the tests; `python tests/indexer/chaos.py` brings hundreds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from indexer.engines import ENGINES


@pytest.mark.parametrize("engine", ENGINES)
def test_whatever_dies_at_random_the_index_is_whole(engine: str) -> None:
    # Forks want a process without threads.
    command = [sys.executable, str(Path(__file__).with_name("chaos.py")), "--kills", "12", "--engine", engine]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the index was whole after each" in done.stdout
