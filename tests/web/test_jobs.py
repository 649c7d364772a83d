"""Long work: a job is done by one runner at a time, goes on after any death, and keeps within its bounds."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask_babel import lazy_gettext
from markupsafe import Markup
from open_index import build

from indexer.errors import Unreachable
from indexer.progress import Progress, silent
from search import deadline
from search.library import Library
from search.model import SearchError
from search.parallels.works import WorkParallelsRequest
from search.parallels.written import WrittenComparison
from search.shelf import Shelf
from web.database.storage import Storage
from web.jobs import queue
from web.jobs.kinds import JobKind
from web.jobs.models import Job, JobState
from web.jobs.queue import KEPT, LEASE, JobLimits, JobRefused
from web.jobs.runner import MOST_TRIES, Runner

DYING = Path(__file__).with_name("dying.py")
LIMITS = JobLimits(jobs=3, each=2, seconds=60, size=100)
OWNER = "visitor:x"


class Counted:
    """Work whose steps say their numbers; ``meanwhile`` is called in each."""

    def __init__(self, steps: int, meanwhile: Callable[[Progress], object]) -> None:
        self.steps = steps
        self._meanwhile = meanwhile

    def step(self, number: int, progress: Progress = silent) -> bytes:
        self._meanwhile(progress)
        return f"{number};".encode()


class House:
    """A database, an index, and runners whose work does in its steps what a test says."""

    def __init__(self, storage: Storage, index: Path) -> None:
        self.storage, self.index = storage, index
        self.meanwhile: Callable[[Progress], object] = lambda progress: None
        self.seen: list[frozenset[str]] = []

    def ask(self, steps: int = 3, owner: str = OWNER, works: tuple[str, ...] = ("甲",)) -> str:
        with self.storage.session.begin() as session:
            return queue.ask(session, LIMITS, "counted", {"steps": steps}, owner, works)

    def runner(self, limits: JobLimits = LIMITS) -> Runner:
        kind = JobKind("counted", lazy_gettext("互见"), self._begin, lambda library, asked: Markup(), "pages.home")
        return Runner(self.storage, Shelf(self.index), {"counted": kind}, limits)

    def _begin(self, library: Library, asked: Mapping[str, Any]) -> Counted:
        self.seen.append(frozenset(card.id for card in library.works()))
        return Counted(asked["steps"], lambda progress: self.meanwhile(progress))

    def job(self, name: str) -> Job:
        with self.storage.session() as session:
            found = queue.find(session, OWNER, name)
            assert found is not None
            return found

    def result(self, name: str) -> bytes:
        with self.storage.session() as session:
            found = queue.find(session, OWNER, name)
            assert found is not None
            return b"".join(queue.results(session, found))

    def cancel(self, name: str) -> None:
        with self.storage.session.begin() as session:
            found = queue.find(session, OWNER, name)
            assert found is not None
            queue.cancel(session, found)


TEXTS = {
    "甲": "山川草木花鳥風月春夏秋冬日月星辰",
    "乙": "風月春夏秋冬日月星辰山川草木花鳥",
    "丙": "日月星辰山川草木花鳥風月春夏",
}


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("texts")
    for name, text in TEXTS.items():
        (folder / f"{name}.txt").write_text(f"---\nid: {name}\ntitle: {name}書\n---\n{text}\n", "utf-8")
    return folder


@pytest.fixture(scope="module")
def index(texts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = tmp_path_factory.mktemp("index")
    build([texts], built)
    return built


@pytest.fixture
def house(database: str, index: Path) -> Iterator[House]:
    storage = Storage.open(database)
    yield House(storage, index)
    storage.engine.dispose()


@contextmanager
def later(monkeypatch: pytest.MonkeyPatch, time: timedelta) -> Iterator[None]:
    """In this block the clock of the queue is so much later."""
    with monkeypatch.context() as patch:
        moment = queue.now() + time
        patch.setattr(queue, "now", lambda: moment)
        yield


def test_steps_are_done_in_order_on_the_works_that_were_seen(house: House) -> None:
    name = house.ask(works=("甲", "丙", "gone"))
    assert house.job(name).state is JobState.QUEUED
    runner = house.runner()
    progress = []
    while runner.once():
        job = house.job(name)
        progress.append((job.state, job.done, job.steps))
    assert progress == [(JobState.RUNNING, 1, 3), (JobState.RUNNING, 2, 3), (JobState.DONE, 3, 3)]
    assert house.result(name) == b"0;1;2;"
    assert house.seen == [{"甲", "丙"}]
    assert house.ask(works=("甲", "丙", "gone")) == name  # what is there is not done again
    empty = house.ask(steps=0)
    assert runner.once()
    assert house.job(empty).state is JobState.DONE


def test_jobs_take_turns(house: House) -> None:
    names = [house.ask(owner=owner, steps=2) for owner in ("visitor:a", OWNER)]
    runner = house.runner()
    assert runner.once()
    assert runner.once()
    assert house.job(names[1]).done == 1
    assert runner.once()
    assert house.job(names[1]).done == 1


def test_a_job_has_one_runner_and_another_when_that_is_dead(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    name = house.ask()
    slow, other = house.runner(), house.runner()

    def held_up(progress: Progress) -> None:
        house.meanwhile = lambda progress: None
        assert not other.once()
        with later(monkeypatch, LEASE):
            assert other.once()
        assert house.job(name).done == 1

    house.meanwhile = held_up
    assert slow.once()
    assert house.job(name).done == 1  # what the slow one found came too late
    while other.once():
        pass
    assert house.result(name) == b"0;1;2;"


def test_what_is_cancelled_within_a_step_stays_so(house: House) -> None:
    name = house.ask()
    runner = house.runner()
    assert runner.once()
    house.meanwhile = lambda progress: house.cancel(name)
    assert runner.once()
    assert not runner.once()
    assert (house.job(name).state, house.result(name)) == (JobState.CANCELLED, b"")
    house.cancel(name)
    with house.storage.session() as session:
        assert queue.find(session, OWNER, name) is None
    assert house.ask() != name


def test_a_runner_that_has_lost_its_job_or_is_to_stop_gives_the_step_up(house: House) -> None:
    name = house.ask()
    runner = house.runner()

    def stop(progress: Progress) -> None:
        runner._stopping.set()
        progress("compare", 1, 9)
        pytest.fail("it went on")

    house.meanwhile = stop
    assert runner.once()
    job = house.job(name)
    assert (job.state, job.done, job.tries, job.lease) == (JobState.RUNNING, 0, 0, None)


def test_a_job_begins_anew_on_another_state_of_the_index(house: House, texts: Path, tmp_path: Path) -> None:
    house.index = tmp_path / "index"
    build([texts / "甲.txt"], house.index)
    name = house.ask()
    runner = house.runner()
    assert runner.once()
    build([texts / "乙.txt"], house.index)
    assert runner.once()
    assert house.job(name).done == 1
    while runner.once():
        pass
    assert (house.job(name).generation, house.result(name)) == (2, b"0;1;2;")
    assert set(house.seen) == {frozenset({"甲"})}


def raising(failure: Exception) -> Callable[[Progress], object]:
    def fail(progress: Progress) -> None:
        raise failure

    return fail


@pytest.mark.parametrize(
    ("meanwhile", "limits", "reason"),
    [
        (raising(SearchError("no-such-work", "甲")), LIMITS, "no-such-work 甲"),
        (raising(ZeroDivisionError()), LIMITS, "internal"),
        (lambda progress: None, JobLimits(3, 2, seconds=60, size=3), "too-large"),
        (lambda progress: deadline.check(), JobLimits(3, 2, seconds=0, size=99), "too-long"),
    ],
)
def test_what_can_not_be_done_fails_with_a_reason(
    house: House, meanwhile: Callable[[Progress], object], limits: JobLimits, reason: str
) -> None:
    name = house.ask()
    house.meanwhile = meanwhile
    runner = house.runner(limits)
    while runner.once():
        pass
    assert (house.job(name).state, house.job(name).reason) == (JobState.FAILED, reason)
    assert house.result(name) == b""


def test_a_step_that_kills_each_runner_is_given_up(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    name = house.ask()
    house.meanwhile = raising(MemoryError())
    for number in range(MOST_TRIES):
        with later(monkeypatch, number * LEASE), pytest.raises(MemoryError):
            house.runner().once()
    with later(monkeypatch, MOST_TRIES * LEASE):
        assert house.runner().once()
    assert house.job(name).reason == "crashed"


def test_while_the_index_is_away_jobs_wait(house: House) -> None:
    name = house.ask()
    runner = house.runner()
    house.meanwhile = raising(Unreachable("away"))
    for _ in range(MOST_TRIES + 1):
        with pytest.raises(Unreachable):
            runner.once()
    house.meanwhile = lambda progress: None
    while runner.once():
        pass
    assert house.result(name) == b"0;1;2;"


def test_there_are_so_many_of_an_owner_and_in_all(house: House) -> None:
    house.ask(steps=1)
    house.ask(steps=2)
    with pytest.raises(JobRefused, match="each"):
        house.ask(steps=3)
    house.ask(owner="visitor:other")
    with pytest.raises(JobRefused, match="all"):
        house.ask(owner="visitor:third")
    with house.storage.session() as session, pytest.raises(JobRefused, match="off"):
        queue.ask(session, JobLimits(0, 2, 60, 100), "counted", {}, OWNER, ())


def test_what_has_ended_is_cleared_after_a_day(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    done, waiting = house.ask(steps=1), house.ask(steps=2)
    assert house.runner().once()
    queue.clear(house.storage)
    assert house.result(done) == b"0;"
    with later(monkeypatch, KEPT):
        queue.clear(house.storage)
    with house.storage.session() as session:
        assert [job.name for job in queue.jobs_of(session, OWNER)] == [waiting]
        assert queue.counted(session)[JobState.QUEUED] == 1
    with later(monkeypatch, 2 * KEPT):  # nobody does it
        queue.clear(house.storage)
    with house.storage.session() as session:
        assert not queue.jobs_of(session, OWNER)


def test_whatever_kills_runners_the_result_is_that_of_an_uninterrupted_job(
    database: str, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for portion in ("HELD", "READ"):
        monkeypatch.setattr(f"search.parallels.comparing.{portion}", 1)
    asked = {"work": "", "among": (), "least": 8, "collection": "local"}
    whole = WrittenComparison(Library.open(index).comparison(WorkParallelsRequest(least=8, collection="local")))
    storage = Storage.open(database)
    with storage.session.begin() as session:
        name = queue.ask(session, LIMITS, "parallels", asked, OWNER, tuple(TEXTS))
    code = (
        "import sys, dying; from search.parallels import comparing as c; c.HELD = c.READ = 1; dying.main(*sys.argv[1:])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, database, str(index)],
        capture_output=True,
        text=True,
        check=False,
        cwd=DYING.parent,
    )
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) == {"taken", "step", "transaction", "kept"}
    with storage.session() as session:
        job = queue.find(session, OWNER, name)
        assert job is not None
        assert (job.state, job.done) == (JobState.DONE, 3)
        assert list(queue.results(session, job)) == [whole.step(number) for number in range(whole.steps)]
        assert json.loads(job.works) == sorted(TEXTS)
    storage.engine.dispose()
