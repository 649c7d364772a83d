"""Append-only tables: the database itself refuses to change or remove a row, whoever asks."""

from __future__ import annotations

from alembic import op


def append_only(table: str) -> None:
    """Create triggers that make the database refuse every change of a table's rows but new ones."""
    if op.get_bind().dialect.name == "sqlite":
        for doing in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{doing.lower()} BEFORE {doing} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    op.execute(
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def unchangeable(table: str, *columns: str) -> None:
    """Create triggers that refuse changes of these columns of a table, and removals of its rows.

    On PostgreSQL the table needs :func:`append_only` to have been called for another one before.
    """
    named = ", ".join(f'"{column}"' for column in columns)
    if op.get_bind().dialect.name == "sqlite":
        for name, doing in (("update", f"UPDATE OF {named}"), ("delete", "DELETE")):
            op.execute(
                f"CREATE TRIGGER {table}_no_{name} BEFORE {doing} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    op.execute(
        f"CREATE TRIGGER {table}_unchangeable BEFORE UPDATE OF {named} OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def no_replacing(table: str, *keys: tuple[str, ...]) -> None:
    """Create triggers by which SQLite refuses to replace a row; ``keys`` are the columns of each unique key.

    ``INSERT OR REPLACE`` removes the old row, and triggers on removal do not fire for it unless the program that writes
    has switched ``recursive_triggers`` on. PostgreSQL has no such statement.
    """
    if op.get_bind().dialect.name != "sqlite":
        return
    same = " OR ".join(
        f"EXISTS (SELECT 1 FROM {table} WHERE " + " AND ".join(f"{column} = NEW.{column}" for column in key) + ")"
        for key in keys
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {same} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )


def free(table: str) -> None:
    """Drop the triggers of :func:`unchangeable` and :func:`no_replacing`, for a step that has them made again."""
    if op.get_bind().dialect.name == "sqlite":
        for name in ("no_update", "no_delete", "no_replace", "no_renumber"):
            op.execute(f"DROP TRIGGER {table}_{name}")
        return
    op.execute(f"DROP TRIGGER {table}_unchangeable ON {table}")
