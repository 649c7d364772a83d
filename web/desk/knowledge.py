"""The base of answers: closed cases with a signed reply, without their askers, searched as the texts are.

    answers/texts/2026.jsonl   the cases of a year as works, one a line
    answers/index/             the index over them, of the collection ``answers``
    answers/texts/state        how far the database had come when they were made

The database is what counts: all is made from it, and made again where it is missing or where the database has come
further, as it has when a case was closed on another machine. A year is one file, so that a
case that is closed costs the indexing of its year, and the index has no more packs than there are years.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from tempfile import NamedTemporaryFile

from filelock import FileLock, Timeout
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from indexer.building.build import build
from indexer.embedding import load_embedder
from indexer.errors import IndexFailure
from indexer.store import files
from indexer.store.generation import published
from indexer.text import readings
from indexer.text.folding import fold
from search.library import Library
from search.model import Hit, SearchError, SearchRequest
from search.shelf import Shelf
from web.desk import document
from web.desk.models import Case, Event, Signature
from web.desk.replying import signed
from web.desk.states import Move, Status
from web.desk.terms import query, terms

_log = logging.getLogger(__name__)

COLLECTION = "answers"
QUESTION, REPLY = "问", "答"
_DRAFT, _STATE = ".draft", "state"
LEAST = 0.33
"""The least cosine of a question and an answered case that is like it, by our own model: of twelve questions put to six
cases, those on the same matter had 0.39 to 0.76 (but for one with 0.21), those on another 0.30 at most."""
PATIENCE = 10
"""Seconds that a process waits for another one that brings the base up to date."""
GLANCE = 2.0
"""Seconds between two looks at whether the database has come further."""
_MOVING = (Move.CLOSE.value, Move.REOPEN.value, "publish", "unpublish")
"""The events that change what is in the base."""


@dataclass(frozen=True, slots=True)
class AnsweredCase:
    """An answered case that is like a question: its number, and the passage that is."""

    number: str
    hit: Hit


class AnswerBase:
    """The searchable base in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._shelf: Shelf | None = None
        self._look_again = 0.0

    def follow(self, session: Session) -> None:
        """Update the base where the database has come further; if it can't be now, it stays as it is until it can."""
        if time.monotonic() < self._look_again:
            return
        self._look_again = time.monotonic() + GLANCE
        try:
            if _read(self._folder / "texts" / _STATE) != _state(session):
                self.refresh(session, patience=0)
        except (IndexFailure, OSError) as failure:
            _log.warning("the base of answers is not up to date: %s", failure)

    def refresh(self, session: Session, patience: float | None = None) -> None:
        """Update the base from the database. Of several processes or threads that do so at once, one does.

        The others wait for ``patience`` seconds at most, by default PATIENCE, and then read what is in the database.

        Raises:
            IndexFailure: another process has been at it for longer than ``patience``, or it can't be built.
            OSError: its folder can't be written to.
        """
        patience = PATIENCE if patience is None else patience
        files.make(self._folder)
        try:
            lock = FileLock(self._folder / "lock", timeout=patience, mode=0o600).acquire()
        except Timeout as failure:
            raise IndexFailure(f"{self._folder}: another process has it for more than {patience} s") from failure
        with lock:
            texts, index = self._folder / "texts", self._folder / "index"
            files.make(texts)
            self._folder.chmod(0o700)  # earlier versions let others in
            come = _state(session)  # what comes after it is taken up next time
            closed = select(Case).where(
                Case.status == Status.CLOSED, Case.outcome.is_(None), Case.signatures.any(Signature.id.is_not(None))
            )
            cases = session.scalars(closed.order_by(Case.year, Case.sequence)).all()
            years = {
                texts / f"{year}.jsonl": [_work(case) for case in of_year]
                for year, of_year in groupby(cases, key=lambda case: case.year)
            }
            for old in set(texts.glob("*.jsonl")) - years.keys():
                old.unlink()
            for left in texts.glob(f"*{_DRAFT}"):
                left.unlink()  # by a process that died: nobody else writes now
            for file, works in years.items():
                _write(file, works)
            if _is_outdated(index):
                shutil.rmtree(index)
            now_closed = {case.number for case in cases}
            state = published(index)
            gone = sorted((state.live_works().keys() if state else set()) - now_closed)
            if years or gone:
                build(list(years), index, remove=gone, collection=COLLECTION)
            _write(texts / _STATE, [come])

    def like(self, question: str, *, only: Collection[str] | None = None, limit: int = 5) -> Sequence[AnsweredCase]:
        """Find answered cases that are like a question, the likest first; only among those with the numbers ``only``.

        Nothing is like it while the base can't be read: a case can be worked without, and the log says why.
        """
        asked = query(question)
        if not asked or (only is not None and not only):
            return ()
        filters = {} if only is None else {"work": tuple(only)}
        try:
            library = self._library()
            response = library.search(SearchRequest(q=asked, filters=filters, limit=4 * limit)) if library else None
        except (SearchError, IndexFailure) as failure:
            _log.error("the base of answers can't be searched: %s", failure)
            return ()
        best: dict[str, AnsweredCase] = {}
        for hit in _near(asked, response.hits) if response and response.has_close_match else ():
            best.setdefault(hit.work.id, AnsweredCase(hit.work.id, hit))
        return tuple(best.values())[:limit]

    def _library(self) -> Library | None:
        index = self._folder / "index"
        if self._shelf is None:
            if not (index / "manifest.json").is_file():
                return None
            self._shelf = Shelf(index)
        return self._shelf.library()


