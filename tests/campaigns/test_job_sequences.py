"""Random sequences of jobs, undoing and edits: every law of runs holds after every step."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from uuid import UUID

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from typing_extensions import override

from cns.errors import Conflict, InvalidInput, NotFound
from cns.ports import Page
from cns.services.timetable import Rehearsing
from lt_memory.domain.linking import Keep, LinkKind
from lt_memory.domain.memory import Kind, MemoryId, RunId
from lt_memory.memories import NewMemory
from tests.digests import DRAWN, Digest, differences, everything, undoable
from tests.fakes.apt import AptLLM
from tests.fakes.clock import FrozenClock
from tests.invariants import breaches
from tests.minding import GROWN, Minded, Outside, minded
from tests.servers import TestServer, temporary_folder

pytestmark = [pytest.mark.campaign, pytest.mark.postgres, pytest.mark.valkey]

SAMPLE, FULL = 2, 200
STEPS, FULL_STEPS = 6, 15
NIGHTLY = ("score", "link", "decay")
WITHOUT_RUNS = frozenset({"embed", "index_text"})  # they follow from the text
PAID = frozenset({"spending"})  # what a rehearsal asked a model is paid for
SAID = (
    "My sister Anna lives in Leeds.",
    "My sister Anna lives in York.",
    "My sister Anna lives in Leeds now.",
    "I prefer tea to coffee.",
    "I prefer coffee to tea.",
    "I am allergic to walnuts.",
    "I'm allergic to walnuts.",
    "Petros repaired the boiler in March.",
    "The boat of my brother Tom is called Gull.",
    "No, the train goes on Tuesday, not on Thursday.",
    "The train to Leeds goes on Thursday.",
    "I sing in a choir with Anna and Petros.",
)
CHANGED = """
SELECT (SELECT count(*) FROM run_changes WHERE run_id = %(id)s)
    + (SELECT count(*) FROM run_scores WHERE run_id = %(id)s) AS rows
