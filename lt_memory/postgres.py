"""The memories' store in PostgreSQL."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from uuid import UUID

from cns import paging
from cns.domain.message import UserId
from cns.errors import NotFound
from cns.ports import Database, Page, Row, Transaction
from cns.sql import Prepared, as_halfvec, as_uuids, load_queries
from lt_memory.domain.memory import (
    Actor,
    EntityName,
    Evidence,
    Memory,
    MemoryId,
    Revision,
    RunId,
    State,
)
from lt_memory.domain.revision import born
from lt_memory.domain.run import Run, RunRevision
from lt_memory.domain.scoring import Pace
from lt_memory.domain.wording import keyed_hash, placed_hash
from lt_memory.echoes import PostgresEchoes
from lt_memory.exchanges import PostgresExchanges
from lt_memory.judged_pairs import PostgresJudging
from lt_memory.namings import PostgresEntities
from lt_memory.origins import PostgresOrigins
from lt_memory.ports import Birth, Embedded, MemoryFilter, Near, NewLink, Rewrite
from lt_memory.recording import recorded
from lt_memory.rows import grouped, memory_from, near_from, revision_from, run_revision_from
from lt_memory.standings import PostgresStandings
from lt_memory.tending import PostgresTending
from lt_memory.ties import PostgresTies

SQL = load_queries(Path(__file__).with_name("queries.sql"))
_LISTED = f"{SQL['memories']}\n{SQL['narrowed']}"
_ONE = Prepared(f"{SQL['memories']}\n{SQL['one']}")


class _Rehearsed(Exception):
    """Ends the transaction of a dry run, so that nothing of it is kept."""


class PostgresMemories:
    """Implements `lt_memory.ports.MemoryStore`."""

    def __init__(self, database: Database, user_id: UserId) -> None:
        self._database = database
        self._user_id = user_id

    @contextmanager
    def work(self, *, dry_run: bool = False) -> "Iterator[PostgresWork]":
        with suppress(_Rehearsed), self._database.transaction() as tx:
            yield PostgresWork(tx, self._user_id)
            if dry_run:
                raise _Rehearsed

    def note(self, run: Run) -> None:
        with self.work() as work:
            work.record(run)

    def list(self, narrowed: MemoryFilter, page: Page) -> tuple[Sequence[Memory], str | None]:
        below_at, below_id = paging.position(page.cursor)
        with self._database.transaction() as tx:
            rows = tx.all(
                _LISTED,
                **_narrowing(narrowed),
                below_at=below_at,
                below_id=below_id,
                limit=page.limit + 1,
            )
            found = _complete(tx, rows[: page.limit])
        return found, paging.moment(found[-1].created_at, found[-1].id) if len(
            rows
        ) > page.limit else None

    def ids(self, narrowed: MemoryFilter) -> Sequence[UUID]:
        values = {**_narrowing(narrowed), "below_at": None, "below_id": None, "limit": None}
        with self._database.transaction() as tx:
            rows = tx.all(SQL["fitting_ids"].replace(":memories", _LISTED), **values)
        return [row["id"] for row in rows]

    def get(self, memory_id: MemoryId) -> Memory:
        with self._database.transaction() as tx:
            return _one(tx, memory_id)

    def history(self, memory_id: MemoryId) -> Sequence[Revision]:
        with self._database.transaction() as tx:
            rows = tx.all(SQL["history"], memory_id=memory_id)
        if not rows:
            raise _no_memory(memory_id)
        return [revision_from(row) for row in rows]

    def accessed(self, ids: Sequence[UUID], at: datetime, *, cited: bool) -> None:
        with self._database.transaction() as tx:
            tx.run(
                SQL["accessed"],
                ids=list(dict.fromkeys(ids)),
                user_id=self._user_id,
                at=at,
                cited=int(cited),
                surfaced=int(not cited),
            )
            tx.run(SQL["wake"], ids=list(ids), at=at)
            for row in tx.all(SQL["buried_ids"], ids=list(ids)):
                tx.run(SQL["redact_traces"], id=row["id"])

    def runs_of(self, segment_id: UUID, state: str) -> Sequence[RunId]:
        with self._database.transaction() as tx:
            rows = tx.all(SQL["runs_of"], segment_id=str(segment_id), state=state)
        return [RunId(row["id"]) for row in rows]

    def waiting(self, limit: int) -> Sequence[UUID]:
        with self._database.transaction() as tx:
            return [row["id"] for row in tx.all(SQL["waiting"], limit=limit)]


class PostgresWork:
    """Implements `lt_memory.ports.MemoryWork` in one transaction."""

    def __init__(self, tx: Transaction, user_id: UserId) -> None:
        self._tx = tx
        self._user_id = user_id

    @property
    def standings(self) -> PostgresStandings:
        return PostgresStandings(self._tx)

    @property
    def tending(self) -> PostgresTending:
        return PostgresTending(self._tx)

    @property
    def ties(self) -> PostgresTies:
        return PostgresTies(self._tx)

    @property
    def judging(self) -> PostgresJudging:
        return PostgresJudging(self._tx)

    @property
    def origins(self) -> PostgresOrigins:
        return PostgresOrigins(self._tx)

    @property
    def exchanges(self) -> PostgresExchanges:
        return PostgresExchanges(self._tx)

    @property
    def echoes(self) -> PostgresEchoes:
        return PostgresEchoes(self._tx)

    @property
    def entities(self) -> PostgresEntities:
        return PostgresEntities(self._tx, self._user_id)

    def claim(self, segment_id: UUID) -> bool:
        row = self._tx.maybe(SQL["claim_segment"], segment_id=segment_id)
        if row is None:
            raise NotFound(f"There is no segment {segment_id}.", code="segment_not_found")
        if not row["open"]:
            return False
        self._tx.all(SQL["unhurried"])
        self._tx.all(SQL["one_extraction_at_a_time"])
        return True

    def extracted(self, segment_id: UUID, at: datetime) -> None:
        self._tx.run(SQL["mark_extracted"], segment_id=segment_id, at=at)

    def record(self, run: Run) -> None:
        recorded(self._tx, run)

    def memory(self, memory_id: MemoryId) -> Memory:
        self._hold(memory_id)
        return _one(self._tx, memory_id)

    def said_at(self, memory_id: MemoryId) -> datetime:
        row = self._tx.maybe(SQL["said_at"], id=memory_id)
        if row is None:
            raise _no_memory(memory_id)
        said_at: datetime = row["said_at"]
        return said_at

    def still_said(self, evidence: Sequence[Evidence]) -> bool:
        messages = {each.message_id for each in evidence}
        return len(self._tx.all(SQL["hold_messages"], ids=list(messages))) == len(messages)

    def settled(self, evidence: Sequence[Evidence]) -> MemoryId | None:
        row = self._tx.maybe(
            SQL["settled"],
            messages=[each.message_id for each in evidence],
            starts=[each.start for each in evidence],
            ends=[each.end for each in evidence],
        )
        return None if row is None else MemoryId(row["id"])

    def near(
        self, text: str, vector: Embedded | None, limit: int, *, put_away: bool = False
    ) -> Sequence[Near]:
        self._tx.all(SQL["widen_vector_search"])
        states = ["archived"] if put_away else ["active", "dormant"]
        rows = self._tx.all(SQL["near"], text=text, limit=limit, states=states, **_vector(vector))
        return [near_from(row) for row in rows]

    def buried(self, text: str, origin: str = "", said_at: datetime | None = None) -> bool:
        key = self._key()
        hashes = [keyed_hash(key, text)] + [placed_hash(key, origin, text)] * bool(origin)
        return self._tx.maybe(SQL["buried"], hashes=hashes, said_at=said_at) is not None

    def waiting_from(self, origin: str, limit: int) -> Sequence[str]:
        return self.origins.waiting(origin, limit)

    def add(self, birth: Birth) -> None:
        memory = birth.memory
        self._tx.run(
            SQL["add_memory"],
            **_columns(memory),
            **_vector(birth.vector),
            user_id=self._user_id,
            run_id=birth.run_id,
            segment_id=memory.segment_id,
            created_at=memory.created_at,
            made_of=as_uuids(birth.made_of),
            surfaced_weight=Pace().surfaced_weight,
            importance=memory.importance,
        )
        self.support(memory.id, memory.evidence)
        self.origins.add(memory.id, memory.origins)
        self._name(memory, birth.names, self.entities.named_by(birth.made_of))
        self._revise(memory.id, born(memory, birth.actor), birth.run_id)

    def rewrite(self, change: Rewrite) -> None:
        memory = change.memory
        by_hand = change.revision.actor is Actor.USER
        if (by_hand or change.run_id is None) and memory.state is State.ACTIVE:
            self._tx.run(SQL["count_return"], id=memory.id)
        if change.reworded:
            self.entities.keep_past(memory.id, memory.updated_at)
        self._tx.run(SQL["rewrite_memory"], **_columns(memory))
        if change.reworded:
            self._tx.run(SQL["rewrite_vector"], id=memory.id, **_vector(change.vector))
            named = self.entities.unname(memory.id)
            self._name(memory, change.names, named)
            self.entities.forget_unsaid(named)
        if "valid_until" in (change.revision.after or {}):
            ended, at = memory.valid_until is not None, memory.updated_at
            self._tx.run(SQL["turn_disputes"], id=memory.id, ended=ended, at=at)
        self._revise(memory.id, change.revision, change.run_id)

    def support(self, memory_id: MemoryId, evidence: Sequence[Evidence]) -> int:
        return sum(
            self._tx.run(SQL["add_evidence"], memory_id=memory_id, **asdict(piece))
            for piece in evidence
        )

    def link(self, link: NewLink) -> None:
        self._tx.run(SQL["add_link"], **asdict(link))

    def take_over_links(self, heir: MemoryId, sources: Sequence[MemoryId], run: Run) -> None:
        self._tx.run(
            SQL["take_over_links"],
            heir=heir,
            sources=list(sources),
            run_id=run.id,
            at=run.started_at,
        )

    def descendants(self, memory_id: MemoryId) -> Sequence[MemoryId]:
        return [MemoryId(row["id"]) for row in self._tx.all(SQL["made_of"], id=memory_id)]

    def revisions_of(self, run_id: RunId) -> Sequence[RunRevision]:
        return [run_revision_from(r) for r in self._tx.all(SQL["revisions_of"], ids=[run_id])]

    def footprint(self, memory_id: MemoryId) -> Mapping[str, int]:
        if self._tx.maybe(SQL["known_by_history"], id=memory_id) is None:
            self._hold(memory_id)
        return {name: int(n) for name, n in self._tx.one(SQL["footprint"], id=memory_id).items()}

    def erase(self, memory_id: MemoryId, at: datetime) -> None:
        key = self._key()
        place = self.origins.strange_place(memory_id)
        for row in self._tx.all(SQL["wordings"], id=memory_id):
            hashed = placed_hash(key, place, row["text"])
            self._tx.run(SQL["bury"], memory_id=memory_id, text_hash=hashed, at=at)
        self._tx.run(SQL["redact_traces"], id=memory_id)
        named = self.entities.unname(memory_id)
        for query in ("erase", "erase_revisions", "erase_ended_links"):
            self._tx.run(SQL[query], id=memory_id)
        self.entities.erase_past(memory_id)
        self.entities.forget_unsaid(named)
        journalled = self._tx.all(SQL["journalled_entities_of"], memory_id=memory_id)
        self._tx.run(SQL["erase_changes"], id=memory_id)
        gone = [*named, *(row["entity_id"] for row in journalled)]
        for query in ("erase_entity_changes", "erase_unsaid_names"):
            self._tx.run(SQL[query], entity_ids=gone)

    def _hold(self, memory_id: MemoryId) -> None:
        if self._tx.maybe(SQL["hold_memory"], id=memory_id) is None:
            raise _no_memory(memory_id)

    def _key(self) -> bytes:
        return bytes(self._tx.one(SQL["text_key"], user_id=self._user_id)["text_key"])

    def _revise(self, memory_id: MemoryId, revision: Revision, run_id: RunId | None) -> None:
        self._tx.run(
            SQL["add_revision"],
            memory_id=memory_id,
            revision=revision.revision,
            at=revision.at,
            actor=revision.actor.value,
            change=revision.change,
            before=revision.before,
            after=revision.after,
            run_id=run_id,
        )

    def _name(self, memory: Memory, names: Sequence[EntityName], known: Sequence[UUID]) -> None:
        """Whom it was known to name stays where the words say so; the others are as they read."""
        kept = self.entities.keep(memory.id, memory.text, known)
        for name in sorted(set(names), key=lambda each: (each.name, each.kind)):
            if name.name not in kept:
                self.entities.name(memory.id, name, memory.updated_at)


def _no_memory(memory_id: MemoryId) -> NotFound:
    return NotFound(f"There is no memory {memory_id}: it may be deleted.", code="memory_not_found")


def _one(tx: Transaction, memory_id: MemoryId) -> Memory:
    rows = tx.all(_ONE, id=memory_id)
    if not rows:
        raise _no_memory(memory_id)
    return _complete(tx, rows)[0]


def _complete(tx: Transaction, rows: Sequence[Row]) -> list[Memory]:
    """Memories with their evidence, entities and links: three queries, however many they are."""
    ids = as_uuids(row["id"] for row in rows)
    evidence, entities, links = (
        grouped(tx.all(SQL[query], ids=ids)) for query in ("evidence_of", "entities_of", "links_of")
    )
    return [memory_from(row, evidence, entities, links) for row in rows]


def _narrowing(narrowed: MemoryFilter) -> dict[str, object]:
    ids = None if narrowed.ids is None else list(narrowed.ids)
    return {**asdict(narrowed), "ids": ids}


def _columns(memory: Memory) -> dict[str, object]:
    return {
        "id": memory.id,
        "text": memory.text,
        "kind": memory.kind.value,
        "confidence": memory.confidence,
        "state": memory.state.value,
        "pinned": memory.pinned,
        "happens_at": memory.happens_at,
        "expires_at": memory.expires_at,
        "valid_until": memory.valid_until,
        "updated_at": memory.updated_at,
        "source": memory.source.value,
        "trust": memory.trust.value,
    }


def _vector(embedded: Embedded | None) -> dict[str, object]:
    if embedded is None:
        return {"vector": None, "model": None}
    return {"vector": as_halfvec(embedded.vector), "model": embedded.model}
