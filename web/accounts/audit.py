"""The audit log: one line for each thing that somebody did."""

from __future__ import annotations

from flask import has_request_context, request
from sqlalchemy.orm import Session

from web.accounts.models import Account, AuditEntry

COMMAND_LINE = "(command line)"
"""The actor where nobody is logged in: anyone who may run commands on this machine."""


def record(session: Session, actor: Account | None, action: str, subject: str = "", detail: str = "") -> None:
    """Write a line, in the transaction of what it tells: they are committed together.

    ``action`` is a code such as ``account.disable``, ``subject`` what it was done to, such as ``account:3``.
    """
    session.add(
        AuditEntry(
            account_id=actor.id if actor else None,
            who=actor.log_name if actor else "" if has_request_context() else COMMAND_LINE,
            address=(request.remote_addr or "")[:45] if has_request_context() else "",
            action=action,
            subject=subject[:100],
            detail=detail[:1000],
        )
    )
