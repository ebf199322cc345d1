"""A text source in a dictionary, with its list of pending changes."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from cns.errors import StoreUnavailable
from lt_memory.ports import TextBatch, TextCount, TextItem


class FakeTextSource:
    """Implements `lt_memory.ports.TextSource`.

    Attributes:
        lost: while true, the database is away.
        taken_batches: how many batches were struck off the list.
    """

    def __init__(self, items: Sequence[TextItem] = ()) -> None:
        self._items = {(item.kind, item.id): item for item in items}
        self._changes: dict[int, tuple[str, UUID]] = {}
        self._number = 0
        self.lost = False
        self.taken_batches = 0

    def put(self, item: TextItem) -> None:
        self._items[item.kind, item.id] = item
        self._note(item.kind, item.id)

    def remove(self, item: TextItem) -> None:
        del self._items[item.kind, item.id]
        self._note(item.kind, item.id)

    def pending(self, limit: int) -> TextBatch:
        self._answer()
        numbers = sorted(self._changes)[:limit]
        keys = list(dict.fromkeys(self._changes[number] for number in numbers))
        return TextBatch(
            changes=tuple(numbers),
            items=tuple(self._items[key] for key in keys if key in self._items),
            gone=frozenset(key for key in keys if key not in self._items),
        )

    def taken(self, batch: TextBatch) -> None:
        self._answer()
        self.taken_batches += 1
        for number in batch.changes:
            del self._changes[number]

    def everything(self, size: int) -> Iterator[Sequence[TextItem]]:
        items = list(self._items.values())
        for start in range(0, len(items), size):
            self._answer()
            yield items[start : start + size]

    def count(self) -> TextCount:
        self._answer()
        return TextCount(documents=len(self._items), pending=bool(self._changes))

    def _note(self, kind: str, id_: UUID) -> None:
        self._number += 1
        self._changes[self._number] = (kind, id_)

    def _answer(self) -> None:
        if self.lost:
            raise StoreUnavailable("The database is away.")
