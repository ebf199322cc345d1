"""Domain knowledge in PostgreSQL."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from cns.domain.message import SegmentId
from cns.errors import Conflict, NotFound
from cns.knowledge import Subject
from cns.ports import Database, Row, Transaction
from cns.sql import load_queries
from lt_memory.domain.knowledge import Block, BlockId, Exchange, Hand, Version
from lt_memory.domain.memory import RunId
from lt_memory.domain.run import Run
from lt_memory.knowledge import BlockChange, NewBlock, speaks, subject_of
from lt_memory.recording import recorded

SQL = load_queries(Path(__file__).with_name("knowledge.sql"))


class PostgresKnowledge:
    """Implements `lt_memory.knowledge.KnowledgeStore` and `cns.knowledge.Knowledge`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def subjects(self) -> Sequence[Subject]:
        return [subject_of(block) for block in self.blocks() if speaks(block)]

    def blocks(self) -> Sequence[Block]:
        with self._database.transaction() as tx:
            return [_block(row) for row in tx.all(SQL["blocks"], label=None)]

    def block(self, label: str) -> Block:
        with self._database.transaction() as tx:
            return _read(tx, label)

    def add(self, new: NewBlock, at: datetime) -> Block:
        block_id = BlockId(uuid4())
        with self._database.transaction() as tx:
            place = _now(tx)
            values = asdict(new)
            content = values.pop("content")
            if not tx.run(SQL["add"], **values, id=block_id, at=at):
                raise Conflict(
                    f"There is a block {new.label} already: edit it, or choose another label.",
                    code="label_taken",
                )
            tx.run(SQL["add_mark"], block_id=block_id, taken_up_to=place)
            version = Version(version=1, at=at, actor=Hand.USER, content=content)
            _add_version(tx, block_id, version)
            return _read(tx, new.label)

    def edit(self, label: str, change: BlockChange, at: datetime) -> Block:
        with self._database.transaction() as tx:
            block = _held(tx, label)
            edited = replace(block, **change, updated_at=at)
            if edited.content != block.content:
                edited = _renewed(tx, edited, at)
            if edited.enabled and not block.enabled:
                edited = replace(edited, taken_up_to=_now(tx), refusals=0)
            _save(tx, edited)
        return edited

    def restore(self, label: str, version: int, at: datetime) -> Block:
        with self._database.transaction() as tx:
            block = _held(tx, label)
            rows = tx.all(SQL["versions"], label=label)
            words = {row["version"]: row["content"] for row in rows}
            if version not in words:
                raise NotFound(
                    f"The block {label} has no version {version}: it has 1 to {len(rows)}.",
                    code="version_not_found",
                )
            restored = _renewed(tx, replace(block, content=words[version], updated_at=at), at)
            _save(tx, restored)
        return restored

    def erase(self, label: str) -> int:
        with self._database.transaction() as tx:
            block = _held(tx, label)
            tx.run(SQL["erase_journal"], id=str(block.id))
            tx.run(SQL["erase_mark"], id=block.id)
            versions = tx.run(SQL["erase_versions"], id=block.id)
            tx.run(SQL["erase"], id=block.id)
        return versions

    def versions(self, label: str) -> Sequence[Version]:
        with self._database.transaction() as tx:
            rows = tx.all(SQL["versions"], label=label)
        if not rows:
            raise _no_block(label)
        return [_version(row) for row in rows]

    def waiting(self, block: Block, limit: int) -> Sequence[Exchange]:
        with self._database.transaction() as tx:
            rows = tx.all(SQL["waiting"], taken_up_to=block.taken_up_to, limit=limit)
        return [_exchange(row) for row in rows]

    def count_waiting(self, limit: int) -> Mapping[str, int]:
        with self._database.transaction() as tx:
            rows = tx.all(SQL["count_waiting"], limit=limit)
        return {row["label"]: row["waiting"] for row in rows}

    def advance(self, before: Block, after: Block, run: Run) -> bool:
        with self._database.transaction() as tx:
            if tx.maybe(SQL["hold"], label=before.label) is None:
                return False
            if _read(tx, before.label) != before or not _undisturbed(tx, run):
                return False
            recorded(tx, run)
            if after.version != before.version:
                made = Version(
                    version=after.version,
                    at=after.updated_at,
                    actor=Hand.WRITER,
                    content=after.content,
                    run_id=run.id,
                    model=run.model,
                )
                _add_version(tx, before.id, made)
            _save(tx, after)
        return True

    def record(self, run: Run) -> None:
        with self._database.transaction() as tx:
            recorded(tx, run)


def _undisturbed(tx: Transaction, run: Run) -> bool:
    """Whether the turns that the writer was shown are there: none erased, none off the path."""
    span = {name: run.inputs.get(name) for name in ("after", "up_to")}
    return bool(tx.one(SQL["count_taken"], **span)["turns"] == run.inputs.get("turns"))


def _held(tx: Transaction, label: str) -> Block:
    """The block, which nobody else can change till the end of the transaction."""
    if tx.maybe(SQL["hold"], label=label) is None:
        raise _no_block(label)
    return _read(tx, label)


def _read(tx: Transaction, label: str) -> Block:
    row = tx.maybe(SQL["blocks"], label=label)
    if row is None:
        raise _no_block(label)
    return _block(row)


def _renewed(tx: Transaction, block: Block, at: datetime) -> Block:
    """With its content as a further version of the user's."""
    renewed = replace(block, version=block.version + 1)
    version = Version(version=renewed.version, at=at, actor=Hand.USER, content=renewed.content)
    _add_version(tx, block.id, version)
    return renewed


def _add_version(tx: Transaction, block_id: BlockId, version: Version) -> None:
    tx.run(SQL["add_version"], block_id=block_id, **asdict(version))


def _save(tx: Transaction, block: Block) -> None:
    tx.run(SQL["save"], **asdict(block))
    tx.run(SQL["save_mark"], **asdict(block))


def _now(tx: Transaction) -> int:
    return int(tx.one(SQL["now"])["place"])


def _block(row: Row) -> Block:
    return Block(**{**row, "id": BlockId(UUID(str(row["id"])))})


def _version(row: Row) -> Version:
    return Version(
        version=row["version"],
        at=row["at"],
        actor=Hand(row["actor"]),
        content=row["content"],
        run_id=row["run_id"] and RunId(row["run_id"]),
        model=row["model"],
    )


def _exchange(row: Row) -> Exchange:
    return Exchange(**{**row, "segment_id": SegmentId(row["segment_id"])})


def _no_block(label: str) -> NotFound:
    return NotFound(
        f"There is no block {label!r} of domain knowledge: it may be deleted.",
        code="knowledge_not_found",
    )
