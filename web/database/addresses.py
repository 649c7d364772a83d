"""Permanent addresses as a column."""

from __future__ import annotations

from sqlalchemy import Dialect, Text
from sqlalchemy.types import TypeDecorator

from search.addresses import Address


class Written(TypeDecorator[Address]):
    """A permanent address, kept as the line that it is written as."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Address | None, dialect: Dialect) -> str | None:
        """Write the address."""
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Address | None:
        """Read the address."""
        return None if value is None else Address.parse(value)
