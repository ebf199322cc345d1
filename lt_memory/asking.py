"""A question of background work to the fast model, whose answer is one JSON document."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from cns.domain.message import Message, MessageId, Role, SegmentId, Text
from cns.domain.model import Purpose
from cns.domain.spending import total_cost
from cns.domain.stream import Usage
from cns.ports import LLM, ModelDone, ModelRequest, ModelText, SystemBlock


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


def bill(answers: Sequence[Answer]) -> Bill:
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
        messages=(_told(question.material, at),),
        schema=question.schema,
        max_tokens=question.longest_answer,
        fast=True,
        purpose=question.purpose,
    )
    text, done = "", ModelDone(model=llm.model, stop="", usage=Usage())
    for event in llm.stream(request):
        if isinstance(event, ModelText):
            text += event.text
        elif isinstance(event, ModelDone):
            done = event
    return Answer(
        document=_document(text) if done.stop == "end" else None,
        model=done.model,
        usage=done.usage,
        cost_usd=done.cost_usd,
    )


def _told(material: Mapping[str, object], at: datetime) -> Message:
    return Message(
        id=MessageId(uuid4()),
        role=Role.USER,
        content=(Text(text=json.dumps(material, ensure_ascii=False, indent=1)),),
        created_at=at,
        segment_id=SegmentId(uuid4()),
    )


def _document(text: str) -> object:
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        return None
