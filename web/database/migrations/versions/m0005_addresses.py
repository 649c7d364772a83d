"""Quotations of the desk have permanent addresses."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from search.addresses import Address
from web.database.migrations.append_only import free, no_replacing, unchangeable

revision = "0005"
down_revision = "0004"

TABLE = "desk_evidence"
KEPT = (
    "case_id", "number", "work", "collection", "record", "section", "facsimile", "text", "notes", "generation", "query",
    "added", "account_id",
)  # fmt: skip
"""Columns of a quotation that nobody may change, beside those of its place."""
PLACED = ("section_number", "page", "start", "end")
"""The columns that said its place before."""
_LONGEST_PAGE = 100


def upgrade() -> None:
    """Convert each quotation's place and words into an address."""
    free(TABLE)
    with op.batch_alter_table(TABLE) as table:
        table.add_column(sa.Column("address", sa.Text))
    held = sa.table(TABLE, *map(sa.column, ("id", "address", "work", "text", *PLACED)))
    connection = op.get_bind()
    for row in connection.execute(sa.select(held)).mappings().all():
        length = row["end"] - row["start"]
        address = Address(row["work"], row["section_number"], row["page"], row["start"], row["text"], length)
        connection.execute(sa.update(held).where(held.c.id == row["id"]).values(address=str(address)))
    with op.batch_alter_table(TABLE) as table:
        table.alter_column("address", existing_type=sa.Text, nullable=False)
        for column in PLACED:
            table.drop_column(column)
    _guard("address", *KEPT)


def downgrade() -> None:
    """Convert addresses back into columns for the place of each quotation."""
    free(TABLE)
    kinds = {"page": sa.String(_LONGEST_PAGE)}
    with op.batch_alter_table(TABLE) as table:
        for column in PLACED:
            table.add_column(sa.Column(column, kinds.get(column, sa.Integer())))
    held = sa.table(TABLE, *map(sa.column, ("id", "address", *PLACED)))
    connection = op.get_bind()
    for key, written in connection.execute(sa.select(held.c.id, held.c.address)).all():
        address = Address.parse(written)
        place = (address.section, address.page[:_LONGEST_PAGE], address.start, address.start + address.length)
        values = dict(zip(PLACED, place, strict=True))
        connection.execute(sa.update(held).where(held.c.id == key).values(**values))
    with op.batch_alter_table(TABLE) as table:
        for column in PLACED:
            table.alter_column(column, existing_type=kinds.get(column, sa.Integer()), nullable=False)
        table.drop_column("address")
    _guard(*KEPT, *PLACED)


def _guard(*columns: str) -> None:
    """Create the triggers that forbid changes of these columns, as since the table was made (0002, 0003)."""
    unchangeable(TABLE, *columns)
    no_replacing(TABLE, ("id",), ("case_id", "number"))
    if op.get_bind().dialect.name == "sqlite":  # UPDATE OR REPLACE of a row's number would remove another row
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_renumber BEFORE UPDATE ON {TABLE} WHEN NEW.id <> OLD.id "
            f"BEGIN SELECT RAISE(ABORT, '{TABLE} is append-only'); END"
        )
