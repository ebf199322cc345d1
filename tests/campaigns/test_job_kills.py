"""`kill -9` in the middle of every background job: all of it is kept or nothing, and done once."""

import multiprocessing
import random
import signal
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

import lt_memory.jobs
from adapters.postgres import Postgres
from adapters.text_index import COMPLETE
from cns.discovery import offered
from cns.ports import Database
from config.settings import DatabaseSettings
from lt_memory.job import BackgroundJob
from tests.errands import TASKS, MortalBatches, Task, noted, nothing
from tests.fakes.llm_server import FakeLLMServer
from tests.invariants import breaches, index_breaches
from tests.mind_worker import Errand, MortalLLM, begun, work
from tests.minding import FULL as FULL_LIFE
from tests.minding import TIDY, Minded, grown_template
from tests.portrait import Portrait, portrait
from tests.servers import TestServer, temporary_folder
from tests.tolled import Door, Stop, door

pytestmark = [pytest.mark.campaign, pytest.mark.postgres, pytest.mark.valkey]

SAMPLE, FULL = 2, 200
PATIENCE = 60.0
MOMENTS = ("before", "during", "after")
WHILE_ASKING = 0.3  # of the kills of a job that asks a model fall while it waits for an answer
MADE = multiprocessing.get_context("forkserver")
MADE.set_forkserver_preload(
    ["pytest", "adapters.anthropic_batches", "adapters.anthropic", "tests.mind_worker"]
)


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
    portrait: Portrait


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A world of its own in which a job has something to do."""

    task: Task
    way: Door
    database: Database
    batches: MortalBatches
    errand: Errand

    @contextmanager
    def program(self, llm: MortalLLM) -> Iterator[Minded]:
        """Begun anew, without a past in any process."""
        with begun(self.errand, llm) as mind:
            yield mind

    def finish(self) -> Portrait:
        """All that is left is done; what there is in the end."""
        with self.program(MortalLLM()) as mind:
            mind.work(self.task.job)
            self.task.end(mind, self.batches)
        return self.ended()

    def ended(self) -> Portrait:
        assert not self.breaches()
        assert self.task.job != "index_text" or (self._index / COMPLETE).is_file()
        return portrait(self.database)

    def breaches(self) -> Sequence[str]:
        return [*breaches(self.database), *index_breaches(self.database, self._index)]

    @property
    def _index(self) -> Path:
        return self.errand.folder / "text_index"


@dataclass(slots=True)
class Campaign:
    """Worlds that are all alike at first, each of which is disturbed once."""

    server: TestServer
    template: str
    cache_url: str
    provider: FakeLLMServer
    chance: random.Random
    met: Counter[str] = field(default_factory=Counter)
    controls: dict[str, Unkilled] = field(default_factory=dict)

    def kill_once(self, name: str) -> None:
        control = self.controls.get(name) or self.controls.setdefault(name, self.control(name))
        with self._world(name) as world:
            if control.questions and self.chance.random() < WHILE_ASKING:
                moment = self._killed_while_asking(world, control.questions)
            else:
                moment = self._killed_at_a_statement(world, control.statements)
            self.met[f"{name}: {moment}"] += 1
            assert not world.breaches(), (name, moment)
            found = world.finish()
            assert found == control.portrait, (name, moment, _differing(found, control.portrait))

    def control(self, name: str) -> Unkilled:
        """A run that nobody disturbs; it must find something to do."""
        with self._world(name) as world:
            before, llm = portrait(world.database), MortalLLM()
            with world.program(llm) as mind:
                world.way.count()
                world.batches.count()
                mind.work(world.task.job)
                world.way.rest()
                statements, questions = world.way.seen, len(llm.requests) + world.batches.seen
                after = portrait(world.database)
                idle = {part for part in world.task.changes if before[part] == after[part]}
                assert not idle, f"{name} had nothing to do: {idle} stayed as they were"
                world.task.end(mind, world.batches)
            return Unkilled(statements=statements, questions=questions, portrait=world.ended())

    def _killed_at_a_statement(self, world: World, statements: int) -> str:
        child, moment = _child(world.errand), self.chance.choice(MOMENTS)
        child.stand()
        number = self.chance.randint(1, statements)
        world.way.count(Stop(statement=number, moment=moment, strike=child.kill))
        child.go()
        child.wait_for_its_end()
        assert world.way.struck
        world.way.rest()
        return f"{moment} a statement"

    def _killed_while_asking(self, world: World, questions: int) -> str:
        number = self.chance.randint(1, questions)
        by_batch = world.task.by_batch
        child = _child(world.errand if by_batch else replace(world.errand, dies_asking=number))
        moment = self.chance.choice(("before", "after")) if by_batch else "before"
        child.stand()
        world.batches.count(Stop(statement=number, moment=moment, strike=child.kill))
        child.go()
        child.wait_for_its_end()
        return f"{moment} a provider heard" if by_batch else "before an answer"

    @contextmanager
    def _world(self, name: str) -> Iterator[World]:
        task, batches = TASKS[name], MortalBatches()
        self.provider.batches = batches
        with (
            temporary_folder() as folder,
            self.server.empty_database(self.template) as dsn,
            door(dsn, folder) as way,
            closing(Postgres(dsn, DatabaseSettings(pool_min=1))) as database,
        ):
            errand = Errand(
                job=task.job,
                dsn=way.dsn,
                cache_url=self.cache_url,
                folder=folder / "data",
                embedder=task.embedder,
                provider=self.provider.url if task.by_batch else "",
            )
            if task.prepare is not nothing:
                with begun(errand, MortalLLM()) as mind:
                    task.prepare(mind, batches)
            errand = replace(errand, later=task.later)
            yield World(task=task, way=way, database=database, batches=batches, errand=errand)


def _child(errand: Errand) -> Child:
    ours, theirs = MADE.Pipe()
    process = MADE.Process(target=work, args=(errand, theirs))
    process.start()
    theirs.close()
    return Child(process, ours)


def _differing(found: Portrait, wanted: Portrait) -> Mapping[str, object]:
    return {key: (found[key], wanted[key]) for key in wanted if found[key] != wanted[key]}


@pytest.fixture
def full(postgres_server: TestServer, valkey_url: str) -> Iterator[str]:
    """The name of a template: a world in which every job has something to do."""
    with grown_template(postgres_server, valkey_url, FULL_LIFE, TIDY) as template:
        yield template


@pytest.fixture
def provider() -> Iterator[FakeLLMServer]:
    with FakeLLMServer(noted) as server:
        yield server


def test_every_job_has_a_task_to_be_killed_in() -> None:
    names = {job.__module__.rpartition(".")[2] for job in offered(lt_memory.jobs, BackgroundJob)}
    assert {task.job for task in TASKS.values()} == names


def test_a_job_that_is_killed_at_any_point_is_done_once_in_the_end(
    postgres_server: TestServer,
    valkey_url: str,
    full: str,
    provider: FakeLLMServer,
    long: bool,
    seed: int,
) -> None:
    print(f"\njob kills: seed {seed}")  # noqa: T201 - it can be repeated
    chance = random.Random(seed)
    campaign = Campaign(postgres_server, full, valkey_url, provider, chance)
    names = sorted(TASKS)
    chance.shuffle(names)
    for number in range(FULL if long else SAMPLE):
        campaign.kill_once(names[number % len(names)])
    met = dict(campaign.met.most_common())
    print(f"job kills: seed {seed}, {met}")  # noqa: T201 - the campaign's line of evidence
