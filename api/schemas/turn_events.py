"""What a running turn tells, as the events of its stream."""

from collections.abc import Mapping
from dataclasses import asdict
from uuid import UUID

from pydantic import ConfigDict, Field

from api.schemas.base import Instant, Wire
from cns.domain.stream import (
    MemoriesSurfaced,
    Recalled,
    TextDelta,
    ThinkingDelta,
    ToolFinished,
    ToolStarted,
    TouchstoneReady,
    TurnCompleted,
    TurnEvent,
    TurnFailed,
    TurnStarted,
)
from cns.problems import as_json

NAMES: Mapping[type[TurnEvent], str] = {
    TurnStarted: "turn_started",
    TouchstoneReady: "touchstone",
    MemoriesSurfaced: "memories_surfaced",
    ThinkingDelta: "thinking_delta",
    TextDelta: "text_delta",
    ToolStarted: "tool_started",
    ToolFinished: "tool_finished",
    TurnCompleted: "turn_completed",
    TurnFailed: "turn_failed",
}


class ReasonsShown(Wire):
    """The parts of a score; they add up to it."""

    vector: float
    text: float
    entity: float
    time: float
    links: float
    importance: float


class LegShown(Wire):
    """A place in one leg, 1 for its best, and the leg's own score: a cosine, or BM25."""

    rank: int
    score: float


class LegsShown(Wire):
    """Where each leg put it; null where a leg did not have it."""

    vector: LegShown | None
    text: LegShown | None


class ViaShown(Wire):
    """The memory that it was come to from, by which kind of link, over how many of them."""

    id: UUID
    link: str
    hops: int


class SurfacedItem(Wire):
    """One thing that came to mind."""

    kind: str = Field(description="memory, segment or message")
    id: UUID
    text: str
    score: float
    reasons: ReasonsShown
    created_at: Instant
    source_message_ids: list[UUID]

    @classmethod
    def of(cls, hit: Recalled) -> "SurfacedItem":
        return cls(
            kind=hit.kind,
            id=hit.id,
            text=hit.text,
            score=hit.score,
            reasons=ReasonsShown(**asdict(hit.reasons)),
            created_at=hit.created_at,
            source_message_ids=list(hit.source_message_ids),
        )


class Surfaced(Wire):
    memories: list[SurfacedItem]
    degraded: list[str] = Field(description="What recall had to do without, in words.")


class UsageShown(Wire):
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int


class TimingsShown(Wire):
    """Milliseconds; `own` is the time not spent waiting for a model or a tool."""

    touchstone: float
    embed: float
    surface: float
    compose: float
    first_token: float
    total: float
    own: float


class Completed(Wire):
    """A turn's answer."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "turn_id": "0192d3c4-8a1b-4c3d-9e4f-5a6b7c8d9e0f",
                    "assistant_message_id": "0192d3c4-8f00-4c3d-9e4f-5a6b7c8d9e0f",
                    "text": "Ada lives in Leeds.",
                    "memory_refs": ["0192d3c4-1111-4c3d-9e4f-5a6b7c8d9e0f"],
                    "emotion": None,
                    "display_title": "Ada's move",
                    "tools_used": [],
                    "model": "claude-sonnet-4-5",
                    "status": "complete",
                    "stop": "end",
                    "usage": {
                        "input_tokens": 812,
                        "output_tokens": 9,
                        "cache_read_tokens": 640,
                        "cache_write_tokens": 0,
                    },
                    "cost_usd": 0.00276,
                    "timings_ms": {
                        "touchstone": 0.4,
                        "embed": 4.1,
                        "surface": 3.2,
                        "compose": 0.6,
                        "first_token": 610.0,
                        "total": 902.5,
                        "own": 12.9,
                    },
                }
            ]
        }
    )

    turn_id: UUID
    assistant_message_id: UUID
    text: str = Field(description="The answer, clean of tags.")
    memory_refs: list[UUID] = Field(description="The memories that it cites.")
    emotion: str | None
    display_title: str | None
    tools_used: list[str]
    model: str
    status: str = Field(description="complete, or interrupted when the user stopped it")
    stop: str = Field(
        description="end; length: it ran into the longest answer that is allowed; refusal: the "
        "model declined to go on; stopped: the user stopped it"
    )
    usage: UsageShown
    cost_usd: float | None = Field(
        description="What the calls of the model cost; null when a price is not known."
    )
    timings_ms: TimingsShown

    @classmethod
    def of(cls, event: TurnCompleted) -> "Completed":
        return cls.model_validate(asdict(event))


def shown(event: TurnEvent) -> tuple[str, Mapping[str, object]]:
    """The event's name and its data, JSON-shaped."""
    return NAMES[type(event)], _data(event)


def _data(event: TurnEvent) -> Mapping[str, object]:
    match event:
        case MemoriesSurfaced():
            memories = [SurfacedItem.of(hit) for hit in event.memories]
            told = Surfaced(memories=memories, degraded=list(event.degraded))
            return told.model_dump(mode="json")
        case TurnCompleted():
            return Completed.of(event).model_dump(mode="json")
        case TurnFailed():
            return {"turn_id": str(event.turn_id), "error": as_json(event.error)}
        case _:
            return {name: _json(value) for name, value in asdict(event).items()}


def _json(value: object) -> object:
    return str(value) if isinstance(value, UUID) else value
