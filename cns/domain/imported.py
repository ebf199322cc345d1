"""Messages of a conversation that was had elsewhere: a line of a file, and the chapters of all."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid5

from cns.domain.message import Message, MessageId, Role, SegmentId, Text
from cns.errors import InvalidInput

SOUGHT = (
    'JSON Lines, each line {"role": "user" or "assistant", "content": text, "created_at":'
    ' an instant with its zone, "name"?, "external_id"?, "session"?}'
)
LONGEST_LABEL = 500  # characters of a name, an external id, a session
LONGEST_QUOTE = 40
SOURCE = "import"  # in the metadata of a message that came so
_IDENTITY = UUID("6f7d3a52-5a0e-5b1c-9d0a-2d9c8f1be0a4")
_BROKEN = re.compile("[\x00\ud800-\udfff]")
_ROLES: Mapping[object, Role] = {role.value: role for role in (Role.USER, Role.ASSISTANT)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One message as a file tells of it."""

    role: Role
    content: str
    created_at: datetime
    name: str | None = None
    external_id: str | None = None
    session: str | None = None

    @property
    def id(self) -> MessageId:
        """The same for the same message, whichever file brings it; another for any other."""
        told = (self.role, self.content, self.created_at.astimezone(UTC).isoformat())
        labels = (self.name, self.external_id, self.session)
        return MessageId(uuid5(_IDENTITY, json.dumps([*told, *labels])))

    def message(self, segment_id: SegmentId, metadata: Mapping[str, object]) -> Message:
        return Message(
            id=self.id,
            role=self.role,
            content=(Text(text=self.content),),
            created_at=self.created_at,
            segment_id=segment_id,
            name=self.name,
            external_id=self.external_id,
            metadata=metadata,
        )


class Place(NamedTuple):
    """Where a message stands in a file, in the order in which messages are told apart by time."""

    at: datetime
    offset: int


def said_in(line: bytes) -> Said:
    """Raises InvalidInput: the line is no message; says why."""
    told = _object(line)
    role = _ROLES.get(told.get("role")) if isinstance(told.get("role"), str) else None
    if role is None:
        raise InvalidInput(f'`role` must be "user" or "assistant", not {_quoted(told, "role")}')
    content = told.get("content")
    if not isinstance(content, str) or not content.strip():
        raise InvalidInput(f"`content` must be text, not {_quoted(told, 'content')}")
    if _BROKEN.search(content):
        raise InvalidInput("`content` holds a NUL character or half a surrogate pair")
    return Said(
        role=role,
        content=content,
        created_at=_instant(told),
        name=_label(told, "name"),
        external_id=_label(told, "external_id"),
        session=_label(told, "session"),
    )


def chapters(
    sessions: Mapping[str | None, Sequence[Place]], silence: timedelta
) -> Iterator[Sequence[Place]]:
    """Each session as a chapter, oldest first; what has none is parted where it was silent."""
    named = [sorted(places) for session, places in sessions.items() if session is not None]
    parted = _parted(sorted(sessions.get(None, ())), silence)
    yield from sorted([*named, *parted], key=lambda places: places[0])


def chapter_id(first: MessageId) -> SegmentId:
    """Of the chapter that begins with this message."""
    return SegmentId(uuid5(_IDENTITY, first.hex))


def _parted(places: Iterable[Place], silence: timedelta) -> Iterator[Sequence[Place]]:
    part: list[Place] = []
    for place in places:
        if part and place.at - part[-1].at > silence:
            yield part
            part = []
        part.append(place)
    if part:
        yield part


def _object(line: bytes) -> Mapping[str, object]:
    try:
        told = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InvalidInput("it is not UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise InvalidInput("it is not JSON") from error
    if not isinstance(told, dict):
        raise InvalidInput("it is no JSON object")
    return told


def _instant(told: Mapping[str, object]) -> datetime:
    given = told.get("created_at")
    try:
        at = datetime.fromisoformat(given) if isinstance(given, str) else None
        if at is not None and at.tzinfo is not None:
            return at.astimezone(UTC)
    except (ValueError, OverflowError):
        at = None
    if at is not None:
        raise InvalidInput(f"`created_at` has no zone: write {at.isoformat()}Z if it is in UTC")
    raise InvalidInput(
        "`created_at` must be an instant such as 2026-05-04T10:00:00Z, not"
        f" {_quoted(told, 'created_at')}"
    )


def _label(told: Mapping[str, object], field: str) -> str | None:
    given = told.get(field)
    if given is None:
        return None
    if not isinstance(given, str) or _BROKEN.search(given):
        raise InvalidInput(f"`{field}` must be text, not {_quoted(told, field)}")
    if len(given) > LONGEST_LABEL:
        raise InvalidInput(f"`{field}` has more than {LONGEST_LABEL} characters")
    return given


def _quoted(told: Mapping[str, object], field: str) -> str:
    if field not in told:
        return "missing"
    quoted = json.dumps(told[field])
    return quoted if len(quoted) <= LONGEST_QUOTE else f"{quoted[:LONGEST_QUOTE]}…"
