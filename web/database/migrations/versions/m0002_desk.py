"""The consultation desk."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from web.database.migrations.append_only import append_only, unchangeable

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "desk_case",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("tier", sa.String(20), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("due", sa.Date),
        sa.Column("assignee_id", sa.Integer),
        sa.Column("opened", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered", sa.DateTime(timezone=True)),
        sa.Column("closed", sa.DateTime(timezone=True)),
        sa.Column("published", sa.Boolean, nullable=False),
        sa.Column("shown_question", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["assignee_id"], ["account.id"], name="fk_desk_case_assignee_id_account"),
        sa.PrimaryKeyConstraint("id", name="pk_desk_case"),
        sa.UniqueConstraint("year", "sequence", name="uq_desk_case_year_sequence"),
    )
    op.create_index("ix_desk_case_assignee_id", "desk_case", ["assignee_id"])
    op.create_index("ix_desk_case_status", "desk_case", ["status"])
    op.create_table(
        "desk_asker",
        sa.Column("case_id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("contact", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["desk_case.id"], name="fk_desk_asker_case_id_desk_case"),
        sa.PrimaryKeyConstraint("case_id", name="pk_desk_asker"),
    )
    op.create_table(
        "desk_event",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("case_id", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Integer),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("detail", sa.String(1000), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_desk_event_account_id_account"),
        sa.ForeignKeyConstraint(["case_id"], ["desk_case.id"], name="fk_desk_event_case_id_desk_case"),
        sa.PrimaryKeyConstraint("id", name="pk_desk_event"),
    )
    op.create_index("ix_desk_event_case_id", "desk_event", ["case_id"])
    op.create_table(
        "desk_evidence",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("case_id", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("heading", sa.String(200), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("stance", sa.String(20), nullable=False),
        sa.Column("withdrawn", sa.Boolean, nullable=False),
        sa.Column("work", sa.String(200), nullable=False),
        sa.Column("collection", sa.String(100), nullable=False),
        sa.Column("record", sa.Text, nullable=False),
        sa.Column("section_number", sa.Integer, nullable=False),
        sa.Column("section", sa.Text, nullable=False),
        sa.Column("page", sa.String(100), nullable=False),
        sa.Column("facsimile", sa.Text, nullable=False),
        sa.Column("start", sa.Integer, nullable=False),
        sa.Column("end", sa.Integer, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("notes", sa.Text, nullable=False),
        sa.Column("trim_start", sa.Integer, nullable=False),
        sa.Column("trim_end", sa.Integer, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("query", sa.Text, nullable=False),
        sa.Column("added", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_desk_evidence_account_id_account"),
        sa.ForeignKeyConstraint(["case_id"], ["desk_case.id"], name="fk_desk_evidence_case_id_desk_case"),
        sa.PrimaryKeyConstraint("id", name="pk_desk_evidence"),
        sa.UniqueConstraint("case_id", "number", name="uq_desk_evidence_case_id_number"),
    )
    op.create_index("ix_desk_evidence_work", "desk_evidence", ["work"])
    op.create_table(
        "desk_revision",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("case_id", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_desk_revision_account_id_account"),
        sa.ForeignKeyConstraint(["case_id"], ["desk_case.id"], name="fk_desk_revision_case_id_desk_case"),
        sa.PrimaryKeyConstraint("id", name="pk_desk_revision"),
        sa.UniqueConstraint("case_id", "number", name="uq_desk_revision_case_id_number"),
    )
    op.create_table(
        "desk_search",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("case_id", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("query", sa.Text, nullable=False),
        sa.Column("arguments", sa.Text, nullable=False),
        sa.Column("passages", sa.Integer, nullable=False),
        sa.Column("occurrences", sa.Integer),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_desk_search_account_id_account"),
        sa.ForeignKeyConstraint(["case_id"], ["desk_case.id"], name="fk_desk_search_case_id_desk_case"),
        sa.PrimaryKeyConstraint("id", name="pk_desk_search"),
    )
    op.create_index("ix_desk_search_case_id", "desk_search", ["case_id"])
    op.create_table(
        "desk_signature",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("case_id", sa.Integer, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author_id", sa.Integer, nullable=False),
        sa.Column("reviewer_id", sa.Integer),
        sa.Column("document", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["account.id"], name="fk_desk_signature_author_id_account"),
        sa.ForeignKeyConstraint(["case_id"], ["desk_case.id"], name="fk_desk_signature_case_id_desk_case"),
        sa.ForeignKeyConstraint(["reviewer_id"], ["account.id"], name="fk_desk_signature_reviewer_id_account"),
        sa.PrimaryKeyConstraint("id", name="pk_desk_signature"),
    )
    op.create_index("ix_desk_signature_case_id", "desk_signature", ["case_id"])
    op.create_table(
        "desk_tag",
        sa.Column("case_id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(50), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["desk_case.id"], name="fk_desk_tag_case_id_desk_case"),
        sa.PrimaryKeyConstraint("case_id", "name", name="pk_desk_tag"),
    )
    for table in ("desk_event", "desk_revision", "desk_signature"):
        append_only(table)
    unchangeable(
        "desk_evidence",
        "case_id", "number", "work", "collection", "record", "section_number", "section", "page", "facsimile", "start",
        "end", "text", "notes", "generation", "query", "added", "account_id",
    )  # fmt: skip
