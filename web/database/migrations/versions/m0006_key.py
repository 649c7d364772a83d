"""The key that signs cookies, where several machines share the database."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create the table, empty: whoever needs the key first puts it there."""
    op.create_table(
        "site_key",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_site_key"),
    )


def downgrade() -> None:
    """Remove the table; the key in it is lost, and all log in again."""
    op.drop_table("site_key")
