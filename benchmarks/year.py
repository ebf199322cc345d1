"""A scripted year of one user's talk with the assistant, what is drawn from it, and questions.

The files are in `benchmarks/data/year`, written for this project, one JSON object a line:
`messages.jsonl` is what `POST /api/import` reads as `format=messages`, `memories.jsonl` is what a
good extractor would draw, `questions.jsonl` what is asked in the January after. Questions whose
answer was last told in the first half of the year are for tuning, the others are held out.
"""

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from tests.seeding import Line, Seeds

FOLDER = Path(__file__).parent / "data" / "year"
NEAR, FAR = "never said, near", "never said, far"
TUNE, HELD_OUT = "tune", "held out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    id: str
    role: str
    text: str
    at: datetime
    session: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What is drawn from messages.

    Attributes:
        entities: names with their kinds.
        supersedes, conflicts: ids of memories told before it.
    """

    id: str
    text: str
    kind: str
    at: datetime
    happens_at: datetime | None
    messages: Sequence[str]
    entities: Sequence[tuple[str, str]]
    supersedes: Sequence[str]
    conflicts: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked, and where the answer stands.

    Attributes:
        kind: the class of question; `never said`, near or far, is about nothing told.
        half: `tune` or `held out`.
        says: words of the answer, each in one of the messages.
        messages, memories: what answers it, all of it.
        before: messages that say what held before the change.
        newest: of a change, the memory that holds now.
    """

    id: str
    text: str
    kind: str
    language: str
    half: str
    asked_at: datetime
    says: Sequence[str]
    messages: frozenset[str]
    memories: frozenset[str]
    before: Sequence[str]
    newest: str | None

    @property
    def has_answer(self) -> bool:
        return self.kind not in (NEAR, FAR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    messages: Sequence[Message]
    memories: Sequence[Memory]
    questions: Sequence[Question]

    @property
    def halves(self) -> Sequence[tuple[str, ...]]:
        """As figures are told: of all questions, and of each half that there is."""
        there = tuple(dict.fromkeys(each.half for each in self.questions))
        return tuple(dict.fromkeys((there, *((half,) for half in there))))

    @property
    def ended(self) -> Mapping[str, datetime]:
        """When what a memory says ceased to hold."""
        return {old: each.at for each in self.memories for old in each.supersedes}


def read(folder: Path = FOLDER) -> Year:
    return Year(
        messages=[_message(each) for each in _lines(folder / "messages.jsonl")],
        memories=[_memory(each) for each in _lines(folder / "memories.jsonl")],
        questions=[_question(each) for each in _lines(folder / "questions.jsonl")],
    )


def say(year: Year, seeds: Seeds) -> Mapping[str, UUID]:
    """Write the messages into an empty store; their ids there by the ids here."""
    seeds.user()
    stored: dict[str, UUID] = {}
    for _, session in itertools.groupby(year.messages, lambda each: each.session):
        said = list(session)
        lines = [
            Line(text=each.text, role=each.role, at=each.at, external_id=each.id) for each in said
        ]
        _, ids = seeds.segment(lines, began=said[0].at)
        stored |= zip((each.id for each in said), ids, strict=True)
    return stored


def remember(year: Year, seeds: Seeds, said: Mapping[str, UUID]) -> Mapping[UUID, str]:
    """Write the memories as the house does: what is superseded ends when its successor is told."""
    ended = year.ended
    stored: dict[str, UUID] = {}
    for memory in year.memories:
        id_ = stored[memory.id] = seeds.memory(
            memory.text,
            kind=memory.kind,
            happens_at=memory.happens_at,
            valid_until=ended.get(memory.id),
            created_at=memory.at,
            updated_at=memory.at,
        )
        for message in memory.messages:
            _ground(seeds, id_, said[message])
        for name, kind in memory.entities:
            seeds.entity(id_, name, kind)
        for kind, olds in (("supersedes", memory.supersedes), ("conflicts", memory.conflicts)):
            for old in olds:
                _link(seeds, (id_, stored[old]), kind, memory.at)
    return {id_: name for name, id_ in stored.items()}


def _ground(seeds: Seeds, memory: UUID, message: UUID) -> None:
    seeds.run(
        "INSERT INTO memory_evidence (memory_id, message_id, start_at, end_at)"
        " SELECT %(memory)s, id, 0, length(text) FROM messages WHERE id = %(message)s",
        memory=memory,
        message=message,
    )


def _link(seeds: Seeds, ends: tuple[UUID, UUID], kind: str, at: datetime) -> None:
    seeds.run(
        "INSERT INTO memory_links (id, source_id, target_id, kind, created_at)"
        " VALUES (%(id)s, %(new)s, %(old)s, %(kind)s, %(at)s)",
        id=uuid4(),
        new=ends[0],
        old=ends[1],
        kind=kind,
        at=at,
    )


def _lines(path: Path) -> list[Mapping[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _message(told: Mapping[str, Any]) -> Message:
    return Message(
        id=told["external_id"],
        role=told["role"],
        text=told["content"],
        at=datetime.fromisoformat(told["created_at"]),
        session=told["session"],
        language=told["language"],
    )


def _memory(told: Mapping[str, Any]) -> Memory:
    happens_at = told["happens_at"]
    return Memory(
        id=told["id"],
        text=told["text"],
        kind=told["kind"],
        at=datetime.fromisoformat(told["created_at"]),
        happens_at=None if happens_at is None else datetime.fromisoformat(happens_at),
        messages=told["messages"],
        entities=[(each["name"], each["kind"]) for each in told["entities"]],
        supersedes=told["supersedes"],
        conflicts=told["conflicts"],
    )


def _question(told: Mapping[str, Any]) -> Question:
    return Question(
        id=told["id"],
        text=told["text"],
        kind=told["class"],
        language=told["language"],
        half=told["half"],
        asked_at=datetime.fromisoformat(told["asked_at"]),
        says=told["says"],
        messages=frozenset(told["evidence"]),
        memories=frozenset(told["memories"]),
        before=told["before"],
        newest=told["newest"],
    )
