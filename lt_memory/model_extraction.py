"""Extraction by a capable model: it proposes with quotations; what it cannot quote is refused."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import uuid4, uuid5
from zoneinfo import ZoneInfo

from cns.domain.message import Message, MessageId, Role, Text
from cns.domain.model import Purpose
from cns.domain.salvage import salvaged
from cns.domain.stream import Usage
from cns.domain.tags import inert
from cns.errors import ModelUnavailable
from cns.ports import LLM, ModelDone, ModelRequest, ModelText, SystemBlock
from lt_memory.asking import bill
from lt_memory.domain.levels import certainty
from lt_memory.domain.memory import LONGEST, Candidate, Evidence, Kind, MemoryId
from lt_memory.domain.quotation import located
from lt_memory.domain.stretches import WEEKDAYS
from lt_memory.domain.timing import local_instant
from lt_memory.known import Known, Surroundings
from lt_memory.ports import Extracted, Names
from lt_memory.rules.gate import impersonal, refusal
from lt_memory.unusable import UnusableAnswer, counts

UTC = ZoneInfo("UTC")
SHORTEST = 10
CONTEXT_CHARACTERS = 1500  # of what the assistant said: it is no source
LONGEST_ANSWER = 8192
PLAINLY = 0.9  # how sure what is told without a usable word of it counts as
HALVINGS = 2  # of a stretch whose answer was too long to be finished
_WHEN = {"type": ["string", "null"]}
SCHEMA: Mapping[str, object] = {
    "type": "object",
    "properties": {
        "memories": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "text": {"type": "string"},
                    "kind": {"type": "string", "enum": [kind.value for kind in Kind]},
                    "confidence": {"type": "integer"},
                    "evidence": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": {
                                "message": {"type": "integer"},
                                "quote": {"type": "string"},
                            },
                            "required": ["message", "quote"],
                            "additionalProperties": False,
                        },
                    },
                    "happens_at": _WHEN,
                    "expires_at": _WHEN,
                    "supersedes": {"type": "array", "items": {"type": "string"}},
                },
                "required": [
                    "text",
                    "kind",
                    "confidence",
                    "evidence",
                    "happens_at",
                    "expires_at",
                    "supersedes",
                ],
                "additionalProperties": False,
            },
        }
    },
    "required": ["memories"],
    "additionalProperties": False,
}


class _Unfit(ValueError):
    """A proposal that cannot become a memory; says why, never in the proposal's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the model said of one stretch of the conversation; `stop` is as in `ModelDone`."""

    text: str
    stop: str
    usage: Usage
    cost_usd: float | None


