"""Parameters of parallels: of their pages and of ``wenyuan parallels``, in the same words."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from search.addresses import Address
from search.parallels.model import MOST_CHARACTERS, Likeness, ParallelsRequest
from search.parallels.shared import SEED
from search.parallels.works import SHORTEST_RUN, WorkParallelsRequest
from web.api.parameters import BadParameter, Parameters, whole
from web.api.selection import Rows, Start, beside_others

_LONGEST = 1_000
"""The most characters that anybody can ask to be shared."""
_PLAIN = ParallelsRequest()
_PLAIN_WORK = WorkParallelsRequest("")
_ONLY = "Only in this work or collection, by its id; may be repeated."
_LIKENESS = Annotated[str, Field(pattern=f"^(?:{'|'.join(Likeness)})$")]


class ParallelsParameters(Parameters):
    """Parameters of the parallels of a text but for ``with``, which no attribute can be called."""

    q: Annotated[
        str, Field(max_length=MOST_CHARACTERS, description=f"The text, of at most {MOST_CHARACTERS:,} characters.")
    ] = ""
    place: Annotated[
        str,
        Field(
            max_length=MOST_CHARACTERS,
            description="The address of the text in the index, such as KR2a0035/2/001-2a@120+3:會寧府.",
        ),
    ] = ""
    least: Annotated[
        int,
        Field(strict=True, ge=SEED, le=_LONGEST, description="The fewest characters that a part shares."),
        BeforeValidator(whole),
    ] = _PLAIN.least
    likeness: Annotated[
        tuple[_LIKENESS, ...],
        Field(max_length=len(Likeness), description="Only this kind: exact, near or meaning; may be repeated."),
    ] = ()
    start: Start = _PLAIN.start
    limit: Rows = _PLAIN.limit

    def request(self) -> ParallelsRequest:
        """Return what these parameters ask for.

        Raises:
            BadParameter: the address is none.
        """
        try:
            place = Address.parse(self.place) if self.place else None
        except ValueError as failure:
            raise BadParameter("place", "is no address") from failure
        likenesses = tuple(map(Likeness, self.likeness))
        among = getattr(self, "with")
        return ParallelsRequest(self.q, place, among, self.least, likenesses, self.start, self.limit)


class WorkParallelsParameters(Parameters):
    """Parameters of the parallels of a work but for ``with``."""

    work: Annotated[str, Field(max_length=200, description="The work that is compared, by its id.")] = ""
    collection: Annotated[
        str, Field(max_length=200, description="Or every two works of this collection are, by its id.")
    ] = ""
    least: Annotated[
        int,
        Field(strict=True, ge=SHORTEST_RUN, le=_LONGEST, description="The fewest characters of a run that is shared."),
        BeforeValidator(whole),
    ] = _PLAIN_WORK.least
    start: Start = _PLAIN_WORK.start
    limit: Rows = _PLAIN_WORK.limit

    def request(self) -> WorkParallelsRequest:
        """Return what these parameters ask for.

        Raises:
            BadParameter: a collection is to be compared beside something else.
        """
        among = getattr(self, "with")
        if self.collection and (self.work or among):
            raise BadParameter("collection", "its works are compared with each other, without work and with")
        return WorkParallelsRequest(self.work, among, self.least, self.start, self.limit, self.collection)


PARALLELS: type[ParallelsParameters] = beside_others("Parallels", ParallelsParameters, _ONLY)


class FoundParallelsParameters(Parameters):
    """Parameters of the parallels of works that were found already: which of them are shown."""

    here: Annotated[str, Field(max_length=200, description="Only what this work shares, by its id.")] = ""
    there: Annotated[str, Field(max_length=200, description="Only what it shares with this one, by its id.")] = ""
    start: Start = _PLAIN_WORK.start
    limit: Rows = _PLAIN_WORK.limit


WORK_PARALLELS: type[WorkParallelsParameters] = beside_others("WorkParallels", WorkParallelsParameters, _ONLY)
