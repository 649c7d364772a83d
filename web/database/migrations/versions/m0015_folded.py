"""What cases are searched by, folded as the texts are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from indexer.text.folding import fold

revision = "0015"
down_revision = "0014"

_SEARCHED = {
    "desk_case": ("question",),
    "desk_asker": ("name", "contact"),
    "desk_tag": ("name",),
    "desk_note": ("text",),
}
_KEYS = {"desk_case": ("id",), "desk_asker": ("case_id",), "desk_tag": ("case_id", "name"), "desk_note": ("id",)}


def upgrade() -> None:
    """Add the columns, and fill them."""
    connection = op.get_bind()
    for table, searched in _SEARCHED.items():
        op.add_column(table, sa.Column("folded", sa.Text, nullable=False, server_default=""))
        key = _KEYS[table]
        columns: list[sa.ColumnClause[object]] = [sa.column(name) for name in dict.fromkeys((*key, *searched))]
        for row in connection.execute(sa.select(*columns).select_from(sa.table(table))).mappings().all():
            folded = "\n".join(fold(row[name] or "") for name in searched)
            changed = sa.update(sa.table(table, sa.column("folded"), *columns)).values(folded=folded)
            connection.execute(changed.where(*(sa.column(name) == row[name] for name in key)))
