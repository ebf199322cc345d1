"""Long-term memory as the program composes it, on a database of a test's own, without its hours."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from pydantic import SecretStr

from adapters.names import Document, Language, SpacyNames, Span
from cns.domain.message import Text, TurnId
from cns.ports import LLM, Database, Embedder, Page
from cns.services.pump import Stop
from cns.services.request import TurnRequest
from cns.services.segments import SegmentService
from cns.services.turn import TurnService
from composition.house import Given, House, house_of
from composition.knowledge import knowledge_of
from composition.mind import Mind, mind_of
from composition.talk import segments_of, turns_of
from config.settings import (
    CacheSettings,
    DatabaseSettings,
    KnowledgeSettings,
    MemorySettings,
    Settings,
    TouchstoneSettings,
)
from lt_memory.domain.linking import LinkKind
from lt_memory.domain.memory import Kind, MemoryId
from lt_memory.job import BackgroundJob
from lt_memory.knowledge import NewBlock
from lt_memory.memories import NewMemory
from lt_memory.ports import MemoryFilter
from tests.fakes.apt import AptLLM
from tests.fakes.clock import FrozenClock
from tests.fakes.embedder import FakeEmbedder
from tests.servers import TestServer, temporary_folder

HASTY = MemorySettings(
    free_days=1,
    half_life_days=2,
    dormant_below=0.25,
    archived_below=0.12,
    delete_after_days=6,
    delete_after_active_days=2,
    notice_days=2,
)
TIDY = HASTY.model_copy(
    update={
        "chunk_messages": 2,
        "hub_importance": 0,
        "hub_uses": 0,
        "merge_cosine": 0.7,
        "merge_mean_cosine": 0.7,
        "refine_after_days": 1,
        "refine_uses": 0,
    }
)
OLD = "fake"  # the embedding model whose vectors stand in the world of `grow`
GROWN = timedelta(days=12)  # after the start of the clock, when the world of `grow` is there


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What there is in a world, in the order in which it comes.

    Attributes:
        forgotten: what is stored, and the days that pass then, at whose end the ladder is walked.
        said: the chapters; `after_first` names the jobs that run after the first.
        disputed: two memories that the user says are in conflict.
    """

    forgotten: Sequence[tuple[Sequence[str], int]]
    own: Sequence[NewMemory]
    blocks: Sequence[str]
    said: Sequence[Sequence[str]]
    after_first: Sequence[str]
    last: Sequence[str] = ()
    disputed: tuple[str, str] = ("I prefer tea to coffee.", "My sister Anna lives in Leeds.")


BRIEF = Life(
    forgotten=(
        (("Tom's boat is called Gull.", "The blue tent is in the cellar."), 4),
        ((), 1),
        ((), 3),
    ),
    own=(
        NewMemory(text="I prefer tea to coffee.", kind=Kind.PREFERENCE),
        NewMemory(text="I am allergic to walnuts.", pinned=True),
        NewMemory(text="I'm allergic to walnuts and to hazelnuts.", kind=Kind.PREFERENCE),
        NewMemory(text="Petros repaired the boiler."),
        NewMemory(text="Petros is the man who repaired our boiler in March."),
    ),
    blocks=("boats",),
    said=(
        ("My sister Anna lives in Leeds.", "Petros repaired the boiler in March."),
        ("My sister Anna lives in York now.", "I sing in a choir with Anna and Petros."),
    ),
    after_first=("extract",),
)
FULL = Life(
    forgotten=(
        (("Tom's boat is called Gull.", "The blue tent is in the cellar."), 1),
        (("The red kite needs a tail.",), 3),
        ((), 1),
        (("The ladder leans on the shed.",), 3),
    ),
    own=(
        *BRIEF.own,
        NewMemory(text="Ruth has two cats."),
        NewMemory(text="Ruth has two black cats at home."),
        NewMemory(text="The spare key hangs by the door."),
        NewMemory(text="The spare key hangs by the back door."),
    ),
    blocks=("boats", "choir"),
    said=(
        (
            *BRIEF.said[0],
            "My cousin Ines keeps two goats in Wells; my cousin Ines sells their milk in Bath.",
            "My neighbour Ben plays the tuba (thunderously, incomprehensibly enthusiastically).",
        ),
        BRIEF.said[1],
        ("The kettle whistles in B flat.",),
    ),
    after_first=("extract", "embed", "reembed"),
    last=("My sister Anna Berg plays chess.",),
)


@dataclass(frozen=True, slots=True)
class NoNames:
    """A language in which nothing has a name, so that the rules alone find names."""

    ents: Sequence[Span] = ()


def speechless() -> Language:
    def read(_: str) -> Document:
        return NoNames()

    return read


