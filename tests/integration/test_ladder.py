"""Scores, rungs and their runs on the real database."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.postgres import Postgres
from cns import paging
from cns.domain.message import SegmentId, UserId
from cns.errors import Conflict, InvalidInput, NotFound
from cns.ports import Page
from cns.postgres import PostgresContinuumStore
from config.settings import MemorySettings
from lt_memory.ageing import Ageing, ageing
from lt_memory.domain.memory import Actor, Memory, MemoryId, RunId, State
from lt_memory.domain.run import Run
from lt_memory.domain.scoring import DAY, Pace, Standing, importance, shown, united
from lt_memory.entities import RuleNames
from lt_memory.forecast import Forecast
from lt_memory.jobs.decay import SinkMemories
from lt_memory.jobs.score import ScoreMemories
from lt_memory.memories import MemoryService
from lt_memory.ports import Birth
from lt_memory.postgres import PostgresMemories
from lt_memory.reader import Reader
from lt_memory.runs import RunService
from lt_memory.runs_postgres import PostgresRuns
from tests.fakes.clock import FrozenClock
from tests.fakes.embedder import FakeEmbedder
from tests.seeding import Seeds
from tests.values import mark, message, turn_record

pytestmark = pytest.mark.postgres

AGEING = Ageing()
FORMULA = """SELECT memory_importance(greatest(0, today - born),
    greatest(0, today - coalesce(youngest, born)), greatest(0, today - accessed),
    cited + %(weight)s::float8 * surfaced, links,
    extract(epoch FROM happens_at - %(now)s)::float8 / 86400,
    coalesce(expires_at <= %(now)s, false), %(free)s, %(half_life)s::float8) AS score
FROM unnest(%(today)s::int[], %(born)s::int[], %(accessed)s::int[], %(surfaced)s::int[],
    %(cited)s::int[], %(links)s::int[], %(happens_at)s::timestamptz[],
    %(expires_at)s::timestamptz[], %(youngest)s::int[]) WITH ORDINALITY
    AS given (today, born, accessed, surfaced, cited, links, happens_at, expires_at, youngest,
        place)
