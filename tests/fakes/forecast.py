"""A forecast that was made before."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from cns import paging
from cns.errors import InvalidInput
from cns.ports import Page
from lt_memory.forecast import Foretold


@dataclass(slots=True)
class FakeForecast:
    """Tells what it was given, a page at a time."""

    given: list[Foretold] = field(default_factory=list)

    def list(self, days: int, page: Page) -> tuple[Sequence[Foretold], str | None]:
        begin: str | int = 0
        if page.cursor is not None:
            (begin,) = paging.decode(page.cursor, 1)
        if not isinstance(begin, int):
            raise InvalidInput("`cursor` is not one that a list returned: ask again without it.")
        told = [each for each in self.given if each.in_active_days <= days]
        end = begin + page.limit
        return told[begin:end], paging.encode([end]) if end < len(told) else None
