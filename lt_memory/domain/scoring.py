"""How much a memory matters, from its use, its links, its dates and the days since.

The same formula stands in SQL as the function `memory_importance`; a property test holds the two
together.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

DAY = timedelta(days=1)
MIDDLE = 2.0  # raw at which the curve is steepest
AT_BIRTH = 2.24  # raw of a newborn: .50
FLOOR = 1 / (1 + math.exp(MIDDLE))  # what the curve gives for nothing at all
SETTLED_HUB = 10  # links that count whole
EVENT_DAYS = 14  # before and after something happens


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast memories fade.

    Attributes:
        free_days: active days without use that cost nothing.
        half_life_days: active days in which a newborn's credit halves, after the free ones.
        surfaced_weight: what one showing counts, where a citing counts 1. A showing says only that
            recall found it near; of ten shown in a turn an answer cites one or two.
    """

    free_days: int = 14
    half_life_days: float = 30.0
    surfaced_weight: float = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a memory's importance rests on; days are counted as the user was active.

    Attributes:
        today, born, accessed: the count of active days now, at creation and at the last showing or
            citing; None when there was none.
        youngest: of what is made of others, when the last of them was born.
        links: those that point to it and vouch for it.
        happens_at: None too for what was over when it was told: that is a fact like others.
    """

    now: datetime
    today: int
    born: int
    accessed: int | None = None
    youngest: int | None = None
    surfaced: int = 0
    cited: int = 0
    links: int = 0
    happens_at: datetime | None = None
    expires_at: datetime | None = None
    pinned: bool = False

    @property
    def age(self) -> int:
        return max(0, self.today - self.born)

    @property
    def idle(self) -> int:
        """Active days since it was last of use, or since it was born."""
        came = self.born if self.youngest is None else self.youngest
        return max(0, self.today - (came if self.accessed is None else max(came, self.accessed)))

    @property
    def fresh(self) -> int:
        """Active days since it was born, or the youngest that it is made of."""
        return max(0, self.today - (self.born if self.youngest is None else self.youngest))

    @property
    def expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= self.now

    def after(self, active_days: int, passing: timedelta) -> "Standing":
        """The same so many active days on, in that much time, if nobody uses it."""
        return replace(self, today=self.today + active_days, now=self.now + passing)


def importance(standing: Standing, pace: Pace) -> float:
    """0 to 1; .50 at birth, towards 0 when unused, 0 once expired. Not rounded.

    raw = (value + hub + birth) * recency * temporal, laid on a logistic curve whose floor is taken
    off: (s(raw - 2) - s(-2)) / (1 - s(-2)).
    """
    if standing.expired:
        return 0.0
    return curve(raw(standing, pace))


def united(parts: Sequence[Standing], pace: Pace) -> Standing:
    """Of what is made of these: it matters no less than any of them.

    So old that it was used as often a day as all of them together; the query `add_memory` says the
    same.
    """
    uses = [each.cited + pace.surfaced_weight * each.surfaced for each in parts]
    ages = [each.age for each in parts]
    age = min(ages)
    if sum(uses):
        rates = sum(use / max(1, days) for use, days in zip(uses, ages, strict=True))
        age = math.floor(sum(uses) / rates)
    today = parts[0].today
    used = [each.accessed for each in parts if each.accessed is not None]
    return replace(
        parts[0],
        born=today - age,
        youngest=today - min(each.fresh for each in parts),
        accessed=max(used, default=None),
        surfaced=sum(each.surfaced for each in parts),
        cited=sum(each.cited for each in parts),
        links=sum(each.links for each in parts),
    )


def shown(importance: float) -> float:
    """As it is kept and shown: three decimals."""
    return round(importance, 3)


def raw(standing: Standing, pace: Pace) -> float:
    """From 0 up."""
    idle = max(0, standing.idle - pace.free_days)
    uses = standing.cited + pace.surfaced_weight * standing.surfaced
    fading = max(0, standing.fresh - pace.free_days)
    birth = AT_BIRTH * math.exp2(-fading / pace.half_life_days)
    recency = 1 / (1 + 0.03 * idle)
    worth = value(uses, standing.age, idle) + hub(standing.links) + birth
    return worth * recency * temporal(standing.happens_at, standing.now)


def value(uses: float, age: int, idle: int) -> float:
    """Uses fade by 5 % an idle day; .02 a day is the rate that counts ln 2."""
    rate = uses * 0.95**idle / max(7, age)
    return math.log1p(rate / 0.02) * 0.8


def hub(links: int) -> float:
    """.04 a link up to ten, less for each one more; never above .8."""
    more = max(0, links - SETTLED_HUB)
    return 0.04 * min(links, SETTLED_HUB) + 0.02 * more / (1 + 0.05 * more)


def temporal(happens_at: datetime | None, now: datetime) -> float:
    """What is ahead counts more as it comes nearer; what is over fades within 14 calendar days."""
    if happens_at is None:
        return 1.0
    ahead = (happens_at - now) / DAY
    if ahead < 0:
        return 0.8 * max(0.0, 1 + ahead / EVENT_DAYS) + 0.1
    if ahead <= 1:
        return 2.0
    if ahead <= 7:  # noqa: PLR2004 - a week
        return 1.5
    return 1.2 if ahead <= EVENT_DAYS else 1.0


def curve(raw: float) -> float:
    """0 for nothing, towards 1."""
    return (1 / (1 + math.exp(MIDDLE - raw)) - FLOOR) / (1 - FLOOR)
