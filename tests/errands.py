"""What every background job has to do in the full life of `tests.minding`, until it is done."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from typing_extensions import override

from composition.mind import erasing_of
from lt_memory.batching import OLDEST, UNHEARD
from lt_memory.memories import NewMemory
from lt_memory.namings import DORMANT_DAYS
from tests.fakes.diligent import diligent
from tests.fakes.llm import Says
from tests.fakes.llm_batches import Answered, Errored, FakeBatches, Reply
from tests.fakes.llm_wire import WireRequest
from tests.minding import OLD, Minded
from tests.tolled import Stop

ROUNDS = 9  # of batches, until every chapter must be extracted
NOW = timedelta()
SILENT = timedelta(days=DORMANT_DAYS)


def noted(request: WireRequest) -> Says:
    said = diligent(request)
    assert isinstance(said, Says), request.raw
    return said


@dataclass(kw_only=True)
class MortalBatches(FakeBatches):
    """A provider at one of whose calls something strikes, before it is heard or after it is done.

    Attributes:
        seen: calls since it was told to count.
    """

    answerer: Callable[[WireRequest], Says] = field(default=noted)
    seen: int = 0
    stop: Stop | None = None

    def count(self, stop: Stop | None = None) -> None:
        self.seen, self.stop = 0, stop

    @override
    def answer(self, method: str, path: str, url: str, request: WireRequest) -> Reply:
        self.seen += 1
        stop = self.stop if self.stop and self.stop.statement == self.seen else None
        if stop and stop.moment == "before":
            stop.strike()
            return Reply(0, b"")
        reply = super().answer(method, path, url, request)
        if stop:
            stop.strike()
            return Reply(0, b"")
        return reply


Step = Callable[[Minded, MortalBatches], None]


def nothing(world: Minded, batches: MortalBatches) -> None:
    """It is all there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A job with something to do.

    Attributes:
        changes: parts of the portrait, each of which a run changes.
        prepare: makes more of the world of `grow`, within `later`.
        end: whatever else must happen until all is done, after a run that nobody disturbed.
        embedder: the name of the wanted one.
        by_batch: a provider with batches is asked.
    """

    job: str
    changes: frozenset[str]
    prepare: Step = nothing
    end: Step = nothing
    embedder: str = OLD
    later: timedelta = NOW
    by_batch: bool = False


def _names_fall_silent(world: Minded, _: MortalBatches) -> None:
    world.days_pass(DORMANT_DAYS)


def _some_is_indexed(world: Minded, _: MortalBatches) -> None:
    world.work("index_text")
    world.mind.memories.add(NewMemory(text="The kettle is red."))
    world.mind.memories.delete(world.called("I prefer tea to coffee."), dry_run=False)


def _handed_in(world: Minded, batches: MortalBatches) -> None:
    world.work("extract")
    assert batches.handed_in() == [2, 1]


def _answered(world: Minded, batches: MortalBatches) -> None:
    _handed_in(world, batches)
    batches.end()


def _half_answered(world: Minded, batches: MortalBatches) -> None:
    batches.outcomes.extend((Answered(), Errored()))
    _answered(world, batches)


def _erased(world: Minded, batches: MortalBatches) -> None:
    """Words of both are erased while they are out."""
    waiting = world.mind.extraction.waiting(9)
    _handed_in(world, batches)
    for segment_id in waiting:
        message, *_ = world.house.store.segment_messages(segment_id)
        erasing_of(world.house).erase(message.id, dry_run=False)


def _brought_home(world: Minded, batches: MortalBatches) -> None:
    """As the hours pass: what nobody has heard of is given up, the rest ends and is read."""
    for _ in range(ROUNDS):
        batches.end()
        world.clock.move(UNHEARD + timedelta(minutes=1))
        world.work("extract")
        if not (world.jobs["batches"].run()["under_way"] or world.mind.extraction.waiting(1)):
            break
    else:
        raise AssertionError("a chapter waits for a batch that never comes")
    world.clock.move(OLDEST)
    world.work("batches")


def _by_batch(job: str, *changes: str, prepare: Step = nothing) -> Task:
    return Task(
        job=job, changes=frozenset(changes), prepare=prepare, end=_brought_home, by_batch=True
    )


def _task(job: str, *changes: str, prepare: Step = nothing, later: timedelta = NOW) -> Task:
    return Task(job=job, changes=frozenset(changes), prepare=prepare, later=later)


TASKS: Mapping[str, Task] = {
    "batches that were answered": _by_batch(
        "batches", "memories", "segments", "batches", prepare=_answered
    ),
    "batches that were answered by half": _by_batch("batches", "batches", prepare=_half_answered),
    "batches whose words were erased": _by_batch(
        "batches", "batches_to_call_back", prepare=_erased
    ),
    "consolidate": _task("consolidate", "memories", "links"),
    "decay": _task("decay", "memories", "tombstones"),
    "domain_knowledge": _task("domain_knowledge", "knowledge"),
    "embed": _task("embed", "vectors"),
    "entity_gc": _task("entity_gc", "entities", prepare=_names_fall_silent, later=SILENT),
    "extract": _task("extract", "memories", "segments", "entities"),
    "extract by batch": _by_batch("extract", "batches"),
    "index_text": _task("index_text", "text_to_be_indexed"),
    "index_text of a change": _task("index_text", "text_to_be_indexed", prepare=_some_is_indexed),
    "link": _task("link", "links", "judged_pairs"),
    "reembed": Task(
        job="reembed", changes=frozenset({"vectors", "embedding_models"}), embedder="another"
    ),
    "refine": _task("refine", "memories", "links"),
    "score": _task("score", "memories", "what_runs_scored"),
    "user_information": _task("user_information", "user_information"),
}
