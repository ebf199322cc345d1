"""What may be spent on models: every call is priced and noted, and a day has its ceiling."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from threading import Lock
from time import sleep
from typing import Protocol
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from cns.domain.model import ModelRequest, Purpose
from cns.domain.spending import DaySum, Outlay, Price, Prices, Spent, together
from cns.domain.stream import Usage
from cns.errors import SpendingCeiling, StoreUnavailable
from cns.ports import Clock, User
from cns.services.closing import PATIENCE

logger = logging.getLogger(__name__)
OUT = timedelta(days=1)  # a provider has ended a batch by then
GO_ON = "POST /api/spending/continue"


class SpendingStore(Protocol):
    """What was paid, call by call, and which days' ceilings were lifted."""

    def add(self, outlays: Sequence[Outlay]) -> None:
        """Keep them; again is harmless."""

    def sums(self, since: date) -> Sequence[DaySum]:
        """By day, purpose and model from that day on: newest day first, dearest first within."""

    def calls_for(self, subject: UUID) -> Sequence[DaySum]:
        """Each call that served this turn, segment or run by itself, oldest first."""

    def lifted_to(self, day: date) -> float | None:
        """Up to which sum that day may go; None when its ceiling was never lifted."""

    def lift(self, day: date, usd: float) -> None: ...

    def promise(self, key: str, at: datetime, usd: float) -> None:
        """Keep what a batch that is out will come to."""

    def redeem(self, key: str, before: datetime) -> None:
        """Forget a batch's promise, and all of then or earlier."""

    def promised(self, since: datetime) -> Mapping[str, tuple[datetime, float]]:
        """By batch, when after then it was promised, and how many dollars."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """What calls cost, and how much of it a day bears.

    Attributes:
        unknown: what a model without a price counts as towards the ceiling, and only there.
        ceiling_usd: of one day; None for none.
        background_share: how much of the ceiling background work may reach.
    """

    prices: Prices
    unknown: Price
    ceiling_usd: float | None = None
    background_share: float = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """The user's present day.

    Attributes:
        counted_usd: what it comes to towards the ceiling, calls without a known price included.
        limit_usd: the ceiling, or what it was lifted to.
        promised_usd: what batches that are out will come to, as estimated.
    """

    day: date
    spent: Spent
    counted_usd: float
    ceiling_usd: float | None = None
    lifted_to_usd: float | None = None
    background_share: float = 1.0
    promised_usd: float = 0.0

    @property
    def limit_usd(self) -> float | None:
        if self.ceiling_usd is None:
            return None
        return max(self.ceiling_usd, self.lifted_to_usd or 0.0)

    @property
    def asks(self) -> bool:
        """Whether the ceiling is reached: a turn has to be allowed by the person."""
        return self.limit_usd is not None and self.counted_usd >= self.limit_usd

    @property
    def background_runs(self) -> bool:
        limit = self.limit_usd
        spent = self.counted_usd + self.promised_usd
        return limit is None or spent < limit * self.background_share


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tally:
    day: date
    spent: Spent
    lifted_to_usd: float | None = None


class Purse:
    """Knows what today has cost, from the table and from what is never written there.

    The tally is read once, at the start, and kept here: no call waits for the database, and what
    leaves no trace counts for the day all the same. What the database cannot take is kept and
    tried again.
    """

    def __init__(
        self,
        store: SpendingStore,
        clock: Clock,
        user: User,
        tariff: Callable[[], Tariff],
        patience: Sequence[float] = PATIENCE,
    ) -> None:
        self._store = store
        self._clock = clock
        self._zone = ZoneInfo(user.timezone)
        self._tariff = tariff
        self._patience = patience
        self._lock = Lock()
        self._unwritten: list[Outlay] = []
        self._promised = dict(store.promised(clock.now() - OUT))
        self._later: Callable[[Callable[[], object]], object] = _unheard
        self._tally = self._read()

    def retry_by(self, later: Callable[[Callable[[], object]], object]) -> None:
        """Who is handed the work of writing again what the database did not take."""
        self._later = later

    def price(self, provider: str, model: str) -> Price | None:
        return self._tariff().prices.of(provider, model)

    def allow(self, purpose: Purpose) -> None:
        """Let a call pass.

        Raises:
            SpendingCeiling: today's share for it is spent.
        """
        today = self.today()
        if purpose is Purpose.TURN:
            if today.asks:
                raise SpendingCeiling(_ask(today), extra={**_figures(today), "go_on": GO_ON})
        elif not today.background_runs:
            raise SpendingCeiling(_put_off(today), extra=_figures(today))

    def promise(self, key: str, provider: str, asked: Mapping[str, Usage], share: float) -> None:
        """Count a batch's estimated usage by model, at a share of the list price, till it is paid.

        A day forgets it; a restart does not, unless the database could not take it.
        """
        tariff, now = self._tariff(), self._clock.now()
        prices = {model: self.price(provider, model) or tariff.unknown for model in asked}
        usd = share * sum(prices[model].of(usage) for model, usage in asked.items())
        with self._lock:
            standing = {k: told for k, told in self._promised.items() if told[0] + OUT > now}
            self._promised = {**standing, key: (now, usd)}
        _as_far_as_it_goes(lambda: self._store.promise(key, now, usd))

    def redeem(self, key: str) -> None:
        """What was promised is paid, or will not be."""
        with self._lock:
            self._promised.pop(key, None)
        _as_far_as_it_goes(lambda: self._store.redeem(key, self._clock.now() - OUT))

    def outlay(
        self, request: ModelRequest, provider: str, model: str, usage: Usage, *, estimated: bool
    ) -> Outlay:
        """What a call comes to; it is not noted yet."""
        now = self._clock.now()
        price = self.price(provider, model)
        return Outlay(
            id=uuid4(),
            at=now,
            day=now.astimezone(self._zone).date(),
            purpose=request.purpose,
            subject=request.subject if request.kept else None,
            provider=provider,
            model=model,
            usage=usage,
            cost_usd=None if price is None else price.of(usage),
            estimated=estimated,
        )

    def note(self, outlay: Outlay, *, kept: bool) -> None:
        """Count it for today and, if it is to be kept, write it down; never fails for that."""
        with self._lock:
            tally = self._current()
            self._tally = replace(tally, spent=tally.spent.plus(Spent.of(outlay)))
            if kept:
                self._unwritten.append(outlay)
        if not kept:
            return
        try:
            self.write()
        except StoreUnavailable as error:
            logger.warning(
                "spending not written yet",
                extra={"action": "spending_put_off", "detail": error.detail},
            )
            self._later(self._patiently)

    def write(self) -> None:
        """Write down what waits for it.

        Raises:
            StoreUnavailable: the database cannot take it now; it goes on waiting.
        """
        with self._lock:
            waiting = tuple(self._unwritten)
        if not waiting:
            return
        self._store.add(waiting)
        with self._lock:
            self._unwritten = [each for each in self._unwritten if each not in waiting]

    def today(self) -> Today:
        with self._lock:
            self._tally = self._current()
            tally = self._tally
            promised = list(self._promised.values())
        tariff, now = self._tariff(), self._clock.now()
        unknown = tariff.unknown.of(tally.spent.unpriced)
        return Today(
            day=tally.day,
            spent=tally.spent,
            counted_usd=tally.spent.cost_usd + unknown,
            ceiling_usd=tariff.ceiling_usd,
            lifted_to_usd=tally.lifted_to_usd,
            background_share=tariff.background_share,
            promised_usd=sum(usd for at, usd in promised if at + OUT > now),
        )

    def go_on(self) -> Today:
        """Lift today's ceiling by one more from where things stand; once, however often asked.

        Raises:
            StoreUnavailable: the database cannot be reached; nothing is lifted.
        """
        today = self.today()
        if today.ceiling_usd is None or not today.asks:
            return today
        lifted = today.counted_usd + today.ceiling_usd
        self._store.lift(today.day, lifted)
        with self._lock:
            self._tally = replace(self._current(), lifted_to_usd=lifted)
        return self.today()

    def sums(self, days: int) -> Sequence[DaySum]:
        """The latest days, today among them."""
        return self._store.sums(self._day() - timedelta(days=days - 1))

    def calls_for(self, subject: UUID) -> Sequence[DaySum]:
        """Each call that served this turn, segment or run, those not written yet at the end."""
        with self._lock:
            waiting = [DaySum.of(each) for each in self._unwritten if each.subject == subject]
        return (*self._store.calls_for(subject), *waiting)

    def _read(self) -> _Tally:
        day = self._day()
        spent = together(each for each in self._store.sums(day) if each.day == day)
        return _Tally(day=day, spent=spent, lifted_to_usd=self._store.lifted_to(day))

    def _current(self) -> _Tally:
        """Today's tally; a new day begins with nothing spent."""
        day = self._day()
        return _Tally(day=day, spent=Spent()) if day > self._tally.day else self._tally

    def _day(self) -> date:
        return self._clock.now().astimezone(self._zone).date()

    def _patiently(self) -> None:
        for seconds in self._patience:
            try:
                return self.write()
            except StoreUnavailable:
                sleep(seconds)
        return self.write()


