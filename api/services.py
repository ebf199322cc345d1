"""All that the edge calls, as one frozen value that the composition root fills."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, BinaryIO, Protocol
from uuid import UUID

from fastapi import Depends, Request

from api.looking_back import History
from api.streaming import OpenFeeds
from cns.bus import Unsubscribe
from cns.domain.branches import Branch
from cns.domain.message import Message, MessageId, SegmentId, TurnId
from cns.domain.segment import Segment
from cns.domain.spending import DaySum
from cns.domain.stream import TurnEvent
from cns.domain.trial import Candidate, Trial
from cns.import_ports import Order
from cns.ports import Found, JobRecord, Page, Part, Prompt, Query, TurnRecord
from cns.secrets import Secrets
from cns.services.activity import Noted
from cns.services.purse import Today
from cns.services.request import TurnRequest
from cns.services.timetable import Entry
from config.showing import Setting
from lt_memory.domain.knowledge import Version
from lt_memory.domain.linking import (
    Alike,
    Dispute,
    Graph,
    Keep,
    KnownEntity,
    LinkAlias,
    LinkKind,
    Tie,
)
from lt_memory.domain.memory import EntityId, Memory, MemoryId, Revision, RunId
from lt_memory.domain.run import RunRecord, RunScore
from lt_memory.domain.user_information import UserInformation
from lt_memory.erasing import Erased
from lt_memory.forecast import Foretold
from lt_memory.knowledge import BlockChange, BlockState, NewBlock
from lt_memory.linking import Gathered
from lt_memory.memories import MemoryChange, NewMemory, Receipt
from lt_memory.ports import MemoryFilter
from lt_memory.reshaping import Reshaped
from lt_memory.review import Item, RolledBack

Progress = Callable[[int, int], None]
Work = Callable[[Progress], Mapping[str, object]]
TurnListener = Callable[[int, TurnEvent], None]
JobListener = Callable[[JobRecord], None]
EventListener = Callable[[Noted], None]


class Turns(Protocol):
    """Turns under way, each in a thread of its own."""

    def start(self, request: TurnRequest) -> TurnId:
        """Raises Conflict (`turn_in_progress`, with the running `turn_id`)."""
        ...

    def retry(self, turn_id: TurnId) -> TurnId:
        """Raises NotFound, or Conflict when that turn runs or has succeeded."""
        ...

    def cancel(self, turn_id: TurnId) -> None:
        """Raises NotFound (`turn_not_running`)."""
        ...

    def watch(self, turn_id: TurnId, listener: TurnListener, after: int = 0) -> Unsubscribe:
        """Replays what is numbered above `after`, then goes on; raises NotFound if unknown."""
        ...


class Conversation(Protocol):
    """What was said; see cns.ports.ContinuumStore."""

    def turn(self, turn_id: TurnId) -> TurnRecord: ...

    def segments(self, page: Page) -> tuple[Sequence[Segment], str | None]: ...

    def segment(self, segment_id: SegmentId) -> Segment: ...

    def segment_messages(
        self, segment_id: SegmentId, *, off_path: bool = False
    ) -> Sequence[Message]: ...

    def branches(self, messages: Sequence[Message]) -> Mapping[MessageId, Branch]: ...

    def messages(
        self,
        page: Page,
        *,
        before: MessageId | datetime | None = None,
        after: MessageId | datetime | None = None,
        segment_id: SegmentId | None = None,
        off_path: bool = False,
    ) -> tuple[Sequence[Message], str | None]: ...

    def message(self, message_id: MessageId) -> Message:
        """Raises NotFound."""
        ...

    def following(self, after: MessageId, page: Page) -> tuple[Sequence[Message], str | None]: ...


class Branches(Protocol):
    def activate(self, message_id: MessageId) -> Message:
        """Make the branch through that message the path; raises NotFound or Conflict."""
        ...


class Erasing(Protocol):
    def erase(self, message_id: MessageId, *, dry_run: bool) -> Erased:
        """Erase a message with its exchange; raises NotFound or Conflict."""
        ...


class Segments(Protocol):
    def end_active(self) -> SegmentId:
        """Close the open segment at once; raises Conflict."""
        ...

    def finish(self, segment_id: SegmentId) -> None:
        """Summarise it, embed it, and have its facts extracted."""
        ...


class Finder(Protocol):
    def find(self, query: Query) -> Found: ...


class Memories(Protocol):
    def list(self, narrowed: MemoryFilter, page: Page) -> tuple[Sequence[Memory], str | None]: ...

    def ids(self, narrowed: MemoryFilter) -> Sequence[UUID]: ...

    def get(self, memory_id: MemoryId) -> Memory: ...

    def add(self, new: NewMemory) -> Memory: ...

    def add_all(self, several: Sequence[NewMemory]) -> Sequence[Memory]: ...

    def edit(self, memory_id: MemoryId, change: MemoryChange) -> Memory: ...

    def delete(self, memory_id: MemoryId, *, dry_run: bool) -> Receipt: ...

    def history(self, memory_id: MemoryId) -> Sequence[Revision]: ...


class Links(Protocol):
    """Links, conflicts and entities; see lt_memory.linking.LinkService."""

    def link(
        self,
        memory_id: MemoryId,
        target_id: MemoryId,
        word: LinkKind | LinkAlias,
        confidence: float = 1.0,
    ) -> Tie: ...

    def unlink(self, memory_id: MemoryId, link_id: UUID) -> Memory: ...

    def graph(self, memory_id: MemoryId, depth: int) -> Graph: ...

    def similar(self, memory_id: MemoryId, limit: int) -> Sequence[Alike]: ...

    def conflicts(self, page: Page) -> tuple[Sequence[Dispute], str | None]: ...

    def resolve(self, link_id: UUID, keep: Keep) -> Dispute: ...

    def entities(self, q: str | None, page: Page) -> tuple[Sequence[KnownEntity], str | None]: ...

    def entity(self, entity_id: EntityId, page: Page) -> Gathered: ...


class Reshaping(Protocol):
    """Merging and splitting memories; see lt_memory.reshaping.ReshapingService."""

    def merge(self, ids: Sequence[MemoryId], text: str) -> Reshaped: ...

    def split(self, memory_id: MemoryId, texts: Sequence[str]) -> Reshaped: ...


class Reviewing(Protocol):
    """The user's yes and no to what waits; see lt_memory.review.ReviewService."""

    def list(self, origin: str | None, page: Page) -> tuple[Sequence[Item], str | None]: ...

    def approve(self, memory_id: MemoryId) -> Item: ...

    def reject(self, memory_id: MemoryId) -> Item: ...

    def decide(
        self, approved: Sequence[MemoryId], rejected: Sequence[MemoryId]
    ) -> tuple[RunId | None, Sequence[Item]]: ...

    def rollback(self, origin: str, *, dry_run: bool) -> RolledBack: ...


