"""The reply of a case: its revisions, the document they make, and its signature."""

from __future__ import annotations

import hashlib
import json

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from web.accounts.models import Account
from web.citing import setup as citing
from web.database.storage import today
from web.desk import autosaving, drafting, quotations
from web.desk.cases import Refused, note
from web.desk.document import ReplyDocument, from_data, to_data
from web.desk.models import Case, Revision, Signature
from web.desk.states import EDITABLE, FINISHED


class Overtaken(Exception):
    """Somebody else has saved a revision meanwhile; the argument is its number."""


def save(session: Session, case: Case, account: Account, text: str, after: int, sheet: str = "") -> None:
    """Save a draft that was begun from revision ``after``, in a transaction of its own; where none is, it is the first.

    What was kept of the sheet on which it was written goes in the same transaction.

    Raises:
        Refused: the reply can't be changed as the case stands, or it is too long.
        Overtaken: somebody else saved one meanwhile; nothing was saved.
    """
    text = text.replace("\r\n", "\n")
    if case.status not in EDITABLE:
        raise Refused("not-editable")
    if len(text) > drafting.LONGEST:
        raise Refused("too-long", str(drafting.LONGEST))
    latest = case.draft
    if latest and latest.text == text:
        autosaving.drop(session, case, account, sheet)
        session.commit()
        return
    if latest and latest.number != after:
        raise Overtaken(latest.number)
    number = latest.number + 1 if latest else 1
    try:
        case.revisions.append(Revision(number=number, text=text, account_id=account.id))
        note(case, account, "draft", str(number))
        autosaving.drop(session, case, account, sheet)
        session.commit()
    except IntegrityError:  # the number was taken in the moment between
        session.rollback()
        raise Overtaken(number) from None


def draft(case: Case, root: str, text: str | None = None) -> tuple[ReplyDocument, drafting.Draft]:
    """Return the document that the draft makes now, and the draft as read; ``text`` replaces the saved draft."""
    latest = case.draft
    written = latest.text if text is None and latest else text or ""
    read = drafting.read(written, quotations.quoted(case, root), citing.styles().first)
    document = ReplyDocument(
        number=case.number,
        date=today().isoformat(),
        question=case.question,
        blocks=read.blocks,
        references=read.references,
        author=authors(case),
    )
    return document, read


def fingerprint(document: ReplyDocument) -> str:
    """Return a digest of what a reply says, for the page on which it is signed: it may change while that is open."""
    said = {"question": document.question, "blocks": to_data(document)["blocks"], "references": document.references}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode("utf-8", "surrogatepass")).hexdigest()


def require_whole(read: drafting.Draft) -> None:
    """Check that every passage a draft asks for is in its reply, and that what two changed is settled.

    Raises:
        Refused: the reply would be too long, see :func:`drafting.read`, or a choice is still to be made.
    """
    if read.unsettled:
        raise Refused("unsettled", str(read.unsettled))
    if read.unfilled:
        raise Refused("too-many-quotations", str(read.unfilled))


def sign(case: Case, account: Account, root: str, *, reviewed: bool) -> None:
    """Keep the reply as it is now, for good; with ``reviewed``, it is another's reply that ``account`` approves.

    Raises:
        Refused: there is none, it has placeholders of passages that the case has not, or it is too long.
    """
    latest = case.draft
    if latest is None:
        raise Refused("no-reply")
    document, read = draft(case, root)
    require_whole(read)
    if read.unknown:
        raise Refused("unknown-passages", "、".join(f"[@{number}]" for number in read.unknown))
    whole = to_data(document) | {"signed": True, "reviewer": account.name if reviewed else ""}
    case.signatures.append(
        Signature(
            revision=latest.number,
            author_id=latest.account_id,
            reviewer_id=account.id if reviewed else None,
            document=json.dumps(whole, ensure_ascii=False),
        )
    )


def signed(case: Case) -> ReplyDocument | None:
    """Return the reply that went out."""
    return from_data(json.loads(case.signed.document)) if case.signed else None


def shown(case: Case, root: str) -> ReplyDocument:
    """Return the reply to export: as signed, or the draft while the case is worked on."""
    final = signed(case)
    return final if final and case.status in FINISHED else draft(case, root)[0]


def authors(case: Case) -> str:
    """Return those who wrote the reply, in the order in which they came to it."""
    return "、".join(dict.fromkeys(revision.account.name for revision in case.revisions))
