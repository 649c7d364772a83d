"""How cases end without an answer, and who has a reply open."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

NAMED = "fk_desk_case_duplicate_of_id_desk_case"


def upgrade() -> None:
    """Add the columns, and create the table."""
    op.add_column("desk_case", sa.Column("outcome", sa.String(20)))
    # Alembic would make the table anew on SQLite, which can add a column that refers to another.
    op.execute(f"ALTER TABLE desk_case ADD COLUMN duplicate_of_id INTEGER CONSTRAINT {NAMED} REFERENCES desk_case (id)")
    op.create_table(
        "desk_presence",
        sa.Column("case_id", sa.Integer, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("seen", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_desk_presence_account_id_account"),
        sa.ForeignKeyConstraint(["case_id"], ["desk_case.id"], name="fk_desk_presence_case_id_desk_case"),
        sa.PrimaryKeyConstraint("case_id", "account_id", name="pk_desk_presence"),
    )