@dataclass(slots=True)
class _Found:
    """What was found until now, and all that was answered to find it."""

    candidates: list[Candidate] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)

    @property
    def extracted(self) -> Extracted:
        paid = bill(self.answers)
        return Extracted(
            candidates=tuple(self.candidates),
            refused=tuple(self.refused),
            usage=paid.usage,
            cost_usd=paid.cost_usd,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What the model is asked with.

    Attributes:
        zone: the user's: the model reads the local time of each line.
        surroundings: knows which memories it is shown, as what may be superseded.
    """

    prompt: str
    zone: ZoneInfo = UTC
    surroundings: Surroundings | None = None


class ModelExtractor:
    """Asks the fast model, a chunk of the conversation at a time.

    A question is named after the messages that its chunk holds.
    """

    def __init__(self, llm: LLM, asking: Asking, names: Names, chunk_messages: int) -> None:
        self._llm = llm
        self._asking = asking
        self._zone = asking.zone
        self._names = names
        self._chunk = chunk_messages
        self._answers: Mapping[str, Answer] = {}

    @property
    def label(self) -> str:
        return self._llm.model

    def given(self, answers: Mapping[str, Answer]) -> "ModelExtractor":
        """One that has these answers already, by the names of their questions."""
        informed = ModelExtractor(self._llm, self._asking, self._names, self._chunk)
        informed._answers = answers
        return informed

    def requests(self, messages: Sequence[Message]) -> Mapping[str, ModelRequest]:
        """What it would ask, by name."""
        return {
            _named_after(chunk): self._request(chunk, self._known(chunk))
            for chunk in self.chunks(messages)
        }

    def chunks(self, messages: Sequence[Message]) -> Iterator[Sequence[Message]]:
        """The stretches that are asked about one by one."""
        return _chunks(messages, self._chunk)

    @property
    def by_batch(self) -> bool:
        return False

    def lacking(self, messages: Sequence[Message]) -> Sequence[ModelRequest]:
        asked = self.requests(messages)
        return [asked[name] for name in asked if name not in self._answers]

    def extract(self, messages: Sequence[Message]) -> Extracted:
        """As the port says; an UnusableAnswer says what all that was asked cost."""
        found = _Found()
        try:
            for chunk in self.chunks(messages):
                self._read(chunk, found, HALVINGS)
        except ModelUnavailable as error:
            if not counts(error):
                raise
            paid = bill(found.answers)
            raise UnusableAnswer(
                error.detail, code=error.code, usage=paid.usage, cost_usd=paid.cost_usd
            ) from error
        return found.extracted

    def _read(self, chunk: Sequence[Message], found: _Found, halvings: int) -> None:
        """Take over what is said of a stretch, in halves where that was too long an answer."""
        known = self._known(chunk)
        answer = self._answers.get(_named_after(chunk)) or self._ask(chunk, known)
        found.answers.append(answer)
        if answer.stop == "length" and halvings and len(chunk) > 1:
            for half in _chunks(chunk, -(-len(chunk) // 2)):
                self._read(half, found, halvings - 1)
            return
        proposals, cut = _proposals(answer)
        for number, proposal in enumerate(proposals, start=1):
            try:
                fit = _formed(proposal)
                candidate = self._candidate(fit, chunk)
                found.candidates.append(replace(candidate, supersedes=_named(fit, known)))
            except _Unfit as reason:
                found.refused.append(f"proposal {number}: {reason}")
        if cut:
            found.refused.append(f"what follows proposal {len(proposals)}: the answer broke off")

    def _known(self, chunk: Sequence[Message]) -> Sequence[Known]:
        surroundings = self._asking.surroundings
        return surroundings.of(chunk) if surroundings else ()

    def _request(self, chunk: Sequence[Message], known: Sequence[Known]) -> ModelRequest:
        return ModelRequest(
            system=(SystemBlock(text=self._asking.prompt, cached=True),),
            messages=(_transcript(chunk, self._zone, known),),
            schema=SCHEMA,
            max_tokens=LONGEST_ANSWER,
            fast=True,
            purpose=Purpose.EXTRACTION,
            subject=chunk[-1].segment_id,
        )

    def _ask(self, chunk: Sequence[Message], known: Sequence[Known]) -> Answer:
        text, usage, stop = "", Usage(), ""
        cost: float | None = None
        for event in self._llm.stream(self._request(chunk, known)):
            if isinstance(event, ModelText):
                text += event.text
            elif isinstance(event, ModelDone):
                usage, cost, stop = event.usage, event.cost_usd, event.stop
        return Answer(text=text, stop=stop, usage=usage, cost_usd=cost)

    def _candidate(self, proposal: Mapping[str, object], chunk: Sequence[Message]) -> Candidate:
        text = str(proposal.get("text") or "").strip()
        if not SHORTEST <= len(text) <= LONGEST:
            raise _Unfit(f"its text has {len(text)} characters")
        kind = _kind(proposal.get("kind"))
        if kind is Kind.CONCEPT and impersonal(text):
            raise _Unfit("it is general knowledge")
        sure = certainty(proposal.get("confidence"))
        return Candidate(
            text=text,
            evidence=_evidence(proposal, chunk),
            kind=kind,
            confidence=PLAINLY if sure is None else sure,
            happens_at=_instant(proposal.get("happens_at"), self._zone),
            expires_at=_instant(proposal.get("expires_at"), self._zone, ends=True),
            entities=tuple(dict.fromkeys(self._names.find(text))),
        )


def _formed(proposal: object) -> Mapping[str, object]:
    if not isinstance(proposal, dict):
        raise _Unfit("it has not the form that was asked for")
    return proposal


def is_usable(answer: Answer) -> bool:
    """Whether it came to its end, and has the form that was asked for."""
    try:
        _proposals(answer)
    except UnusableAnswer:
        return False
    return answer.stop == "end"


def _chunks(messages: Sequence[Message], size: int) -> Iterator[Sequence[Message]]:
    spoken = [m for m in messages if m.role is not Role.TOOL and m.text.strip()]
    for start in range(0, len(spoken), size):
        chunk = spoken[start : start + size]
        if any(m.role is Role.USER for m in chunk):
            yield chunk


def _named_after(chunk: Sequence[Message]) -> str:
    return uuid5(chunk[0].id, " ".join(str(message.id) for message in chunk)).hex


def _transcript(chunk: Sequence[Message], zone: ZoneInfo, known: Sequence[Known]) -> Message:
    lines = (_line(number, message, zone) for number, message in enumerate(chunk, start=1))
    text = "<conversation>\n{}\n</conversation>".format("\n".join(lines))
    if known:
        noted = "\n".join(f"[{each.short}] {inert(each.text)}" for each in known)
        text = f"<known>\n{noted}\n</known>\n\n{text}"
    return Message(
        id=MessageId(uuid4()),
        role=Role.USER,
        content=(Text(text=text),),
        created_at=chunk[-1].created_at,
        segment_id=chunk[-1].segment_id,
    )


def _line(number: int, message: Message, zone: ZoneInfo) -> str:
    """A line, with its local time as RFC 9557 writes it, and the weekday, which models mistake."""
    local = message.created_at.astimezone(zone)
    at = f"{WEEKDAYS[local.weekday()]},{local.isoformat(timespec='minutes')}[{zone.key}]"
    if message.role is Role.USER:
        return f"[{number}] {at} person: {message.text}"
    return f"[{number}] {at} assistant: {message.text[:CONTEXT_CHARACTERS]}"


def _proposals(answer: Answer) -> tuple[Sequence[object], bool]:
    """What an answer proposes, and whether it broke off after that; raises UnusableAnswer."""
    try:
        document, cut = salvaged(answer.text)
    except ValueError as error:
        if answer.stop == "end":
            raise _useless("are not JSON") from error
        document, cut = None, True
    cut = cut or answer.stop == "length"
    match document:
        case {"memories": [*proposals]} if _is_of_use(answer, proposals, cut=cut):
            return proposals, cut
        case _ if cut or answer.stop != "end":
            raise _useless(f"were not finished ({answer.stop})")
        case _:
            raise _useless("do not have the form that was asked for")


def _is_of_use(answer: Answer, proposals: Sequence[object], *, cut: bool) -> bool:
    if answer.stop not in {"end", "length"}:
        return False
    return any(isinstance(each, dict) for each in proposals) or not (proposals or cut)


def _useless(why: str) -> UnusableAnswer:
    return UnusableAnswer(
        f"The model's notes on the conversation {why}: they are asked for again later."
    )


def _evidence(proposal: Mapping[str, object], chunk: Sequence[Message]) -> tuple[Evidence, ...]:
    """The quotations that state something; raises _Unfit when none does, or one is wrong."""
    by_id = {message.id: message.text for message in chunk}
    quoted = tuple(_quotations(proposal, chunk))
    reasons = [refusal(by_id[MessageId(q.message_id)], q.start, q.end) for q in quoted]
    stating = tuple(q for q, reason in zip(quoted, reasons, strict=True) if reason is None)
    if not stating:
        raise _Unfit(reasons[0] or "it quotes nothing")
    return stating


def _quotations(proposal: Mapping[str, object], chunk: Sequence[Message]) -> Iterator[Evidence]:
    pieces = proposal.get("evidence")
    if not isinstance(pieces, list) or not pieces:
        raise _Unfit("it quotes nothing")
    for piece in pieces:
        match piece:
            case {"message": int(number), "quote": str(quote)}:
                yield _quoted(number, quote, chunk)
            case _:
                raise _Unfit("a quotation has not the form that was asked for")


def _quoted(number: int, quote: str, chunk: Sequence[Message]) -> Evidence:
    if not 1 <= number <= len(chunk):
        raise _Unfit(f"it quotes line {number}, which does not exist")
    message = chunk[number - 1]
    if message.role is not Role.USER:
        raise _Unfit(f"it quotes line {number}, which the person did not say")
    span = located(quote, message.text)
    if span is None:
        raise _Unfit(f"its quotation is not in line {number}")
    return Evidence(message_id=message.id, start=span[0], end=span[1])


def _named(proposal: Mapping[str, object], known: Sequence[Known]) -> tuple[MemoryId, ...]:
    """The memories that it is to take the place of; an id that was not shown names none."""
    told = proposal.get("supersedes")
    shown = {each.short: each.id for each in known}
    named = [shown[each] for each in told if each in shown] if isinstance(told, list) else []
    return tuple(dict.fromkeys(named))


def _kind(value: object) -> Kind:
    return Kind(str(value)) if value in set(Kind) else Kind.FACT


def _instant(value: object, zone: ZoneInfo, *, ends: bool = False) -> datetime | None:
    return local_instant(value, zone, ends=ends) if isinstance(value, str) else None