"""
texts = st.sampled_from(SAID)
places = st.integers(0, 40)
some = st.lists(places, min_size=1, max_size=4)
few = st.lists(places, min_size=2, max_size=4, unique=True)
tally: Counter[str] = Counter()


class Ticking(FrozenClock):
    """A clock on which no two looks see the same instant, so that what comes has an order."""

    @override
    def now(self) -> datetime:
        self.move(timedelta(milliseconds=1))
        return super().now()


class JobSequences(RuleBasedStateMachine):
    """A person and a background mind at one database, by turns."""

    def __init__(self, open_world: Callable[[ExitStack, FrozenClock, AptLLM], Minded]) -> None:
        super().__init__()
        self._stack = ExitStack()
        self._clock = Ticking()
        self._llm = AptLLM()
        self._world = open_world(self._stack, self._clock, self._llm)

    @override
    def teardown(self) -> None:
        self._stack.close()
        tally["sequences"] += 1

    # --- what is there ------------------------------------------------------------

    def _memory(self, place: int) -> MemoryId:
        ids = self._ids("memories")
        return MemoryId(ids[place % len(ids)])

    def _ids(self, table: str, narrowed: str = "true") -> Sequence[UUID]:
        """In the order in which they came, so that a place names the same one again."""
        order = "started_at, id" if table == "runs" else "created_at, id"
        with self._world.database.transaction() as tx:
            rows = tx.all(f"SELECT id FROM {table} WHERE {narrowed} ORDER BY {order}")
        return [row["id"] for row in rows]

    def _there_are(self, table: str, narrowed: str = "true") -> bool:
        return bool(self._ids(table, narrowed))

    def _everything(self) -> Digest:
        return everything(self._world.database)

    def _undoable(self, job: str) -> Digest:
        """User information goes by itself when a memory changes: it is put back by its own job."""
        own = job == "user_information"
        return undoable(self._world.database, but=frozenset() if own else DRAWN)

    def _done(self, what: str, act: Callable[[], object]) -> bool:
        """Whether it was done; what is refused must change nothing."""
        self._clock.move(timedelta(minutes=1))
        before, refused = self._everything(), False
        try:
            act()
        except (InvalidInput, NotFound, Conflict):
            refused = True
        tally[f"refused: {what}" if refused else what] += 1
        assert not refused or not differences(before, self._everything()), what
        return not refused

    # --- the person ---------------------------------------------------------------

    @initialize(capable=st.booleans())
    def begin(self, capable: bool) -> None:
        self._llm.capable = capable

    @rule(said=st.lists(texts, min_size=1, max_size=3), extract=st.booleans())
    def talk_for_a_chapter(self, said: list[str], extract: bool) -> None:
        for text in said:
            self._world.say(text)
        self._world.end_chapter()
        tally["chapters"] += 1
        if extract:
            self._work("extract")

    @rule(days=st.integers(1, 5), active=st.booleans())
    def let_days_pass(self, days: int, active: bool) -> None:
        self._world.days_pass(days, active=active)
        for job in NIGHTLY:
            self._work(job)

    @rule(text=texts, kind=st.sampled_from(Kind), pinned=st.booleans())
    def store(self, text: str, kind: Kind, pinned: bool) -> None:
        new = NewMemory(text=text, kind=kind, pinned=pinned)
        self._done("store", lambda: self._world.mind.memories.add(new))

    @precondition(lambda self: self._there_are("memories"))
    @rule(place=places, change=st.one_of(
        st.fixed_dictionaries({"text": texts}),
        st.fixed_dictionaries({"pinned": st.booleans()}),
        st.fixed_dictionaries({"archived": st.booleans()}),
        st.fixed_dictionaries({"kind": st.sampled_from(Kind)}),
    ))  # fmt: skip
    def edit(self, place: int, change: Mapping[str, object]) -> None:
        memory_id = self._memory(place)
        self._done(
            f"edit {', '.join(change)}", lambda: self._world.mind.memories.edit(memory_id, change)
        )

    @precondition(lambda self: self._there_are("memories"))
    @rule(place=places, revision=st.integers(1, 4))
    def restore(self, place: int, revision: int) -> None:
        memory_id = self._memory(place)
        self._done("restore", lambda: self._world.mind.history.restore(memory_id, revision))

    @precondition(lambda self: self._there_are("memories"))
    @rule(places=few, text=texts)
    def merge(self, places: list[int], text: str) -> None:
        ids = list(dict.fromkeys(self._memory(place) for place in places))
        if len(ids) > 1:
            self._run("merge", lambda: self._world.mind.reshaping.merge(ids, text))

    @precondition(lambda self: self._there_are("memories"))
    @rule(place=places, parts=st.lists(texts, min_size=2, max_size=3))
    def split(self, place: int, parts: list[str]) -> None:
        memory_id = self._memory(place)
        self._run("split", lambda: self._world.mind.reshaping.split(memory_id, parts))

    @precondition(lambda self: self._there_are("memories"))
    @rule(place=places)
    def delete(self, place: int) -> None:
        memory_id, memories = self._memory(place), self._world.mind.memories
        before = self._everything()
        memories.delete(memory_id, dry_run=True)
        assert not differences(before, self._everything())
        self._done("delete", lambda: memories.delete(memory_id, dry_run=False))

    @precondition(lambda self: self._there_are("memories"))
    @rule(one=places, other=places, kind=st.sampled_from(LinkKind))
    def link(self, one: int, other: int, kind: LinkKind) -> None:
        ids = self._memory(one), self._memory(other)
        self._done("link", lambda: self._world.mind.links.link(*ids, kind))

    @precondition(lambda self: self._there_are("memory_links"))
    @rule(place=places)
    def unlink(self, place: int) -> None:
        ids = self._ids("memory_links")
        link_id = ids[place % len(ids)]
        with self._world.database.transaction() as tx:
            row = tx.one("SELECT source_id FROM memory_links WHERE id = %(id)s", id=link_id)
        self._done("unlink", lambda: self._world.mind.links.unlink(row["source_id"], link_id))

    @precondition(lambda self: self._there_are("memory_links", "kind = 'conflicts'"))
    @rule(place=places, keep=st.sampled_from(Keep))
    def settle(self, place: int, keep: Keep) -> None:
        ids = self._ids("memory_links", "kind = 'conflicts'")
        link_id = ids[place % len(ids)]
        self._done("settle", lambda: self._world.mind.links.resolve(link_id, keep))

    # --- the background mind --------------------------------------------------------

    @rule(places=some)
    def run_jobs(self, places: list[int]) -> None:
        names = sorted(self._world.jobs)
        for place in places:
            self._work(names[place % len(names)])

    @rule(ran=some, turned=some)
    def run_jobs_and_take_back(self, ran: list[int], turned: list[int]) -> None:
        self.run_jobs(ran)
        self.undo_or_redo_runs(turned)

    @rule(place=places)
    def rehearse_a_job(self, place: int) -> None:
        named = sorted(self._world.jobs.items())
        found = [job.rehearse for _, job in named if isinstance(job, Rehearsing)]
        rehearse = found[place % len(found)]
        before = everything(self._world.database, but=PAID)
        rehearse()
        assert not differences(before, everything(self._world.database, but=PAID))
        tally["rehearse"] += 1

    @rule(places=some)
    def undo_or_redo_runs(self, places: list[int]) -> None:
        """Counted from the newest."""
        for place in places:
            ids = self._ids("runs")
            self._turn(RunId(ids[-1 - place % len(ids)]))

    def _work(self, job: str) -> None:
        self._run(job, self._world.jobs[job].run)

    def _run(self, job: str, work: Callable[[], object]) -> None:
        """Seen among the runs, undone byte for byte, done again."""
        known, before = frozenset(self._ids("runs")), self._undoable(job)
        if not self._done(job, work) or job in WITHOUT_RUNS:
            return
        after = self._undoable(job)
        made = [RunId(each) for each in self._ids("runs") if each not in known]
        done = self._seen(job, made)
        assert done or not differences(before, after)
        self._there_and_back(job, done, before, after)

    def _seen(self, job: str, made: Sequence[RunId]) -> Sequence[RunId]:
        """Those that changed something, oldest first; all of them are listed, with decisions."""
        runs = self._world.mind.runs
        records = {each.run.id: each.run for each in runs.list(job, Page(limit=200))[0]}
        assert set(made) <= set(records)
        for run_id in made:
            assert records[run_id].state in ("done", "failed"), records[run_id]
            assert records[run_id].decisions or not self._changed_by(run_id), records[run_id]
        return [each for each in made if records[each].state == "done"]

    def _changed_by(self, run_id: RunId) -> int:
        """How many rows it noted."""
        with self._world.database.transaction() as tx:
            return int(tx.one(CHANGED, id=run_id)["rows"])

    def _there_and_back(
        self, job: str, done: Sequence[RunId], before: Digest, after: Digest
    ) -> None:
        final = [each for each in done if self._world.mind.runs.get(each).run.final]
        for run_id in final:
            self._refuses(run_id)
        turned = [each for each in done if each not in final]
        for run_id in reversed(turned):
            self._clock.move(timedelta(minutes=1))
            assert self._world.mind.runs.undo(run_id).run.state == "undone"
        if not final:
            assert not differences(before, self._undoable(job)), job
        for run_id in turned:
            self._clock.move(timedelta(minutes=1))
            assert self._world.mind.runs.redo(run_id).run.state == "done"
        assert not differences(after, self._undoable(job)), job
        tally["undone and done again"] += len(turned)

    def _refuses(self, run_id: RunId) -> None:
        before = self._everything()
        with pytest.raises(Conflict, match="cannot be undone") as refused:
            self._world.mind.runs.undo(run_id)
        assert refused.value.code == "run_final"
        assert not differences(before, self._everything())
        tally["final"] += 1

    def _turn(self, run_id: RunId) -> None:
        """Undo what stands or redo what was undone; turning it back at once is as if it was not."""
        runs = self._world.mind.runs
        run = runs.get(run_id).run
        there, back = (runs.redo, runs.undo) if run.state == "undone" else (runs.undo, runs.redo)
        before = self._undoable(run.job)
        if not self._done(there.__name__, lambda: there(run_id)):
            return
        after = self._undoable(run.job)
        back(run_id)
        assert not differences(before, self._undoable(run.job)), run
        there(run_id)
        assert not differences(after, self._undoable(run.job)), run

    @invariant()
    def nothing_is_breached(self) -> None:
        assert not breaches(self._world.database)


def test_random_sequences_of_jobs_undoing_and_edits(
    postgres_server: TestServer, valkey_url: str, grown: str, long: bool, seed: int
) -> None:
    print(f"\njob sequences: seed {seed}")  # noqa: T201 - it can be repeated
    tally.clear()

    def open_world(stack: ExitStack, clock: FrozenClock, llm: AptLLM) -> Minded:
        dsn = stack.enter_context(postgres_server.empty_database(grown))
        clock.move(GROWN)
        folder = stack.enter_context(temporary_folder())
        outside = Outside(llm=llm, clock=clock)
        return stack.enter_context(minded(dsn, valkey_url, folder / "data", outside))

    @hypothesis.seed(seed)
    def machine() -> JobSequences:
        return JobSequences(open_world)

    run_state_machine_as_test(
        machine,  # type: ignore[arg-type]  # a function that makes one will do, as it says itself
        settings=hypothesis.settings(
            max_examples=FULL if long else SAMPLE,
            stateful_step_count=FULL_STEPS if long else STEPS,
            deadline=None,
            database=None,
            print_blob=False,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        ),
    )
    print(f"job sequences: seed {seed}, {dict(tally.most_common())}")  # noqa: T201 - the evidence
