"""One table for all letters; of those to who asked, a table of the desk's own knows the case."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

KEPT = "recipient, subject, body, message_id, state, tries, due, created, sent, trouble"


def upgrade() -> None:
    """Create the tables, move the letters into them under their numbers, and drop the table of before."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "letter",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("recipient", sa.String(200), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("message_id", sa.String(320), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("due", moment, nullable=False),
        sa.Column("created", moment, nullable=False),
        sa.Column("sent", moment),
        sa.Column("trouble", sa.String(300), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_letter"),
        sa.UniqueConstraint("message_id", name="uq_letter_message_id"),
    )
    op.create_index("ix_letter_state", "letter", ["state"])
    op.create_table(
        "desk_case_letter",
        sa.Column("letter_id", sa.Integer, nullable=False),
        sa.Column("case_id", sa.Integer, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_desk_case_letter_account_id_account"),
        sa.ForeignKeyConstraint(["case_id"], ["desk_case.id"], name="fk_desk_case_letter_case_id_desk_case"),
        sa.ForeignKeyConstraint(["letter_id"], ["letter.id"], name="fk_desk_case_letter_letter_id_letter"),
        sa.PrimaryKeyConstraint("letter_id", name="pk_desk_case_letter"),
    )
    op.create_index("ix_desk_case_letter_case_id", "desk_case_letter", ["case_id"])
    op.execute(f"INSERT INTO letter (id, kind, {KEPT}) SELECT id, 'reply', {KEPT} FROM desk_letter")
    op.execute(
        "INSERT INTO desk_case_letter (letter_id, case_id, account_id) SELECT id, case_id, account_id FROM desk_letter"
    )
    op.drop_table("desk_letter")
    if op.get_bind().dialect.name == "postgresql":  # its numbers go on after the last one, as SQLite's do by themselves
        op.execute(
            "SELECT setval(pg_get_serial_sequence('letter', 'id'), max(id)) FROM letter HAVING max(id) IS NOT NULL"
        )
