"""Drafts that save themselves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "desk_autosave",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("case_id", sa.Integer, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("sheet", sa.String(32), nullable=False),
        sa.Column("after", sa.Integer, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_desk_autosave_account_id_account"),
        sa.ForeignKeyConstraint(["case_id"], ["desk_case.id"], name="fk_desk_autosave_case_id_desk_case"),
        sa.PrimaryKeyConstraint("id", name="pk_desk_autosave"),
        sa.UniqueConstraint("case_id", "account_id", "sheet", name="uq_desk_autosave_case_id_account_id_sheet"),
    )
