"""Several language models as one: each is tried again for a moment, then the next one is asked."""

import logging
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from threading import Event, Lock
from typing import NamedTuple

from adapters.batches import WakefulBatches
from cns.batch_ports import Batches, batches_of
from cns.domain.message import Message, Thought
from cns.errors import ContextExceeded, ModelStopped, ModelUnavailable
from cns.ports import LLM, Clock, ModelEvent, ModelRequest, ModelThinking

FIRST_PAUSE = 0.5  # seconds; each further pause is twice as long
LONGEST_PAUSE = 5.0  # who asks for a longer one is left for the next provider
LONGEST_WAIT = timedelta(hours=1)  # whatever is asked for: it may have been a slip
LONGEST_TRYING = timedelta(seconds=30)  # no new try on one provider after this: silence is dear

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a provider that fails is borne with.

    Attributes:
        retries: further tries after a fault that may pass.
        recovery: how long a provider rests after it was passed over.
    """

    retries: int = 2
    recovery: timedelta = timedelta(minutes=5)


class _Place(NamedTuple):
    """One provider's place in the order of a call; 0 is the primary."""

    number: int
    rests: bool


class _Wait(NamedTuple):
    """How long a provider asked to be left alone, and the code of the failure that said so."""

    until: datetime
    code: str


