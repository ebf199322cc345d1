"""What can no longer stand once messages are erased: whatever was worded from them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from lt_memory.domain.memory import MemoryId, Revision

Saying = frozenset[UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resting:
    """What a memory rests on.

    Attributes:
        places: the messages that hold its evidence.
        sayings: each time that it was said, the messages that said it then; one is enough for it.
        sources: the memories that it was made of.
    """

    id: MemoryId
    places: frozenset[UUID]
    sayings: tuple[Saying, ...] = ()
    sources: frozenset[MemoryId] = frozenset()


def falling(resting: Sequence[Resting], gone: frozenset[UUID]) -> frozenset[MemoryId]:
    """Those that go with the messages.

    A memory stays while it was also said without them, since then its words are of that other time
    too. One that was made of memories says what all of them said: it goes with the first.

    Args:
        resting: all that rest on those messages, and all that were made of these memories.
        gone: the messages.
    """
    by_id = {each.id: each for each in resting}
    falls: frozenset[MemoryId] = frozenset()
    while True:
        more = {each.id for each in resting if _falls(each, gone, falls, by_id)}
        if more <= falls:
            return falls
        falls |= more


def _falls(
    one: Resting,
    gone: frozenset[UUID],
    falls: frozenset[MemoryId],
    by_id: Mapping[MemoryId, Resting],
) -> bool:
    touched = one.places & gone
    if not one.sources:
        return bool(touched) and all(saying & gone for saying in one.sayings)
    stay = (by_id[source].places for source in one.sources if source in by_id)
    return bool(one.sources & falls) or not touched <= frozenset[UUID]().union(*stay)


def sayings(history: Sequence[Revision], places: frozenset[UUID]) -> tuple[Saying, ...]:
    """The messages of each time that a memory was said, as far as all of them are there.

    What no revision tells of (an import) counts for itself.
    """
    told = list(_told(history))
    untold = places.difference(*told)
    whole = [saying for saying in told if saying <= places]
    return (*whole, *(frozenset({place}) for place in sorted(untold)))


def _told(history: Sequence[Revision]) -> Iterator[Saying]:
    for step in history:
        after, before = _pieces(step.after), _pieces(step.before)
        new = [piece for piece in after if piece not in before]
        if new:
            yield frozenset(UUID(str(piece["message_id"])) for piece in new)


def _pieces(fields: Mapping[str, object] | None) -> Sequence[Mapping[str, object]]:
    pieces = (fields or {}).get("evidence")
    return pieces if isinstance(pieces, list) else []
