"""What was done to the memory at the user's word, in the turn itself."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class DeedKind(StrEnum):
    REMEMBERED = "remembered"
    KNOWN = "known"
    FORGOTTEN = "forgotten"
    UNKNOWN = "unknown"
    UNLEARNT = "unlearnt"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """An order of the user's and what became of it.

    Attributes:
        kind: stored; known before; put away; nothing there to forget; not kept yet, and not to
            be; or memories that may be meant, and then nothing was done.
        words: what was to be remembered or forgotten.
        texts: of the memories concerned, each with its id at the same place of `memory_ids`.
    """

    kind: DeedKind
    words: str
    memory_ids: tuple[UUID, ...] = ()
    texts: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """For the trace: which memories, never in their words."""
        return {"kind": self.kind.value, "memory_ids": [str(each) for each in self.memory_ids]}
