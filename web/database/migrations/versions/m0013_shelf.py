"""Readers' own: leaving, the basket, the reading history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the columns and create the tables."""
    moment = sa.DateTime(timezone=True)
    op.add_column("account", sa.Column("left", moment))
    op.add_column("account", sa.Column("keeps_history", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_table(
        "basket_item",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("added", moment, nullable=False),
        sa.Column("removed", moment),
        sa.PrimaryKeyConstraint("id", name="pk_basket_item"),
        sa.UniqueConstraint("account_id", "address", name="uq_basket_item_account_id_address"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_basket_item_account_id_account"),
    )
    op.create_table(
        "reading",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("work", sa.String(200), nullable=False),
        sa.Column("section", sa.Integer, nullable=False),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("query", sa.String(300), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reading"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_reading_account_id_account"),
    )
    op.create_index("ix_reading_account_id", "reading", ["account_id"])
