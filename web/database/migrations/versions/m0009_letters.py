"""Letters to those who asked, and the secrets by which they follow their questions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the columns, and create the table."""
    op.add_column("desk_asker", sa.Column("digest", sa.String(64)))
    op.add_column("desk_asker", sa.Column("language", sa.String(10)))
    op.create_table(
        "desk_letter",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("case_id", sa.Integer, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("recipient", sa.String(200), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("message_id", sa.String(320), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent", sa.DateTime(timezone=True)),
        sa.Column("trouble", sa.String(300), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_desk_letter_account_id_account"),
        sa.ForeignKeyConstraint(["case_id"], ["desk_case.id"], name="fk_desk_letter_case_id_desk_case"),
        sa.PrimaryKeyConstraint("id", name="pk_desk_letter"),
        sa.UniqueConstraint("message_id", name="uq_desk_letter_message_id"),
    )
    op.create_index("ix_desk_letter_case_id", "desk_letter", ["case_id"])
    op.create_index("ix_desk_letter_state", "desk_letter", ["state"])
