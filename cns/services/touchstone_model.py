"""How a fast model is asked what a turn is about, and how its answer is read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from pydantic_core import from_json

from cns.domain.continuum import Continuum
from cns.domain.message import Message, MessageId, Role, Text
from cns.domain.model import ModelEvent, ModelRequest, ModelText, Purpose, SystemBlock
from cns.domain.touchstone import Source, Touchstone
from cns.services.history import settled
from config.settings import TouchstoneSettings

LONGEST_LINE = 600  # characters of one earlier message
LONGEST_MESSAGE = 4000
LONGEST_FIELD = 600
MOST = 8  # entries of a list
_TEXT = {"type": "string"}
_LIST = {"type": "array", "items": _TEXT}
FIELDS = {
    "narrative": _TEXT,
    "hooks": _LIST,
    "entities": _LIST,
    "temporal": _TEXT,
    "intent": _TEXT,
    "relationship": _TEXT,
}
SCHEMA = {
    "type": "object",
    "properties": FIELDS,
    "required": list(FIELDS),
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """One question to the fast model and the reading of its answer.

    Attributes:
        prompt: what it is told to do.
        timezone: the user's, in which the day is named.
    """

    prompt: str
    timezone: str

    def request(
        self,
        continuum: Continuum,
        message: Message,
        subject: UUID | None,
        figures: TouchstoneSettings,
    ) -> ModelRequest:
        """The last pairs, the note on the turn before and the newest message."""
        here = message.created_at.astimezone(ZoneInfo(self.timezone))
        last = continuum.touchstone.narrative if continuum.touchstone else ""
        earlier = _lines(continuum.messages, message, figures.pairs)
        text = (
            f"It is {here:%A, %d %B %Y, %H:%M}.\n\n<before>\n{last}\n</before>\n\n"
            f"<conversation>\n{earlier}\n</conversation>\n\n"
            f"<newest>\n{_words(message)[:LONGEST_MESSAGE]}\n</newest>"
        )
        asked = replace(message, id=MessageId(uuid4()), content=(Text(text=text),))
        return ModelRequest(
            system=(SystemBlock(text=self.prompt, cached=False),),
            messages=(asked,),
            schema=SCHEMA,
            max_tokens=figures.max_tokens,
            fast=True,
            purpose=Purpose.TOUCHSTONE,
            subject=subject,
        )

    def answer(self, events: Iterable[ModelEvent], message: Message) -> Touchstone | str:
        """The touchstone, or why there is none; an answer cut short serves as far as it goes."""
        text = "".join(event.text for event in events if isinstance(event, ModelText))
        start = text.find("{")
        if start < 0:
            return "the model's note on it is no JSON"
        try:
            document = from_json(text[start:], allow_partial="trailing-strings")
        except ValueError:
            return "the model's note on it is no JSON"
        made = Touchstone(
            narrative=_string(document, "narrative"),
            hooks=_strings(document, "hooks"),
            entities=_strings(document, "entities"),
            temporal=_string(document, "temporal"),
            intent=_string(document, "intent"),
            relationship=_string(document, "relationship"),
            source=Source.MADE,
            at=message.created_at,
        )
        return "the model's note on it says nothing" if made.is_lost else made


def _lines(messages: Sequence[Message], newest: Message, pairs: int) -> str:
    said = [m for m in settled(messages) if m.is_said and m.id != newest.id]
    questions = [place for place, m in enumerate(said) if m.role is Role.USER]
    first = questions[-pairs] if len(questions) > pairs else 0
    speakers = {Role.USER: "person", Role.ASSISTANT: "assistant"}
    return "\n".join(f"{speakers[m.role]}: {_words(m)[:LONGEST_LINE]}" for m in said[first:])


def _words(message: Message) -> str:
    return " ".join(message.text.split()) or "(a file, without words)"


def _string(document: object, name: str) -> str:
    value = document.get(name) if isinstance(document, dict) else None
    return " ".join(value.split())[:LONGEST_FIELD] if isinstance(value, str) else ""


def _strings(document: object, name: str) -> tuple[str, ...]:
    values = document.get(name) if isinstance(document, dict) else None
    if not isinstance(values, list):
        return ()
    words = (" ".join(v.split())[:LONGEST_FIELD] for v in values if isinstance(v, str))
    return tuple(word for word in words if word)[:MOST]
