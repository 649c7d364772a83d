"""Texts that are at hand for replies, and what librarians tell each other of a case."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "desk_text",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("title", sa.String(100), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("changed", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_desk_text_account_id_account"),
        sa.PrimaryKeyConstraint("id", name="pk_desk_text"),
    )
    op.create_table(
        "desk_note",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("case_id", sa.Integer, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_desk_note_account_id_account"),
        sa.ForeignKeyConstraint(["case_id"], ["desk_case.id"], name="fk_desk_note_case_id_desk_case"),
        sa.PrimaryKeyConstraint("id", name="pk_desk_note"),
    )
    op.create_index("ix_desk_note_case_id", "desk_note", ["case_id"])
