"""One turn, from the user's words to the stored answer: read `TurnService.run` top to bottom."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256
from time import perf_counter
from uuid import UUID, uuid4

from cns.domain.continuum import Change, Continuum, Mark
from cns.domain.message import Block, Message, MessageId, Role, SegmentId, TurnId
from cns.domain.stream import MemoriesSurfaced, TouchstoneReady, TurnEvent, TurnStarted
from cns.domain.touchstone import NOTHING, Touchstone
from cns.domain.turn import Spoken
from cns.errors import Conflict, MiraError
from cns.ports import (
    LLM,
    Clock,
    Composer,
    ContinuumStore,
    Found,
    ModelRequest,
    Prompt,
    Query,
    SystemBlock,
    Toolbox,
    Turn,
    TurnRecord,
    User,
)
from cns.problems import problem
from cns.services.branching import is_asked_again, standing_at, whole
from cns.services.closing import Closing
from cns.services.context import laid_out, room_for
from cns.services.course import Course, Heard, Left
from cns.services.gate import Gate
from cns.services.history import for_model
from cns.services.limits import Limits
from cns.services.opening import Opening, OpeningFigures, Openings
from cns.services.pump import Stop
from cns.services.search import Search
from cns.services.tool_loop import ToolLoop
from cns.services.touchstone import Touchstones, rule_made

SMALL_CONTEXT = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRequest:
    """What a client asks of a turn; a retry repeats the user's message of an earlier one.

    Attributes:
        parent_id: the message that this is said below, or the one to be answered anew.
        incognito: nothing of the turn may be kept.
        aside: what was said incognito before it, oldest first.
    """

    content: tuple[Block, ...] = ()
    thinking: int = 0
    model: str | None = None
    exclude_memory_ids: frozenset[UUID] = frozenset()
    retry_of: TurnId | None = None
    parent_id: MessageId | None = None
    idempotency_key: str | None = None
    incognito: bool = False
    aside: tuple[Spoken, ...] = ()

    @property
    def fingerprint(self) -> str:
        """The same for the same words, pictures and wishes; the key is no part of it."""
        said: tuple[object, ...]
        said = (self.content, self.thinking, self.model, sorted(map(str, self.exclude_memory_ids)))
        if self.incognito:
            said = (*said, self.aside)
        if self.parent_id is not None:
            said = (*said, str(self.parent_id))
        return sha256(repr(said).encode()).hexdigest()

    @property
    def wishes(self) -> dict[str, object]:
        """What is asked beside the message, JSON-shaped."""
        return {
            "thinking": self.thinking,
            "model": self.model,
            "exclude_memory_ids": sorted(map(str, self.exclude_memory_ids)),
            "parent_message_id": str(self.parent_id) if self.parent_id else None,
        }

    @classmethod
    def again(cls, earlier: TurnRecord) -> "TurnRequest":
        """A retry, which asks what the earlier turn asked; one without wishes asked nothing."""
        match earlier.wishes:
            case {
                "thinking": int(thinking),
                "model": str() | None as model,
                "exclude_memory_ids": list(left_out),
                **rest,
            }:
                below = rest.get("parent_message_id")
                return cls(
                    thinking=thinking,
                    model=model,
                    exclude_memory_ids=frozenset(map(UUID, left_out)),
                    retry_of=earlier.id,
                    parent_id=MessageId(UUID(str(below))) if below else None,
                )
            case _:
                return cls(retry_of=earlier.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnLimits:
    """Limits that never change."""

    surfaced: int
    floor: float
    max_tokens: int
    tool_rounds: int
    opening: OpeningFigures = field(default_factory=OpeningFigures)


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnService:
    """Runs turns; nothing of a turn outlives it here.

    Attributes:
        kept: False where nothing of the turns is stored; see `cns.services.unkept`.
    """

    store: ContinuumStore
    search: Search
    touchstones: Touchstones
    composer: Composer
    llm: LLM
    toolbox: Toolbox
    closing: Closing
    clock: Clock
    gate: Gate
    user: User
    limits: Limits
    kept: bool = True

    def run(self, turn_id: TurnId, request: TurnRequest, stop: Stop) -> Iterator[TurnEvent]:
        """The turn as a stream of events; the first one comes once the message is durable.

        Raises:
            Conflict, InvalidInput, NotFound, StoreUnavailable: before the first event, and then
                nothing is stored. What fails after it is a `TurnFailed` event.
        """
        with self.gate.turn(turn_id):
            heard = self._hear(turn_id, request)
            course = Course(heard=heard)
            yield TurnStarted(
                turn_id=turn_id,
                user_message_id=heard.message.id,
                segment_id=heard.message.segment_id,
                retry_of=request.retry_of,
            )
            self.closing.publish(heard.events)
            with self.closing.if_broken(course):
                try:
                    yield from self._recollect(course, request)
                    course.prompt = self._composed(course)
                    yield from self._loop(course).run(
                        self._asked(course, request), course.exchange, stop
                    )
                    ended = self.closing.complete(course, interrupted=stop.wished)
                except MiraError as error:
                    ended = self.closing.fail(course, problem(error))
            self.gate.ending()
            yield ended.told
            self.closing.publish(ended.facts)

    def preview(self) -> Prompt:
        """The sections that the next turn would send, as things stand."""
        continuum = self.store.load(self.user.id)
        said = [m for m in continuum.messages if m.role is Role.USER]
        if said:
            about = rule_made(continuum, said[-1])
            opening = self._opening(continuum)
            found = self.search.find(self._query(about.narrative, opening, continuum))
        else:
            about, found = NOTHING, Found(hits=())
        return self.composer.compose(self._turn(continuum, about, found))

    def _hear(self, turn_id: TurnId, request: TurnRequest) -> Heard:
        now = self.clock.now()
        mark = Mark(uuid4(), now)
        loaded = self.store.load(self.user.id)
        if request.retry_of is not None:
            return self._hear_again(turn_id, whole(self.store, loaded), request, request.retry_of)
        moved = Change(loaded, ())
        if request.parent_id is not None:
            loaded = whole(self.store, loaded)
            moved = standing_at(self.store, loaded, request.parent_id, mark)
            if is_asked_again(moved.continuum, request.content):
                return self._answer_anew(turn_id, loaded, moved, request)
        continuum = moved.continuum
        message = Message(
            id=MessageId(uuid4()),
            role=Role.USER,
            content=request.content,
            created_at=now,
            segment_id=continuum.segment.id if continuum.segment else SegmentId(uuid4()),
            turn_id=turn_id,
            parent_id=continuum.messages[-1].id if continuum.messages else None,
        )
        heard = continuum.hear(message, mark)
        change = Change(heard.continuum, (*moved.events, *heard.events))
        record = self._record(turn_id, request, message)
        self.store.commit(change, record)
        return Heard(
            continuum=change.continuum, message=message, record=record, events=change.events
        )

    def _hear_again(
        self, turn_id: TurnId, loaded: Continuum, request: TurnRequest, retry_of: TurnId
    ) -> Heard:
        """A retry: of the latest message, or of one that was to be answered anew."""
        again = self.store.turn(retry_of).user_message_id
        said = [m for m in loaded.messages if m.role is Role.USER]
        if again != request.parent_id and (not said or said[-1].id != again):
            raise Conflict(
                "The conversation has gone on since that turn: send the message again instead.",
                code="turn_not_last",
            )
        if self.store.answered_since(retry_of):
            raise Conflict("That message was answered since: there is nothing to retry.")
        moved = standing_at(self.store, loaded, again, Mark(uuid4(), self.clock.now()))
        return self._answer_anew(turn_id, loaded, moved, request)

    def _answer_anew(
        self, turn_id: TurnId, loaded: Continuum, moved: Change, request: TurnRequest
    ) -> Heard:
        message = moved.continuum.messages[-1]
        record = self._record(turn_id, request, message)
        self.store.record(record)
        return Heard(
            continuum=moved.continuum,
            message=message,
            record=record,
            left=Left(path=loaded.messages, events=moved.events),
        )

    def _record(self, turn_id: TurnId, request: TurnRequest, message: Message) -> TurnRecord:
        return TurnRecord(
            id=turn_id,
            state="running",
            user_message_id=message.id,
            started_at=self.clock.now(),
            retry_of=request.retry_of,
            idempotency_key=request.idempotency_key,
            request_hash=request.fingerprint if request.idempotency_key else None,
            wishes=request.wishes,
        )

    def _recollect(self, course: Course, request: TurnRequest) -> Iterator[TurnEvent]:
        begun = perf_counter()
        known = course.heard.continuum
        reading = self.touchstones.of(known, course.heard.message, course.heard.record.id)
        course.exchange.waited += reading.waited
        course.took("touchstone", begun)
        yield TouchstoneReady(text=reading.text)

        begun = perf_counter()
        vector, lost = self.search.embed(reading.text)
        course.read(self.touchstones.placed(reading, vector, known.touchstone))
        course.took("embed", begun)

        begun = perf_counter()
        course.opening = self._opening(course.heard.continuum)
        query = replace(
            self._query(reading.text, course.opening, course.heard.continuum),
            vector=vector,
            intent=reading.touchstone.intent,
            exclude_memories=request.exclude_memory_ids,
        )
        found = self.search.recall.recall(query)
        course.found = replace(found, degraded=(*reading.degraded, *lost, *found.degraded))
        course.took("surface", begun)
        yield MemoriesSurfaced(memories=found.hits, degraded=course.found.degraded)

    def _composed(self, course: Course) -> Prompt:
        begun = perf_counter()
        turn = self._turn(course.heard.continuum, course.touchstone, course.found)
        prompt = self.composer.compose(turn)
        course.took("compose", begun)
        return prompt

    def _opening(self, continuum: Continuum) -> Opening:
        if self._compact:
            return Opening()
        return Openings(store=self.store, user=self.user, figures=self.limits.opening).of(continuum)

    @property
    def _compact(self) -> bool:
        return self.llm.context_tokens < SMALL_CONTEXT

    def _query(self, text: str, opening: Opening, continuum: Continuum) -> Query:
        in_prompt = for_model(continuum.messages, self.llm.context_tokens // 4)
        return Query(
            text=text,
            vector=None,
            limit=self.limits.surfaced,
            floor=self.limits.floor,
            exclude_messages=opening.sources.union(m.id for m in in_prompt),
        )

    def _turn(self, continuum: Continuum, about: Touchstone, found: Found) -> Turn:
        return Turn(
            continuum=continuum,
            user=self.user,
            now=self.clock.now(),
            touchstone=about,
            memories=found.hits,
            compact=self._compact,
            incognito=not self.kept,
        )

    def _asked(self, course: Course, request: TurnRequest) -> ModelRequest:
        sections = course.prompt.sections
        answer = min(self.limits.max_tokens, self.llm.context_tokens // 4)
        context = self.llm.context_tokens
        room = room_for(sections, answer, context, compact=self._compact)
        continuum = course.heard.continuum
        course.context = laid_out(course.opening, continuum.messages, room, continuum.earlier)
        return ModelRequest(
            system=tuple(SystemBlock(text=s.content, cached=True) for s in sections if s.cached),
            messages=course.context.messages,
            live="\n\n".join(s.content for s in sections if not s.cached),
            max_tokens=answer,
            thinking=request.thinking,
            model=request.model,
            subject=course.heard.record.id,
            kept=self.kept,
        )

    def _loop(self, course: Course) -> ToolLoop:
        return ToolLoop(
            llm=self.llm,
            toolbox=self.toolbox,
            rounds=self.limits.tool_rounds,
            message=Teller(heard=course.heard, clock=self.clock),
            about=course.touchstone,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """Makes the messages of one turn's tool calls and results."""

    heard: Heard
    clock: Clock

    def __call__(self, role: Role, content: tuple[Block, ...]) -> Message:
        return Message(
            id=MessageId(uuid4()),
            role=role,
            content=content,
            created_at=self.clock.now(),
            segment_id=self.heard.message.segment_id,
            turn_id=self.heard.record.id,
            parent_id=self.heard.message.id,
        )
