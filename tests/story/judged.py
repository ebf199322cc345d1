"""How well a conversation was remembered, against what is marked in it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from typing_extensions import override

from lt_memory.domain.memory import Evidence
from tests.story.talks import Mark, Saying


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A memory that was stored, with its evidence."""

    id: UUID
    text: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Bond:
    """A link from one memory to another."""

    kind: str
    source: UUID
    target: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was stored, judged.

    Attributes:
        right: memories of expected facts.
        wrong: memories of what is not marked, or marked otherwise; `baited` are among them.
        baited: memories of what is a trap.
        expected: how many facts are marked.
        found: how many of them are remembered.
        repeated: right memories of a fact that an earlier one holds already.
        corrections: pairs of a statement and its correction of which both are remembered.
        superseded: those of them in which the correction supersedes.
        contradictions: marked pairs of which both are remembered.
        conflicting: those of them that are linked as conflicting.
        astray: links that supersede or conflict and join no such pair.
    """

    right: Sequence[Kept]
    wrong: Sequence[Kept]
    baited: Sequence[Kept]
    expected: int
    found: int
    missed: Sequence[Mark] = ()
    repeated: int = 0
    corrections: int = 0
    superseded: int = 0
    contradictions: int = 0
    conflicting: int = 0
    astray: int = 0

    @property
    def precision(self) -> float:
        return len(self.right) / max(1, len(self.right) + len(self.wrong))

    @property
    def recall(self) -> float:
        return self.found / self.expected

    @override
    def __str__(self) -> str:
        return (
            f"{len(self.right)} right, {len(self.wrong)} wrong: precision {self.precision:.3f};"
            f" {self.found} of {self.expected} facts: recall {self.recall:.3f};"
            f" {len(self.baited)} traps learnt; {self.repeated} repeated;"
            f" {self.superseded} of {self.corrections} corrections supersede;"
            f" {self.conflicting} of {self.contradictions} contradictions conflict;"
            f" {self.astray} such links astray"
        )


@dataclass(slots=True)
class Judge:
    """Knows what was marked in which message."""

    said: Mapping[UUID, Saying]
    bonds: Sequence[Bond] = ()
    holders: dict[str, list[UUID]] = field(default_factory=dict)

    def judged(self, kept: Sequence[Kept]) -> Verdict:
        """The verdict over all that was stored, in the order in which it was."""
        right: list[Kept] = []
        wrong: list[Kept] = []
        repeated = 0
        known: set[Mark] = set()
        for memory in kept:
            facts = self._facts(memory)
            if facts:
                right.append(memory)
                repeated += known.issuperset(facts)
                known.update(facts)
                self._hold(memory, facts)
            elif not self._pardoned(memory):
                wrong.append(memory)
        expected = [mark for saying in self.said.values() for mark in saying.facts]
        return Verdict(
            right=right,
            wrong=wrong,
            baited=[memory for memory in wrong if self._marks(memory, "traps")],
            expected=len(expected),
            found=len(known),
            missed=[mark for mark in expected if mark not in known],
            repeated=repeated,
            **self._pairs(expected),
        )

    def _facts(self, memory: Kept) -> list[Mark]:
        text = _plain(memory.text)
        return [
            mark
            for mark in self._marks(memory, "facts")
            if all(_plain(word) in text for word in mark.holds)
        ]

    def _marks(self, memory: Kept, field_name: str) -> list[Mark]:
        """The marks of this sort that a memory's evidence overlaps."""
        return [
            mark
            for piece in memory.evidence
            for mark in getattr(self.said[piece.message_id], field_name)
            if piece.start < mark.end and mark.start < piece.end
        ]

    def _pardoned(self, memory: Kept) -> bool:
        if self._marks(memory, "allowed"):
            return True
        outdated = any(b.kind == "supersedes" and b.target == memory.id for b in self.bonds)
        return outdated and bool(self._marks(memory, "retracted"))

    def _hold(self, memory: Kept, facts: Iterable[Mark]) -> None:
        for mark in facts:
            self.holders.setdefault(mark.name, []).append(memory.id)

    def _pairs(self, marks: Sequence[Mark]) -> dict[str, int]:
        corrected = self._both([(mark.name, mark.corrects) for mark in marks])
        contrary = self._both([(mark.name, mark.contradicts) for mark in marks])
        joined = {kind: [b for b in self.bonds if b.kind == kind] for kind in
                  ("supersedes", "conflicts")}  # fmt: skip
        superseded = [pair for pair in corrected if self._joins(joined["supersedes"], pair)]
        conflicting = [pair for pair in contrary if self._joins(joined["conflicts"], pair)]
        told = [*corrected, *contrary]
        return {
            "corrections": len(corrected),
            "superseded": len(superseded),
            "contradictions": len(contrary),
            "conflicting": len(conflicting),
            "astray": sum(
                not any(self._joins([bond], pair) for pair in told)
                for bonds in joined.values()
                for bond in bonds
            ),
        }

    def _both(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        return [pair for pair in pairs if all(name and name in self.holders for name in pair)]

    def _joins(self, bonds: Sequence[Bond], pair: tuple[str, str]) -> bool:
        new, old = (set(self.holders[name]) for name in pair)
        return any(
            (b.source in new and b.target in old)
            or (b.kind == "conflicts" and b.source in old and b.target in new)
            for b in bonds
        )


def _plain(text: str) -> str:
    return text.casefold().replace("’", "'")
