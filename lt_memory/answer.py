"""One document asked of a model, and what it answers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from cns.domain.message import Message, MessageId, Role, SegmentId, Text
from cns.domain.salvage import salvaged
from cns.domain.stream import Usage
from cns.ports import LLM, ModelDone, ModelRequest, ModelText


class Unfit(ValueError):
    """An answer that cannot be used; says why, never in its words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """All that a model said, and what it cost; `stop` as in `cns.domain.model.ModelDone`."""

    text: str
    model: str
    stop: str
    usage: Usage
    cost_usd: float | None

    @property
    def document(self) -> object:
        """The JSON in it; raises Unfit when there is none, or it was not finished."""
        if self.stop != "end":
            raise Unfit(f"the model did not finish ({self.stop or 'no reason given'})")
        try:
            document, cut = salvaged(self.text)
        except ValueError as error:
            raise Unfit("it is not JSON") from error
        if cut:  # what it would have said of the rest is not known
            raise Unfit("it breaks off")
        return document


def answer_of(llm: LLM, request: ModelRequest) -> Answer:
    """Ask and hear it out; raises as `LLM.stream` does."""
    text, done = "", ModelDone(model=llm.model, stop="", usage=Usage())
    for event in llm.stream(request):
        if isinstance(event, ModelText):
            text += event.text
        elif isinstance(event, ModelDone):
            done = event
    return Answer(
        text=text, model=done.model, stop=done.stop, usage=done.usage, cost_usd=done.cost_usd
    )


def material(
    document: Mapping[str, object], at: datetime, segment_id: SegmentId | None = None
) -> Message:
    """What the model is to work on, in one JSON text: no word in it can end a quotation."""
    return Message(
        id=MessageId(uuid4()),
        role=Role.USER,
        content=(Text(text=json.dumps(document, ensure_ascii=False, indent=1)),),
        created_at=at,
        segment_id=segment_id or SegmentId(uuid4()),
    )
