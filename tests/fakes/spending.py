"""The spending store in memory; the contract suite proves that it behaves like the real one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from cns.domain.spending import DaySum, Outlay, Spent
from cns.errors import StoreUnavailable


class FakeSpending:
    """Implements `cns.services.purse.SpendingStore`; while `away` it takes nothing."""

    def __init__(self) -> None:
        self.outlays: dict[UUID, Outlay] = {}
        self.lifts: dict[date, float] = {}
        self.promises: dict[str, tuple[datetime, float]] = {}
        self.away = False

    def add(self, outlays: Sequence[Outlay]) -> None:
        self._reach()
        for outlay in outlays:
            self.outlays.setdefault(outlay.id, outlay)

    def sums(self, since: date) -> Sequence[DaySum]:
        self._reach()
        found: dict[tuple[object, ...], DaySum] = {}
        for outlay in self.outlays.values():
            if outlay.day >= since:
                one = DaySum.of(outlay)
                key = (one.day, one.purpose, one.provider, one.model, outlay.cost_usd is None)
                before = found[key].spent if key in found else Spent()
                found[key] = replace(one, spent=before.plus(one.spent))
        return [found[key] for key in sorted(found, key=lambda key: _order(found[key]))]

    def calls_for(self, subject: UUID) -> Sequence[DaySum]:
        self._reach()
        calls = sorted(self.outlays.values(), key=lambda outlay: (outlay.at, outlay.id))
        return [DaySum.of(outlay) for outlay in calls if outlay.subject == subject]

    def lifted_to(self, day: date) -> float | None:
        self._reach()
        return self.lifts.get(day)

    def lift(self, day: date, usd: float) -> None:
        self._reach()
        self.lifts[day] = usd

    def promise(self, key: str, at: datetime, usd: float) -> None:
        self._reach()
        self.promises[key] = (at, usd)

    def redeem(self, key: str, before: datetime) -> None:
        self._reach()
        self.promises = {
            name: told for name, told in self.promises.items() if name != key and told[0] > before
        }

    def promised(self, since: datetime) -> Mapping[str, tuple[datetime, float]]:
        self._reach()
        return {name: told for name, told in self.promises.items() if told[0] > since}

    def _reach(self) -> None:
        if self.away:
            raise StoreUnavailable("The database cannot be reached.")


def _order(found: DaySum) -> tuple[object, ...]:
    spent = found.spent
    names = (found.purpose.value, found.provider, found.model, spent.unknown > 0)
    return (-found.day.toordinal(), -spent.cost_usd, *names)
