"""Alembic's environment: it runs the steps in the connection and transaction that ``web.database.storage`` began."""

from __future__ import annotations

from alembic import context

from web.database.storage import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=True,
    transactional_ddl=True,  # of SQLite, too, whose transaction was begun by hand
)
with context.begin_transaction():
    context.run_migrations()
