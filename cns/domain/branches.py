"""The tree that a chapter grows into when something is said or answered anew, and paths in it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from cns.domain.message import MessageId, Role, SegmentId, TurnId

START = MessageId(UUID(int=0))  # stands for the place before a chapter's first message
_BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kin:
    """Where a message stands among the others of its chapter.

    Attributes:
        said: whether a person sees it as said; see `Message.is_said`.
        left_at: when it last left the path; None while it is on it.
    """

    id: MessageId
    segment_id: SegmentId
    role: Role
    parent_id: MessageId | None
    turn_id: TurnId | None
    said: bool = True
    left_at: datetime | None = None

    @property
    def on_path(self) -> bool:
        return self.left_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """Which of several versions a message belongs to, counted from 1.

    Attributes:
        previous_id: a message of the version before it, to be activated.
        next_id: a message of the one after it.
    """

    index: int = 1
    count: int = 1
    on_path: bool = True
    previous_id: MessageId | None = None
    next_id: MessageId | None = None


def branches(kin: Sequence[Kin]) -> Mapping[MessageId, Branch]:
    """The branch of each message among the given ones, which come oldest first.

    Versions of a user's message are those below the same parent; versions of an answer are the
    turns that answered the same message, each with all that it said and its tools did.
    """
    families: defaultdict[object, dict[object, list[Kin]]] = defaultdict(dict)
    for one in kin:
        family = (one.segment_id, one.parent_id, one.role is Role.USER)
        families[family].setdefault(_version(one), []).append(one)
    return {
        one.id: _branch(one, list(versions.values()))
        for versions in families.values()
        for version in versions.values()
        for one in version
    }


def _version(one: Kin) -> object:
    return one.id if one.role is Role.USER else one.turn_id


def _branch(one: Kin, versions: Sequence[Sequence[Kin]]) -> Branch:
    """Two that are on the path together stand one after the other: they are no versions."""
    others = [v for v in versions if one in v or not (one.on_path and v[0].on_path)]
    at = next(index for index, version in enumerate(others) if one in version)
    return Branch(
        index=at + 1,
        count=len(others),
        on_path=one.on_path,
        previous_id=_face(others[at - 1]) if at else None,
        next_id=_face(others[at + 1]) if at + 1 < len(others) else None,
    )


def _face(version: Sequence[Kin]) -> MessageId:
    """The message by which a version is known: the last that was said."""
    return next((one.id for one in reversed(version) if one.said), version[-1].id)


def path_to(kin: Sequence[Kin], message_id: MessageId) -> tuple[MessageId, ...]:
    """All that leads to a message, itself and the rest of its answer included; oldest first.

    The message is one of its chapter's, which are all given, oldest first.
    """
    by_id = {one.id: one for one in kin}
    chosen: set[MessageId] = set()
    at: MessageId | None = message_id
    while at is not None and at in by_id:
        whole = _whole(kin, by_id[at])
        chosen.update(one.id for one in whole)
        if by_id[at].on_path:
            last = max(index for index, one in enumerate(kin) if one in whole)
            chosen.update(one.id for one in kin[:last] if one.on_path)
            break
        at = by_id[at].parent_id
    return tuple(one.id for one in kin if one.id in chosen)


def path_through(kin: Sequence[Kin], message_id: MessageId) -> tuple[MessageId, ...]:
    """The path that a message lies on, or lay on last: to the end of its latest continuation.

    The message is one of its chapter's, which are all given, oldest first.
    """
    if next(one for one in kin if one.id == message_id).on_path:
        return tuple(one.id for one in kin if one.on_path)
    below = _descendants(kin, message_id)
    left_last = max(one.left_at or _BEGINNING for one in below)
    last = next(one for one in reversed(below) if one.left_at == left_last)
    return path_to(kin, last.id)


def _descendants(kin: Sequence[Kin], message_id: MessageId) -> list[Kin]:
    """The message, the rest of its answer, and all that was said below them; oldest first."""
    top = next(one for one in kin if one.id == message_id)
    found = {one.id for one in _whole(kin, top)}
    for one in kin:  # a message comes after its parent
        if one.parent_id in found:
            found.add(one.id)
    return [one for one in kin if one.id in found]


def _whole(kin: Iterable[Kin], one: Kin) -> list[Kin]:
    """A user's message alone; of an answer all that its turn said and its tools did."""
    if one.role is Role.USER or one.parent_id is None:
        return [one]
    return [other for other in kin if other.role is not Role.USER and _place(other) == _place(one)]


def _place(one: Kin) -> tuple[MessageId | None, TurnId | None]:
    return one.parent_id, one.turn_id
