"""Domain knowledge by hand: blocks made, mended, switched, gone back to an earlier version."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypedDict

from cns.knowledge import Subject, fitting
from cns.ports import LLM, Clock
from config.settings import KnowledgeSettings
from lt_memory.domain.knowledge import Block, Exchange, Version
from lt_memory.domain.run import Run

COUNTED = 1000  # waiting turns; more are as good as that many


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBlock:
    """A block to begin; turns from then on are worked in."""

    label: str
    name: str
    description: str = ""
    content: str = ""
    enabled: bool = True


class BlockChange(TypedDict, total=False):
    """What to change; what is not named stays."""

    name: str
    description: str
    content: str
    enabled: bool


class KnowledgeStore(Protocol):
    """Blocks with all their versions, and which turns they have still to take in.

    What names a label raises NotFound (`knowledge_not_found`) when no block has it.
    """

    def blocks(self) -> Sequence[Block]:
        """By label."""

    def block(self, label: str) -> Block: ...

    def add(self, new: NewBlock, at: datetime) -> Block:
        """Raises Conflict (`label_taken`)."""

    def edit(self, label: str, change: BlockChange, at: datetime) -> Block:
        """Other words are a new version; one switched on takes in what is said from now on."""

    def restore(self, label: str, version: int, at: datetime) -> Block:
        """An earlier version's words as a new one; raises NotFound (`version_not_found`)."""

    def erase(self, label: str) -> int:
        """The block and every version of it; how many there were."""

    def versions(self, label: str) -> Sequence[Version]:
        """Oldest first."""

    def waiting(self, block: Block, limit: int) -> Sequence[Exchange]:
        """The finished turns on the path that it has not taken in, oldest first."""

    def count_waiting(self, limit: int) -> Mapping[str, int]:
        """How many those are of each block, up to the limit."""

    def advance(self, before: Block, after: Block, run: Run) -> bool:
        """Keep what a run made of a block, with the run, in one transaction.

        False, and nothing is kept, when the block is no longer as it was before.
        """

    def record(self, run: Run) -> None:
        """Keep a run that changed nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockState:
    """A block as it stands.

    Attributes:
        waiting: finished turns that it has still to take in; none while it is off.
        in_prompt: whether the prompt has room for it.
        writer: who keeps it up to date, or why nobody does.
    """

    block: Block
    waiting: int
    in_prompt: bool
    writer: str

    @property
    def tokens(self) -> int:
        return subject_of(self.block).tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeService:
    """Changes by hand, each at once and in one transaction.

    Attributes:
        room: what the prompt has for all blocks together, in tokens.
    """

    store: KnowledgeStore
    llm: LLM
    clock: Clock
    figures: Callable[[], KnowledgeSettings]
    room: Callable[[], int]

    def list(self) -> Sequence[BlockState]:
        """By label."""
        blocks, waiting = self.store.blocks(), self.store.count_waiting(COUNTED)
        told = fitting([subject_of(each) for each in blocks if speaks(each)], self.room())
        shown = {subject.label for subject in told.shown}
        return [
            BlockState(
                block=each,
                waiting=waiting.get(each.label, 0),
                in_prompt=each.label in shown,
                writer=self.writer if each.enabled else "off: the block is off",
            )
            for each in blocks
        ]

    def get(self, label: str) -> BlockState:
        self.store.block(label)
        return next(state for state in self.list() if state.block.label == label)

    def add(self, new: NewBlock) -> BlockState:
        self.store.add(new, self.clock.now())
        return self.get(new.label)

    def edit(self, label: str, change: BlockChange) -> BlockState:
        self.store.edit(label, change, self.clock.now())
        return self.get(label)

    def delete(self, label: str) -> int:
        """How many versions went with it; none can be had back."""
        return self.store.erase(label)

    def history(self, label: str) -> Sequence[Version]:
        return self.store.versions(label)

    def restore(self, label: str, version: int) -> BlockState:
        self.store.restore(label, version, self.clock.now())
        return self.get(label)

    @property
    def writer(self) -> str:
        """The model that rewrites, or why none does."""
        if self.figures().writer == "off":
            return "off: knowledge.writer is off"
        if not self.llm.capable:
            return "off: no capable model"
        return f"on: {self.llm.model}"


def speaks(block: Block) -> bool:
    """Whether there is something of it to show."""
    return block.enabled and bool(block.content.strip())


def subject_of(block: Block) -> Subject:
    return Subject(label=block.label, name=block.name, content=block.content)
