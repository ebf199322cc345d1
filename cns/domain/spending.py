"""What calls of language models cost, and what a day's spending comes to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from cns.domain.model import Purpose
from cns.domain.stream import Usage

MILLION = 1_000_000
DECIMALS = 9  # a billionth of a dollar: less than any single token costs
FREE_PROVIDERS = frozenset({"ollama", "local"})
DATED = ("-", "@", ":")


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """US dollars per million tokens."""

    input: float
    output: float
    cache_read: float
    cache_write: float

    def of(self, usage: Usage) -> float:
        """What this many tokens cost, in US dollars."""
        dollars = (
            usage.input_tokens * self.input
            + usage.output_tokens * self.output
            + usage.cache_read_tokens * self.cache_read
            + usage.cache_write_tokens * self.cache_write
        )
        return round(dollars / MILLION, DECIMALS)


FREE = Price(input=0.0, output=0.0, cache_read=0.0, cache_write=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """The price table.

    Attributes:
        table: prices by model name; a name also stands for its dated versions, and one that ends
            in `*` for every name that begins like it. The longest that fits wins.
    """

    table: Mapping[str, Price]

    def of(self, provider: str, model: str) -> Price | None:
        """What a model asks for, nothing on this machine; None when that is not known."""
        fitting = [name for name in self.table if _fits(name.lower(), model.lower())]
        if fitting:
            return self.table[max(fitting, key=len)]
        return FREE if provider in FREE_PROVIDERS else None


def _fits(name: str, model: str) -> bool:
    if name.endswith("*"):
        return model.startswith(name[:-1])
    rest = model[len(name) :]
    fits = not rest or (rest[0] in DATED and _is_version(rest[1:]))
    return fits and model.startswith(name)


def _is_version(rest: str) -> bool:
    """A date, in whichever form, or the word for the newest."""
    return rest == "latest" or (len(rest) >= len("MMDD") and rest.replace("-", "").isdigit())


def total_cost(costs: Iterable[float | None]) -> float | None:
    """The sum; None as soon as one is not known."""
    known: list[float] = []
    for cost in costs:
        if cost is None:
            return None
        known.append(cost)
    return round(sum(known), DECIMALS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlay:
    """One call of a model, as it was paid for.

    Attributes:
        day: the user's local day.
        subject: the turn, segment or run that it served.
        cost_usd: None when the model's price is not known.
        estimated: the provider did not say how many tokens it took; they are reckoned from the
            characters.
    """

    id: UUID
    at: datetime
    day: date
    purpose: Purpose
    provider: str
    model: str
    usage: Usage
    cost_usd: float | None
    subject: UUID | None = None
    estimated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What some calls came to together.

    Attributes:
        cost_usd: of the calls whose price is known.
        unpriced: the tokens of the others.
        unknown: how many the others are.
        estimated: how many calls' tokens are reckoned rather than told.
    """

    calls: int = 0
    usage: Usage = field(default_factory=Usage)
    cost_usd: float = 0.0
    unpriced: Usage = field(default_factory=Usage)
    unknown: int = 0
    estimated: int = 0

    @classmethod
    def of(cls, outlay: Outlay) -> "Spent":
        priced = outlay.cost_usd is not None
        return cls(
            calls=1,
            usage=outlay.usage,
            cost_usd=outlay.cost_usd or 0.0,
            unpriced=Usage() if priced else outlay.usage,
            unknown=0 if priced else 1,
            estimated=int(outlay.estimated),
        )

    def plus(self, other: "Spent") -> "Spent":
        return Spent(
            calls=self.calls + other.calls,
            usage=self.usage.plus(other.usage),
            cost_usd=round(self.cost_usd + other.cost_usd, DECIMALS),
            unpriced=self.unpriced.plus(other.unpriced),
            unknown=self.unknown + other.unknown,
            estimated=self.estimated + other.estimated,
        )

    @property
    def whole_usd(self) -> float | None:
        """None where the price of any call is not known."""
        return None if self.unknown else self.cost_usd

    @property
    def known_usd(self) -> float | None:
        """None where calls were made, and of none of them the price is known."""
        return None if self.unknown and self.unknown == self.calls else self.cost_usd


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySum:
    """What one model was paid for one purpose on one day."""

    day: date
    purpose: Purpose
    provider: str
    model: str
    spent: Spent

    @classmethod
    def of(cls, outlay: Outlay) -> "DaySum":
        """Of one call."""
        return cls(
            day=outlay.day,
            purpose=outlay.purpose,
            provider=outlay.provider,
            model=outlay.model,
            spent=Spent.of(outlay),
        )


def together(sums: Iterable[DaySum]) -> Spent:
    """The sum of the sums."""
    whole = Spent()
    for each in sums:
        whole = whole.plus(each.spent)
    return whole