ORDER BY place"""


@dataclass(slots=True)
class World:
    """A store with a clock; `later` lets days pass, active or not."""

    database: Postgres
    clock: FrozenClock
    seeds: Seeds
    ageing: Ageing = field(default_factory=Ageing)

    @property
    def memories(self) -> PostgresMemories:
        return PostgresMemories(self.database, UserId(self.seeds.user_id))

    def memory(self, text: str = "a boat called Gull") -> MemoryId:
        now = self.clock.now()
        memory_id = self.seeds.memory(text, created_at=now, updated_at=now)
        self.seeds.run(
            "UPDATE memories SET activity_days_at_creation = cumulative_activity_days FROM users"
            " WHERE memories.id = %(id)s",
            id=memory_id,
        )
        self.seeds.run(
            "INSERT INTO memory_standing (memory_id) VALUES (%(id)s) ON CONFLICT DO NOTHING",
            id=memory_id,
        )
        self.seeds.run(
            "INSERT INTO memory_revisions (memory_id, revision, at, actor, change)"
            " VALUES (%(id)s, 1, %(at)s, 'user', 'born')",
            id=memory_id,
            at=now,
        )
        return MemoryId(memory_id)

    def later(self, days: int, *, active: bool = True) -> None:
        for _ in range(days):
            self.clock.move(DAY)
            if active:
                self.seeds.run(
                    "INSERT INTO user_activity_days (user_id, day, first_message_at, message_count)"
                    " VALUES (%(user)s, %(at)s::date, %(at)s, 1)",
                    user=self.seeds.user_id,
                    at=self.clock.now(),
                )
        if active:
            self.seeds.run(
                "UPDATE users SET cumulative_activity_days = cumulative_activity_days + %(days)s",
                days=days,
            )

    def score(self, *, dry_run: bool = False) -> Run:
        job = ScoreMemories(self.memories, lambda: self.ageing, self.clock)
        return job.carried_out(dry_run=dry_run)

    def decay(self, *, dry_run: bool = False) -> list[Run]:
        job = SinkMemories(self.memories, lambda: self.ageing, self.clock)
        return list(job.carried_out(dry_run=dry_run))

    def state(self, memory_id: MemoryId) -> State:
        return self.memories.get(memory_id).state

    def is_there(self, memory_id: MemoryId) -> bool:
        with self.database.transaction() as tx:
            return (
                tx.maybe("SELECT 1 AS x FROM memories WHERE id = %(id)s", id=memory_id) is not None
            )


@pytest.fixture
def world(database: Postgres, clock: FrozenClock) -> World:
    seeds = Seeds(database)
    seeds.user()
    return World(database, clock, seeds)


def dates(clock: FrozenClock) -> st.SearchStrategy[object]:
    return st.none() | st.integers(-1500, 1500).map(
        lambda hours: clock.now() + timedelta(hours=hours)
    )


def test_the_formula_is_the_same_in_the_database(database: Postgres, clock: FrozenClock) -> None:
    now = clock.now()
    standings = st.builds(
        Standing,
        now=st.just(now),
        today=st.integers(0, 40_000),
        born=st.integers(0, 400),
        accessed=st.integers(500, 900),
        youngest=st.none() | st.integers(400, 500),
        surfaced=st.integers(0, 100_000),
        cited=st.integers(0, 10_000),
        links=st.integers(0, 1000),
        happens_at=dates(clock),
        expires_at=dates(clock),
    )
    paces = st.builds(
        Pace,
        free_days=st.integers(0, 40),
        half_life_days=st.floats(1, 400),
        surfaced_weight=st.floats(0, 1),
    )

    @settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(standings, min_size=1, max_size=20), paces)
    def equal(given_: list[Standing], pace: Pace) -> None:
        names = (
            *("today", "born", "accessed", "surfaced", "cited", "links"),
            *("happens_at", "expires_at", "youngest"),
        )
        with database.transaction() as tx:
            rows = tx.all(
                FORMULA,
                now=now,
                weight=pace.surfaced_weight,
                free=pace.free_days,
                half_life=pace.half_life_days,
                **{name: [getattr(each, name) for each in given_] for name in names},
            )
        for each, row in zip(given_, rows, strict=True):
            assert row["score"] == pytest.approx(importance(each, pace), abs=1e-9)

    equal()


def test_scoring_writes_what_the_formula_says_from_uses_and_links(world: World) -> None:
    used, idle, superseded = world.memory(), world.memory("an oar"), world.memory("a sail")
    link = (
        "INSERT INTO memory_links (id, source_id, target_id, kind, created_at)"
        " VALUES (%(id)s, %(source)s, %(target)s, %(kind)s, now())"
    )
    world.seeds.run(link, id=uuid4(), source=idle, target=used, kind="supports")
    world.seeds.run(link, id=uuid4(), source=used, target=superseded, kind="supersedes")
    rumour = world.seeds.memory("no boat", trust="untrusted", source="web")
    world.seeds.run(link, id=uuid4(), source=rumour, target=used, kind="conflicts")
    world.later(20)
    world.memories.accessed([used], world.clock.now(), cited=False)
    world.memories.accessed([used], world.clock.now(), cited=True)
    world.later(30)
    run = world.score()
    standing = Standing(now=world.clock.now(), today=50, born=0)
    expected = replace(standing, accessed=20, surfaced=1, cited=1, links=1)
    assert world.memories.get(used).importance == shown(importance(expected, Pace()))
    for each in (idle, superseded):
        assert world.memories.get(each).importance == shown(importance(standing, Pace()))
    assert (run.state, run.summary) == ("done", "4 of another importance")


@pytest.mark.parametrize(
    "parts",
    [
        [(0, 200, 0, 0), (190, 198, 3, 2)],
        [(0, None, 0, 0), (199, None, 0, 0)],
        [(0, 199, 160, 40), (190, 197, 0, 3)],
        [(0, 3, 1, 0), (50, 180, 9, 4), (120, None, 0, 0)],
    ],
)
def test_a_merge_stands_in_the_database_as_the_formula_unites_its_parts(
    world: World, parts: list[tuple[int, int | None, int, int]]
) -> None:
    world.later(200)
    ids = [world.memory(f"boat {place}") for place in range(len(parts))]
    standings = []
    for memory_id, (born, accessed, surfaced, cited) in zip(ids, parts, strict=True):
        world.seeds.run(
            "UPDATE memories SET activity_days_at_creation = %(born)s WHERE id = %(id)s",
            born=born, id=memory_id,
        )  # fmt: skip
        world.seeds.run(
            "UPDATE memory_standing SET activity_day_at_access = %(accessed)s,"
            " surfaced_count = %(surfaced)s, cited_count = %(cited)s WHERE memory_id = %(id)s",
            accessed=accessed, surfaced=surfaced, cited=cited, id=memory_id,
        )  # fmt: skip
        standings.append(
            Standing(now=world.clock.now(), today=200, born=born, accessed=accessed,
                     surfaced=surfaced, cited=cited)
        )  # fmt: skip
    made = Memory(id=MemoryId(uuid4()), text="boats", created_at=world.clock.now(),
                  updated_at=world.clock.now())  # fmt: skip
    with world.memories.work() as work:
        work.add(Birth(memory=made, actor=Actor.CONSOLIDATION, made_of=tuple(ids)))
    world.score()
    worth = world.memories.get(made.id).importance
    assert worth == shown(importance(united(standings, Pace()), Pace()))
    assert worth >= max(world.memories.get(each).importance for each in ids)


def test_scoring_again_changes_nothing(world: World) -> None:
    world.memory()
    world.later(30)
    assert [world.score().summary for _ in range(2)] == [
        "1 of another importance",
        "0 of another importance",
    ]


def test_a_dry_run_says_what_would_be_and_keeps_nothing(world: World) -> None:
    memory_id = world.memory()
    world.later(130)
    assert world.score(dry_run=True).summary == "1 of another importance"
    (run,) = world.decay(dry_run=True)
    assert run.decisions[0]["decision"] == "archived"
    found = world.memories.get(memory_id)
    assert (found.importance, found.state) == (0.5, State.ACTIVE)
    with world.database.transaction() as tx:
        assert tx.all("SELECT id FROM runs") == []


def test_unused_it_falls_asleep_then_goes_to_the_archive_each_step_a_revision(
    world: World,
) -> None:
    memory_id = world.memory()
    world.later(56)
    world.decay()
    assert world.state(memory_id) is State.ACTIVE
    world.later(1)
    world.decay()
    assert world.state(memory_id) is State.DORMANT
    world.later(66)
    world.decay()
    assert world.state(memory_id) is State.DORMANT
    world.later(1)
    (run,) = world.decay()
    assert world.state(memory_id) is State.ARCHIVED
    assert run.summary == "0 fell asleep, 1 put away, 0 to be deleted in 14 days"
    assert [each.change for each in world.memories.history(memory_id)][1:] == [
        "fell asleep unused",
        "put away unused",
    ]


def test_a_step_down_leaves_every_index_alone(world: World) -> None:
    """The index of the vectors is dear to write, and a night may move many."""
    world.memory()
    with world.database.transaction() as tx:
        tx.run("UPDATE memories SET state = 'dormant', dormant_at = now()")
        written = tx.one(
            "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_xact_user_tables"
            " WHERE relname = 'memories'"
        )
    assert written["n_tup_hot_upd"] == written["n_tup_upd"] > 0


def test_days_away_cost_nothing(world: World) -> None:
    memory_id = world.memory()
    world.later(400, active=False)
    world.decay()
    assert world.state(memory_id) is State.ACTIVE


def test_what_was_over_when_it_was_told_does_not_fade_for_its_date(world: World) -> None:
    wedding, plan, plain = (world.memory(text) for text in ("a wedding", "a trip", "an oar"))
    date = "UPDATE memories SET happens_at = %(at)s WHERE id = %(id)s"
    world.seeds.run(date, at=world.clock.now() - 300 * DAY, id=wedding)
    world.seeds.run(date, at=world.clock.now() + 3 * DAY, id=plan)
    world.later(30)
    world.score()
    shares = [world.memories.get(each).importance for each in (wedding, plan, plain)]
    assert shares[0] == shares[2] > shares[1]


@pytest.mark.parametrize("change", ["pinned = true", "state = 'pending'"])
def test_what_is_pinned_or_waits_stays(world: World, change: str) -> None:
    memory_id = world.memory()
    world.seeds.run(f"UPDATE memories SET {change}")
    before = world.state(memory_id)
    world.later(200)
    world.decay()
    assert world.state(memory_id) is before


@pytest.mark.parametrize("cited", [True, False])
def test_of_use_again_a_dormant_memory_wakes_and_stays_for_its_free_days(
    world: World, *, cited: bool
) -> None:
    memory_id = world.memory()
    world.later(60)
    world.decay()
    world.memories.accessed([memory_id, uuid4()], world.clock.now(), cited=cited)
    world.later(14)
    world.decay()
    assert world.state(memory_id) is State.ACTIVE
    assert [each.change for each in world.memories.history(memory_id)][1:] == [
        "fell asleep unused",
        "woke: it was of use",
    ]


def archived(world: World) -> MemoryId:
    memory_id = world.memory()
    world.later(124)
    world.decay()
    assert world.state(memory_id) is State.ARCHIVED
    return memory_id


def test_its_end_is_announced_and_then_final(world: World) -> None:
    memory_id = archived(world)
    world.later(30)
    world.later(136, active=False)
    (announcing,) = world.decay()
    assert announcing.decisions == [{"decision": "announced", "memory_id": str(memory_id)}]
    world.later(13, active=False)
    (quiet,) = world.decay()
    assert not quiet.decisions
    world.later(1, active=False)
    _, final = world.decay()
    assert (final.final, final.decisions[0]["memory_id"]) == (True, str(memory_id))
    assert not world.is_there(memory_id)
    assert not announcing.final


def test_what_was_said_again_in_the_archive_s_time_is_news_though_it_is_extracted_late(
    world: World,
) -> None:
    memory_id = archived(world)
    put_away = world.clock.now()
    world.later(30)
    world.decay()
    world.later(400, active=False)
    world.decay()
    world.later(14, active=False)
    world.decay()
    assert not world.is_there(memory_id)
    with world.memories.work() as work:
        assert work.buried("a boat called Gull", said_at=put_away)
        assert not work.buried("a boat called Gull", said_at=put_away + DAY)


def test_nothing_is_deleted_unannounced_after_a_long_sleep_of_the_house(world: World) -> None:
    memory_id = archived(world)
    world.later(30)
    world.later(400, active=False)
    assert len(world.decay()) == 1
    assert world.is_there(memory_id)
    world.later(14, active=False)
    world.decay()
    assert not world.is_there(memory_id)


def test_what_the_user_fetches_back_stays_for_its_free_days(world: World) -> None:
    memory_id = archived(world)
    service = MemoryService(world.memories, Reader(RuleNames(), FakeEmbedder()), world.clock)
    service.edit(memory_id, {"archived": False})
    world.later(14)
    world.decay()
    assert world.state(memory_id) is State.ACTIVE
    world.later(1)
    world.decay()
    assert world.state(memory_id) is State.DORMANT


def test_what_the_user_put_away_while_it_mattered_is_not_deleted(world: World) -> None:
    memory_id = world.memory()
    service = MemoryService(world.memories, Reader(RuleNames(), FakeEmbedder()), world.clock)
    service.edit(memory_id, {"archived": True})
    world.later(40)
    world.later(400, active=False)
    (run,) = world.decay()
    assert not run.decisions


def test_the_scheduler_is_told_the_runs_and_what_came_of_them(world: World) -> None:
    world.memory()
    world.later(60)
    jobs = [
        job(world.memories, lambda: world.ageing, world.clock)
        for job in (ScoreMemories, SinkMemories)
    ]
    rehearsed = [dict(job.rehearse()) for job in jobs]
    told = [dict(job.run()) for job in jobs]
    assert [each["summary"] for each in told] == [each["summary"] for each in rehearsed]
    assert rehearsed[0]["decisions"] == [{"decision": "scored", "memories": 1}]
    assert [(job.name, job.interval) for job in jobs] == [("score", DAY), ("decay", DAY)]
    assert [each["summary"] for each in told] == [
        "1 of another importance",
        "1 fell asleep, 0 put away, 0 to be deleted in 14 days",
    ]


def test_the_figures_are_those_of_the_settings() -> None:
    assert ageing(MemorySettings()) == Ageing()
    assert ageing(MemorySettings(archived_below=0.2)).ladder.archived_below == 0.05


def snapshot(world: World) -> list[str]:
    with world.database.transaction() as tx:
        return [
            str(row["row"])
            for table in ("memories", "memory_standing")
            for row in tx.all(f"SELECT {table}::text AS row FROM {table} ORDER BY 1")
        ]


@pytest.mark.parametrize("job", ["score", "decay"])
def test_a_night_is_undone_byte_for_byte_and_done_again(world: World, job: str) -> None:
    for _ in range(2):
        world.memory()
        world.later(30)
    before = snapshot(world)
    run = world.score() if job == "score" else world.decay()[0]
    after, runs = snapshot(world), PostgresRuns(world.database)
    assert after != before
    runs.undo(run.id, world.clock.now())
    assert snapshot(world) == before
    runs.redo(run.id, world.clock.now())
    assert snapshot(world) == after


def test_what_a_night_sank_and_the_user_took_back_is_left_alone_for_its_free_days(
    world: World,
) -> None:
    memory_id = world.memory()
    world.later(57)
    (night,) = world.decay()
    assert world.state(memory_id) is State.DORMANT
    PostgresRuns(world.database).undo(night.id, world.clock.now())
    world.later(AGEING.pace.free_days - 1)
    world.decay()
    assert world.state(memory_id) is State.ACTIVE
    world.later(1)
    world.decay()
    assert world.state(memory_id) is State.DORMANT


def test_the_scores_of_a_night_are_taken_back_within_a_week(world: World) -> None:
    memory_id = world.memory()
    world.later(20)
    first = world.score()
    before = world.memories.get(memory_id).importance
    world.later(8)
    second = world.score()
    runs = PostgresRuns(world.database)
    with pytest.raises(Conflict, match="too old to be undone") as caught:
        runs.undo(first.id, world.clock.now())
    assert caught.value.code == "run_final"
    with world.database.transaction() as tx:
        kept = tx.all("SELECT DISTINCT run_id FROM run_scores")
    assert [row["run_id"] for row in kept] == [second.id]
    runs.undo(second.id, world.clock.now())
    assert world.memories.get(memory_id).importance == before


def test_a_night_s_scores_are_read_page_by_page_until_they_are_let_go_of(world: World) -> None:
    weighed = {world.memory() for _ in range(3)}
    world.later(20)
    night, runs = world.score(), RunService(PostgresRuns(world.database), world.clock)
    page, following = runs.scores(night.id, Page(limit=2))
    assert [each.memory_id for each in page] == sorted(weighed)[:2]
    rest, end = runs.scores(night.id, Page(limit=2, cursor=following))
    assert ([each.memory_id for each in rest], end) == (sorted(weighed)[2:], None)
    for each in (*page, *rest):
        assert each.after == world.memories.get(each.memory_id).importance != each.before
    with pytest.raises(InvalidInput):
        runs.scores(night.id, Page(limit=0))
    with pytest.raises(NotFound):
        runs.scores(RunId(uuid4()), Page())
    world.later(8)
    world.score()
    assert runs.scores(night.id, Page()) == ([], None)
    assert runs.get(night.id).run.final


def test_an_announcement_is_undone_and_a_deletion_never(world: World) -> None:
    archived(world)
    world.later(30)
    world.later(136, active=False)
    before, runs = snapshot(world), PostgresRuns(world.database)
    (announcing,) = world.decay()
    runs.undo(announcing.id, world.clock.now())
    assert snapshot(world) == before
    world.decay()
    world.later(14, active=False)
    _, final = world.decay()
    with pytest.raises(Conflict) as refused:
        runs.undo(final.id, world.clock.now())
    assert refused.value.code == "run_final"


@pytest.mark.parametrize("cited", [True, False])
def test_what_is_pinned_or_was_cited_in_the_archive_is_not_deleted(
    world: World, *, cited: bool
) -> None:
    memory_id = archived(world)
    world.later(30)
    world.later(150, active=False)
    world.decay()
    if cited:
        world.memories.accessed([memory_id], world.clock.now(), cited=True)
    else:
        world.seeds.run("UPDATE memories SET pinned = true")
    world.later(30, active=False)
    world.decay()
    assert world.is_there(memory_id)


def test_a_night_for_many_sinks_them_all(world: World) -> None:
    for number in range(3):
        world.memory(f"boat {number}")
    world.seeds.run(
        "INSERT INTO memories (id, user_id, text, kind, source, trust, state, created_at,"
        " updated_at) SELECT gen_random_uuid(), user_id, text || n, kind, source, trust, state,"
        " created_at, updated_at FROM memories, generate_series(1, 400) AS n"
    )
    world.seeds.run(
        "INSERT INTO memory_standing (memory_id) SELECT id FROM memories ON CONFLICT DO NOTHING"
    )
    world.seeds.run(
        "INSERT INTO memory_revisions (memory_id, revision, at, actor, change)"
        " SELECT id, 1, created_at, 'user', 'born' FROM memories ON CONFLICT DO NOTHING"
    )
    world.later(60)
    (run,) = world.decay()
    assert run.summary == "1203 fell asleep, 0 put away, 0 to be deleted in 14 days"
    assert len(run.decisions) == 500


def foretold(world: World, days: int = 90) -> list[tuple[UUID, str, int]]:
    told, following = Forecast(world.memories, lambda: world.ageing, world.clock).list(days, Page())
    assert following is None
    return [(each.memory_id, each.becomes, each.in_active_days) for each in told]


def test_the_forecast_names_the_next_step_of_each_soonest_first(world: World) -> None:
    old = world.memory()
    world.later(30)
    young = world.memory("an oar")
    pinned = world.memory("a sail")
    world.seeds.run("UPDATE memories SET pinned = true WHERE id = %(id)s", id=pinned)
    assert foretold(world) == [(old, "dormant", 27), (young, "dormant", 57)]
    assert foretold(world, 30) == [(old, "dormant", 27)]
    assert foretold(world, 7) == []


def test_the_forecast_keeps_its_word(world: World) -> None:
    memory_id = world.memory()
    for becomes in ("dormant", "archived"):
        ((told, state, days),) = foretold(world, 365)
        assert (told, state) == (memory_id, becomes)
        world.later(days - 1)
        world.decay()
        assert world.state(memory_id) != becomes
        world.later(1)
        world.decay()
        assert world.state(memory_id) == becomes
    assert foretold(world, 365) == [(memory_id, "deleted", 180)]
    assert foretold(world, 90) == []


def test_the_forecast_gives_dates_by_the_latest_weeks(world: World) -> None:
    world.memory()
    world.later(28)
    world.later(14, active=False)
    forecast = Forecast(world.memories, lambda: world.ageing, world.clock)
    (told,), _ = forecast.list(90, Page())
    assert told.in_active_days == 29
    assert told.expected_at == world.clock.now() + 58 * DAY
    world.later(28, active=False)
    (told,), _ = forecast.list(90, Page())
    assert (told.in_active_days, told.expected_at) == (29, None)


def test_the_forecast_knows_of_what_is_ahead_and_of_what_ends(world: World) -> None:
    trip, parking = world.memory("a trip to Oslo"), world.memory("parked on deck 4")
    world.later(10)
    soon = world.clock.now() + 10 * DAY
    world.seeds.run("UPDATE memories SET happens_at = %(at)s WHERE id = %(id)s", at=soon, id=trip)
    world.seeds.run(
        "UPDATE memories SET expires_at = %(at)s WHERE id = %(id)s", at=soon, id=parking
    )
    (ended, becomes, ends), (over, fades, days) = foretold(world)
    assert (ended, becomes, ends) == (parking, "archived", 10)
    assert (over, fades) == (trip, "dormant")
    assert 10 < days < 47


def test_the_forecast_comes_in_pages_that_meet(world: World) -> None:
    for number in range(5):
        world.memory(f"boat {number}")
    forecast = Forecast(world.memories, lambda: world.ageing, world.clock)
    seen, cursor = [], None
    while True:
        told, cursor = forecast.list(90, Page(limit=2, cursor=cursor))
        seen += [each.memory_id for each in told]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 5


def test_a_foreign_cursor_is_refused(world: World) -> None:
    forecast = Forecast(world.memories, lambda: world.ageing, world.clock)
    with pytest.raises(InvalidInput):
        forecast.list(90, Page(cursor=paging.encode(["soon", "never"])))


def test_an_active_day_is_one_of_the_users_calendar(world: World) -> None:
    world.seeds.run("UPDATE users SET timezone = 'Asia/Tokyo'")
    store = PostgresContinuumStore(world.database)
    user = store.only_user("you", "Asia/Tokyo", world.clock.now())
    chapter = SegmentId(uuid4())
    said = [datetime(2026, 3, 2, hour, 30, tzinfo=UTC) for hour in (13, 14, 15, 16)]
    for moment in said:
        spoken = replace(message("hello", segment_id=chapter), created_at=moment)
        change = store.load(user.id).hear(spoken, mark(0))
        store.commit(change, turn_record(spoken))
    with world.database.transaction() as tx:
        days = tx.all("SELECT day, message_count AS said FROM user_activity_days ORDER BY day")
        counted = tx.one("SELECT cumulative_activity_days AS days, last_activity_date FROM users")
    assert [(str(row["day"]), row["said"]) for row in days] == [
        ("2026-03-02", 2),
        ("2026-03-03", 2),
    ]
    assert (counted["days"], str(counted["last_activity_date"])) == (2, "2026-03-03")
