"""The scripted year in a store, asked by the names that the set gives to things."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from benchmarks.remembering import Ours
from benchmarks.year import Year
from cns.domain.query import Query

MESSAGE, MEMORY, BOTH = "message", "memory", "message and memory"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """MIRA's recall of one kind of thing, or of both."""

    store: "Stored"
    kind: str

    def rank(self, question: str) -> list[str]:
        kinds = frozenset(self.kind.split(" and "))
        return self.store.find(self.store.ours.asked(question, kinds=kinds))


@dataclass(frozen=True, slots=True)
class Stored:
    """The year, written down.

    Attributes:
        names: the set's ids of memories by their ids in the store.
    """

    said: Year
    ours: Ours
    names: Mapping[UUID, str]

    def texts(self, kind: str) -> Mapping[str, str]:
        """What there is of a kind, by the set's ids."""
        messages = {each.id: each.text for each in self.said.messages if MESSAGE in kind}
        return messages | {each.id: each.text for each in self.said.memories if MEMORY in kind}

    def finding(self, kind: str) -> Finding:
        return Finding(store=self, kind=kind)

    def surfacing(self, question: str, limit: int) -> Query:
        """As a turn asks."""
        asked = self.ours.asked(question, kinds=frozenset({"memory", "message"}))
        return replace(asked, limit=limit, surfacing=True)

    def find(self, query: Query) -> list[str]:
        return [hit.external_id or self.names[hit.id] for hit in self.ours.find(query).hits]
