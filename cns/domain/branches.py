"""The tree that a chapter grows into when something is said or answered anew, and paths in it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import takewhile
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
    return _Tree.of(kin).path_to(message_id)


def path_through(kin: Sequence[Kin], message_id: MessageId) -> tuple[MessageId, ...]:
    """The path that a message lies on, or lay on last: to the end of its latest continuation.

    The message is one of its chapter's, which are all given, oldest first.
    """
    tree = _Tree.of(kin)
    if tree.by_id[message_id].on_path:
        return tuple(one.id for one in kin if one.on_path)
    below = tree.below(message_id)
    left_last = max(one.left_at or _BEGINNING for one in below)
    last = next(one for one in reversed(below) if one.left_at == left_last)
    return tree.path_to(last.id)


@dataclass(frozen=True, slots=True)
class _Tree:
    """A chapter's messages, to be walked in time that grows with their number.

    Attributes:
        kin: oldest first.
        answers: what was said and done by one turn in answer to one message.
    """

    kin: Sequence[Kin]
    by_id: Mapping[MessageId, Kin]
    answers: Mapping[object, Sequence[Kin]]

    @classmethod
    def of(cls, kin: Sequence[Kin]) -> "_Tree":
        answers: defaultdict[object, list[Kin]] = defaultdict(list)
        for one in kin:
            if one.role is not Role.USER:
                answers[one.parent_id, one.turn_id].append(one)
        return cls(kin, {one.id: one for one in kin}, answers)

    def whole(self, one: Kin) -> Sequence[Kin]:
        """A user's message alone; of an answer all that its turn said and its tools did."""
        if one.role is Role.USER or one.parent_id is None:
            return (one,)
        return self.answers[one.parent_id, one.turn_id]

    def path_to(self, message_id: MessageId) -> tuple[MessageId, ...]:
        chosen: set[MessageId] = set()
        at = self.by_id.get(message_id)
        while at is not None:
            chosen.update(one.id for one in self.whole(at))
            if at.on_path:
                chosen.update(self.standing_before(at))
                break
            at = None if at.parent_id is None else self.by_id.get(at.parent_id)
        return tuple(one.id for one in self.kin if one.id in chosen)

    def standing_before(self, one: Kin) -> Iterator[MessageId]:
        """What is on the path ahead of it."""
        ahead = takewhile(lambda other: other.id != one.id, self.kin)
        return (other.id for other in ahead if other.on_path)

    def below(self, message_id: MessageId) -> list[Kin]:
        """The message, the rest of its answer, and all that was said after them; oldest first."""
        found = {one.id for one in self.whole(self.by_id[message_id])}
        for one in self.kin:  # a message comes after its parent
            if one.parent_id in found:
                found.add(one.id)
        return [one for one in self.kin if one.id in found]
