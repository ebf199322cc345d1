"""One turn, from the user's words to the stored answer: read `TurnService.run` top to bottom."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from time import perf_counter

from cns.domain.continuum import Continuum
from cns.domain.deed import Deed
from cns.domain.message import Role, TurnId
from cns.domain.stream import MemoriesSurfaced, TouchstoneReady, TurnEvent, TurnStarted
from cns.domain.touchstone import NOTHING, Touchstone
from cns.errors import MiraError
from cns.ports import (
    LLM,
    Bidding,
    Clock,
    Composer,
    ContinuumStore,
    Found,
    Prompt,
    Query,
    Toolbox,
    Turn,
    User,
)
from cns.problems import problem
from cns.services.answering import Answering
from cns.services.bidding import Unheeded
from cns.services.closing import Closing
from cns.services.course import Course
from cns.services.gate import Gate
from cns.services.gauge import Gauge
from cns.services.hearing import Hearing
from cns.services.history import for_model
from cns.services.limits import Limits
from cns.services.opening import Opening, Openings
from cns.services.pump import Stop
from cns.services.request import TurnRequest
from cns.services.search import Search
from cns.services.told import tell
from cns.services.touchstone import Touchstones, rule_made

SMALL_CONTEXT = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnService:
    """Runs turns; nothing of a turn outlives it here.

    Attributes:
        kept: False where nothing of the turns is stored; see `cns.services.unkept`.
        bidding: who does at once what the user orders to be remembered or forgotten.
    """

    store: ContinuumStore
    search: Search
    touchstones: Touchstones
    composer: Composer
    llm: LLM
    toolbox: Toolbox
    gauge: Gauge
    closing: Closing
    clock: Clock
    gate: Gate
    user: User
    limits: Limits
    kept: bool = True
    bidding: Bidding = field(default_factory=Unheeded)

    def run(self, turn_id: TurnId, request: TurnRequest, stop: Stop) -> Iterator[TurnEvent]:
        """The turn as a stream of events; the first one comes once the message is durable.

        Raises:
            Conflict, InvalidInput, NotFound, StoreUnavailable: before the first event, and then
                nothing is stored. What fails after it is a `TurnFailed` event.
        """
        with self.gate.turn(turn_id):
            heard = self._hearing.hear(turn_id, request)
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
                    course.deeds = self.bidding.obey(heard.message) if self.kept else ()
                    yield from self._recollect(course, request)
                    course.prompt = self._composed(course)
                    yield from self._answered(course, request, stop)
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

    def _answered(self, course: Course, request: TurnRequest, stop: Stop) -> Iterator[TurnEvent]:
        if course.deeds and not self.llm.capable:
            return tell(course.deeds, course.exchange)
        return self._answering.run(course, request, stop)

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
        found = self.search.find(query, lost=lost)
        course.found = replace(found, degraded=(*reading.degraded, *found.degraded))
        course.took("surface", begun)
        yield MemoriesSurfaced(memories=found.hits, degraded=course.found.degraded)

    def _composed(self, course: Course) -> Prompt:
        begun = perf_counter()
        turn = self._turn(course.heard.continuum, course.touchstone, course.found, course.deeds)
        prompt = self.composer.compose(turn)
        course.took("compose", begun)
        return prompt

    def _opening(self, continuum: Continuum) -> Opening:
        if self._compact:
            return Opening()
        return Openings(store=self.store, user=self.user, figures=self.limits.opening).of(continuum)

    @property
    def _hearing(self) -> Hearing:
        return Hearing(store=self.store, clock=self.clock, user=self.user)

    @property
    def _answering(self) -> Answering:
        return Answering(
            llm=self.llm,
            toolbox=self.toolbox,
            gauge=self.gauge,
            clock=self.clock,
            limits=self.limits,
            compact=self._compact,
            kept=self.kept,
        )

    @property
    def _compact(self) -> bool:
        return self.gauge.holds(self.llm.model, self.llm.context_tokens) < SMALL_CONTEXT

    def _query(self, text: str, opening: Opening, continuum: Continuum) -> Query:
        in_prompt = for_model(continuum.messages, self.llm.context_tokens // 4)
        return Query(
            text=text,
            vector=None,
            limit=self.limits.surfaced,
            floor=self.limits.floor,
            surfacing=True,
            exclude_messages=opening.sources.union(m.id for m in in_prompt),
        )

    def _turn(
        self,
        continuum: Continuum,
        about: Touchstone,
        found: Found,
        deeds: tuple[Deed, ...] = (),
    ) -> Turn:
        return Turn(
            continuum=continuum,
            user=self.user,
            now=self.clock.now(),
            touchstone=about,
            memories=found.hits,
            compact=self._compact,
            incognito=not self.kept,
            deeds=deeds,
        )
