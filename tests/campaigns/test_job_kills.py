"""`kill -9` in the middle of every background job: all of it is kept or nothing, and done once."""

import multiprocessing
import random
import signal
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

import pytest

import lt_memory.jobs
from adapters.postgres import Postgres
from cns.discovery import offered
from cns.ports import Database
from config.settings import DatabaseSettings
from lt_memory.job import BackgroundJob
from tests.invariants import breaches
from tests.mind_worker import Errand, work
from tests.portrait import portrait
from tests.servers import TestServer, temporary_folder
from tests.tolled import Door, Stop, door

pytestmark = [pytest.mark.campaign, pytest.mark.postgres, pytest.mark.valkey]

SAMPLE, FULL = 2, 200
PATIENCE = 60.0
MOMENTS = ("before", "during", "after")
WHILE_ASKING = 0.3  # of the kills of a job that asks a model fall while it waits for an answer
MADE = multiprocessing.get_context("forkserver")
MADE.set_forkserver_preload(["tests.mind_worker"])


@dataclass(slots=True)
class Child:
    """The process, and the line to it."""

    process: BaseProcess
    line: Connection

    def stand(self) -> None:
        """Until it is about to run the job."""
        assert self.line.poll(PATIENCE), "it does not come up"
        assert self.line.recv() == "ready"

    def go(self) -> None:
        self.line.send("go")

    def finish(self) -> int:
        """How often it asked a model."""
        assert self.line.poll(PATIENCE), "it does not come to an end"
        asked: int = self.line.recv()
        self.line.send("well done")
        self.process.join(PATIENCE)
        assert self.process.exitcode == 0
        return asked

    def kill(self) -> None:
        self.process.kill()

    def wait_for_its_end(self) -> None:
        self.process.join(PATIENCE)
        assert self.process.exitcode == -signal.SIGKILL


@dataclass(frozen=True, slots=True, kw_only=True)
class Unkilled:
    """What a job does when nobody disturbs it."""

    statements: int
    questions: int
    portrait: Mapping[str, object]


@dataclass(slots=True)
class Campaign:
    """Worlds that are all alike at first, each of which is disturbed once."""

    server: TestServer
    template: str
    cache_url: str
    chance: random.Random
    met: Counter[str] = field(default_factory=Counter)
    controls: dict[str, Unkilled] = field(default_factory=dict)

    def kill_once(self, job: str) -> None:
        control = self.controls.get(job) or self.controls.setdefault(job, self._control(job))
        with self._world() as (way, database):
            if control.questions and self.chance.random() < WHILE_ASKING:
                self._killed_while_asking(job, way, self.chance.randint(1, control.questions))
            else:
                self._killed_at_a_statement(job, way, self.chance.randint(1, control.statements))
            assert not breaches(database), job
            _done(self._child(job, way))
            assert not breaches(database), job
            found = portrait(database)
            assert found == control.portrait, (job, _differing(found, control.portrait))

    def _control(self, job: str) -> Unkilled:
        with self._world() as (way, database):
            before = portrait(database)
            child = self._child(job, way)
            questions = _done(child, way)
            after = portrait(database)
            if after == before:
                self.met[f"{job}: had nothing to do"] += 1
            return Unkilled(statements=way.seen, questions=questions, portrait=after)

    def _killed_at_a_statement(self, job: str, way: Door, number: int) -> None:
        child, moment = self._child(job, way), self.chance.choice(MOMENTS)
        child.stand()
        way.count(Stop(statement=number, moment=moment, strike=child.kill))
        child.go()
        child.wait_for_its_end()
        assert way.struck
        way.rest()
        self.met[f"{job}: {moment} a statement"] += 1

    def _killed_while_asking(self, job: str, way: Door, question: int) -> None:
        child = self._child(job, way, question)
        child.stand()
        child.go()
        child.wait_for_its_end()
        self.met[f"{job}: before an answer"] += 1

    def _child(self, job: str, way: Door, dies_asking: int = 0) -> Child:
        ours, theirs = MADE.Pipe()
        errand = Errand(
            job=job,
            dsn=way.dsn,
            cache_url=self.cache_url,
            folder=way.folder / "data",
            dies_asking=dies_asking,
        )
        process = MADE.Process(target=work, args=(errand, theirs))
        process.start()
        theirs.close()
        return Child(process, ours)

    @contextmanager
    def _world(self) -> Iterator[tuple[Door, Database]]:
        with (
            temporary_folder() as folder,
            self.server.empty_database(self.template) as dsn,
            door(dsn, folder) as way,
        ):
            database = Postgres(dsn, DatabaseSettings(pool_min=1))
            try:
                yield way, database
            finally:
                database.close()


def _done(child: Child, way: Door | None = None) -> int:
    """A job that nobody disturbs; how often it asked a model."""
    child.stand()
    if way:
        way.count()
    child.go()
    asked = child.finish()
    if way:
        way.rest()
    return asked


def _differing(found: Mapping[str, object], wanted: Mapping[str, object]) -> Mapping[str, object]:
    return {key: (found[key], wanted[key]) for key in wanted if found[key] != wanted[key]}


def test_a_job_that_is_killed_at_any_point_is_done_once_in_the_end(
    postgres_server: TestServer, valkey_url: str, grown: str, long: bool, seed: int
) -> None:
    print(f"\njob kills: seed {seed}")  # noqa: T201 - it can be repeated
    chance = random.Random(seed)
    campaign = Campaign(postgres_server, grown, valkey_url, chance)
    jobs = sorted(_names())
    chance.shuffle(jobs)
    for number in range(FULL if long else SAMPLE):
        campaign.kill_once(jobs[number % len(jobs)])
    met = dict(campaign.met.most_common())
    print(f"job kills: seed {seed}, {met}")  # noqa: T201 - the campaign's line of evidence


def _names() -> Iterator[str]:
    for job in offered(lt_memory.jobs, BackgroundJob):
        yield job.__module__.rpartition(".")[2]
