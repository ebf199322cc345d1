"""A question of background work to the fast model, whose answer is one JSON document."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from cns.domain.model import Purpose
from cns.domain.spending import total_cost
from cns.domain.stream import Usage
from cns.ports import LLM, ModelRequest, SystemBlock
from lt_memory.answer import Answer as Heard
from lt_memory.answer import Unfit, answer_of, material

UNFIT = "unfit"  # the decision of an answer that could not be read


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked.

    Attributes:
        material: told as one JSON document: in it no word can pass for the end of a quotation.
        schema: what the answer is to be, as JSON Schema.
    """

    prompt: str
    material: Mapping[str, object]
    schema: Mapping[str, object]
    purpose: Purpose
    longest_answer: int = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a model said: `document` is None where it did not finish, or it is not JSON."""

    document: object
    model: str
    usage: Usage = field(default_factory=Usage)
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What several answers took together."""

    usage: Usage
    cost_usd: float | None


class Paid(Protocol):
    """An answer with what it took."""

    @property
    def usage(self) -> Usage: ...

    @property
    def cost_usd(self) -> float | None: ...


def bill(answers: Sequence[Paid]) -> Bill:
    usage = Usage()
    for each in answers:
        usage = usage.plus(each.usage)
    return Bill(usage=usage, cost_usd=total_cost([each.cost_usd for each in answers]))


def asked(llm: LLM, question: Asked, at: datetime) -> Answer:
    """Ask once.

    Raises:
        ModelUnavailable: the model failed.
        SpendingCeiling: not today.
    """
    request = ModelRequest(
        system=(SystemBlock(text=question.prompt, cached=True),),
        messages=(material(question.material, at),),
        schema=question.schema,
        max_tokens=question.longest_answer,
        fast=True,
        purpose=question.purpose,
    )
    heard = answer_of(llm, request)
    return Answer(
        document=_document(heard),
        model=heard.model,
        usage=heard.usage,
        cost_usd=heard.cost_usd,
    )


def _document(heard: Heard) -> object:
    try:
        return heard.document
    except Unfit:
        return None
