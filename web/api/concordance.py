"""Parameters of a concordance: of its page and of ``wenyuan concordance``, in the same words."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from corpora.catalogue import FILTERS
from search.concordance import ConcordanceRequest
from search.model import MAX_CHARACTERS, Scope
from search.occurrences import Grouping, GroupName, Order
from web.api.parameters import MAX_VALUES, Parameters, Search, Switch, filters_of, narrowed, whole

MAX_CONTEXT = 200
MAX_LINES = 200
"""Lines of one page."""
MAX_SAMPLE = 1_000_000
LARGEST = 999_999_999

_PLAIN = ConcordanceRequest(q="")
_NAME = Annotated[
    str,
    # A spelling may be as long as a query, and name what is described in it.
    Field(min_length=3, max_length=4 * MAX_CHARACTERS, pattern=f"^(?:{'|'.join(Grouping)}):(?s:.+)$"),
]
GroupNames = Annotated[
    tuple[_NAME, ...], Field(max_length=MAX_VALUES), AfterValidator(lambda names: tuple(dict.fromkeys(names)))
]


class ConcordanceParameters(Parameters):
    """Parameters of a concordance but for the catalogue's filters. The order is that of addresses."""

    q: Annotated[str, Field(description=Search.model_fields["q"].description)] = ""
    scope: Annotated[Scope, Field(description=Search.model_fields["scope"].description)] = _PLAIN.scope
    strict: Annotated[Switch, Field(description=Search.model_fields["strict"].description)] = _PLAIN.strict
    aliases: Annotated[Switch, Field(description=Search.model_fields["aliases"].description)] = _PLAIN.aliases
    order: Annotated[
        Order,
        Field(description="The order of lines: by place, by what goes before or follows, or by the work's year."),
    ] = _PLAIN.order
    group: Annotated[Grouping, Field(description="What lines are counted by.")] = _PLAIN.group
    within: Annotated[
        GroupNames, Field(description="Only this group, such as spelling:會寧府 or work:KR2a0035; may be repeated.")
    ] = ()
    without: Annotated[
        GroupNames, Field(description="All but this group, such as spelling:會寧府; may be repeated.")
    ] = ()
    context: Annotated[
        int,
        Field(strict=True, ge=0, le=MAX_CONTEXT, description="Characters of context on either side."),
        BeforeValidator(whole),
    ] = _PLAIN.context
    sample: Annotated[
        int,
        Field(strict=True, ge=0, le=MAX_SAMPLE, description="Only so many lines, drawn at random; 0 for all."),
        BeforeValidator(whole),
    ] = _PLAIN.sample
    seed: Annotated[
        int,
        Field(strict=True, ge=0, le=LARGEST, description="The seed of the sample: the same draws the same lines."),
        BeforeValidator(whole),
    ] = _PLAIN.seed
    start: Annotated[
        int,
        Field(strict=True, ge=1, le=LARGEST, description="The number of the first line."),
        BeforeValidator(whole),
    ] = _PLAIN.start
    limit: Annotated[
        int,
        Field(strict=True, ge=1, le=MAX_LINES, description="The most lines to show."),
        BeforeValidator(whole),
    ] = _PLAIN.limit

    def request(self) -> ConcordanceRequest:
        """Return the page that these parameters ask for."""
        own = {name: getattr(self, name) for name in type(self).model_fields if name not in FILTERS}
        own |= {name: tuple(map(GroupName.parse, own[name])) for name in ("within", "without")}
        return ConcordanceRequest(filters=filters_of(self), **own)


CONCORDANCE = narrowed("Concordance", ConcordanceParameters)
