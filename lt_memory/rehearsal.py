"""What extraction would ask or store, told without asking or storing; never in anyone's words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable
from uuid import UUID

from cns.domain.message import Message
from cns.domain.model import ModelRequest
from cns.domain.reckoning import reckoned
from cns.domain.spending import total_cost
from cns.domain.stream import Usage
from lt_memory.domain.memory import Candidate
from lt_memory.storing import Decision

AT_ONCE, BY_BATCH, BY_RULES = "at once", "by batch", "by rules"
Pricing = Callable[[ModelRequest, Usage, bool], float | None]
"""What a call of so much will cost, by batch or at once; None where nobody knows the price."""


@runtime_checkable
class Questioning(Protocol):
    """An extractor that asks a model."""

    @property
    def by_batch(self) -> bool: ...

    def lacking(self, messages: Sequence[Message]) -> Sequence[ModelRequest]:
        """What it would ask now: what has no answer yet."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """What would become of a chapter: questions to a model, or decisions on what rules found."""

    segment_id: UUID
    way: str
    questions: tuple[ModelRequest, ...] = ()
    found: tuple[tuple[Candidate, Decision], ...] = ()

    def told(self, price: Pricing) -> Mapping[str, object]:
        chapter: dict[str, object] = {"segment_id": str(self.segment_id), "way": self.way}
        if self.way == BY_RULES:
            return {**chapter, "decisions": [_decided(*each) for each in self.found]}
        usages = [reckoned(question) for question in self.questions]
        batched = self.way == BY_BATCH
        costs = [price(*each, batched) for each in zip(self.questions, usages, strict=True)]
        return {
            **chapter,
            "chunks": len(usages),
            "input_tokens": sum(each.input_tokens for each in usages),
            "output_tokens": sum(each.output_tokens for each in usages),
            "cost_usd": total_cost(costs),
        }


def questioned(
    extractor: object, segment_id: UUID, messages: Sequence[Message]
) -> Rehearsed | None:
    """What it would ask; None of one that asks nobody."""
    if not isinstance(extractor, Questioning):
        return None
    return Rehearsed(
        segment_id=segment_id,
        way=BY_BATCH if extractor.by_batch else AT_ONCE,
        questions=tuple(extractor.lacking(messages)),
    )


def summed(chapters: Sequence[Mapping[str, object]]) -> Mapping[str, object]:
    """The chapters, and what they come to together."""
    numbers = {
        name: sum(int(str(each.get(name, 0))) for each in chapters)
        for name in ("chunks", "input_tokens", "output_tokens")
    }
    asked = [each for each in chapters if "cost_usd" in each]
    costs = [None if each["cost_usd"] is None else float(str(each["cost_usd"])) for each in asked]
    return {"chapters": list(chapters), **numbers, "cost_usd": total_cost(costs)}


def _decided(candidate: Candidate, decision: Decision) -> Mapping[str, object]:
    """What would be stored has no id that could be looked up."""
    told = {
        name: value
        for name, value in decision.items()
        if name != "memory_id" or decision["decision"] not in {"stored", "waits"}
    }
    places = [
        {"message_id": str(each.message_id), "start": each.start, "end": each.end}
        for each in candidate.evidence
    ]
    return {**told, "kind": candidate.kind.value, "evidence": places}
