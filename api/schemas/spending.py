"""What models cost, by day, purpose and model."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from datetime import date
from itertools import groupby
from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from api.schemas.base import Asked, Wire
from api.schemas.turn_events import UsageShown
from cns.domain.spending import DaySum, Spent, together
from cns.services.purse import Today

DAYS_MAX = 366
Cost = Annotated[
    float | None,
    Field(description="US dollars, of the calls whose price is known; null when none is."),
]
ESTIMATED = "Calls whose tokens are reckoned, for they broke off or nothing was told."


_SPENT: JsonDict = {
    "cost_usd": 0.4213,
    "tokens": {
        "input_tokens": 24120,
        "output_tokens": 8040,
        "cache_read_tokens": 201400,
        "cache_write_tokens": 18800,
    },
    "calls": 31,
    "unknown_calls": 0,
    "estimated_calls": 1,
}
_TODAY: JsonDict = {
    **_SPENT,
    "day": "2026-05-04",
    "counted_usd": 0.4213,
    "ceiling_usd": 2.0,
    "lifted_to": None,
    "background": "running",
    "turns": "running",
}
_DAY: JsonDict = {
    **_SPENT,
    "day": "2026-05-04",
    "by_purpose": [{**_SPENT, "purpose": "turn"}],
    "by_model": [{**_SPENT, "provider": "anthropic", "model": "claude-sonnet-4-6"}],
}


USE: JsonDict = {
    "purpose": "turn",
    "provider": "anthropic",
    "model": "claude-sonnet-4-6",
    "calls": 2,
    "estimated_calls": 0,
    "cost_usd": 0.0052,
    "input_tokens": 812,
    "output_tokens": 9,
    "cache_read_tokens": 640,
    "cache_write_tokens": 0,
}


class SpendingAsked(Asked):
    """How many days, today among them."""

    days: Annotated[int, Field(ge=1, le=DAYS_MAX, description="How many days.")] = 30


class SpentShown(Wire):
    """What some calls came to."""

    cost_usd: Cost
    tokens: UsageShown
    calls: int
    unknown_calls: int = Field(description="Calls of models without a known price.")
    estimated_calls: int = Field(description=ESTIMATED)


def spent_fields(spent: Spent) -> dict[str, object]:
    """The fields of `SpentShown`."""
    return {
        "cost_usd": spent.known_usd,
        "tokens": asdict(spent.usage),
        "calls": spent.calls,
        "unknown_calls": spent.unknown,
        "estimated_calls": spent.estimated,
    }


class PurposeShown(SpentShown):
    purpose: str = Field(description="turn, touchstone, summary, extraction, knowledge or upkeep")


class ModelShown(SpentShown):
    provider: str
    model: str


class UseShown(UsageShown):
    """What one model took for one purpose of a turn."""

    model_config = ConfigDict(json_schema_extra={"examples": [USE]})

    purpose: str = Field(description="turn: the answer; touchstone: what the turn is about")
    provider: str
    model: str
    calls: int
    estimated_calls: int = Field(description=ESTIMATED)
    cost_usd: Cost

    @classmethod
    def each(cls, calls: Iterable[DaySum]) -> "list[UseShown]":
        """Dearest first."""
        used = _grouped(calls, lambda each: (each.purpose.value, each.provider, each.model))
        return [
            cls(
                purpose=purpose,
                provider=provider,
                model=model,
                calls=spent.calls,
                estimated_calls=spent.estimated,
                cost_usd=spent.known_usd,
                **asdict(spent.usage),
            )
            for (purpose, provider, model), spent in used
        ]


class DayShown(SpentShown):
    """One day of the user's, as the calendar there has it."""

    day: date
    by_purpose: list[PurposeShown]
    by_model: list[ModelShown]

    @classmethod
    def of(cls, day: date, sums: Sequence[DaySum]) -> "DayShown":
        purposes = _grouped(sums, lambda each: (each.purpose.value,))
        models = _grouped(sums, lambda each: (each.provider, each.model))
        return cls.model_validate(
            {
                "day": day,
                **spent_fields(together(sums)),
                "by_purpose": [{"purpose": p, **spent_fields(s)} for (p,), s in purposes],
                "by_model": [
                    {"provider": p, "model": m, **spent_fields(s)} for (p, m), s in models
                ],
            }
        )


class TodayShown(SpentShown):
    """Today as the ceiling sees it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_TODAY]})

    day: date
    counted_usd: float = Field(
        description="What counts towards the ceiling: calls without a known price count too."
    )
    ceiling_usd: float | None = Field(description="Null when there is none.")
    lifted_to: float | None = Field(description="Up to what the person let it go on today.")
    background: Literal["running", "stopped"]
    turns: Literal["running", "asking"] = Field(description="Asking: the ceiling is reached.")

    @classmethod
    def of(cls, today: Today) -> "TodayShown":
        return cls.model_validate(
            {
                "day": today.day,
                **spent_fields(today.spent),
                "counted_usd": today.counted_usd,
                "ceiling_usd": today.ceiling_usd,
                "lifted_to": today.lifted_to_usd,
                "background": "running" if today.background_runs else "stopped",
                "turns": "asking" if today.asks else "running",
            }
        )


class SpendingShown(Wire):
    model_config = ConfigDict(json_schema_extra={"examples": [{"today": _TODAY, "days": [_DAY]}]})

    today: TodayShown
    days: list[DayShown] = Field(description="Those on which a model was called, newest first.")

    @classmethod
    def of(cls, today: Today, sums: Sequence[DaySum]) -> "SpendingShown":
        by_day = groupby(sums, lambda each: each.day)
        days = [DayShown.of(day, list(of_day)) for day, of_day in by_day]
        return cls(today=TodayShown.of(today), days=days)


def _grouped(
    sums: Iterable[DaySum], key: Callable[[DaySum], tuple[str, ...]]
) -> list[tuple[tuple[str, ...], Spent]]:
    """Dearest first."""
    found: dict[tuple[str, ...], Spent] = {}
    for each in sums:
        found[key(each)] = found.get(key(each), Spent()).plus(each.spent)
    return sorted(found.items(), key=lambda pair: (-pair[1].cost_usd, pair[0]))
