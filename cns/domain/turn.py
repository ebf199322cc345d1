"""What is kept of a turn, so that "why did you say that?" is a question to the store."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cns.domain.message import Block, MessageId, Role, TurnId

KEY_LIFE = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """Earlier words of an incognito exchange: whoever asks brings them along, nobody keeps them."""

    role: Role
    content: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRecord:
    """What is kept of a turn; the trace answers "why did you say that?".

    Attributes:
        state: `running`, `completed`, `interrupted` or `failed`.
        trace: JSON-shaped; touchstone, considered hits, sections, model calls, timings.
        error: the problem object of a failed turn.
        idempotency_key: the client's word by which it knows the request again.
        request_hash: what the request said, so that a key is not used for another.
        wishes: what the request asked beside the message (thinking, model, left-out memories), for
            a retry to ask again.
    """

    id: TurnId
    state: str
    user_message_id: MessageId
    started_at: datetime
    assistant_message_id: MessageId | None = None
    retry_of: TurnId | None = None
    finished_at: datetime | None = None
    trace: Mapping[str, object] | None = None
    error: Mapping[str, object] | None = None
    idempotency_key: str | None = None
    request_hash: str | None = None
    wishes: Mapping[str, object] = field(default_factory=dict)
