"""Use statistics: how often collections were searched and read, by month."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "usage_count",
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("collection", sa.String(200), nullable=False),
        sa.Column("metric", sa.String(40), nullable=False),
        sa.Column("method", sa.String(10), nullable=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("month", "collection", "metric", "method", name="pk_usage_count"),
    )


def downgrade() -> None:
    """Remove the table; the figures in it are lost."""
    op.drop_table("usage_count")
