"""What a model may say of two memories that lie near each other, and what is made of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from lt_memory.domain.correction import succeeds
from lt_memory.domain.levels import certainty
from lt_memory.domain.linking import LinkKind
from lt_memory.domain.memory import MemoryId
from lt_memory.domain.sameness import is_repeat
from lt_memory.domain.subject import parties
from lt_memory.domain.words import terms

NEAR = 0.75  # cosine from which two memories are worth a question; the original's figure
NEIGHBOURS = 20  # of one memory, at most; the original's figure
SURE = 0.7  # confidence from which a link is kept; the original's figure
LONGEST_REASON = 160
NONE = "none"
# Derivation says what is deleted with a memory: only what merges and splits may write it.
KINDS = tuple(kind for kind in LinkKind if kind is not LinkKind.DERIVED_FROM)
_EITHER_WAY = frozenset((LinkKind.CONFLICTS, LinkKind.RELATED))  # told from the newer one


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A memory as the model is shown it, and the revision that this was."""

    id: MemoryId
    text: str
    said_at: datetime
    revision: int
    happens_at: datetime | None = None
    expires_at: datetime | None = None
    pinned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two memories to be judged: `a` was said later, or at the same time."""

    a: Shown
    b: Shown

    @property
    def ids(self) -> tuple[MemoryId, MemoryId]:
        """In the order in which pairs are noted."""
        one, other = sorted((self.a.id, self.b.id))
        return one, other

    @property
    def size(self) -> int:
        return len(self.a.text) + len(self.b.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A link that a model proposes for a pair, from `a` to `b` unless `reverse`."""

    pair: Pair
    kind: LinkKind
    reverse: bool
    confidence: float
    reason: str

    @property
    def source(self) -> Shown:
        return self.pair.b if self.reverse else self.pair.a

    @property
    def target(self) -> Shown:
        return self.pair.a if self.reverse else self.pair.b


def pair_of(one: Shown, other: Shown) -> Pair:
    newer, older = sorted((one, other), key=lambda each: (each.said_at, each.id), reverse=True)
    return Pair(a=newer, b=older)


def portions(pairs: Sequence[Pair], most: int, room: int) -> Iterator[Sequence[Pair]]:
    """Pairs in their order, so many and so many characters at a time; one at least."""
    taken: list[Pair] = []
    size = 0
    for pair in pairs:
        if taken and (len(taken) == most or size + pair.size > room):
            yield taken
            taken, size = [], 0
        taken.append(pair)
        size += pair.size
    if taken:
        yield taken


def proposals(document: object, pairs: Sequence[Pair]) -> Sequence[Proposal] | None:
    """What an answer proposes with confidence for the pairs asked about, the first word on each.

    None where it has not the form that was asked for. What names no pair of the question, or is
    no link, proposes nothing.
    """
    match document:
        case {"links": [*told]}:
            found: dict[int, Proposal | None] = {}
            for each in told:
                place = _place(each, len(pairs))
                if place is not None and place not in found:
                    found[place] = _proposal(each, pairs[place])
            return [each for each in found.values() if each is not None]
        case _:
            return None


def refusal(proposal: Proposal) -> str | None:
    """Why the rules speak against a link, if they do."""
    source, target = proposal.source, proposal.target
    if proposal.kind not in {LinkKind.SUPERSEDES, LinkKind.CONFLICTS}:
        return None
    if is_repeat(source.text, target.text):
        return "they say the same"
    ours, theirs = parties(source.text), parties(target.text)
    if ours and theirs and not ours & theirs:
        return "they are about different people"
    if proposal.kind is LinkKind.SUPERSEDES and not succeeds(source.text, target.text):
        return "they are not about the same"
    return None


def as_kept(proposal: Proposal) -> LinkKind:
    """The kind that it is kept as: what may not be ended by a model's word is a conflict."""
    if proposal.kind is not LinkKind.SUPERSEDES or _may_end(proposal.source, proposal.target):
        return proposal.kind
    return LinkKind.CONFLICTS


def _may_end(new: Shown, old: Shown) -> bool:
    return new.said_at >= old.said_at and credible(new.text, old.text, pinned=old.pinned)


def credible(new: str, old: str, *, pinned: bool) -> bool:
    """What a model judged to take its place: of a common word, and not what the user pinned."""
    return not pinned and bool(set(terms(new)) & set(terms(old)))


def _place(told: object, count: int) -> int | None:
    match told:
        case {"pair": int(number)} if not isinstance(number, bool) and 1 <= number <= count:
            return number - 1
        case _:
            return None


def _proposal(told: Mapping[str, object], pair: Pair) -> Proposal | None:
    match told:
        case {
            "kind": str(kind),
            "from": "a" | "b" as end,
            "confidence": told_sure,
            "reason": str(reason),
        } if kind in KINDS and (sure := certainty(told_sure) or 0) >= SURE:
            return Proposal(
                pair=pair,
                kind=LinkKind(kind),
                reverse=end == "b" and kind not in _EITHER_WAY,
                confidence=sure,
                reason=" ".join(reason.split())[:LONGEST_REASON],
            )
        case _:
            return None
