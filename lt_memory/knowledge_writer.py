"""Works finished turns into blocks of domain knowledge, by a capable model, a version each time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import uuid4

from cns.domain.message import Message
from cns.domain.model import Purpose
from cns.domain.tokens import BYTES_PER_TOKEN
from cns.ports import LLM, Clock, ModelRequest, SystemBlock
from config.settings import KnowledgeSettings
from lt_memory.answer import Answer, Unfit, answer_of, material
from lt_memory.domain.knowledge import LONGEST, Block, Exchange, flaw, portion
from lt_memory.domain.memory import RunId
from lt_memory.domain.run import Run
from lt_memory.knowledge import KnowledgeStore

JOB = "domain_knowledge"
AT_ONCE = 200  # turns that are looked at for one rewriting
LONGEST_ANSWER = 8192
TRANSCRIPT = 60_000  # characters; less where the model's context is smaller
SHORTEST_TRANSCRIPT = 2000
OVERHEAD = 2 * LONGEST + 4000  # characters: the block, the block anew, and what is asked of it
SCHEMA: Mapping[str, object] = {
    "type": "object",
    "properties": {"changed": {"type": "boolean"}, "content": {"type": "string"}},
    "required": ["changed", "content"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeWriter:
    """Asks the fast model outside of any transaction, then keeps all of what came of it or nothing.

    A block that was changed meanwhile is left as it is: its turns go on waiting.
    """

    store: KnowledgeStore
    llm: LLM
    prompt: str
    clock: Clock
    figures: Callable[[], KnowledgeSettings]

    @property
    def is_on(self) -> bool:
        return self.figures().writer == "auto" and self.llm.capable

    def due(self) -> Sequence[Block]:
        """The blocks that are on and for which enough turns wait."""
        enough = self.figures().batch
        counts = self.store.count_waiting(enough)
        return [block for block in self.store.blocks() if counts.get(block.label, 0) >= enough]

    def write(self, block: Block) -> Run | None:
        """Work the first turns that wait into the block; the run as it is kept, if any wait.

        Raises:
            ModelUnavailable: the model failed; no run is kept, and the turns go on waiting.
            SpendingCeiling: not today.
        """
        waiting = self.store.waiting(block, AT_ONCE)
        if not waiting:
            return None
        taken = portion(waiting, self._room())
        run = self._begun(block, taken)
        answer = self._ask(block, taken)
        run = replace(
            run,
            model=answer.model,
            usage=answer.usage,
            cost_usd=answer.cost_usd,
            finished_at=self.clock.now(),
        )
        return self._kept(block, taken[-1].place, answer, run)

    def _kept(self, block: Block, up_to: int, answer: Answer, run: Run) -> Run:
        try:
            after = block.rewritten(_content(block, answer), up_to, self.clock.now())
            run = _done(run, block, after)
        except Unfit as reason:
            after = block.refused(up_to)
            run = _refused(run, reason, passed_over=after.taken_up_to == up_to)
        if self.store.advance(block, after, run):
            return run
        changed = "the block was changed meanwhile: its turns are taken in later"
        run = replace(run, state="failed", summary=changed, decisions=({"decision": "dropped"},))
        self.store.record(run)
        return run

    def _begun(self, block: Block, taken: Sequence[Exchange]) -> Run:
        return Run(
            id=RunId(uuid4()),
            job=JOB,
            state="running",
            summary="",
            started_at=self.clock.now(),
            model=self.llm.model,
            inputs={
                "block_id": str(block.id),
                "version": block.version,
                "turns": len(taken),
                "after": block.taken_up_to,
                "up_to": taken[-1].place,
            },
        )

    def _room(self) -> int:
        left = self.llm.context_tokens * BYTES_PER_TOKEN - OVERHEAD
        return min(TRANSCRIPT, max(SHORTEST_TRANSCRIPT, left))

    def _ask(self, block: Block, taken: Sequence[Exchange]) -> Answer:
        request = ModelRequest(
            system=(SystemBlock(text=self.prompt, cached=True),),
            messages=(_material(block, taken),),
            schema=SCHEMA,
            max_tokens=LONGEST_ANSWER,
            fast=True,
            purpose=Purpose.KNOWLEDGE,
            subject=block.id,
        )
        return answer_of(self.llm, request)


def _material(block: Block, taken: Sequence[Exchange]) -> Message:
    document = {
        "block": {
            "name": block.name,
            "description": block.description,
            "content": block.content,
        },
        "conversation": [
            {
                "at": each.at.isoformat(timespec="minutes"),
                "person": each.said,
                "assistant": each.answered,
            }
            for each in taken
        ],
    }
    return material(document, taken[-1].at, taken[-1].segment_id)


def _content(block: Block, answer: Answer) -> str:
    """The block's words anew, or as they were when there is nothing to take in."""
    match answer.document:
        case {"changed": False}:
            return block.content
        case {"changed": True, "content": str(content)}:
            found = flaw(block.content, content)
            if found is not None:
                raise Unfit(found)
            return content.strip()
        case _:
            raise Unfit("it has not the form that was asked for")


def _done(run: Run, before: Block, after: Block) -> Run:
    if after.version == before.version:
        return replace(
            run, state="done", summary="nothing to take in", decisions=({"decision": "unchanged"},)
        )
    decision = {
        "decision": "rewritten",
        "version": after.version,
        "characters_before": len(before.content),
        "characters_after": len(after.content),
    }
    return replace(run, state="done", summary=f"version {after.version}", decisions=(decision,))


def _refused(run: Run, reason: Unfit, *, passed_over: bool) -> Run:
    what_next = "these turns are passed over" if passed_over else "it is asked again later"
    return replace(
        run,
        state="failed",
        summary=f"the rewriting was refused: {reason}; {what_next}",
        decisions=({"decision": "passed_over" if passed_over else "refused"},),
    )
