"""The library as a reader meets it: one generation of an index, for searching and reading."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from corpora.catalogue import FACETS
from corpora.model import Page
from indexer.cluster.address import IndexAddress
from indexer.embedding import StaticEmbedder
from indexer.progress import Progress, silent
from indexer.store.access import Declared
from indexer.text import readings
from search import collocates as collocations
from search import concordance as concordances
from search import cursors, fields
from search import distribution as distributions
from search import keywords as keyness
from search.addresses import Address, Located, Standing, follow
from search.characters import CharacterCounts, counted
from search.collocates import Collocates, CollocatesRequest
from search.concordance import ClassicalWord, Concordance, ConcordanceLines, ConcordanceRequest
from search.contents import Contents, FoundInWork, contents
from search.dates import asked_of, read_event
from search.distribution import Distribution, DistributionRequest, SearchedTexts, in_scope
from search.examples import Examples, examples
from search.grams import Unit, commonest
from search.hits import pairs_of, read_hits, shared_with
from search.keywords import Keywords, KeywordsRequest
from search.model import (
    FacetValue,
    ImageCount,
    Mode,
    Proposal,
    Scope,
    SearchError,
    SearchRequest,
    SearchResponse,
    SectionOutline,
    SectionView,
    Sort,
    Suggestion,
    Total,
    Why,
    WorkCard,
)
from search.occurrences import Grouping, Occurrences
from search.parallels import texts as parallel_texts
from search.parallels.asked import AskedText
from search.parallels.comparing import CollectionComparison, ComparedPortions, stretches_of
from search.parallels.model import MOST_CHARACTERS, Likeness, Parallels, ParallelsRequest
from search.parallels.shared import TextRange
from search.parallels.works import WorkParallels, WorkParallelsRequest, in_order
from search.proposals import AskedQuery, by_words, by_writing, is_foreign
from search.query import Parsed, Phrase, narrowed_to, parse, shown
from search.ranking.fusion import Fused
from search.ranking.signals import exact_query, rankings, signals, stretches
from search.selection import Selection
from search.stores.base import ExactQuery, Matches, Ref, Store
from search.stores.opening import open_store
from search.words.aliases import Expanded, expand
from search.words.out_of_domain import DomainCheck, check_domain
from search.words.thesaurus import LONGEST_WORD, thesaurus

LARGEST_LIMIT = 1000
MOST_VIEWS = 16
"""Views that are kept; a change of access makes others."""
CLASSICAL = "lzh"
"""The language of works in which modern words are not to be found."""


class Library:
    """One generation of an index. Safe to share between threads: nothing in it changes after opening."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._views: dict[frozenset[str], Library] = {}
        self._images: dict[str, ImageCount] = {}

    @classmethod
    def open(cls, index: IndexAddress) -> Library:
        """Open the published generation.

        Raises:
            IndexFailure: there is none, or it can't be read.
        """
        return cls(open_store(index))

    @cached_property
    def _cards(self) -> dict[str, WorkCard]:
        return {card.id: card for card in self.store.works()}

    @cached_property
    def collections(self) -> frozenset[str]:
        """The collections that have works here."""
        return frozenset(card.collection for card in self._cards.values())

    @property
    def declared(self) -> Declared:
        """What the index says of who may read its works."""
        return self.store.declared

    def collection_of(self, work_id: str) -> str | None:
        """Return the collection of a work; None where there is no such work."""
        card = self._cards.get(work_id)
        return card.collection if card else None

    def without(self, works: frozenset[str]) -> Library:
        """Return the library as if it had never had these works.

        Everything that is asked of it, hits, counts, facets, works and words, is answered from what is left, but that
        the weights of words in a ranking may be those of the whole. Views are kept: asked again with the same set it
        costs nothing.
        """
        if not works:
            return self
        if (kept := self._views.get(works)) is not None:
            return kept
        if works.isdisjoint(self._cards):
            return self
        view = Library(self.store.without(works))
        while len(self._views) >= MOST_VIEWS:
            self._views.pop(next(iter(self._views)), None)
        self._views[works] = view
        return view

    @property
    def generation(self) -> int:
        """The number of the generation that is open."""
        return self.store.generation

    @property
    def is_folded_as_now(self) -> bool:
        """Whether the texts were folded by this program's tables; else some words are not found until they are."""
        return self.store.folding == readings.fingerprint()

    @property
    def identity(self) -> str:
        """A fingerprint of this state of the index."""
        return self.store.identity

    def works(self) -> tuple[WorkCard, ...]:
        """Return every work, by id."""
        return tuple(self._cards.values())

    def contents(self, work_id: str) -> tuple[str, ...]:
        """Return the titles of a work's sections, in order.

        Raises:
            KeyError: there is no such work.
        """
        return tuple(self.store.contents(work_id))

    def contents_around(self, work_id: str, number: int, counts: Mapping[int, int]) -> Contents:
        """Return the page of a work's contents as a tree that lists a section, with the occurrences in each.

        Raises:
            KeyError: there is no such work.
        """
        return contents(self.store.contents(work_id), self.store.paths(work_id), counts, number)

    def found_in(
        self, work_id: str, q: str, *, strict: bool = False, scope: Scope = Scope.BOTH, aliases: bool = False
    ) -> FoundInWork:
        """Count the occurrences of a query's words in each section of a work.

        Raises:
            SearchError: the query costs too much.
            SearchTimeout: it takes longer than the caller has allowed (:mod:`search.deadline`).
        """
        found = self.find(q, scope=scope, strict=strict, filters={"work": (work_id,)}, aliases=aliases)
        groups = found.grouped_by(Grouping.SECTION)
        counts = {int(each.value.rpartition("/")[2]): each.count for each in groups}
        return FoundInWork(dict(sorted(counts.items())), found.at_least)

    def card(self, work_id: str) -> WorkCard:
        """Return a work.

        Raises:
            KeyError: there is no such work.
        """
        return self._cards[work_id]

    def outline(self, work_id: str) -> tuple[SectionOutline, ...]:
        """Return the sections of a work, with their lengths, in order; no text is read.

        Raises:
            KeyError: there is no such work.
        """
        lengths = self.store.characters(work_id).tolist()
        return tuple(SectionOutline(title, *each) for title, each in zip(self.contents(work_id), lengths, strict=True))

    def pages(self, work_id: str) -> tuple[tuple[Page, ...], ...]:
        """Return the pages of each section of a work, in order; no text is read.

        Raises:
            KeyError: there is no such work.
        """
        return tuple(self.store.pages(work_id))

    def images(self, work_id: str) -> ImageCount:
        """Return how many pages of a work have an image; it is kept.

        Raises:
            KeyError: there is no such work.
        """
        if (count := self._images.get(work_id)) is None:
            pages = [page for section in self.store.pages(work_id) for page in section]
            count = self._images[work_id] = ImageCount(len(pages), sum(bool(page.facsimile) for page in pages))
        return count

    def character(self, character: str, work_id: str = "") -> CharacterCounts:
        """Return how often a character and its variants stand in the library and in a work, each as it is spelled.

        Raises:
            KeyError: there is no such work.
            SearchTimeout: it takes longer than the caller has allowed.
        """
        if work_id and work_id not in self._cards:
            raise KeyError(work_id)
        everywhere = counted(self.store, character)
        return CharacterCounts(everywhere, counted(self.store, character, work_id) if work_id else None)

    def status(self) -> dict[str, Any]:
        """Return what is in the index, with sizes in bytes."""
        return self.store.status()

    def section(
        self,
        work_id: str,
        number: int,
        q: str = "",
        strict: bool = False,
        scope: Scope = Scope.BOTH,
        aliases: bool = False,
        alike: tuple[int, int] | None = None,
    ) -> SectionView:
        """Return a section for reading, with what ``q`` finds in it.

        ``alike`` is the range of a passage that a search found to be only alike: it is marked as that search marks it.

        Raises:
            KeyError: there is no such section.
            SearchTimeout: to find what ``q`` says takes longer than the caller has allowed.
        """
        section = self.store.section(work_id, number)
        if not q:
            return SectionView(self._cards[work_id], section, number)
        parsed = parse(q)
        expanded = expand(parsed, aliases)
        marks = self.store.section_marks(work_id, number, ExactQuery(expanded.tree, scope, strict))
        shared = shared_with((parsed.text, *expanded.names), section.text, *alike) if alike else ()
        return SectionView(self._cards[work_id], section, number, *marks, shared)

    def search(self, request: SearchRequest) -> SearchResponse:
        """Answer a search.

        Raises:
            SearchError: the query costs too much, or the cursor is not one of this search.
            SearchTimeout: it takes longer than the caller has allowed (:mod:`search.deadline`).
        """
        began = time.perf_counter()
        if not 1 <= request.limit <= LARGEST_LIMIT:
            raise SearchError("bad-limit", str(request.limit))
        parsed = parse(request.q)
        offset = cursors.read(request, self.identity)
        expanded = expand(parsed, request.expands)
        matches = self.store.match(exact_query(request, parsed, expanded))
        found = signals(self.store, request, parsed, matches)
        fused = Fused.of(request.mode, self.store, matches, found)
        listed = fused.page(request.sort, offset, request.limit)
        pairs = pairs_of((parsed.text, *expanded.names))
        closest = stretches(self.store, found, request.scope, [each.passage for each in listed])
        spelled = (Why.DATE, Why.DOUBTFUL) if parsed.dates and not parsed.phrases else (Why.EXACT, Why.FOLDED)
        hits = read_hits(self.store, listed, matches, found, closest, pairs, spelled)
        alike = fused.alike
        end = offset + request.limit
        rest = matches.passages + (len(alike) if request.sort is Sort.RELEVANCE else 0) - end
        domain = self._check_domain(request, parsed, matches.occurrences)
        suggestions = self._suggestions(parsed, matches.occurrences)
        proposals = () if offset else self._proposals(request, parsed, matches.passages)
        explanations = (*parsed.explanations, *read_event(request.event)[1])
        if not (matches.passages or proposals) and is_foreign(request.q, parsed):
            domain, explanations = DomainCheck(), (*explanations, ("not-chinese", ""))
        return SearchResponse(
            request=request,
            total=Total(matches.passages, matches.occurrences, len(alike), matches.at_least),
            hits=hits,
            facets=self._facets(request, parsed, expanded, (matches, alike)) if request.facets else {},
            start=offset + 1,
            previous=cursors.write(request, self.identity, max(offset - request.limit, 0)) if offset else "",
            next=cursors.write(request, self.identity, end) if rest > 0 else "",
            took_ms=(time.perf_counter() - began) * 1000,
            generation=self.generation,
            explanations=explanations,
            expanded_names=expanded.names,
            unknown_words=domain.unknown_words,
            has_close_match=domain.has_close_match,
            suggestions=suggestions,
            proposals=proposals,
        )

    def find(
        self,
        q: str,
        *,
        scope: Scope = Scope.BOTH,
        strict: bool = False,
        filters: Mapping[str, tuple[str, ...]] | None = None,
        aliases: bool = False,
        event: str = "",
    ) -> Occurrences:
        """Find every place where the words of a query stand, exactly.

        Of AND and NOT they are those of the phrases in passages that satisfy the whole; of NEAR, the stretch of each
        pair. With ``aliases`` other names of what the query names are found too. Where years are the ``event``, only
        passages with a date of theirs count.

        Raises:
            SearchError: the query costs too much, or no years can be read.
        """
        tree = narrowed_to(expand(parse(q), aliases).tree, read_event(event)[0])
        return self.store.find(ExactQuery(tree, scope, strict, filters or {}))

    def concordance(self, request: ConcordanceRequest) -> Concordance:
        """Answer with a page of a concordance.

        Raises:
            SearchError: the query costs too much.
            SearchTimeout: it takes longer than the caller has allowed (:mod:`search.deadline`).
        """
        began = time.perf_counter()
        parsed = parse(request.q)
        expanded = expand(parsed, request.expands)
        found = self._found(request, request.q)
        left = request.narrowed(found)
        lines = concordances.listed(left, request)
        first = request.start - 1
        sought = concordances.sought(parsed, expanded.tree)
        words = concordances.groups(found, request, Grouping.WORDS)
        spellings = concordances.groups(found, request, Grouping.SPELLING)
        return Concordance(
            request=request,
            total=len(left),
            listed=len(lines),
            at_least=found.at_least,
            lines=lines[first : first + request.limit],
            groups=concordances.groups(found, request, request.group),
            words=concordances.with_absent(words, (each.folded for each in sought)),
            spellings=concordances.with_absent(spellings, (each.text for each in sought if not each.alias)),
            sought=sought,
            folded=tuple((phrase.text, shown(phrase.pattern)) for phrase in parsed.phrases),
            explanations=(*parsed.explanations, *read_event(request.event)[1]),
            classical=tuple(self._classical(request, parsed, len(found))),
            generation=self.generation,
            took_ms=(time.perf_counter() - began) * 1000,
        )

    def lines(self, request: ConcordanceRequest) -> ConcordanceLines:
        """Find all lines of a concordance, whatever page of it is asked for.

        Raises:
            SearchError: the query costs too much.
            SearchTimeout: it takes longer than the caller has allowed (:mod:`search.deadline`).
        """
        found = self._found(request, request.q)
        left = request.narrowed(found)
        return ConcordanceLines(request, left, concordances.listed(left, request), self.generation)

    def searched(self, selection: Selection) -> tuple[tuple[WorkCard, ...], int]:
        """Return the works that a selection chooses, and how many characters of them are searched."""
        chosen = list(self._texts.chosen(selection))
        return tuple(each.card for each in chosen), sum(int(each.characters.sum()) for each in chosen)

    def distribution(self, request: DistributionRequest) -> Distribution:
        """Count how often the words of some queries stand in each group of texts, and in how many characters.

        Raises:
            SearchError: there are too many queries, or one costs too much.
            SearchTimeout: it takes longer than the caller has allowed (:mod:`search.deadline`).
        """
        began = time.perf_counter()
        if len(request.terms) > distributions.MOST_TERMS:
            raise SearchError("too-many-terms", f"{len(request.terms)} > {distributions.MOST_TERMS}")
        found = [self._found(request, q) for q in request.terms]
        rows, total = distributions.rows(request, self._texts, found)
        return Distribution(
            request=request,
            rows=rows,
            total=total,
            at_least=tuple(each.at_least for each in found),
            explanations=tuple(
                dict.fromkeys(
                    (*(each for q in request.terms for each in parse(q).explanations), *read_event(request.event)[1])
                )
            ),
            generation=self.generation,
            took_ms=(time.perf_counter() - began) * 1000,
        )

    def collocates(self, request: CollocatesRequest) -> Collocates:
        """Find what stands near the words of a query more often than by chance.

        Raises:
            SearchError: the query costs too much.
            SearchTimeout: it takes longer than the caller has allowed (:mod:`search.deadline`).
        """
        began = time.perf_counter()
        found = self._found(request.counted, request.q)
        left = request.counted.narrowed(found)
        near = left.neighbours(request.side, request.distance, request.unit)
        found_near = zip(near.grams, near.counts, strict=True)
        counts, left_out = commonest(found_near, request.least, self.store.affordable(request.unit))
        reference = collocations.reference(request)
        frequencies, characters = self._frequencies(list(counts), request.unit, reference)
        rows = collocations.weighed(
            counts,
            frequencies,
            occurrences=len(left),
            around=near.places / max(len(left), 1),
            characters=characters,
        )
        return Collocates(
            request=request,
            rows=collocations.ordered(rows, request.measure),
            occurrences=len(left),
            characters=characters,
            reference=reference,
            left_out=left_out,
            at_least=found.at_least,
            explanations=(*parse(request.q).explanations, *read_event(request.event)[1]),
            generation=self.generation,
            took_ms=(time.perf_counter() - began) * 1000,
        )

    def keywords(self, request: KeywordsRequest) -> Keywords:
        """Find what a work has more often than other works, or less often.

        Raises:
            SearchError: the work or a collection is not there.
            SearchTimeout: it takes longer than the caller has allowed (:mod:`search.deadline`).
        """
        began = time.perf_counter()
        if (work := self._cards.get(request.work)) is None:
            raise SearchError("no-such-work", request.work)
        if unknown := [name for name in request.among if name not in self.collections]:
            raise SearchError("no-such-collection", unknown[0])
        here = self.store.grams(request.unit, request.here.scope, {"work": (work.id,)})
        counts, left_out = commonest(here.items(), request.least, self.store.affordable(request.unit))
        rest, rest_size = self._frequencies(list(counts), request.unit, request.rest)
        if request.unit is Unit.WORD:
            size = sum(here.values())
        else:
            size = int(in_scope(self.store.characters(work.id), request.scope).sum())
        return Keywords(
            request=request,
            work=work,
            rows=keyness.ordered(keyness.weighed(counts, rest, size, rest_size), request.measure),
            size=size,
            rest_size=rest_size,
            left_out=left_out,
            generation=self.generation,
            took_ms=(time.perf_counter() - began) * 1000,
        )

    def _frequencies(self, grams: Sequence[str], unit: Unit, texts: Selection) -> tuple[Sequence[int], int]:
        """Return how often each of some grams stands in the works of a selection, and how many characters these have.

        Of words it is how many words.
        """
        works = [(each.card.id, int(each.characters.sum())) for each in self._texts.chosen(texts)]
        if not works:
            return [0] * len(grams), 0
        filters = {} if len(works) == len(self._cards) else {"work": tuple(work for work, _ in works)}
        if unit is Unit.WORD:
            counts = self.store.grams(unit, texts.scope, filters)
            return [counts.get(gram, 0) for gram in grams], sum(counts.values())
        return self.store.frequencies(grams, texts.scope, filters), sum(length for _, length in works)

    def parallels(self, request: ParallelsRequest) -> Parallels:
        """Find what quotes a text, shares wording with it, or says the like.

        Raises:
            SearchError: the text is too long, or what it names is not there.
            SearchTimeout: it takes longer than the caller has allowed (:mod:`search.deadline`).
        """
        began = time.perf_counter()
        asked = self._asked(request)
        filters = self._among(request.among)
        least = min(request.least, asked.characters)
        shared = self.store.shared(asked.codes, least, filters, asked.place)
        wordings = (parallel_texts.in_wording(asked, each, least) for each in shared.texts)
        found = [each for each in wordings if each]
        alike, compared = parallel_texts.in_meaning(self.store, asked, least, filters, found)
        everything = parallel_texts.ordered([*found, *alike])
        rows = [each for each in everything if not request.likenesses or each.likeness in request.likenesses]
        return Parallels(
            request=request,
            text=asked.text,
            rows=tuple(rows),
            counts={kind: sum(each.likeness is kind for each in everything) for kind in Likeness},
            by_work=parallel_texts.by_work(rows),
            at_least=shared.at_least,
            windows=len(asked.windows),
            compared=compared,
            generation=self.generation,
            took_ms=(time.perf_counter() - began) * 1000,
        )

    def works_compared(self, request: WorkParallelsRequest) -> tuple[tuple[WorkCard, ...], tuple[WorkCard, ...]]:
        """Return the works that are compared, and the others; of a collection both are all of its works.

        Raises:
            SearchError: a work or a collection is not there.
        """
        if request.collection:
            if request.collection not in self.collections:
                raise SearchError("no-such-work", request.collection)
            works = tuple(card for card in self.works() if card.collection == request.collection)
            return works, works
        if request.work not in self._cards:
            raise SearchError("no-such-work", request.work)
        chosen = self._among(request.among).get("work", tuple(self._cards))
        others = tuple(self._cards[other] for other in dict.fromkeys(chosen) if other != request.work)
        return (self._cards[request.work],), others

    def comparison(self, request: WorkParallelsRequest) -> CollectionComparison:
        """Prepare the comparison of works, to be done step by step.

        Raises:
            SearchError: a work or a collection is not there.
        """
        works, others = self.works_compared(request)
        return CollectionComparison(works, others, request.least, self.store.section, self.store.characters)

    def work_parallels(self, request: WorkParallelsRequest, progress: Progress = silent) -> WorkParallels:
        """Find all stretches that a work shares with others, or the works of a collection with each other.

        Raises:
            SearchError: a work or a collection is not there.
            SearchTimeout: it takes longer than the caller has allowed (:mod:`search.deadline`).
        """
        began = time.perf_counter()
        comparison = self.comparison(request)
        steps = (comparison.step(number, progress) for number in range(len(comparison.steps)))
        found = self.compared(request, steps)
        return replace(found, took_ms=(time.perf_counter() - began) * 1000)

    def compared(
        self, request: WorkParallelsRequest, steps: Iterable[ComparedPortions], took_ms: float = 0
    ) -> WorkParallels:
        """Return what the steps of a comparison have found, which took so long.

        Raises:
            SearchError: a work or a collection is not there.
        """
        works, others = self.works_compared(request)
        rows, pairs, at_least = stretches_of(steps)
        return WorkParallels(
            request=request,
            works=works,
            among=others,
            rows=in_order(rows),
            pairs=pairs,
            characters={card.id: int(self.store.characters(card.id).sum()) for card in (*works, *others)},
            at_least=at_least,
            generation=self.generation,
            took_ms=took_ms,
        )

    def _asked(self, request: ParallelsRequest) -> AskedText:
        """Return the text whose parallels are asked for."""
        if request.place is None:
            if len(request.q) > MOST_CHARACTERS:
                raise SearchError("text-too-long", str(len(request.q)))
            return AskedText.pasted(request.q)
        located = self.locate(request.place)
        if located.standing is Standing.GONE:
            raise SearchError("place-gone", str(request.place))
        place = TextRange(request.place.work, located.section, located.start, located.end)
        if place.end - place.start > MOST_CHARACTERS:
            raise SearchError("text-too-long", str(place.end - place.start))
        return AskedText.standing(self.store.section(place.work, place.section), place)

    def _among(self, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Return the filters for some works and collections; those of none are no filters.

        Raises:
            SearchError: one is neither.
        """
        works: list[str] = []
        for name in names:
            if name in self._cards:
                works.append(name)
            elif name in self.collections:
                works += [card.id for card in self._cards.values() if card.collection == name]
            else:
                raise SearchError("no-such-work", name)
        return {"work": tuple(works)} if works else {}

    def _facets(
        self, request: SearchRequest, parsed: Parsed, expanded: Expanded, found: tuple[Matches, Sequence[Ref]]
    ) -> dict[str, tuple[FacetValue, ...]]:
        """Count the values of each facet, as if none of them were chosen: so another can be chosen beside it.

        ``found`` is what matches and what is only alike.
        """
        counted = {}
        for name in FACETS:
            matches, alike = found
            if request.filters.get(name):
                every = replace(request, filters={**request.filters, name: ()})
                matches = self.store.match(exact_query(every, parsed, expanded))
                likely = list(rankings(self.store, every, parsed, matches).likely)
                known = matches.scores_of(likely)
                alike = [passage for passage in likely if passage not in known]
            counted[name] = fields.facet(name, matches.by_work(), _counted(self.store.works_of(alike)))
        return counted

    @property
    def _texts(self) -> SearchedTexts:
        return SearchedTexts(self.works(), self.contents, self.store.characters, self.store.dated_characters)

    def _found(self, request: Selection, q: str) -> Occurrences:
        return self.find(
            q,
            scope=request.scope,
            strict=request.strict,
            filters=request.filters,
            aliases=request.expands,
            event=request.event,
        )

    def _classical(self, request: ConcordanceRequest, parsed: Parsed, found: int) -> Iterator[ClassicalWord]:
        """Yield the classical words for what is modern in a query, with what is found by each in its place."""
        for each in self._suggestions(parsed, found):
            for word in each.classical:
                count = len(self._found(request, request.q.replace(each.word, word)))
                yield ClassicalWord(each.word, word, count)

    @cached_property
    def examples(self) -> Examples:
        """Queries that find something here, by what they are examples of."""
        return examples(self.works(), self.store.section, lambda q: self._count(SearchRequest(q, mode=Mode.EXACT)))

    def locate(self, address: Address) -> Located:
        """Follow a permanent address to where it leads in this generation."""
        if (card := self._cards.get(address.work)) is None:
            return Located(Standing.GONE)
        return follow(address, card.sections, lambda number: self.store.section(card.id, number))

    def warm_up(self) -> None:
        """Load everything that searches need before the server forks, so that its workers share it."""
        self.store.warm_up()
        _ = self.examples  # it is kept
        for q in ("江", "江水"):  # a character and a pair are looked up in other tables
            self.search(SearchRequest(q))

    def _check_domain(self, request: SearchRequest, parsed: Parsed, occurrences: int) -> DomainCheck:
        if request.mode is Mode.EXACT or occurrences or not isinstance(self.store.embedder, StaticEmbedder):
            return DomainCheck()
        _, text = asked_of(parsed.text)  # a year is known wherever the texts speak of it
        return check_domain(text, self.store.embedder, self.store.stands) if text else DomainCheck()

    def _proposals(self, request: SearchRequest, parsed: Parsed, found: int) -> tuple[Proposal, ...]:
        """Return the queries that were likely meant: by how it is written always, by other words where none stand."""
        asked = AskedQuery(
            request.q,
            parsed,
            lambda pairs: self.store.frequencies(pairs, request.scope, {}),
            lambda q: self._count(replace(request, q=q)),
            lambda words: self._nearly(request, words),
        )
        return tuple(by_writing(asked)) or (() if found else tuple(by_words(asked)))

    def _nearly(self, request: SearchRequest, words: str) -> list[str]:
        """Return the words that stand where some do but for one slip, folded, the commonest first."""
        try:
            found = self.find(f'"{words}"~', scope=request.scope, filters=request.filters)
        except SearchError:
            return []
        return [group.value for group in found.grouped_by(Grouping.WORDS)]

    def _count(self, request: SearchRequest) -> int:
        """Return in how many passages a query's words stand; 0 where it can't be answered."""
        try:
            parsed = parse(request.q)
            return self.store.match(exact_query(request, parsed, expand(parsed, request.expands))).passages
        except SearchError:
            return 0

    def _suggestions(self, parsed: Parsed, occurrences: int) -> tuple[Suggestion, ...]:
        quoted = occurrences and isinstance(parsed.tree, Phrase) and len(parsed.tree.folded) > LONGEST_WORD
        if quoted or not self._has_classical:
            return ()
        return thesaurus().suggest(parsed.text, lambda words: self.store.spellings(words, CLASSICAL))

    @cached_property
    def _has_classical(self) -> bool:
        return any(card.record.language == CLASSICAL for card in self._cards.values())


def _counted(cards: Sequence[WorkCard]) -> list[tuple[WorkCard, int]]:
    """Return works, each once, with how often it comes."""
    ids = [card.id for card in cards]
    by_id = dict(zip(ids, cards, strict=True))
    return [(by_id[work], count) for work, count in Counter(ids).items()]
