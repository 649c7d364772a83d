"""Saved searches, and what was new to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Create the tables."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "saved_search",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("language", sa.String(10), nullable=False),
        sa.Column("created", moment, nullable=False),
        sa.Column("standing", sa.String(64), nullable=False),
        sa.Column("seen", sa.LargeBinary),
        sa.Column("places", sa.Integer, nullable=False),
        sa.Column("trouble", sa.String(20), nullable=False),
        sa.Column("read", moment, nullable=False),
        sa.Column("feed", sa.String(16), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_saved_search_account_id_account"),
        sa.PrimaryKeyConstraint("id", name="pk_saved_search"),
    )
    for column in ("account_id", "standing"):
        op.create_index(f"ix_saved_search_{column}", "saved_search", [column])
    op.create_table(
        "saved_search_arrival",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("search_id", sa.Integer, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("places", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(
            ["search_id"], ["saved_search.id"], name="fk_saved_search_arrival_search_id_saved_search"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_saved_search_arrival"),
    )
    op.create_index("ix_saved_search_arrival_search_id", "saved_search_arrival", ["search_id"])
