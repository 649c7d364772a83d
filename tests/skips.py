"""A skip that nobody overlooks."""

from __future__ import annotations

import warnings
from typing import NoReturn

import pytest


def skip(reason: str, *, forbidden: object = False) -> NoReturn:
    """Skip the test and say why; where that is forbidden, as under CI, let it fail."""
    if forbidden:
        pytest.fail(reason)
    warnings.warn(reason, stacklevel=2)  # it is shown at the end, where a skip is but a letter
    pytest.skip(reason)