class Runs(Protocol):
    """What background work did; see lt_memory.runs.RunService."""

    def list(self, job: str | None, page: Page) -> tuple[Sequence[RunRecord], str | None]: ...

    def get(self, run_id: RunId) -> RunRecord: ...

    def scores(self, run_id: RunId, page: Page) -> tuple[Sequence[RunScore], str | None]: ...

    def undo(self, run_id: RunId) -> RunRecord: ...

    def redo(self, run_id: RunId) -> RunRecord: ...


class AboutTheUser(Protocol):
    """The user-information section; see lt_memory.user_information.UserInformationService."""

    def get(self) -> UserInformation | None: ...

    def edit(self, text: str) -> UserInformation: ...

    def reset(self) -> UserInformation | None: ...


class Knowledge(Protocol):
    """Domain knowledge by hand; see lt_memory.knowledge.KnowledgeService."""

    @property
    def writer(self) -> str: ...

    def list(self) -> Sequence[BlockState]: ...

    def get(self, label: str) -> BlockState: ...

    def add(self, new: NewBlock) -> BlockState: ...

    def edit(self, label: str, change: BlockChange) -> BlockState: ...

    def delete(self, label: str) -> int: ...

    def history(self, label: str) -> Sequence[Version]: ...

    def restore(self, label: str, version: int) -> BlockState: ...


