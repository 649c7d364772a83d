"""What tests of several folders share. Standing here, it also makes ``oracle`` and ``effort`` importable for them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# For the folders of the tests bear the names of the packages, and would else be taken for these.
sys.path.append(str(Path(__file__).parents[1]))

settings.register_profile("clockless", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("clockless")


@pytest.fixture(scope="session")
def kanripo() -> Path:
    """The folder of real Kanripo texts; a test that needs it is skipped where it is not there."""
    folder = Path(__file__).parents[1].parent / "shared" / "corpora" / "kanripo"
    if not folder.is_dir():
        pytest.skip(f"no real texts: {folder} is not there")
    return folder
