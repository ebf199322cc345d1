"""What a chapter was about: written by a capable model, else drawn from the user's own words."""

import logging
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import uuid4

from cns.domain.message import Document, Message, MessageId, Role, Text
from cns.domain.model import Purpose
from cns.domain.salvage import salvaged
from cns.domain.segment import Summary
from cns.domain.tokens import BYTES_PER_TOKEN
from cns.errors import ModelStopped, ModelUnavailable
from cns.ports import LLM, ModelRequest, ModelText, SystemBlock

logger = logging.getLogger(__name__)
SENTENCES = 3
TITLE_WORDS = 8
LONGEST = 1200
TRANSCRIPT = 60_000  # characters; less where the model's context is smaller
TELLING = 240  # characters: a message cut shorter than that says little
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+")
_WORD = re.compile(r"[^\W\d_]{4,}", re.UNICODE)
SCHEMA = {
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "summary": {"type": "string"},
        "complexity": {"type": "integer", "enum": [1, 2, 3]},
    },
    "required": ["title", "summary", "complexity"],
    "additionalProperties": False,
}


class Summariser(Protocol):
    def summarise(self, messages: Sequence[Message]) -> Summary: ...


class ExtractiveSummary:
    """Picks the most telling sentences of the user, of anyone where the user said nothing.

    Needs no model and never fails.
    """

    def summarise(self, messages: Sequence[Message]) -> Summary:
        theirs = [m for m in messages if m.role is Role.USER] or messages
        spoken = [m.text for m in theirs if m.text.strip()]
        sentences = [s.strip() for text in spoken for s in _SENTENCE.split(text) if s.strip()]
        if not sentences:
            return _wordless(messages)
        frequency = Counter(word for s in sentences for word in set(_WORD.findall(s.lower())))
        best = sorted(range(len(sentences)), key=lambda i: (-_weight(sentences[i], frequency), i))[
            :SENTENCES
        ]
        text = " ".join(sentences[i] for i in sorted(best))
        return Summary(
            title=_title(sentences), text=text[:LONGEST], complexity=_complexity(len(messages))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSummary:
    """Asks the fast model; falls back to extraction when it cannot answer usably.

    Raises ModelStopped when the program ends meanwhile: the chapter is then finished later.
    """

    llm: LLM
    prompt: str
    fallback: Summariser

    def summarise(self, messages: Sequence[Message]) -> Summary:
        try:
            return self._parsed(self._ask(messages), messages)
        except ModelStopped:
            raise  # a better one can be had when MIRA runs again
        except (ModelUnavailable, ValueError) as error:
            logger.warning(
                "summary without a model",
                extra={"action": "summary_fallback", "detail": str(error)},
            )
            return self.fallback.summarise(messages)

    def _ask(self, messages: Sequence[Message]) -> str:
        room = min(TRANSCRIPT, self.llm.context_tokens * BYTES_PER_TOKEN // 2)
        lines = [f"{m.role.value}: {m.text}" for m in messages if m.text]
        transcript = "\n\n".join(condensed(lines, room))
        question = Message(
            id=MessageId(uuid4()),
            role=Role.USER,
            content=(Text(text=f"<conversation>\n{transcript}\n</conversation>"),),
            created_at=messages[-1].created_at,
            segment_id=messages[-1].segment_id,
        )
        request = ModelRequest(
            system=(SystemBlock(text=self.prompt, cached=False),),
            messages=(question,),
            schema=SCHEMA,
            max_tokens=600,
            fast=True,
            purpose=Purpose.SUMMARY,
            subject=messages[-1].segment_id,
        )
        return "".join(e.text for e in self.llm.stream(request) if isinstance(e, ModelText))

    def _parsed(self, answer: str, messages: Sequence[Message]) -> Summary:
        match salvaged(answer).document:
            case {"title": str(title), "summary": str(text), **rest} if (
                _words(title) and text.strip()
            ):
                complexity = rest.get("complexity")
                return Summary(
                    title=_words(title),
                    text=text.strip()[:LONGEST],
                    complexity=complexity if complexity in (1, 2, 3) else 2,
                )
            case other:
                raise ValueError(f"a summary of {len(messages)} messages came as {other!r:.200}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FittingSummary:
    """Written by the model that answers now, if that one is capable."""

    llm: LLM
    written: Summariser
    drawn: Summariser

    def summarise(self, messages: Sequence[Message]) -> Summary:
        chosen = self.written if self.llm.capable else self.drawn
        return chosen.summarise(messages)


def condensed(lines: Sequence[str], room: int) -> Sequence[str]:
    """The lines within so many characters: some are left out evenly, then the longest are cut."""
    least = sum(min(len(line), TELLING) for line in lines)
    kept = lines[:: max(1, -(-least // max(1, room)))]
    left = room
    for number, length in enumerate(sorted(map(len, kept))):
        cut = left // (len(kept) - number)
        if length > cut:
            return [line[:cut] for line in kept]
        left -= length
    return kept


def _wordless(messages: Sequence[Message]) -> Summary:
    """What was shared, where nobody wrote a word to it."""
    blocks = [block for message in messages for block in message.content]
    documents = [block for block in blocks if isinstance(block, Document)]
    if not documents:
        return Summary(title="Pictures", text="Pictures were shared.", complexity=1)
    titles = ", ".join(document.title for document in documents if document.title)
    text = f"Documents were shared: {titles}." if titles else "Documents were shared."
    return Summary(title="Documents", text=text[:LONGEST], complexity=1)


def _weight(sentence: str, frequency: Counter[str]) -> float:
    words = _WORD.findall(sentence.lower())
    names = sum(word[0].isupper() for word in sentence.split()[1:])
    asked = sentence.endswith("?")
    return sum(frequency[w] for w in words) / (len(words) + 4) + 0.3 * names - 0.5 * asked


def _title(sentences: Sequence[str]) -> str:
    telling = next((s for s in sentences if len(_WORD.findall(s)) > 1), sentences[0])
    return _words(telling) or telling


def _words(text: str) -> str:
    """The first words, without the marks that models like to put around a title."""
    words = text.strip().strip("\"'.").split()
    title = " ".join(words[:TITLE_WORDS])
    return (title + "…") if len(words) > TITLE_WORDS else title


def _complexity(messages: int) -> int:
    if messages < 10:  # noqa: PLR2004 - the bands of the segment specification
        return 1
    return 2 if messages <= 30 else 3  # noqa: PLR2004 - as above
