"""What a turn is about: made by a fast model before retrieval, else carried forward or by rule."""

import re
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, replace
from time import perf_counter
from uuid import UUID

from cns.domain.continuum import Continuum
from cns.domain.message import Document, Message, Role
from cns.domain.touchstone import Source, Touchstone
from cns.errors import ModelUnavailable, SpendingCeiling
from cns.ports import LLM, ContinuumStore, Vector
from cns.services.chores import Attempt
from cns.services.handover import Handover
from cns.services.touchstone_model import Asking
from config.settings import TouchstoneSettings

SHORT = 4
LONGEST = 1000
BROKEN = "its adapter broke; the log says how"
BY_RULE = "no capable model is asked"
NOT_MADE = "what this is about (going by {what}: {why})"
_WORD = re.compile(r"\w+", re.UNICODE)
_NAME = re.compile(r"(?<=[^\s.!?:] )[A-Z]\w[\w'-]*(?: [A-Z]\w[\w'-]*)*")
_TIME = re.compile(
    r"\b(?:(?:last|next|this) (?:night|week|weekend|month|year|spring|summer|autumn|winter)"
    r"|yesterday|today|tonight|tomorrow|(?:mon|tues|wednes|thurs|fri|satur|sun)day"
    r"|january|february|april|june|july|august|september|october|november|december"
    r"|(?:19|20)\d\d|\d{1,2}:\d\d)\b"
)
# fmt: off
_POINTING = frozenset((
    "it", "its", "that", "this", "these", "those", "he", "him", "his", "she", "her", "hers",
    "they", "them", "their", "there", "then", "one", "ones", "same", "again", "also", "too",
    "why",
))
# fmt: on


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one turn goes by, and how it came by it.

    Attributes:
        text: what recall is asked, and what watchers are told.
        why: why it was not made for this turn.
        previous: the text that is carried forward.
        waited: seconds that the model took of the turn.
        changed: the subject is another than in the turn before.
    """

    touchstone: Touchstone
    text: str
    why: str = ""
    previous: str = ""
    waited: float = 0.0
    changed: bool = False

    @property
    def is_fresh(self) -> bool:
        """It is this turn's own, to be kept; what stood in for a model's is not."""
        return self.why in ("", BY_RULE)

    @property
    def degraded(self) -> tuple[str, ...]:
        """In words, when a model was asked in vain."""
        if self.is_fresh:
            return ()
        what = "the last one and the message" if self.previous else "the words alone"
        return (NOT_MADE.format(what=what, why=self.why),)

    def placed(self, vector: Vector | None, before: Touchstone | None, cosine: float) -> "Reading":
        """With the vector of what recall is asked, told apart from the turn before by it."""
        if vector is None or not self.is_fresh:
            return self
        here = replace(self.touchstone, vector=tuple(round(float(part), 4) for part in vector))
        changed = before is not None and here.is_far_from(before, cosine)
        return replace(self, touchstone=here, changed=changed)

    def as_json(self) -> dict[str, object]:
        """For the trace."""
        told = asdict(replace(self.touchstone, at=None, vector=()))
        more = {"text": self.text, "why": self.why, "previous": self.previous}
        del told["at"], told["vector"]
        return {**told, **more, "seconds": round(self.waited, 4), "topic_changed": self.changed}


@dataclass(frozen=True, slots=True, kw_only=True)
class Touchstones:
    """Makes a turn's touchstone under a deadline; what comes too late is kept for the next turn.

    Attributes:
        pool: where models are waited for; as few at once as it has threads.
        figures: the settings as they stand.
        kept: whether the call may leave a trace, as `ModelRequest.kept`.
    """

    llm: LLM
    store: ContinuumStore
    asking: Asking
    pool: Executor
    attempt: Attempt
    figures: Callable[[], TouchstoneSettings]
    kept: bool = True

    def of(self, continuum: Continuum, message: Message, subject: UUID | None) -> Reading:
        """Never raises for the model: without it, the last one or the rules do."""
        figures = self.figures()
        if figures.maker == "rules" or not self.llm.capable:
            return by_rule(continuum, message, BY_RULE)
        begun = perf_counter()
        outcome = self._asked(continuum, message, subject, figures)
        waited = perf_counter() - begun
        if isinstance(outcome, Touchstone):
            text = outcome.weighted(_clean(message.text))
            return Reading(touchstone=outcome, text=text, waited=waited)
        return replace(carried(continuum, message, outcome), waited=waited)

    def placed(self, reading: Reading, vector: Vector | None, before: Touchstone | None) -> Reading:
        """With its vector, and whether the topic has changed since the turn before."""
        return reading.placed(vector, before, self.figures().topic_cosine)

    def _asked(
        self,
        continuum: Continuum,
        message: Message,
        subject: UUID | None,
        figures: TouchstoneSettings,
    ) -> Touchstone | str:
        """The touchstone, or why there is none in time."""
        handover: Handover[Touchstone | str] = Handover()

        def make() -> None:
            made = self._made(continuum, message, subject, figures)
            if not handover.give(made) and isinstance(made, Touchstone):
                self.store.keep_touchstone(continuum.id, replace(made, source=Source.LATE))

        def work(_: object) -> Mapping[str, object]:
            try:
                if not handover.is_given_up:
                    make()
            finally:
                handover.give(BROKEN)
            return {}

        self.pool.submit(self.attempt, "touchstone", work, _unheard)
        late = f"{self.llm.model} did not answer within {figures.deadline_seconds:g} s"
        return handover.take(figures.deadline_seconds, late)

    def _made(
        self,
        continuum: Continuum,
        message: Message,
        subject: UUID | None,
        figures: TouchstoneSettings,
    ) -> Touchstone | str:
        request = self.asking.request(continuum, message, subject, figures)
        try:
            return self.asking.answer(self.llm.stream(replace(request, kept=self.kept)), message)
        except (ModelUnavailable, SpendingCeiling) as error:
            return error.detail


def rule_made(continuum: Continuum, message: Message) -> Touchstone:
    """The message itself, led by the one before where it only points back at that.

    Names and times are noted, but recall is not asked by them: the words hold them already.
    """
    spoken = _clean(message.text)
    before = [m for m in continuum.messages if m.role is Role.USER and m.id != message.id]
    if before and points_back(spoken):
        earlier = _clean(before[-1].text)[: LONGEST // 2]
        spoken = f"{earlier} {spoken}"
    return Touchstone(
        narrative=spoken[:LONGEST] or _attached(message),
        entities=tuple(dict.fromkeys(_NAME.findall(spoken))),
        temporal=", ".join(dict.fromkeys(_TIME.findall(spoken.lower()))),
        at=message.created_at,
    )


def by_rule(continuum: Continuum, message: Message, why: str) -> Reading:
    made = rule_made(continuum, message)
    return Reading(touchstone=made, text=made.narrative, why=why)


def carried(continuum: Continuum, message: Message, why: str) -> Reading:
    """The last one together with the message; without a last one, what the rules make of it.

    A message that stands by itself is asked alone: ahead of an abrupt switch the last one only
    leads astray (benchmarks/touchstone.py: a mean reciprocal rank of .63 against .53).
    """
    last = continuum.touchstone
    if last is None or not last.narrative:
        return by_rule(continuum, message, why)
    source = Source.LATE if last.source == Source.LATE else Source.CARRIED
    spoken = _clean(message.text)
    text = f"{last.narrative} {spoken}"[:LONGEST] if points_back(spoken) else spoken[:LONGEST]
    return Reading(
        touchstone=replace(last, source=source), text=text, why=why, previous=last.narrative
    )


def points_back(text: str) -> bool:
    """Whether it needs what came before; a name in it is what its own pronouns point at."""
    words = _WORD.findall(text.lower())
    pointing = any(word in _POINTING for word in words[:6]) and not _NAME.search(text)
    return len(words) < SHORT or pointing


def _attached(message: Message) -> str:
    """What stands in a message without words."""
    documents = [block for block in message.content if isinstance(block, Document)]
    titles = [_clean(document.title) for document in documents if document.title]
    if titles:
        return f"a document: {', '.join(titles)}"[:LONGEST]
    return "a document" if documents else "a picture"


def _clean(text: str) -> str:
    return " ".join(text.split())


def _unheard(done: int, total: int) -> None:
    """Nobody watches how far a touchstone is."""
