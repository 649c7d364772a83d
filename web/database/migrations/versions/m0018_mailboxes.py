"""Mail addresses of accounts, and saved searches that are told of by mail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

# Alembic would make the table anew on SQLite, which can add a column that refers to another table.
TO_ACCOUNT = "CONSTRAINT fk_letter_account_id_account REFERENCES account (id)"
TO_LETTER = "fk_saved_search_arrival_letter_id_letter"


def upgrade() -> None:
    """Create the table, and add the columns."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "mailbox",
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("address", sa.String(200), nullable=False),
        sa.Column("since", moment),
        sa.Column("language", sa.String(10), nullable=False),
        sa.Column("pending", sa.String(200), nullable=False),
        sa.Column("mark", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_mailbox_account_id_account"),
        sa.PrimaryKeyConstraint("account_id", name="pk_mailbox"),
    )
    op.execute(f"ALTER TABLE letter ADD COLUMN account_id INTEGER {TO_ACCOUNT}")
    op.create_index("ix_letter_account_id", "letter", ["account_id"])
    op.add_column("saved_search", sa.Column("mailed", moment))
    with op.batch_alter_table("saved_search_arrival") as table:
        table.add_column(sa.Column("told", sa.Boolean, nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("letter_id", sa.Integer))
        table.create_foreign_key(TO_LETTER, "letter", ["letter_id"], ["id"], ondelete="SET NULL")
    op.create_index("ix_saved_search_arrival_letter_id", "saved_search_arrival", ["letter_id"])
