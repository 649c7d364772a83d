"""Sessions and attempts are rows, links know who gave them, and nothing replaces a row that must stay."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from web.database.migrations.append_only import no_replacing

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the tables and the triggers; find out who gave the links that are open."""
    op.create_table(
        "account_session",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agent", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_account_session"),
        sa.UniqueConstraint("digest", name="uq_account_session_digest"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_account_session_account_id_account"),
    )
    op.create_index("ix_account_session_account_id", "account_session", ["account_id"])
    op.create_table(
        "attempts",
        sa.Column("key", sa.String(128), nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("most", sa.Integer, nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_attempts"),
    )
    op.create_index("ix_attempts_expires", "attempts", ["expires"])
    with op.batch_alter_table("account") as account:
        account.drop_column("failures")
        account.drop_column("locked_until")
    with op.batch_alter_table("invitation") as invitation:
        invitation.add_column(sa.Column("withdrawn", sa.DateTime(timezone=True)))
        invitation.add_column(sa.Column("giver_id", sa.Integer))
        invitation.create_foreign_key("fk_invitation_giver_id_account", "account", ["giver_id"], ["id"])
    # The log knows who gave a link: it names the link as what was done, or beside the account that it is for.
    op.execute(
        "UPDATE invitation SET giver_id = (SELECT MAX(audit.account_id) FROM audit WHERE "
        "(audit.action = 'account.invite' AND audit.subject = 'invitation:' || invitation.id) OR "
        "(audit.action = 'account.invite-to-reset' AND audit.detail = 'invitation:' || invitation.id))"
    )
    # Links of those who may give none any more end here, or they would come alive when their giver is let in again.
    op.execute(
        "UPDATE invitation SET withdrawn = CURRENT_TIMESTAMP WHERE used IS NULL AND EXISTS (SELECT 1 FROM account "
        "WHERE account.id = invitation.giver_id AND (NOT account.active OR account.role <> 'administrator'))"
    )
    for table in ("audit", "desk_event", "desk_signature"):
        no_replacing(table, ("id",))
    no_replacing("desk_revision", ("id",), ("case_id", "number"))
    no_replacing("desk_evidence", ("id",), ("case_id", "number"))
    if op.get_bind().dialect.name == "sqlite":  # UPDATE OR REPLACE of a row's number would remove another row
        op.execute(
            "CREATE TRIGGER desk_evidence_no_renumber BEFORE UPDATE ON desk_evidence WHEN NEW.id <> OLD.id "
            "BEGIN SELECT RAISE(ABORT, 'desk_evidence is append-only'); END"
        )
