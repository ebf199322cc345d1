"""What a client asks of a turn."""

from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from cns.domain.message import Block, MessageId, TurnId
from cns.domain.turn import Spoken, TurnRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRequest:
    """What a client asks of a turn; a retry repeats the user's message of an earlier one.

    Attributes:
        parent_id: the message that this is said below, or the one to be answered anew.
        incognito: nothing of the turn may be kept.
        aside: what was said incognito before it, oldest first.
    """

    content: tuple[Block, ...] = ()
    thinking: int = 0
    model: str | None = None
    exclude_memory_ids: frozenset[UUID] = frozenset()
    retry_of: TurnId | None = None
    parent_id: MessageId | None = None
    idempotency_key: str | None = None
    incognito: bool = False
    aside: tuple[Spoken, ...] = ()

    @property
    def fingerprint(self) -> str:
        """The same for the same words, pictures and wishes; the key is no part of it."""
        said: tuple[object, ...]
        said = (self.content, self.thinking, self.model, sorted(map(str, self.exclude_memory_ids)))
        if self.incognito:
            said = (*said, self.aside)
        if self.parent_id is not None:
            said = (*said, str(self.parent_id))
        return sha256(repr(said).encode()).hexdigest()

    @property
    def wishes(self) -> dict[str, object]:
        """What is asked beside the message, JSON-shaped."""
        return {
            "thinking": self.thinking,
            "model": self.model,
            "exclude_memory_ids": sorted(map(str, self.exclude_memory_ids)),
            "parent_message_id": str(self.parent_id) if self.parent_id else None,
        }

    @classmethod
    def again(cls, earlier: TurnRecord) -> "TurnRequest":
        """A retry, which asks what the earlier turn asked; one without wishes asked nothing.

        A model that nobody knew is not asked for again: the one in use answers.
        """
        match earlier.wishes:
            case {
                "thinking": int(thinking),
                "model": str() | None as model,
                "exclude_memory_ids": list(left_out),
                **rest,
            }:
                below = rest.get("parent_message_id")
                return cls(
                    thinking=thinking,
                    model=None if _knew_no_such_model(earlier) else model,
                    exclude_memory_ids=frozenset(map(UUID, left_out)),
                    retry_of=earlier.id,
                    parent_id=MessageId(UUID(str(below))) if below else None,
                )
            case _:
                return cls(retry_of=earlier.id)


def _knew_no_such_model(turn: TurnRecord) -> bool:
    return turn.error is not None and turn.error.get("code") == "llm_unknown_model"
