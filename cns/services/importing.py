"""A file of messages becomes chapters that can be found; a crash in between changes no end."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import islice
from threading import Event
from typing import BinaryIO, Protocol, TypeVar
from uuid import UUID, uuid4

from cns.domain.imported import SOUGHT, SOURCE, Place, chapter_id, chapters, said_in
from cns.domain.message import Message, SegmentId
from cns.embedding_ports import made
from cns.errors import InvalidInput, StoreUnavailable, Unavailable
from cns.import_ports import ImportStore, Landed, Order, Parcels
from cns.ports import Clock, ContinuumStore, Embedder
from cns.services.jobs import Progress, Work
from cns.services.summary import Summariser

Result = TypeVar("Result")
NAME = "import"
BATCH = 256  # messages that are embedded and stored together
LONGEST_LINE = 1_000_000  # bytes
TOLD = 1000  # lines that were skipped, named one by one
CATCH_UP = timedelta(minutes=5)
TRIES = 60  # a second apart, while the database is away


class Submit(Protocol):
    def __call__(self, name: str, work: Work, job_id: UUID | None = None, /) -> UUID: ...


@dataclass(slots=True, kw_only=True)
class Survey:
    """What a first reading of a file found: where its messages stand, and what is none."""

    sessions: dict[str | None, list[Place]] = field(default_factory=dict)
    skipped: list[Mapping[str, str]] = field(default_factory=list)
    passed_over: int = 0

    @property
    def found(self) -> int:
        return sum(map(len, self.sessions.values()))

    def skip(self, number: int, reason: str) -> None:
        if len(self.skipped) < TOLD:
            self.skipped.append({"item": f"line {number}", "reason": reason})
        else:
            self.passed_over += 1

    def told(self) -> Sequence[Mapping[str, str]]:
        if not self.passed_over:
            return self.skipped
        rest = {"item": "further lines", "reason": f"{self.passed_over} more are no messages"}
        return [*self.skipped, rest]


@dataclass(frozen=True, slots=True, kw_only=True)
class Importing:
    """Brings messages in as jobs.

    Attributes:
        catch_up: has the text index take in what is stored; False when it could not within that.
        silence: what parts messages that name no session.
        stopping: set when the program ends: what is not done then goes on at the next start.
    """

    store: ImportStore
    conversation: ContinuumStore
    parcels: Parcels
    embedder: Embedder
    summariser: Summariser
    submit: Submit
    catch_up: Callable[[timedelta], bool]
    silence: Callable[[], timedelta]
    clock: Clock
    stopping: Event = field(default_factory=Event)

    def begin(self, order: Order, content: BinaryIO) -> UUID:
        """Keep the file and queue its import: the job's id.

        Raises:
            Unavailable: there is no room for the file, or the database is away.
        """
        job_id = uuid4()
        self.parcels.keep(job_id, order, content)
        try:
            return self._queue(job_id, order)
        except StoreUnavailable:
            self.parcels.drop(job_id)
            raise

    def resume(self) -> int:
        """Go on with what a stop or a crash broke off, as the same jobs; how many there were."""
        waiting = list(self.parcels.waiting())
        for job_id, order in waiting:
            self._queue(job_id, order)
        return len(waiting)

    def stop(self) -> None:
        """Leave off soon; the rest is done at the next start."""
        self.stopping.set()

    def _queue(self, job_id: UUID, order: Order) -> UUID:
        def work(progress: Progress) -> Mapping[str, object]:
            try:
                return _Import(self, job_id, order, progress).run()
            finally:
                if not self.stopping.is_set():
                    self.parcels.drop(job_id)

        return self.submit(NAME, work, job_id)


@dataclass(frozen=True, slots=True)
class _Import:
    """One run of one file's import."""

    house: Importing
    job_id: UUID
    order: Order
    progress: Progress

    def run(self) -> Mapping[str, object]:
        with self.house.parcels.open(self.job_id) as file:
            survey = surveyed(file)
            if not survey.found:
                raise InvalidInput(_unrecognised(self.order, survey), code="import_not_recognised")
            self._store(self._messages(file, survey), survey.found)
        self._patiently(lambda: self._find(CATCH_UP))
        added = self._patiently(lambda: self.house.store.brought(self.job_id))
        told = {"added": added, "existing": survey.found - added, "skipped": survey.told()}
        waiting = self._patiently(lambda: self.house.store.unembedded(self.job_id))
        return {**told, "unembedded": waiting} if waiting else told

    def _messages(self, file: BinaryIO, survey: Survey) -> Iterator[Message]:
        """In the order in which they were said, chapter by chapter."""
        metadata = {"source": SOURCE, "import_id": str(self.job_id), "file": self.order.file}
        for places in chapters(survey.sessions, self.house.silence()):
            segment_id = None
            for place in places:
                file.seek(place.offset)
                said = said_in(file.readline())
                segment_id = segment_id or chapter_id(said.id)
                yield said.message(segment_id, metadata)

    def _store(self, messages: Iterator[Message], total: int) -> None:
        done = 0
        begun: set[SegmentId] = set()
        while batch := list(islice(messages, BATCH)):
            if self.house.stopping.is_set():
                raise _interrupted()
            begun |= {message.segment_id for message in batch}
            ended = begun - {batch[-1].segment_id}
            done += len(batch)
            self._patiently(partial(self._take_in, batch))
            self._patiently(partial(self._close, ended))
            self._patiently(partial(self.progress, done, total))
            begun -= ended
        self._patiently(partial(self._close, begun))

    def _take_in(self, batch: Sequence[Message]) -> None:
        """Store what is new of a batch; harmless when done again."""
        known = self.house.store.known([message.id for message in batch])
        fresh = [message for message in batch if message.id not in known]
        if fresh:
            vectors, model = made(self.house.embedder, [message.text for message in fresh])
            landed = [
                Landed(message=message, vector=vector)
                for message, vector in zip(fresh, vectors, strict=True)
            ]
            self.house.store.add(landed, model, self.house.clock.now())
        self.house.catch_up(CATCH_UP)

    def _close(self, ended: set[SegmentId]) -> None:
        house, extract = self.house, self.order.extract
        closing = house.store.unclosed(ended)
        said = [(chapter, house.conversation.segment_messages(chapter)) for chapter in closing]
        told = [(chapter, house.summariser.summarise(each)) for chapter, each in said if each]
        texts = [f"{summary.title}\n{summary.text}" for _, summary in told]
        vectors, model = made(house.embedder, texts)
        for (chapter, summary), vector in zip(told, vectors, strict=True):
            house.store.close(chapter, summary, vector, model, extract=extract)
        if extract:
            house.store.draw_from(ended)

    def _find(self, within: timedelta) -> None:
        if not self.house.catch_up(within):
            raise Unavailable(
                "The messages are stored, but the text index has not taken them in. That goes on by"
                " itself; import the file again to be told when it is done.",
                code="text_index_behind",
            )

    def _patiently(self, work: Callable[[], Result]) -> Result:
        """Wait for a database that is away: the embedded one is restarted within seconds."""
        for _ in range(TRIES):
            try:
                return work()
            except StoreUnavailable:
                if self.house.stopping.wait(1.0):
                    raise _interrupted() from None
        return work()


