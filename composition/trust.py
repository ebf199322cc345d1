"""Who may have something remembered: the road for others' words, and the user's yes to them."""

from collections.abc import Callable

from composition.house import House
from lt_memory.deduplication import Thresholds, thresholds_of
from lt_memory.domain.trust import Review
from lt_memory.intake import Intake
from lt_memory.postgres import PostgresMemories
from lt_memory.reader import Reader
from lt_memory.review import ReviewService


def review_of(house: House, store: PostgresMemories, reader: Reader) -> ReviewService:
    """For the user's own door alone."""
    return ReviewService(store, reader, house.clock, thresholds(house))


def intake_of(house: House, store: PostgresMemories, reader: Reader) -> Intake:
    """Where tools, imports and doors bring what is to be remembered."""
    return Intake(
        store=store,
        reader=reader,
        clock=house.clock,
        thresholds=thresholds(house),
        review=what_waits(house),
    )


def what_waits(house: House) -> Callable[[], Review]:
    """As the setting stands at each use."""
    return lambda: Review(house.present().memory.review)


def thresholds(house: House) -> Thresholds:
    """From which nearness on two memories are compared."""
    return thresholds_of(house.settings.memory)