def _as_far_as_it_goes(write: Callable[[], None]) -> None:
    """A batch is not lost for a note of what it may cost."""
    try:
        write()
    except StoreUnavailable as error:
        logger.warning(
            "promise not noted", extra={"action": "promise_lost", "detail": error.detail}
        )


def _unheard(_: Callable[[], object]) -> None:
    """Nobody writes again by itself: the next call does."""


def _ask(today: Today) -> str:
    ceiling = _dollars(today.ceiling_usd or 0.0)
    return (
        f"Models have cost {_dollars(today.counted_usd)} today, and the ceiling is"
        f" {_dollars(today.limit_usd or 0.0)}. Go on today, for up to {ceiling} more, or ask again"
        " tomorrow."
    )


def _put_off(today: Today) -> str:
    out, till = "", "tomorrow"
    if today.promised_usd:
        out = f", and batches that are out may cost {_dollars(today.promised_usd)}"
        till = "once these are paid, or tomorrow"
    return (
        f"Models have cost {_dollars(today.counted_usd)} of today's"
        f" {_dollars(today.limit_usd or 0.0)}{out}: background work rests from"
        f" {today.background_share:.0%} on, and goes on by itself {till}."
    )


def _figures(today: Today) -> dict[str, object]:
    return {
        "spent_usd": today.counted_usd,
        "ceiling_usd": today.ceiling_usd,
        "lifted_to_usd": today.lifted_to_usd,
    }


def _dollars(usd: float) -> str:
    return f"${usd:.2f}" if usd >= 0.01 or not usd else f"${usd:.4f}"  # noqa: PLR2004 - a cent
