"""The memories' store in memory; the contract suite proves that it behaves like the real one."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import RLock
from uuid import UUID, uuid4

from cns import paging
from cns.domain.message import MessageId, SegmentId
from cns.domain.segment import SegmentStatus
from cns.errors import InvalidInput, NotFound
from cns.ports import ContinuumStore, Page
from lt_memory.domain.memory import (
    Actor,
    Entity,
    EntityId,
    EntityName,
    Evidence,
    Link,
    Memory,
    MemoryId,
    Revision,
    RunId,
    State,
    Trust,
)
from lt_memory.domain.revision import born
from lt_memory.domain.run import Run, RunRevision
from lt_memory.domain.trust import place_of
from lt_memory.domain.wording import same_words
from lt_memory.echo_ports import Echoes
from lt_memory.ports import (
    Birth,
    Embedded,
    MemoryFilter,
    MemoryWork,
    Near,
    NewLink,
    Rewrite,
)
from tests.fakes.echoes import Silence

FOREIGN = "`cursor` is not one that a list returned: ask again without it."


@dataclass(slots=True)
class _Tables:
    memories: dict[MemoryId, Memory] = field(default_factory=dict)
    vectors: dict[MemoryId, Embedded | None] = field(default_factory=dict)
    revisions: dict[MemoryId, list[Revision]] = field(default_factory=dict)
    evidence: dict[MemoryId, list[Evidence]] = field(default_factory=dict)
    named: dict[MemoryId, set[EntityId]] = field(default_factory=dict)
    entities: dict[EntityName, EntityId] = field(default_factory=dict)
    links: list[NewLink] = field(default_factory=list)
    uses: dict[MemoryId, tuple[int, datetime]] = field(default_factory=dict)
    buried: dict[str, datetime] = field(default_factory=dict)
    runs: dict[RunId, Run] = field(default_factory=dict)
    by_run: list[tuple[RunId, RunRevision]] = field(default_factory=list)
    extracted: dict[UUID, datetime] = field(default_factory=dict)


class FakeMemoryStore:
    """Implements `lt_memory.ports.MemoryStore`; one transaction at a time."""

    def __init__(self, conversation: ContinuumStore) -> None:
        self._conversation = conversation
        self._tables = _Tables()
        self._door = RLock()

    @contextmanager
    def work(self, *, dry_run: bool = False) -> Iterator[MemoryWork]:
        with self._door:
            begun = copy.deepcopy(self._tables)
            yield FakeMemoryWork(begun, self._conversation)
            if not dry_run:
                self._tables = begun

    def note(self, run: Run) -> None:
        with self.work() as work:
            work.record(run)

    def list(self, narrowed: MemoryFilter, page: Page) -> tuple[Sequence[Memory], str | None]:
        below = _position(page.cursor)
        complete = [self._complete(m) for m in self._tables.memories.values()]
        found = sorted(
            (m for m in complete if _fits(m, narrowed) and (below is None or _key(m) < below)),
            key=_key,
            reverse=True,
        )
        shown = found[: page.limit]
        if len(found) <= page.limit:
            return shown, None
        return shown, paging.encode((shown[-1].created_at.isoformat(), str(shown[-1].id)))

    def ids(self, narrowed: MemoryFilter) -> Sequence[UUID]:
        return [m.id for m in self.list(narrowed, Page(limit=10**9))[0]]

    def get(self, memory_id: MemoryId) -> Memory:
        return self._complete(_known(self._tables, memory_id))

    def history(self, memory_id: MemoryId) -> Sequence[Revision]:
        _known(self._tables, memory_id)
        return list(self._tables.revisions[memory_id])

    def accessed(self, ids: Sequence[UUID], at: datetime, *, cited: bool) -> None:
        for memory_id in dict.fromkeys(MemoryId(each) for each in ids):
            if memory_id in self._tables.memories:
                count, _ = self._tables.uses.get(memory_id, (0, at))
                self._tables.uses[memory_id] = (count + 1, at)
                self._wake(memory_id, at)

    def _wake(self, memory_id: MemoryId, at: datetime) -> None:
        memory = self._tables.memories[memory_id]
        if memory.state is State.DORMANT:
            revisions = self._tables.revisions[memory_id]
            number = len(revisions) + 1
            awake = replace(memory, state=State.ACTIVE, revision=number)
            self._tables.memories[memory_id] = awake
            revisions.append(
                Revision(
                    revision=number,
                    at=at,
                    actor=Actor.DECAY,
                    change="woke: it was of use",
                    before={"state": "dormant"},
                    after={"state": "active"},
                )
            )

    def runs_of(self, segment_id: UUID, state: str) -> Sequence[RunId]:
        runs = sorted(self._tables.runs.values(), key=lambda run: run.started_at)
        of_it = [r for r in runs if r.inputs.get("segment_id") == str(segment_id)]
        return [run.id for run in of_it if run.state == state]

    def waiting(self, limit: int) -> Sequence[UUID]:
        segments, _ = self._conversation.segments(Page(limit=200))
        unfinished = set(self._conversation.unfinished_segments())
        ended = [
            segment.id
            for segment in sorted(segments, key=lambda s: s.started_at)
            if segment.status is SegmentStatus.COLLAPSED and segment.id not in unfinished
        ]
        return [each for each in ended if each not in self._tables.extracted][:limit]

    def run(self, run_id: RunId) -> Run:
        """What a run was kept as."""
        return self._tables.runs[run_id]

    def vector_of(self, memory_id: MemoryId) -> Embedded | None:
        """What a memory is found by."""
        return self._tables.vectors[memory_id]

    def _complete(self, memory: Memory) -> Memory:
        return _completed(self._tables, memory, self._conversation)


class FakeMemoryWork:
    """Implements `lt_memory.ports.MemoryWork` on a copy that is kept when all went well."""

    def __init__(self, tables: _Tables, conversation: ContinuumStore) -> None:
        self.tables = tables
        self._conversation = conversation

    def claim(self, segment_id: UUID) -> bool:
        segment = self._conversation.segment(SegmentId(segment_id))
        collapsed = segment.status is SegmentStatus.COLLAPSED
        return collapsed and segment_id not in self.tables.extracted

    def extracted(self, segment_id: UUID, at: datetime) -> None:
        self.tables.extracted[segment_id] = at

    def record(self, run: Run) -> None:
        self.tables.runs[run.id] = run

    def memory(self, memory_id: MemoryId) -> Memory:
        return _completed(self.tables, _known(self.tables, memory_id), self._conversation)

    def said_at(self, memory_id: MemoryId) -> datetime:
        memory = _known(self.tables, memory_id)
        said = [_said_at(each, self._conversation) for each in self.tables.evidence[memory_id]]
        return max(said, default=memory.created_at)

    def still_said(self, evidence: Sequence[Evidence]) -> bool:
        return all(self._is_there(MessageId(each.message_id)) for each in evidence)

    def _is_there(self, message_id: MessageId) -> bool:
        try:
            return self._conversation.message(message_id).id == message_id
        except NotFound:
            return False

    def settled(self, evidence: Sequence[Evidence]) -> MemoryId | None:
        known = sorted(self.tables.memories.values(), key=lambda each: (each.created_at, each.id))
        return next((m.id for m in known if self._is_settled(m, evidence)), None)

    def _is_settled(self, memory: Memory, evidence: Sequence[Evidence]) -> bool:
        edited = any(
            (each.actor, each.change) == (Actor.USER, "edited") and "text" in (each.after or {})
            for each in self.tables.revisions[memory.id]
        )
        holds = all(
            any(
                own.message_id == piece.message_id
                and own.start <= piece.start
                and own.end >= piece.end
                for own in self.tables.evidence[memory.id]
            )
            for piece in evidence
        )
        return holds and (edited or memory.valid_until is not None)

    def near(
        self, text: str, vector: Embedded | None, limit: int, *, put_away: bool = False
    ) -> Sequence[Near]:
        states = {State.ARCHIVED} if put_away else {State.ACTIVE, State.DORMANT}
        near = [
            Near(
                id=m.id,
                text=m.text,
                cosine=self._cosine(m, vector),
                put_away_at=m.updated_at if put_away else None,
                trusted=m.trust is Trust.TRUSTED,
            )
            for m in self.tables.memories.values()
            if m.state in states and m.valid_until is None
        ]
        return sorted(near, key=lambda each: -each.cosine)[: limit if vector else None]

    def buried(self, text: str, origin: str = "", said_at: datetime | None = None) -> bool:
        wordings = {same_words(text), same_words(f"{origin} {text}")}
        deleted = [at for words, at in self.tables.buried.items() if words in wordings]
        return any(said_at is None or at >= said_at for at in deleted)

    def waiting_from(self, origin: str, limit: int) -> Sequence[str]:
        known = self.tables.memories.values()
        there = [m for m in known if m.state is State.PENDING and origin in m.origins]
        return [each.text for each in there][:limit]

    def add(self, birth: Birth) -> None:
        memory = birth.memory
        self.tables.memories[memory.id] = memory
        self.tables.vectors[memory.id] = birth.vector
        revision = born(memory, birth.actor)
        self.tables.revisions[memory.id] = [revision]
        self._of_run(birth.run_id, memory.id, revision)
        self.tables.evidence[memory.id] = []
        self.support(memory.id, memory.evidence)
        self._name(memory.id, birth.names)

    def rewrite(self, change: Rewrite) -> None:
        memory = change.memory
        self.tables.memories[memory.id] = memory
        self.tables.revisions[memory.id].append(change.revision)
        self._of_run(change.run_id, memory.id, change.revision)
        if change.reworded:
            self.tables.vectors[memory.id] = change.vector
            self._name(memory.id, (*change.names, *self._still_named(memory)))

    def support(self, memory_id: MemoryId, evidence: Sequence[Evidence]) -> int:
        kept = self.tables.evidence[memory_id]
        fresh = [piece for piece in dict.fromkeys(evidence) if piece not in kept]
        kept.extend(fresh)
        return len(fresh)

    def link(self, link: NewLink) -> None:
        same = {(each.source_id, each.target_id, each.kind) for each in self.tables.links}
        known = link.target_id in self.tables.memories
        if known and (link.source_id, link.target_id, link.kind) not in same:
            self.tables.links.append(link)

    def revisions_of(self, run_id: RunId) -> Sequence[RunRevision]:
        return [each for of_run, each in self.tables.by_run if of_run == run_id]

    def _of_run(self, run_id: RunId | None, memory_id: MemoryId, revision: Revision) -> None:
        if run_id is not None:
            noted = RunRevision(
                memory_id=memory_id,
                revision=revision.revision,
                change=revision.change,
                before=revision.before,
                after=revision.after,
            )
            self.tables.by_run.append((run_id, noted))

    def descendants(self, memory_id: MemoryId) -> Sequence[MemoryId]:
        derived = [each for each in self.tables.links if self._made_by_its_run(each)]
        going = {memory_id}
        while more := {each.source_id for each in derived if each.target_id in going} - going:
            going |= more
        return sorted(going - {memory_id})

    def _made_by_its_run(self, link: NewLink) -> bool:
        born = {
            (run_id, each.memory_id) for run_id, each in self.tables.by_run if each.revision == 1
        }
        return link.kind == "derived_from" and (link.run_id, link.source_id) in born

    @property
    def echoes(self) -> Echoes:
        return Silence()

    def footprint(self, memory_id: MemoryId) -> Mapping[str, int]:
        _known(self.tables, memory_id)
        tables = self.tables
        named = tables.named[memory_id]
        elsewhere = {e for m, ids in tables.named.items() if m != memory_id for e in ids}
        return {
            "memories": 1,
            "memory_revisions": len(tables.revisions[memory_id]),
            "memory_evidence": len(tables.evidence[memory_id]),
            "memory_links": sum(memory_id in {k.source_id, k.target_id} for k in tables.links),
            "memory_entities": len(named),
            "entities": len(named - elsewhere),
            "memory_standing": 1,
            "memory_origins": len(tables.memories[memory_id].origins),
            "refusals": 0,
            "run_changes": 0,
            "turn_traces": 0,
            "embeddings": int(tables.vectors[memory_id] is not None),
        }

    def erase(self, memory_id: MemoryId, at: datetime) -> None:
        tables = self.tables
        texts = {tables.memories[memory_id].text}
        for revision in tables.revisions[memory_id]:
            texts |= {
                str(f["text"]) for f in (revision.before, revision.after) if f and "text" in f
            }
        memory = tables.memories[memory_id]
        place = "" if memory.trust is Trust.TRUSTED else place_of(memory)
        for text in texts:
            tables.buried[same_words(f"{place} {text}" if place else text)] = at
        tables.links = [k for k in tables.links if memory_id not in {k.source_id, k.target_id}]
        for table in (tables.memories, tables.vectors, tables.revisions, tables.evidence,
                      tables.named, tables.uses):  # fmt: skip
            table.pop(memory_id, None)
        self._forget_orphans()

    def _still_named(self, memory: Memory) -> Sequence[EntityName]:
        had = self.tables.named[memory.id]
        known = self.tables.entities.items()
        return [name for name, entity in known if entity in had and name.name in memory.text]

    def _name(self, memory_id: MemoryId, names: Sequence[EntityName]) -> None:
        ids = {self.tables.entities.setdefault(name, EntityId(uuid4())) for name in names}
        self.tables.named[memory_id] = ids
        self._forget_orphans()

    def _forget_orphans(self) -> None:
        used = {entity for ids in self.tables.named.values() for entity in ids}
        kept = {name: entity for name, entity in self.tables.entities.items() if entity in used}
        self.tables.entities = kept

    def _cosine(self, memory: Memory, vector: Embedded | None) -> float:
        own = self.tables.vectors[memory.id]
        if own is None or vector is None or own.model != vector.model:
            return 0.0
        return sum(a * b for a, b in zip(own.vector, vector.vector, strict=True))


def _known(tables: _Tables, memory_id: MemoryId) -> Memory:
    if memory_id not in tables.memories:
        raise NotFound(f"There is no memory {memory_id}.", code="memory_not_found")
    return tables.memories[memory_id]


def _completed(tables: _Tables, memory: Memory, conversation: ContinuumStore) -> Memory:
    count, last = tables.uses.get(memory.id, (0, None))
    by_id = {entity_id: name for name, entity_id in tables.entities.items()}
    named = sorted((by_id[e].name, by_id[e].kind, e) for e in tables.named[memory.id])
    evidence = sorted(
        tables.evidence[memory.id],
        key=lambda piece: (_said_at(piece, conversation), piece.start),
    )
    return replace(
        memory,
        access_count=count,
        last_accessed_at=last,
        evidence=tuple(evidence),
        entities=tuple(Entity(id=e, name=name, kind=kind) for name, kind, e in named),
        links=tuple(_seen_from(memory.id, tables)),
    )


def _said_at(piece: Evidence, conversation: ContinuumStore) -> datetime:
    return conversation.message(piece.message_id).created_at  # type: ignore[arg-type]  # plain UUID


def _seen_from(memory_id: MemoryId, tables: _Tables) -> Iterator[Link]:
    for link in sorted(tables.links, key=lambda each: (each.at, each.id)):
        for mine, other, direction in (
            (link.source_id, link.target_id, "out"),
            (link.target_id, link.source_id, "in"),
        ):
            if mine == memory_id:
                yield Link(
                    id=link.id,
                    kind=link.kind,
                    direction=direction,
                    other_id=other,
                    other_text=tables.memories[other].text,
                )


def _fits(memory: Memory, narrowed: MemoryFilter) -> bool:
    wanted = narrowed.entity and narrowed.entity.lower()
    checks = (
        (narrowed.ids, narrowed.ids is None or memory.id in narrowed.ids),
        (narrowed.kind, memory.kind == narrowed.kind),
        (narrowed.source, memory.source == narrowed.source),
        (narrowed.trust, memory.trust == narrowed.trust),
        (narrowed.state, memory.state == narrowed.state),
        (narrowed.segment_id, memory.segment_id == narrowed.segment_id),
        (narrowed.after, narrowed.after is None or memory.created_at >= narrowed.after),
        (narrowed.before, narrowed.before is None or memory.created_at < narrowed.before),
        (narrowed.min_importance, memory.importance >= (narrowed.min_importance or 0)),
        (narrowed.min_confidence, memory.confidence >= (narrowed.min_confidence or 0)),
        (narrowed.archived, (memory.state is State.ARCHIVED) == narrowed.archived),
        (wanted, any(wanted in {e.name.lower(), str(e.id)} for e in memory.entities)),
    )
    named = narrowed.ids is not None or narrowed.state is not None
    told = (named or memory.state is not State.PENDING) and narrowed.origin in {
        None,
        *memory.origins,
    }
    return told and all(fits for asked, fits in checks if asked is not None)


def _key(memory: Memory) -> tuple[datetime, UUID]:
    return memory.created_at, memory.id


def _position(cursor: str | None) -> tuple[datetime, UUID] | None:
    if cursor is None:
        return None
    at, memory_id = paging.decode(cursor, 2)
    try:
        position = datetime.fromisoformat(str(at)), UUID(str(memory_id))
    except ValueError as error:
        raise InvalidInput(FOREIGN) from error
    if position[0].tzinfo is None:
        raise InvalidInput(FOREIGN)
    return position
