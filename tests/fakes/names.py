"""Names as a test says that they are."""

from collections.abc import Mapping, Sequence

from lt_memory.domain.memory import EntityName


class FakeNames:
    """Implements `lt_memory.ports.Names`: finds each known name where it stands in the text."""

    def __init__(self, known: Mapping[str, str] | None = None) -> None:
        self._known = known or {}

    def find(self, text: str) -> Sequence[EntityName]:
        found = [(text.find(name), name) for name in self._known if name in text]
        return [EntityName(name=name, kind=self._known[name]) for _, name in sorted(found)]
