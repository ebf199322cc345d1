"""Domain knowledge in dictionaries; the contract suite holds it to what PostgreSQL does."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from cns.errors import Conflict, NotFound
from cns.knowledge import Subject
from lt_memory.domain.knowledge import Block, BlockId, Exchange, Hand, Version
from lt_memory.domain.run import Run
from lt_memory.knowledge import BlockChange, NewBlock, speaks, subject_of


class FakeKnowledge:
    """Implements `lt_memory.knowledge.KnowledgeStore` and `cns.knowledge.Knowledge`.

    Attributes:
        exchanges: the finished turns of the conversation.
        runs: those that were kept, oldest first.
    """

    def __init__(self) -> None:
        self._blocks: dict[str, Block] = {}
        self._versions: dict[BlockId, list[Version]] = {}
        self.exchanges: list[Exchange] = []
        self.runs: list[Run] = []

    def subjects(self) -> Sequence[Subject]:
        return [subject_of(block) for block in self.blocks() if speaks(block)]

    def blocks(self) -> Sequence[Block]:
        return sorted(self._blocks.values(), key=lambda block: block.label)

    def block(self, label: str) -> Block:
        if label not in self._blocks:
            raise NotFound(f"There is no block {label!r}.", code="knowledge_not_found")
        return self._blocks[label]

    def add(self, new: NewBlock, at: datetime) -> Block:
        if new.label in self._blocks:
            raise Conflict(f"There is a block {new.label} already.", code="label_taken")
        block = Block(
            id=BlockId(uuid4()),
            label=new.label,
            name=new.name,
            description=new.description,
            content=new.content,
            enabled=new.enabled,
            created_at=at,
            updated_at=at,
            taken_up_to=self._now(),
        )
        self._keep(block)
        return block

    def edit(self, label: str, change: BlockChange, at: datetime) -> Block:
        block = self.block(label)
        edited = replace(block, **change, updated_at=at)
        if edited.content != block.content:
            edited = replace(edited, version=block.version + 1)
        if edited.enabled and not block.enabled:
            edited = replace(edited, taken_up_to=self._now(), refusals=0)
        self._keep(edited)
        return edited

    def restore(self, label: str, version: int, at: datetime) -> Block:
        block = self.block(label)
        words = {each.version: each.content for each in self.versions(label)}
        if version not in words:
            raise NotFound(f"There is no version {version}.", code="version_not_found")
        made = replace(block, content=words[version], version=block.version + 1, updated_at=at)
        self._keep(made)
        return made

    def erase(self, label: str) -> int:
        return len(self._versions.pop(self._blocks.pop(self.block(label).label).id))

    def versions(self, label: str) -> Sequence[Version]:
        return list(self._versions[self.block(label).id])

    def waiting(self, block: Block, limit: int) -> Sequence[Exchange]:
        return [each for each in self.exchanges if each.place > block.taken_up_to][:limit]

    def count_waiting(self, limit: int) -> Mapping[str, int]:
        return {
            block.label: len(self.waiting(block, limit)) for block in self.blocks() if block.enabled
        }

    def advance(self, before: Block, after: Block, run: Run) -> bool:
        if self._blocks.get(before.label) != before:
            return False
        self._keep(after, run)
        self.runs.append(run)
        return True

    def record(self, run: Run) -> None:
        self.runs.append(run)

    def _now(self) -> int:
        return max((each.place for each in self.exchanges), default=0)

    def _keep(self, block: Block, run: Run | None = None) -> None:
        self._blocks[block.label] = block
        versions = self._versions.setdefault(block.id, [])
        if len(versions) < block.version:
            versions.append(
                Version(
                    version=block.version,
                    at=block.updated_at,
                    actor=Hand.WRITER if run else Hand.USER,
                    content=block.content,
                    run_id=run.id if run else None,
                    model=run.model if run else None,
                )
            )