@dataclass(frozen=True, slots=True, kw_only=True)
class Minded:
    """The house, its memory and its conversation; `clock` stands still until it is moved."""

    house: House
    mind: Mind
    turns: TurnService
    segments: SegmentService
    clock: FrozenClock

    @property
    def database(self) -> Database:
        return self.house.ground.database

    @property
    def jobs(self) -> Mapping[str, BackgroundJob]:
        return {job.name: job for job in self.mind.jobs}

    def work(self, *names: str) -> None:
        for name in names:
            self.jobs[name].run()

    def called(self, text: str) -> MemoryId:
        """The memory that says this."""
        found, _ = self.mind.memories.list(MemoryFilter(), Page(limit=99))
        return next(each.id for each in found if each.text == text)

    def say(self, text: str) -> None:
        """A whole turn, with what follows it."""
        self.clock.move(timedelta(minutes=1))
        list(self.turns.run(TurnId(uuid4()), TurnRequest(content=(Text(text=text),)), Stop()))

    def end_chapter(self) -> None:
        """Close the open chapter and sum it up; what is in it is not extracted yet."""
        self.clock.move(timedelta(minutes=1))
        self.segments.finish(self.segments.end_active())

    def days_pass(self, days: int, *, active: bool = True) -> None:
        """Days on which something was said, or nothing."""
        for _ in range(days):
            self.clock.move(timedelta(days=1))
            if active:
                self._note_activity()

    def begin_block(self, label: str) -> None:
        new = NewBlock(label=label, name=label.title(), content="Nothing yet.")
        knowledge_of(self.house).add(new)

    def _note_activity(self) -> None:
        with self.database.transaction() as tx:
            tx.run(
                "INSERT INTO user_activity_days (user_id, day, first_message_at, message_count)"
                " VALUES (%(user)s, %(at)s::date, %(at)s, 1)",
                user=self.house.user.id,
                at=self.clock.now(),
            )
            tx.run("UPDATE users SET cumulative_activity_days = cumulative_activity_days + 1")


def grow(world: Minded, life: Life = BRIEF) -> None:
    """Give every job work: what sinks, is due, repeats or disputes, and chapters that wait."""
    memories = world.mind.memories
    _forget(world, life)
    for new in life.own:
        world.clock.move(timedelta(minutes=1))
        memories.add(new)
    for label in life.blocks:
        world.begin_block(label)
    for chapter in life.said:
        for text in chapter:
            world.say(text)
        world.end_chapter()
        if chapter is life.said[0]:
            world.work(*life.after_first)
    for text in life.last:
        memories.add(NewMemory(text=text))
    one, other = life.disputed
    world.mind.links.link(world.called(one), world.called(other), LinkKind.CONFLICTS)
    world.days_pass(3)


def _forget(world: Minded, life: Life) -> None:
    for texts, days in life.forgotten:
        for text in texts:
            world.mind.memories.add(NewMemory(text=text))
        world.days_pass(days)
        world.work("score", "decay")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What the world is given.

    Attributes:
        embedder: the wanted one; while others' vectors stand, those of `OLD` are still made.
    """

    llm: LLM
    clock: FrozenClock
    embedder: Embedder = field(default_factory=lambda: FakeEmbedder(OLD))


@contextmanager
def minded(
    dsn: str,
    cache_url: str,
    folder: Path,
    outside: Outside,
    *,
    memory: MemorySettings = HASTY,
) -> Iterator[Minded]:
    """All of it, with a ladder that is gone down within days; no job runs by itself."""
    settings = Settings(
        data_dir=folder,
        timezone="UTC",
        user_name="Anna",
        database=DatabaseSettings(url=SecretStr(dsn), pool_min=1),
        cache=CacheSettings(url=SecretStr(cache_url)),
        touchstone=TouchstoneSettings(maker="rules"),
        memory=memory,
        knowledge=KnowledgeSettings(batch=2),
    )
    with ExitStack() as stack:
        given = Given(llm=outside.llm, embedder=outside.embedder, clock=outside.clock)
        house = house_of(stack, settings, given)
        if house.embedder.name != outside.embedder.name:
            house.successor.service.put(FakeEmbedder(OLD))
        mind = mind_of(stack, house, SpacyNames(speechless))
        yield Minded(
            house=house,
            mind=mind,
            turns=turns_of(house, mind),
            segments=segments_of(house),
            clock=outside.clock,
        )


@contextmanager
def grown_template(
    server: TestServer, cache_url: str, life: Life = BRIEF, memory: MemorySettings = HASTY
) -> Iterator[str]:
    """The name of a template with the world of `grow` in it."""
    with server.migrated_database() as dsn:
        with temporary_folder() as folder:
            outside = Outside(llm=AptLLM(), clock=FrozenClock())
            with minded(dsn, cache_url, folder / "data", outside, memory=memory) as world:
                grow(world, life)
        with server.template_of(dsn) as name:
            yield name
