"""The deterministic extractor: precise rather than complete, and the same every time."""

from collections.abc import Sequence

from cns.domain.message import Message, Role
from lt_memory.domain.memory import Candidate, Evidence
from lt_memory.ports import Extracted, Names
from lt_memory.rules.people import Cast
from lt_memory.rules.reading import Reading, readings


class RulesExtractor:
    """First-person statements about the user, their people, things, places, likes and plans."""

    def __init__(self, names: Names) -> None:
        self._names = names

    @property
    def label(self) -> str:
        return "rules"

    def extract(self, messages: Sequence[Message]) -> Extracted:
        found: list[Candidate] = []
        cast = Cast()
        for message in messages:
            if message.role is Role.USER:
                kept, cast = readings(message.text, cast.next_message())
                found += [self._candidate(message, reading) for reading in kept]
        return Extracted(candidates=tuple(found))

    def _candidate(self, message: Message, reading: Reading) -> Candidate:
        evidence = tuple(
            Evidence(message_id=message.id, start=start, end=end) for start, end in reading.spans
        )
        return Candidate(
            text=reading.text,
            evidence=evidence,
            kind=reading.kind,
            confidence=reading.confidence,
            entities=tuple(dict.fromkeys(self._names.find(reading.text))),
        )
