"""An import over a real PostgreSQL that is stopped, loses its database, or cannot keep its file."""

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from typing_extensions import override

from adapters.parcels import FolderOfParcels
from adapters.postgres import Postgres
from cns.domain.job import JobRecord
from cns.domain.message import MessageId
from cns.errors import StoreUnavailable, Unavailable
from cns.import_ports import Order
from cns.ports import Page
from cns.postgres import PostgresContinuumStore
from cns.postgres_imports import PostgresImports
from cns.services.importing import BATCH, Importing
from cns.services.jobs import JobRunner, Work
from cns.services.summary import ExtractiveSummary
from lt_memory.jobs.embed import EmbedPending
from lt_memory.recall_postgres import PostgresVectors
from tests.fakes.clock import FrozenClock
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.jobs import FakeJobStore
from tests.values import START

pytestmark = pytest.mark.postgres

COUNT = BATCH + 10
ORDER = Order(file="plums.jsonl")


def content() -> BytesIO:
    lines = (
        f'{{"role": "assistant", "content": "Plum {n}.", "session": "{n // 20}", "created_at":'
        f' "2024-08-01T10:{n // 60:02}:{n % 60:02}Z"}}\n'
        for n in range(COUNT)
    )
    return BytesIO("".join(lines).encode())


class AwayOnce(PostgresImports):
    """The database is away the first time that it is asked what it knows."""

    asked = 0

    @override
    def known(self, ids: Collection[MessageId]) -> Collection[MessageId]:
        self.asked += 1
        if self.asked == 1:
            raise StoreUnavailable("The database is away.")
        return super().known(ids)


class World:
    def __init__(self, database: Postgres, folder: Path) -> None:
        self.clock = FrozenClock()
        self.store = PostgresContinuumStore(database)
        self.store.only_user("Anna", "UTC", START)
        self.parcels = FolderOfParcels(folder / "imports")
        self.jobs = FakeJobStore()
        self.embedder = FakeEmbedder()
        self.caught_up: Callable[[timedelta], bool] = lambda _: True
        self.importing = Importing(
            store=PostgresImports(database),
            conversation=self.store,
            parcels=self.parcels,
            embedder=self.embedder,
            summariser=ExtractiveSummary(),
            submit=self.run,
            catch_up=self.catch_up,
            silence=lambda: timedelta(hours=1),
            clock=self.clock,
        )

    def catch_up(self, within: timedelta) -> bool:
        return self.caught_up(within)

    def run(self, name: str, work: Work, job_id: UUID | None = None) -> UUID:
        """The job, at once."""
        with JobRunner(self.jobs, self.clock) as runner:
            return runner.submit(name, work, job_id)

    def ended(self, job_id: UUID) -> JobRecord:
        return self.jobs.load(job_id)

    def waiting(self) -> Sequence[UUID]:
        return [job_id for job_id, _ in self.parcels.waiting()]


@pytest.fixture
def world(database: Postgres, tmp_path: Path) -> World:
    return World(database, tmp_path)


def test_what_a_stop_broke_off_goes_on_as_the_same_job(world: World) -> None:
    def stopping(_: timedelta) -> bool:
        world.importing.stop()
        return True

    world.caught_up = stopping
    job_id = world.importing.begin(ORDER, content())
    stopped = world.ended(job_id)
    assert (stopped.state, stopped.done) == ("failed", BATCH)
    assert (stopped.error or {})["code"] == "job_interrupted"
    assert world.waiting() == [job_id]

    world.importing.stopping.clear()
    world.caught_up = lambda _: True
    assert world.importing.resume() == 1
    assert world.ended(job_id).result == {"added": COUNT, "existing": 0, "skipped": []}
    assert world.waiting() == []


def test_a_database_that_is_away_for_a_moment_is_waited_for(
    world: World, database: Postgres
) -> None:
    store = AwayOnce(database)
    world.importing = replace(world.importing, store=store)
    job_id = world.importing.begin(ORDER, content())
    assert (world.ended(job_id).state, store.asked) == ("done", 3)


def test_a_stop_does_not_wait_for_a_database_that_is_away(world: World, database: Postgres) -> None:
    class StopsThen(AwayOnce):
        @override
        def known(self, ids: Collection[MessageId]) -> Collection[MessageId]:
            world.importing.stop()
            return super().known(ids)

    world.importing = replace(world.importing, store=StopsThen(database))
    job_id = world.importing.begin(ORDER, content())
    assert (world.ended(job_id).error or {})["code"] == "job_interrupted"
    assert world.waiting() == [job_id]


def test_an_import_that_cannot_be_searched_yet_says_so(world: World) -> None:
    world.caught_up = lambda _: False
    job_id = world.importing.begin(ORDER, content())
    assert (world.ended(job_id).error or {})["code"] == "text_index_behind"


def test_a_chapter_in_which_the_user_said_nothing_has_a_summary(world: World) -> None:
    world.importing.begin(ORDER, content())
    (chapter,), _ = world.store.segments(Page(limit=1))
    assert chapter.imported
    assert chapter.summary
    assert "Plum" in chapter.summary


def test_what_comes_while_the_embedder_is_away_is_stored_and_embedded_later(
    world: World, database: Postgres
) -> None:
    world.embedder.lost = True
    result = world.ended(world.importing.begin(ORDER, content())).result
    assert result == {"added": COUNT, "existing": 0, "skipped": [], "unembedded": COUNT}

    world.embedder.lost = False
    chapters = -(-COUNT // 20)
    embed = EmbedPending(PostgresVectors(database), world.embedder)
    assert embed.run() == {"embedded": COUNT + chapters, "made_anew": 0}
    again = world.ended(world.importing.begin(ORDER, content())).result
    assert again == {"added": 0, "existing": COUNT, "skipped": []}


def test_nothing_is_kept_of_a_file_whose_job_could_not_be_stored(world: World) -> None:
    def lost(_name: str, _work: Work, _job_id: UUID | None = None) -> UUID:
        raise StoreUnavailable("The database is away.")

    with suppress(StoreUnavailable):
        replace(world.importing, submit=lost).begin(ORDER, content())
    assert world.waiting() == []


def test_a_file_that_cannot_be_kept_is_refused(tmp_path: Path) -> None:
    (tmp_path / "imports").write_text("in the way")
    parcels = FolderOfParcels(tmp_path / "imports")
    with pytest.raises(Unavailable, match="cannot be kept"):
        parcels.keep(uuid4(), ORDER, BytesIO(b"x"))


def test_a_file_that_was_kept_in_part_is_no_file(tmp_path: Path) -> None:
    parcels = FolderOfParcels(tmp_path)
    parcels.keep(whole := uuid4(), ORDER, BytesIO(b"x"))
    (tmp_path / f"{uuid4()}.part").write_bytes(b"y")
    assert list(FolderOfParcels(tmp_path).waiting()) == [(whole, ORDER)]
    assert not list(tmp_path.glob("*.part"))