def surveyed(file: BinaryIO) -> Survey:
    """Reads every line once, and keeps where the messages stand, not what they say."""
    survey = Survey()
    for number, offset, line in lines(file):
        if not line.strip():
            continue
        if len(line) > LONGEST_LINE:
            survey.skip(number, f"it has more than {LONGEST_LINE} bytes")
            continue
        try:
            said = said_in(line)
        except InvalidInput as error:
            survey.skip(number, error.detail)
        else:
            places = survey.sessions.setdefault(said.session, [])
            places.append(Place(said.created_at, offset))
    return survey


def lines(file: BinaryIO) -> Iterator[tuple[int, int, bytes]]:
    """Number, offset and bytes of each line; of a very long one, no more than tells that it is."""
    number = offset = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        yield number, offset, line
        offset += len(line)
        while len(line) > LONGEST_LINE and not line.endswith(b"\n"):
            line = file.readline(LONGEST_LINE + 1)
            offset += len(line)


def _unrecognised(order: Order, survey: Survey) -> str:
    first = survey.skipped[0] if survey.skipped else {"item": "the file", "reason": "it is empty"}
    return (
        f"Nothing in {order.file!r} was recognised. Looked for: `messages`, that is {SOUGHT}."
        f" First, {first['item']}: {first['reason']}."
    )


def _interrupted() -> Unavailable:
    return Unavailable(
        "MIRA was stopped while this file was imported. The import goes on when MIRA runs again.",
        code="job_interrupted",
    )
