"""The tables of the desk.

Three of them only grow, which the database itself sees to: the history of cases, the revisions of replies, and what was
signed. Nobody can take back what was done, and no draft is written over.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar, TypeVar

from sqlalchemy import Enum, ForeignKey, String, Text, UniqueConstraint, event
from sqlalchemy.orm import Mapped, mapped_column, relationship

from indexer.text.folding import fold
from search.addresses import Address
from web.accounts.models import Account
from web.database.addresses import Written
from web.database.storage import Base, Moment, now
from web.desk.states import CaseOutcome, Status, Tier

LONGEST_QUESTION, LONGEST_NAME, LONGEST_TAG, LONGEST_NOTE, LONGEST_PAGE = 4000, 200, 50, 4000, 100
"""In characters."""

Choice = TypeVar("Choice", bound=StrEnum)


class Stance(StrEnum):
    """The stances of a passage towards what is asked."""

    NEUTRAL = "neutral"
    FOR = "for"
    AGAINST = "against"


def _choice(kind: type[Choice]) -> Enum:
    return Enum(kind, native_enum=False, length=20, values_callable=lambda values: [each.value for each in values])


class Searched:
    """What cases are searched by: the columns named ``searched``, also as the search folds them."""

    searched: ClassVar[tuple[str, ...]]
    folded: Mapped[str] = mapped_column(Text, default="")


@event.listens_for(Searched, "before_insert", propagate=True)
@event.listens_for(Searched, "before_update", propagate=True)
def _fold(mapper: object, connection: object, row: Searched) -> None:
    row.folded = "\n".join(fold(getattr(row, name) or "") for name in row.searched)


class Case(Searched, Base):
    """A question and what became of it; it is called by its year and its number in it.

    ``shown_question`` is the question as the public sees it, once a reviewer has published the case. ``outcome`` says
    what a case was that was closed without an answer; ``duplicate_of`` is the case that is answered in its place.
    """

    __tablename__ = "desk_case"
    searched = ("question",)
    __table_args__ = (UniqueConstraint("year", "sequence"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int]
    sequence: Mapped[int]
    question: Mapped[str] = mapped_column(Text)
    tier: Mapped[Tier] = mapped_column(_choice(Tier))
    status: Mapped[Status] = mapped_column(_choice(Status), default=Status.NEW, index=True)
    due: Mapped[date | None]
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    opened: Mapped[datetime] = mapped_column(Moment, default=now)
    answered: Mapped[datetime | None] = mapped_column(Moment)
    closed: Mapped[datetime | None] = mapped_column(Moment)
    published: Mapped[bool] = mapped_column(default=False)
    shown_question: Mapped[str] = mapped_column(Text, default="")
    outcome: Mapped[CaseOutcome | None] = mapped_column(_choice(CaseOutcome))
    duplicate_of_id: Mapped[int | None] = mapped_column(ForeignKey("desk_case.id"))

    assignee: Mapped[Account | None] = relationship()
    duplicate_of: Mapped[Case | None] = relationship(remote_side=id)
    asker: Mapped[Asker | None] = relationship(back_populates="case", cascade="all, delete-orphan")
    tags: Mapped[list[Tag]] = relationship(order_by="Tag.name", cascade="all, delete-orphan")
    history: Mapped[list[Event]] = relationship(order_by="Event.id")
    searches: Mapped[list[KeptSearch]] = relationship(order_by="KeptSearch.id.desc()")
    evidence: Mapped[list[Quotation]] = relationship(order_by="Quotation.position", back_populates="case")
    revisions: Mapped[list[Revision]] = relationship(order_by="Revision.number")
    notes: Mapped[list[Note]] = relationship(order_by="Note.id")
    signatures: Mapped[list[Signature]] = relationship(order_by="Signature.id")

    @property
    def number(self) -> str:
        """What the case is called, such as ``2026-0012``."""
        return f"{self.year}-{self.sequence:04}"

    @property
    def kept(self) -> list[Quotation]:
        """The evidence that was not withdrawn."""
        return [each for each in self.evidence if not each.withdrawn]

    @property
    def draft(self) -> Revision | None:
        """The latest revision of the reply."""
        return self.revisions[-1] if self.revisions else None

    @property
    def signed(self) -> Signature | None:
        """The reply that went out: the last one that was signed."""
        return self.signatures[-1] if self.signatures else None


class Asker(Searched, Base):
    """Who asked, apart from the case and from all that is searched or counted, so that it can be removed.

    ``digest`` is that of the secret by which they follow their question, ``language`` the one that they asked in.
    """

    __tablename__ = "desk_asker"
    searched = ("name", "contact")

    case_id: Mapped[int] = mapped_column(ForeignKey("desk_case.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME), default="")
    contact: Mapped[str] = mapped_column(String(LONGEST_NAME), default="")
    digest: Mapped[str | None] = mapped_column(String(64))
    language: Mapped[str | None] = mapped_column(String(10))

    case: Mapped[Case] = relationship(back_populates="asker")


class Tag(Searched, Base):
    """A word under which cases are kept together."""

    __tablename__ = "desk_tag"
    searched = ("name",)

    case_id: Mapped[int] = mapped_column(ForeignKey("desk_case.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(LONGEST_TAG), primary_key=True)


class Event(Base):
    """Who did what to a case, when. Rows are added and never changed: the database refuses it.

    Nothing of the asker is written here, for what is here can't be forgotten.
    """

    __tablename__ = "desk_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("desk_case.id"), index=True)
    at: Mapped[datetime] = mapped_column(Moment, default=now)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    action: Mapped[str] = mapped_column(String(40))
    detail: Mapped[str] = mapped_column(String(1000), default="")

    account: Mapped[Account | None] = relationship()


class KeptSearch(Base):
    """A search made for a case: ``arguments`` are those of its address. ``occurrences`` is None for one by meaning."""

    __tablename__ = "desk_search"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("desk_case.id"), index=True)
    at: Mapped[datetime] = mapped_column(Moment, default=now)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    query: Mapped[str] = mapped_column(Text)
    arguments: Mapped[str] = mapped_column(Text)
    passages: Mapped[int]
    occurrences: Mapped[int | None]
    generation: Mapped[int]

    account: Mapped[Account] = relationship()


class Quotation(Base):
    """A passage as quoted at that moment, and what is thought of it.

    ``text`` is what stood at the ``address``; the quotation shows the part from ``trim_start`` to ``trim_end`` of it,
    in code points. ``work`` is that of the address, for counting, and ``section`` is the section's title. ``record``
    is the work's catalogue record and ``notes`` are the ranges of interlinear notes, both as JSON. ``generation`` is
    the number of the index's generation at that time: it is shown, and never taken for proof of anything, since an
    index that is built from nothing counts from 1 again.
    """

    __tablename__ = "desk_evidence"
    __table_args__ = (UniqueConstraint("case_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("desk_case.id"))
    number: Mapped[int]
    position: Mapped[int]
    heading: Mapped[str] = mapped_column(String(LONGEST_NAME), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    stance: Mapped[Stance] = mapped_column(_choice(Stance), default=Stance.NEUTRAL)
    withdrawn: Mapped[bool] = mapped_column(default=False)
    address: Mapped[Address] = mapped_column(Written)
    work: Mapped[str] = mapped_column(String(200), index=True)
    collection: Mapped[str] = mapped_column(String(100))
    record: Mapped[str] = mapped_column(Text)
    section: Mapped[str] = mapped_column(Text)
    facsimile: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    notes: Mapped[str] = mapped_column(Text)
    trim_start: Mapped[int]
    trim_end: Mapped[int]
    generation: Mapped[int]
    query: Mapped[str] = mapped_column(Text, default="")
    added: Mapped[datetime] = mapped_column(Moment, default=now)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))

    case: Mapped[Case] = relationship(back_populates="evidence")
    account: Mapped[Account] = relationship()


class Revision(Base):
    """A saved draft of a reply. The next one has the next number; of two that want it, one gets it."""

    __tablename__ = "desk_revision"
    __table_args__ = (UniqueConstraint("case_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("desk_case.id"))
    number: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Moment, default=now)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))

    account: Mapped[Account] = relationship()


class Autosave(Base):
    """Unsaved text of a sheet: ``after`` is the revision that it began from.

    It is theirs alone, changes as they write, and goes when it is saved or thrown away, see :mod:`web.desk.autosaving`.
    """

    __tablename__ = "desk_autosave"
    __table_args__ = (UniqueConstraint("case_id", "account_id", "sheet"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("desk_case.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    sheet: Mapped[str] = mapped_column(String(32))
    after: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Moment, default=now)


class Presence(Base):
    """That somebody has a case's reply open: ``seen`` is when they were last there."""

    __tablename__ = "desk_presence"

    case_id: Mapped[int] = mapped_column(ForeignKey("desk_case.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    seen: Mapped[datetime] = mapped_column(Moment, default=now)

    account: Mapped[Account] = relationship()


class ReplyLetter(Base):
    """A letter to who asked, of the case that it answers. ``account_id`` is who had it sent."""

    __tablename__ = "desk_case_letter"

    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id"), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("desk_case.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))


class CannedText(Base):
    """A text that is at hand for every reply. ``account_id`` and ``changed`` tell who wrote it last, and when."""

    __tablename__ = "desk_text"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(LONGEST_PAGE))
    text: Mapped[str] = mapped_column(Text)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    changed: Mapped[datetime] = mapped_column(Moment, default=now)


class Note(Searched, Base):
    """What a librarian tells the others of a case; nobody else is ever shown it, and no export has it."""

    __tablename__ = "desk_note"
    searched = ("text",)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("desk_case.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime] = mapped_column(Moment, default=now)
    text: Mapped[str] = mapped_column(Text)

    account: Mapped[Account] = relationship()


class Signature(Base):
    """A reply as signed: ``document`` is the whole of it, as JSON."""

    __tablename__ = "desk_signature"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("desk_case.id"), index=True)
    revision: Mapped[int]
    at: Mapped[datetime] = mapped_column(Moment, default=now)
    author_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    document: Mapped[str] = mapped_column(Text)
