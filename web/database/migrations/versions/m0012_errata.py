"""Reports of errors in a text, and what was decided on them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from web.database.migrations.append_only import append_only, no_replacing

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Create the tables."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "erratum",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("work", sa.String(200), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("section", sa.Text, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("passage", sa.Text, nullable=False),
        sa.Column("suggestion", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("contact", sa.String(200), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("decisions", sa.Integer, nullable=False),
        sa.Column("reported", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_erratum"),
        sa.UniqueConstraint("year", "sequence", name="uq_erratum_year_sequence"),
    )
    op.create_index("ix_erratum_work", "erratum", ["work"])
    op.create_index("ix_erratum_state", "erratum", ["state"])
    op.create_table(
        "erratum_event",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("erratum_id", sa.Integer, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("account_id", sa.Integer),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("detail", sa.String(2000), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_erratum_event_account_id_account"),
        sa.ForeignKeyConstraint(["erratum_id"], ["erratum.id"], name="fk_erratum_event_erratum_id_erratum"),
        sa.PrimaryKeyConstraint("id", name="pk_erratum_event"),
    )
    op.create_index("ix_erratum_event_erratum_id", "erratum_event", ["erratum_id"])
    append_only("erratum_event")
    no_replacing("erratum_event", ("id",))
