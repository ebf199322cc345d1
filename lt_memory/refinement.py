"""Shortens long memories and parts those of several facts, as a model proposes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import uuid4

from cns.domain.model import Purpose
from cns.errors import NotFound
from cns.ports import LLM, Clock, ModelRequest, Page, SystemBlock
from config.settings import MemorySettings
from lt_memory.answer import Answer, Unfit, answer_of, material
from lt_memory.domain.memory import LONGEST, Actor, Memory, MemoryId
from lt_memory.domain.revision import changed
from lt_memory.domain.rewording import SHORTEST, split_flaws, trim_flaws
from lt_memory.domain.run import Run
from lt_memory.domain.shape import parted
from lt_memory.offspring import Author, divided
from lt_memory.ports import MemoryFilter, Rewrite
from lt_memory.reader import Reader, Reading
from lt_memory.reshaping import FEWEST, MOST
from lt_memory.tending_ports import UpkeepStore, UpkeepWork
from lt_memory.weekly import CHANGED, LONGEST_ANSWER, Stop, Tab, begun, failed, in_turn, summary

JOB = "refine"
ACTIONS = ("trim", "split", "do_nothing")
SCHEMA: Mapping[str, object] = {
    "type": "object",
    "properties": {
        "action": {"type": "string", "enum": list(ACTIONS)},
        "texts": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["action", "texts"],
    "additionalProperties": False,
}
DONE = {"trim": "trimmed", "split": "split"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What is to become of a memory.

    Attributes:
        decision: `trimmed`, `split`, `left` as it is, `refused` for its flaws, or `unfit`: an
            answer that cannot be read.
        texts: what is to stand in its place; none for the last three.
    """

    memory: Memory
    decision: str
    flaws: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refinement:
    """Asks outside of any transaction, then does all that holds in one, as one run."""

    store: UpkeepStore
    llm: LLM
    prompt: str
    reader: Reader
    clock: Clock
    figures: Callable[[], MemorySettings]

    @property
    def is_on(self) -> bool:
        return self.figures().tidying == "auto" and self.llm.capable

    def due(self) -> Sequence[Memory]:
        """Long ones in use, whose words are not the user's own; the longest first."""
        with self.store.work() as work:
            ids = tuple(work.tending.refinable(self.clock.now(), self.figures()))
        if not ids:
            return []
        found, _ = self.store.list(MemoryFilter(ids=ids), Page(limit=len(ids)))
        return sorted(found, key=lambda each: ids.index(each.id))

    def planned(self) -> Sequence[Mapping[str, object]]:
        return [{"memory_id": str(each.id)} for each in self.due()]

    def carry_out(self) -> Run | None:
        """As `lt_memory.weekly.Tidying`."""
        due = self.due()
        if not due:
            return None
        inputs = {"memory_ids": [str(each.id) for each in due]}
        run, tab = begun(JOB, self.llm.model, inputs, self.clock.now()), Tab()
        proposals, stopped = in_turn(due, lambda each: self._proposal(each, run, tab), tab)
        if proposals:
            return self._kept(tab.on(run), proposals, stopped)
        run = failed(tab.on(run), stopped, self.clock.now())
        self.store.note(run)
        return run

    def _proposal(self, memory: Memory, run: Run, tab: Tab) -> Proposal:
        try:
            action, texts = _read(tab.add(self._asked(memory, run)))
        except Unfit as why:
            return Proposal(memory=memory, decision="unfit", flaws=(str(why),))
        if action == "do_nothing":
            return Proposal(memory=memory, decision="left")
        flaws = _flaws(action, texts, memory.text)
        if flaws:
            return Proposal(memory=memory, decision="refused", flaws=flaws)
        return Proposal(memory=memory, decision=DONE[action], texts=texts)

    def _asked(self, memory: Memory, run: Run) -> Answer:
        request = ModelRequest(
            system=(SystemBlock(text=self.prompt, cached=True),),
            messages=(material({"sentence": memory.text}, run.started_at),),
            schema=SCHEMA,
            max_tokens=LONGEST_ANSWER,
            fast=True,
            purpose=Purpose.UPKEEP,
            subject=run.id,
        )
        return answer_of(self.llm, request)

    def _kept(self, run: Run, proposals: Sequence[Proposal], stopped: Stop | None) -> Run:
        readings = [self.reader.read_all(each.texts) for each in proposals]
        run = replace(run, state="done", finished_at=self.clock.now())
        with self.store.work() as work:
            work.standings.hold()
            work.record(run)
            decisions = [
                _carried_out(work, each, read, run)
                for each, read in zip(proposals, readings, strict=True)
            ]
            run = replace(run, summary=summary(decisions, stopped), decisions=decisions)
            work.record(run)
        return run


def _read(answer: Answer) -> tuple[str, tuple[str, ...]]:
    """The action, and the sentences that it is to be done with."""
    match answer.document:
        case {"action": str(action), "texts": [*texts]} if action in ACTIONS:
            return action, tuple(str(each).strip() for each in texts)
        case _:
            raise Unfit("it has not the form that was asked for")


def _flaws(action: str, texts: Sequence[str], source: str) -> tuple[str, ...]:
    least, most = (1, 1) if action == "trim" else (FEWEST, MOST)
    if not least <= len(texts) <= most:
        return ("number of sentences",)
    if not all(SHORTEST <= len(each) <= LONGEST for each in texts):
        return ("length",)
    return trim_flaws(texts[0], source) if action == "trim" else split_flaws(texts, source)


def _carried_out(
    work: UpkeepWork, proposal: Proposal, readings: Sequence[Reading], run: Run
) -> dict[str, object]:
    """What was done; with a memory that says something else by now, nothing."""
    told: dict[str, object] = {
        "decision": proposal.decision,
        "memory_id": str(proposal.memory.id),
    }
    memory = _standing(work, proposal.memory)
    if memory is None:
        return {**told, "decision": CHANGED}
    work.tending.looked_at(memory.id, run.started_at, rejected=not proposal.texts)
    if proposal.flaws:
        told["flaws"] = list(proposal.flaws)
    if proposal.decision == DONE["trim"]:
        _trim(work, memory, proposal.texts[0], readings[0], run)
    elif proposal.decision == DONE["split"]:
        told["memory_ids"] = _split(work, memory, proposal.texts, readings, run)
    return told


def _standing(work: UpkeepWork, memory: Memory) -> Memory | None:
    """The memory, held; None when it is gone, or was changed by others."""
    try:
        held = work.memory(memory.id)
    except NotFound:
        return None
    return held if held.revision == memory.revision else None


def _trim(work: UpkeepWork, memory: Memory, text: str, reading: Reading, run: Run) -> None:
    new = replace(memory, text=text, updated_at=run.started_at)
    step = changed(memory, new, Actor.REFINEMENT, "shortened")
    if step is not None:
        work.rewrite(Rewrite(
            memory=replace(new, revision=step.revision),
            revision=step,
            reworded=True,
            names=reading.names,
            vector=reading.vector,
            run_id=run.id,
        ))  # fmt: skip


def _split(
    work: UpkeepWork, memory: Memory, texts: Sequence[str], readings: Sequence[Reading], run: Run
) -> list[str]:
    parts = [parted(memory, MemoryId(uuid4()), text, run.started_at) for text in texts]
    author = Author(actor=Actor.REFINEMENT, run=run, reason="split into its facts")
    divided(work, memory, list(zip(parts, readings, strict=True)), author)
    return [str(part.id) for part in parts]
