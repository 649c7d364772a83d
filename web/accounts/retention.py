"""The audit log is kept for as long as the library decides: older lines leave the database for a file."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

from sqlalchemy import delete, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from web.accounts.audit import record
from web.accounts.models import AuditEntry
from web.database.failure import StorageFailure
from web.database.storage import Storage, now


@dataclass(frozen=True)
class Exported:
    """An export of audit lines: ``lines`` of them, from ``first`` to ``last`` (ISO 8601), and the file's SHA-256."""

    lines: int
    first: str
    last: str
    digest: str


def export(storage: Storage, file: Path, before: datetime) -> Exported | None:
    """Move the lines older than a moment into a new file of JSON Lines; None where there are none, and no file.

    The file is whole and durable before anything is removed. Lines are removed, the triggers that forbid it lifted and
    put back, and the line that tells of it written, in one transaction: all of it happens, or nothing.

    Raises:
        StorageFailure: the moment is not past, the file is there or can't be written, or the database can't be.
    """
    if before > now():
        raise StorageFailure(f"{before:%Y-%m-%d}: name a day that is past; what is done today stays in the log")
    if file.exists():
        raise StorageFailure(f"{file}: is there already; name another file")
    written = False
    try:
        with storage.session.begin() as session:
            _lock(session)
            gone = _write(session, file, before)
            written = gone is not None
            if gone:
                told = f"{gone.lines} lines, {gone.first} to {gone.last}; {file.name}; SHA-256 {gone.digest}"
                record(session, None, "audit.export", f"before {before.isoformat()}", told)
                session.flush()  # first, so that its number is not one of those that went
                with _removable(session):
                    old = delete(AuditEntry).where(AuditEntry.at < before)
                    session.execute(old.execution_options(synchronize_session=False))
        return gone
    except OSError as failure:
        raise StorageFailure(f"{file}: {failure.strerror}") from failure
    except DBAPIError as failure:
        reason = " ".join(str(failure.orig).split())
        # Whether the end of the transaction reached the database can't be known: the file may be all that is left.
        kept = f"; {file} is whole: compare it with the log before removing it" if written else ""
        raise StorageFailure(f"{storage.name}: {reason}; nothing was removed unless the log says so{kept}") from failure


def _lock(session: Session) -> None:
    """Lock the table against writing: what is written out is just what is removed."""
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text("PRAGMA secure_delete = ON"))  # the removed lines are overwritten in the file, too
        session.execute(text("BEGIN IMMEDIATE"))
    else:
        session.execute(text("LOCK TABLE audit IN EXCLUSIVE MODE"))


def _write(session: Session, file: Path, before: datetime) -> Exported | None:
    """Write the lines to the file, which appears when it is on the disk, for its owner alone."""
    found = session.scalars(
        select(AuditEntry).where(AuditEntry.at < before).order_by(AuditEntry.id).execution_options(yield_per=1000)
    )
    digest, lines = hashlib.sha256(), 0
    first = last = ""
    with NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.", delete=False) as part:
        try:
            for entry in found:
                line = _line(entry)
                digest.update(line)
                part.write(line)
                at = entry.at.isoformat()
                first, last, lines = min(first or at, at), max(last, at), lines + 1
            if lines:
                part.flush()
                os.fsync(part.fileno())
                os.link(part.name, file)  # unlike a renaming, it never replaces a file
                folder = os.open(file.parent, os.O_RDONLY)
                try:
                    os.fsync(folder)
                finally:
                    os.close(folder)
        finally:
            os.unlink(part.name)
    return Exported(lines, first, last, digest.hexdigest()) if lines else None


def _line(entry: AuditEntry) -> bytes:
    told = {
        "id": entry.id,
        "at": entry.at.isoformat(),
        "account": entry.account_id,
        "who": entry.who,
        "address": entry.address,
        "action": entry.action,
        "subject": entry.subject,
        "detail": entry.detail,
    }
    return f"{json.dumps(told, ensure_ascii=False)}\n".encode()


@contextmanager
def _removable(session: Session) -> Iterator[None]:
    """Lift the trigger that forbids removing lines, within the transaction."""
    if session.get_bind().dialect.name == "sqlite":
        trigger = session.scalars(text("SELECT sql FROM sqlite_master WHERE name = 'audit_no_delete'")).one()
        session.execute(text("DROP TRIGGER audit_no_delete"))
        yield
        session.connection().exec_driver_sql(trigger)
    else:
        session.execute(text("ALTER TABLE audit DISABLE TRIGGER audit_append_only"))
        yield
        session.execute(text("ALTER TABLE audit ENABLE TRIGGER audit_append_only"))