def _near(asked: str, hits: Sequence[Hit]) -> list[Hit]:
    """Return the hits that have what is asked, half of its terms at least, or are near it in meaning.

    A search by meaning finds something for anything.
    """
    named = [fold(term) for term in terms(asked)]
    nearest = [hit.text[slice(*hit.nearest_passage_range or (0, len(hit.text)))] for hit in hits]
    question, *texts = load_embedder().embed([fold(text) for text in (asked, *nearest)])

    def is_named(hit: Hit) -> bool:
        standing = sum(term in fold(hit.text) for term in named)
        return bool(standing) and 2 * standing >= len(named)

    return [
        hit
        for hit, text in zip(hits, texts, strict=True)
        if hit.matched or is_named(hit) or float(question @ text) >= LEAST
    ]


def refreshed(answers: AnswerBase, session: Session) -> bool:
    """Update the base, and return whether it worked; why not is in the log, and the next closed case tries again."""
    try:
        answers.refresh(session)
    except (IndexFailure, OSError) as failure:
        _log.error("the base of answers is not up to date: %s", failure)
        return False
    return True


def _state(session: Session) -> str:
    """Return what changes whenever a case is closed, reopened, published or withdrawn.

    The number beside the last one: of two that are written at once, the later may be there to be read before the other.
    """
    events = select(func.count(Event.id), func.max(Event.id)).where(Event.action.in_(_MOVING))
    count, last = session.execute(events).one()
    return f"{count} {last or 0}"


def _read(file: Path) -> str:
    """Return what a small file says, nothing where there is none."""
    try:
        return file.read_text("utf-8").strip()
    except FileNotFoundError:
        return ""


def _is_outdated(index: Path) -> bool:
    """Return whether the index must be rebuilt: it was made with another model or folding, or can't be read."""
    try:
        state = published(index)
    except IndexFailure:
        return True
    made = (state.settings.model, state.settings.folding) if state else None
    return made is not None and made != (load_embedder().name, readings.fingerprint())


def _work(case: Case) -> str:
    """Return the case as a line of JSON Lines: question and answer, and nothing of who asked.

    Of a case that is public it is the public wording of the question: the public searches in it, too.
    """
    final = signed(case)
    reply = document.plain(final) if final else ""
    question = case.shown_question if case.published else case.question
    work = {
        "id": case.number,
        "title": case.number,
        "language": "zh",
        "script": "Hans",
        "category": case.tier.value,
        "year": case.year,
        "sections": [{"title": QUESTION, "text": question}, {"title": REPLY, "text": reply}],
    }
    return json.dumps(work, ensure_ascii=False)


def _write(file: Path, lines: Sequence[str]) -> None:
    """Write a file all at once: a build that reads it meanwhile has the old one or the new one."""
    # A name of its own for each draft: another process may write the same year. Its owner alone can read it.
    with NamedTemporaryFile(
        "w", encoding="utf-8", dir=file.parent, prefix=f"{file.stem}.", suffix=_DRAFT, delete=False
    ) as draft:
        try:
            draft.write("\n".join(lines) + "\n")
            draft.flush()
            os.replace(draft.name, file)
        except OSError:
            os.unlink(draft.name)  # a full disk must not become fuller
            raise
