"""What tests of several folders share. Standing here, it also makes its neighbours importable for them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import skips
from hypothesis import HealthCheck, settings
from seeds import SEED
from shared_texts import KANRIPO

# For the folders of the tests bear the names of the packages, and would else be taken for these.
sys.path.append(str(Path(__file__).parents[1]))

settings.register_profile("clockless", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("clockless")


def pytest_report_header() -> str:
    """Today's random inputs, to see a failure again another day."""
    return f"random inputs: WENYUAN_SEED={SEED}"


@pytest.fixture(scope="session")
def kanripo() -> Path:
    """The folder of real Kanripo texts; a test that needs it is skipped where it is not there."""
    if not KANRIPO.is_dir():
        skips.skip(f"NO REAL TEXT WAS SEARCHED: {KANRIPO} is not there")
    return KANRIPO