class Foreteller(Protocol):
    def list(self, days: int, page: Page) -> tuple[Sequence[Foretold], str | None]:
        """What sinks within so many active days; see lt_memory.forecast.Forecast."""
        ...


class Schedule(Protocol):
    """When background jobs run; see cns.services.timetable.Schedule."""

    def entries(self) -> Sequence[Entry]: ...

    def run_now(self, name: str, *, dry_run: bool = False) -> UUID: ...

    def pause(self, name: str, *, paused: bool) -> Entry: ...


class Jobs(Protocol):
    def submit(self, name: str, work: Work) -> UUID: ...

    def get(self, job_id: UUID) -> JobRecord: ...

    def watch(self, job_id: UUID, listener: JobListener) -> Unsubscribe: ...


class Happenings(Protocol):
    """The latest events, numbered from the program's start.

    Attributes:
        run: tells this run of the program from others.
    """

    run: int

    def watch(self, listener: EventListener, after: int | None) -> Unsubscribe:
        """Replays what is held above `after` (None: nothing), then goes on."""
        ...


class Desk(Protocol):
    """Settings, shown and chosen while the program runs.

    Attributes:
        place: the file that holds what is chosen.
    """

    @property
    def place(self) -> str: ...

    def shown(self) -> Sequence[Setting]: ...

    def change(self, wanted: Mapping[str, object], *, try_first: bool) -> None:
        """All or none; raises InvalidInput, Conflict (`setting_locked`) or Unavailable."""
        ...

    def try_out(self, candidate: Candidate) -> Trial:
        """Ask a provider for a few tokens."""
        ...


class Spending(Protocol):
    """What models cost; see cns.services.purse.Purse."""

    def today(self) -> Today: ...

    def sums(self, days: int) -> Sequence[DaySum]: ...

    def calls_for(self, subject: UUID) -> Sequence[DaySum]: ...

    def go_on(self) -> Today:
        """Lift today's ceiling by one more, if it is reached."""
        ...


class Imports(Protocol):
    def begin(self, order: Order, content: BinaryIO) -> UUID:
        """Keep a file and queue its import; see cns.services.importing.Importing."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the routes need.

    Attributes:
        runs_of: the extraction runs of a segment.
        waiting: segments whose facts have still to be drawn.
        prompt: what the next turn would send besides history.
        about: models, parts and where they come from.
        parts: how each part of the house is now; may take a moment.
        port: where this server listens, for checking the Host header.
        allowed_hosts: further Host names, as behind a proxy.
        web_dir: the page's files.
        quiet_seconds: how long a stream may be silent before a comment keeps it open.
        feeds: open streams of what has no end; they end once the program is told to stop.
        answers: open streams of turns, which are given a little longer.
    """

    turns: Turns
    store: Conversation
    branching: Branches
    erasing: Erasing
    segments: Segments
    search: Finder
    memories: Memories
    links: Links
    history: History
    reshaping: Reshaping
    review: Reviewing
    runs: Runs
    knowledge: Knowledge
    user_information: AboutTheUser
    forecast: Foreteller
    imports: Imports
    jobs: Jobs
    schedule: Schedule
    activity: Happenings
    secrets: Secrets
    desk: Desk
    spending: Spending
    runs_of: Callable[[SegmentId], Sequence[UUID]]
    prompt: Callable[[], Prompt]
    about: Callable[[], Mapping[str, object]]
    parts: Callable[[], Sequence[Part]]
    version: str
    web_dir: Path
    port: int
    waiting: Callable[[], Sequence[SegmentId]] = tuple
    allowed_hosts: tuple[str, ...] = ()
    quiet_seconds: float = 15.0
    feeds: OpenFeeds = field(default_factory=OpenFeeds)
    answers: OpenFeeds = field(default_factory=OpenFeeds)


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


Edge = Annotated[Services, Depends(_services)]