class ChainedLLM:
    """Implements `cns.ports.LLM` by a primary and those who stand in for it, in order.

    Before the first word of an answer a failure is borne by trying again, then by asking the next
    one; after it nothing is tried again, for the words have been shown. Thoughts are no words. A
    provider that was passed over rests: until then it is asked once, and only when everybody else
    has failed. One that named the time that it wants to be left alone for is not asked at all until
    that is over.
    """

    def __init__(
        self,
        llms: Sequence[LLM],
        *,
        clock: Clock,
        patience: Patience,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        self._llms = tuple(llms)
        self._clock = clock
        self._patience = patience
        self._closed = Event()
        self._sleep = sleep or self._closed.wait
        self._lock = Lock()
        self._until: dict[int, datetime] = {}
        self._waits: dict[int, _Wait] = {}

    @property
    def provider(self) -> str:
        return self._llms[0].provider

    @property
    def model(self) -> str:
        return self._llms[0].model

    @property
    def capable(self) -> bool:
        return self._llms[0].capable

    @property
    def context_tokens(self) -> int:
        """The smallest: any of them may have to answer.

        The built-in model stands in without counting, for it cuts down each request by itself.
        """
        primary, *others = self._llms
        return min(llm.context_tokens for llm in (primary, *(o for o in others if o.capable)))

    def stream(self, request: ModelRequest) -> Generator[ModelEvent]:
        """See the port; with nobody left the primary's failure is raised.

        The failure of those who asked to be left alone has `retry_after`, in seconds.
        """
        if self._closed.is_set():
            raise ModelStopped("MIRA is shutting down. Start it again, then retry.")
        waits = self._waiting()
        order = self._order(request, waits)
        if not order:
            raise self._left_alone(waits)
        failures: dict[int, ModelUnavailable] = {}
        for place in order:
            failure = yield from self._asked(place, request)
            if failure is None:
                return
            failures[place.number] = failure
            if self._closed.is_set() or _is_stopped(request):
                break
            if not _is_requests_own(failure, request):
                self._lay_down(place.number, failure, passed_over=place is not order[-1])
        raise failures.get(0) or next(iter(failures.values()))

    def ping(self) -> str:
        """Who answers now, and who rests; raises the primary's failure when nobody does."""
        failures: dict[int, ModelUnavailable] = {}
        for place in self._places(range(len(self._llms))):
            try:
                words = self._llms[place.number].ping()
            except ModelUnavailable as failure:
                failures[place.number] = failure
            else:
                return "; ".join((words, *self._absent(failures)))
        raise failures[0]

    def batches(self) -> Batches | None:
        """The primary's own: none else reads what it was handed, and nothing while it rests."""
        own = batches_of(self._llms[0])
        if own is None:
            return None
        return WakefulBatches(own=own, rests=lambda: 0 in self._resting())

    def close(self) -> None:
        """Closes all; a pause under way ends."""
        self._closed.set()
        with ExitStack() as every:
            for llm in self._llms:
                every.callback(llm.close)

    def _order(self, request: ModelRequest, waits: Mapping[int, _Wait]) -> Sequence[_Place]:
        """Who is asked; documents for MIRA's own use are never taken from an unfit stand-in."""
        fit = request.schema is None
        able = [i for i, llm in enumerate(self._llms) if not i or fit or llm.capable]
        return self._places([i for i in able if i not in waits])

    def _places(self, numbers: Sequence[int]) -> Sequence[_Place]:
        """Those who rest come last."""
        resting = self._resting()
        places = [_Place(number, number in resting) for number in numbers]
        return sorted(places, key=lambda place: place.rests)

    def _asked(
        self, place: _Place, request: ModelRequest
    ) -> Generator[ModelEvent, None, ModelUnavailable | None]:
        """The answer, or the failure to get one; a failure after the first word is raised."""
        llm, own = self._llms[place.number], _for_stand_in(request) if place.number else request
        pauses = self._pauses(place)
        while True:
            shown = thought = False
            try:
                with closing(llm.stream(own)) as events:
                    for event in events:
                        thought = True
                        shown = shown or not isinstance(event, ModelThinking)
                        yield event
            except ModelUnavailable as caught:
                self._raise_final(caught, place, request, shown=shown)
                if thought:
                    yield ModelThinking(text="", anew=True)
                failure = caught
            else:
                self._rouse(place.number)
                return None
            if not self._waited(pauses, failure) or _is_stopped(request):
                return failure

    def _raise_final(
        self, failure: ModelUnavailable, place: _Place, request: ModelRequest, *, shown: bool
    ) -> None:
        if _is_stopped(request):
            raise failure
        if shown:
            self._lay_down(place.number, failure, passed_over=True)
            raise failure

    def _pauses(self, place: _Place) -> "_Pauses":
        retries = 0 if place.rests else self._patience.retries
        return _Pauses(left=retries, until=self._clock.now() + LONGEST_TRYING)

    def _waited(self, pauses: "_Pauses", failure: ModelUnavailable) -> bool:
        """Whether to try again, after the pause that is due."""
        if isinstance(failure, ModelStopped):
            return False
        pause = pauses.after(failure)
        if pause is None or self._clock.now() >= pauses.until:
            return False
        self._sleep(pause)
        return not self._closed.is_set()

    def _resting(self) -> dict[int, datetime]:
        now = self._clock.now()
        with self._lock:
            rests = {index: until for index, until in self._until.items() if until > now}
        return rests | {i: wait.until for i, wait in self._waiting().items()}

    def _waiting(self) -> dict[int, _Wait]:
        now = self._clock.now()
        with self._lock:
            return {index: wait for index, wait in self._waits.items() if wait.until > now}

    def _left_alone(self, waits: Mapping[int, _Wait]) -> ModelUnavailable:
        """What is said in the place of who asked to be left alone the shortest."""
        index, wait = min(waits.items(), key=lambda item: item[1].until)
        seconds = max(1, ceil((wait.until - self._clock.now()).total_seconds()))
        llm = self._llms[index]
        return ModelUnavailable(
            f"{llm.provider} asked to be left alone for a while, so {llm.model} was not asked."
            f" Retry in {seconds} s, or choose another model.",
            code=wait.code,
            extra={"provider": llm.provider, "model": llm.model, "retry_after": seconds},
        )

    def _lay_down(self, index: int, failure: ModelUnavailable, *, passed_over: bool) -> None:
        """Until its recovery, or the time that it asked for, is over; one alone, the latter."""
        now, asked = self._clock.now(), _wait_asked_for(failure)
        rests = passed_over and len(self._llms) > 1
        with self._lock:
            if asked:
                self._waits[index] = _Wait(now + asked, failure.code)
            if rests:
                self._until[index] = now + max(self._patience.recovery, asked)
        if rests or asked:
            llm = self._llms[index]
            detail = f"{llm.provider} {llm.model}: {failure.code}"
            logger.warning(
                "a language model rests", extra={"action": "llm_rests", "detail": detail}
            )

    def _rouse(self, index: int) -> None:
        with self._lock:
            self._until.pop(index, None)
            self._waits.pop(index, None)

    def _absent(self, failures: dict[int, ModelUnavailable]) -> Sequence[str]:
        resting = self._resting()
        return [
            f"{llm.provider} {llm.model} rests until {resting[index]:%H:%M} UTC"
            if index in resting
            else f"{llm.provider} {llm.model} failed when last asked ({failures[index].code})"
            for index, llm in enumerate(self._llms)
            if index in resting or index in failures
        ]


@dataclass(slots=True, kw_only=True)
class _Pauses:
    """What is left of the patience with one provider in one call."""

    left: int
    until: datetime
    next: float = FIRST_PAUSE

    def after(self, failure: ModelUnavailable) -> float | None:
        """Seconds until the next try; None for no further one."""
        asked = failure.extra.get("retry_after")
        pause = asked if isinstance(asked, float | int) else self.next
        if not failure.retryable or not self.left or pause > LONGEST_PAUSE:
            return None
        self.left -= 1
        self.next = min(self.next * 2, LONGEST_PAUSE)
        return max(0.0, pause)


def _wait_asked_for(failure: ModelUnavailable) -> timedelta:
    seconds = failure.extra.get("retry_after")
    if not isinstance(seconds, float | int) or seconds <= 0:
        return timedelta()
    return timedelta(seconds=min(seconds, LONGEST_WAIT.total_seconds()))


def _is_stopped(request: ModelRequest) -> bool:
    return request.stop is not None and request.stop.wished


def _is_requests_own(failure: ModelUnavailable, request: ModelRequest) -> bool:
    """Whether the request is to blame, so that the provider is as well as before."""
    unknown = request.model is not None and failure.code == "llm_unknown_model"
    return unknown or failure.code in {"llm_bad_request", ContextExceeded.code}


def _for_stand_in(request: ModelRequest) -> ModelRequest:
    """Without what only the primary understands: its model's name, thoughts under its seal."""
    messages = tuple(_without_thoughts(message) for message in request.messages)
    return replace(request, model=None, messages=messages)


def _without_thoughts(message: Message) -> Message:
    kept = tuple(block for block in message.content if not isinstance(block, Thought))
    return replace(message, content=kept) if 0 < len(kept) < len(message.content) else message
