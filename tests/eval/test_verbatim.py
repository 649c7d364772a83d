from pathlib import Path

import pytest

from corpora import readers
from corpora.model import CatalogueRecord, Section, Span, SpanKind, Work
from corpora.sources.discover import discover
from eval.quality.verbatim import AlignedSentence, held_out, read_sentences, verbatim_share
from indexer.text.folding import fold

SHARED = Path(__file__).parents[2].parent / "shared"


def test_notes_are_passed_over_and_sections_kept_apart() -> None:
    text = "景祖注云飲\n食過人"
    sections = (Section("一", text, spans=(Span(SpanKind.NOTE, 2, 4),)), Section("二", "時人名之"))
    work = Work("W", CatalogueRecord("金史"), sections)
    sentences = [AlignedSentence(words, 1.0) for words in ("景祖饮食。", "注云", "过人时人", "时人名之", "。")]
    share = verbatim_share(sentences, work, fold)
    assert (share.found, share.sentences, share.share) == (2, 4, 0.5)


def test_odd_rows_are_held_out() -> None:
    sentences = [AlignedSentence(str(number), number / 10) for number in range(6)]
    assert [sentence.text for sentence in held_out(sentences, 0.3)] == ["3", "5"]


def test_most_held_out_sentences_stand_verbatim_in_the_siku_edition() -> None:
    alignment, folder = SHARED / "eval/liaojin/KR2a0035.tsv", SHARED / "corpora/kanripo/KR2a0035"
    if not alignment.exists() or not folder.exists():
        pytest.skip("the alignment of the 金史 and its Siku edition are not at hand")
    sources, _ = discover(folder)
    (work,) = (work for source in sources for work in readers.read(source) if isinstance(work, Work))
    # OpenCC alone finds 44 %.
    assert verbatim_share(held_out(read_sentences(alignment)), work, fold).share > 0.61
