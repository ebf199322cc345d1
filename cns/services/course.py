"""What one turn has come to, step by step: the values that its steps hand on, and its trace."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from time import perf_counter
from uuid import UUID

from cns.domain.continuum import Continuum
from cns.domain.deed import Deed
from cns.domain.events import Event
from cns.domain.grounds import Via
from cns.domain.message import Message
from cns.domain.query import PassedOver
from cns.domain.stream import Recalled, Timings
from cns.domain.touchstone import NOTHING, Touchstone
from cns.ports import Found, Prompt, TurnRecord
from cns.services.context import Context
from cns.services.opening import Opening
from cns.services.tool_loop import Exchange
from cns.services.touchstone import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What a new answer to an earlier message takes the place of, once it stands.

    Attributes:
        path: as it is until then.
        touchstone: what that is about.
        events: what leaving it brings about.
    """

    path: tuple[Message, ...]
    touchstone: Touchstone | None
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """The user's message, stored: from here on it is safe, whatever fails.

    Attributes:
        events: what hearing it brought about, published as soon as the turn is told to run.
    """

    continuum: Continuum
    message: Message
    record: TurnRecord
    events: tuple[Event, ...] = ()
    left: Left | None = None


@dataclass(slots=True, kw_only=True)
class Course:
    """A turn under way; it is made when the turn begins and gone when it ends."""

    heard: Heard
    begun: float = field(default_factory=perf_counter)
    exchange: Exchange = field(default_factory=Exchange)
    reading: Reading | None = None
    deeds: tuple[Deed, ...] = ()
    found: Found = field(default_factory=lambda: Found(hits=()))
    prompt: Prompt = field(default_factory=lambda: Prompt(sections=()))
    opening: Opening = field(default_factory=Opening)
    context: Context = field(default_factory=Context)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def touchstone(self) -> Touchstone:
        return self.reading.touchstone if self.reading else NOTHING

    def read(self, reading: Reading) -> None:
        """What it is about goes with the continuum, unless that only stands in for a better one."""
        self.reading = reading
        if reading.is_fresh:
            known = replace(self.heard.continuum, touchstone=reading.touchstone)
            self.heard = replace(self.heard, continuum=known)

    def took(self, step: str, begun: float) -> None:
        self.seconds[step] = perf_counter() - begun

    def came_to(self, step: str) -> bool:
        """Whether the step was taken, to its end."""
        return step in self.seconds

    def timings(self) -> Timings:
        """So far, in milliseconds."""
        total = perf_counter() - self.begun
        first = self.exchange.first_token_at
        return Timings(
            touchstone=_ms(self.seconds.get("touchstone", 0.0)),
            embed=_ms(self.seconds.get("embed", 0.0)),
            surface=_ms(self.seconds.get("surface", 0.0)),
            compose=_ms(self.seconds.get("compose", 0.0)),
            first_token=_ms(first - self.begun if first else 0.0),
            total=_ms(total),
            own=_ms(max(0.0, total - self.exchange.waited)),
        )

    def cited(self) -> tuple[UUID, ...]:
        """What the answer named, by full id or its first eight characters, of what it was shown.

        That is what surfaced, and what its tools found.
        """
        wanted = [ref.lower() for ref in self.exchange.memory_refs]
        before_it = (*(hit.id for hit in self.found.hits), *self.exchange.showed)
        return tuple(
            dict.fromkeys(
                shown
                for ref in wanted
                for shown in before_it
                if ref == str(shown) or ref == str(shown)[:8]
            )
        )

    def trace(self) -> dict[str, object]:
        """All that the answer rests on, JSON-shaped."""
        exchange = self.exchange
        return {
            "touchstone": self.reading.as_json() if self.reading else None,
            "deeds": [deed.as_json() for deed in self.deeds],
            "degraded": list(self.found.degraded),
            "considered": [
                *(_hit(hit) for hit in self.found.hits),
                *(_passed(passed) for passed in self.found.passed_over),
            ],
            "considered_total": self.found.weighed,
            "shown": [str(hit.id) for hit in self.found.hits],
            "shown_by_tools": [str(shown) for shown in dict.fromkeys(exchange.showed)],
            "cited": [str(cited) for cited in self.cited()],
            "sections": [
                {"name": s.name, "cached": s.cached, "tokens": s.tokens}
                for s in self.prompt.sections
            ],
            "left_out": [
                {"section": name, "reason": repr(error)} for name, error in self.prompt.failures
            ],
            "context": self.context.as_json(),
            "model_calls": list(exchange.calls),
            "tool_calls": [asdict(tool) for tool in exchange.tools],
            "display_title": exchange.tags.display_title,
            "usage": asdict(exchange.usage),
            "cost_usd": exchange.cost_usd,
            "timings_ms": asdict(self.timings()),
        }


def tool_names(course: Course) -> Sequence[str]:
    """The distinct tools that served the turn, in order of first use."""
    return tuple(dict.fromkeys(tool.name for tool in course.exchange.tools))


def _hit(hit: Recalled) -> dict[str, object]:
    return {
        "kind": hit.kind,
        "id": str(hit.id),
        "shown": True,
        "text": hit.text,
        "score": hit.score,
        "reasons": asdict(hit.reasons),
        "legs": asdict(hit.legs),
        "via": _way(hit.via),
        "conflicts_with": [str(other) for other in hit.conflicts_with],
        "created_at": hit.created_at.isoformat(),
        "source_message_ids": [str(source) for source in hit.source_message_ids],
    }


def _passed(passed: PassedOver) -> dict[str, object]:
    via = _way(passed.via)
    return {**asdict(passed), "id": str(passed.id), "via": via, "shown": False}


def _way(via: Via | None) -> dict[str, object] | None:
    return None if via is None else {**asdict(via), "id": str(via.id)}


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)
