"""The deterministic extractor: precise rather than complete, and the same every time."""

from collections.abc import Iterator, Sequence

from cns.domain.message import Message, Role
from lt_memory.domain.memory import Candidate, Evidence
from lt_memory.domain.patch import patch_in
from lt_memory.ports import Extracted, Names
from lt_memory.rules.people import Cast
from lt_memory.rules.reading import Reading, readings
from lt_memory.rules.traps import statements
from lt_memory.rules.wording import tidy


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
                said = [self._candidate(message, reading) for reading in kept]
                said += _patches(message, kept)
                found += sorted(said, key=lambda each: each.evidence[-1].start)
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


def _patches(message: Message, kept: Sequence[Reading]) -> Iterator[Candidate]:
    """Corrections that name two values alone, beside the statements that were read."""
    read = [span for reading in kept for span in reading.spans]
    for clause in statements(message.text):
        patch = patch_in(message.text, clause.start, clause.end)
        if patch and not any(a < patch.end and patch.start < b for a, b in read):
            piece = Evidence(message_id=message.id, start=patch.start, end=patch.end)
            words = tidy(message.text[patch.start : patch.end])
            yield Candidate(text=words, evidence=(piece,), confidence=0.8, patch=patch)
