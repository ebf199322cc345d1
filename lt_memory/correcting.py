"""Which candidates put right what was said before, by their own words and those around them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from cns.domain.message import Message
from lt_memory.domain.correction import Correction, correction_in
from lt_memory.domain.memory import Candidate, Evidence
from lt_memory.ports import Extracted
from lt_memory.rules.clauses import sentences

BESIDE = 16  # characters between a statement and what it takes back: ", and not on the"
SHORT = 4  # words of a sentence that speaks of the next one: "No, wait."


def with_corrections(extracted: Extracted, messages: Sequence[Message]) -> Extracted:
    """Candidates with what their sentences take back."""
    by_id: dict[UUID, Message] = {message.id: message for message in messages}
    return replace(
        extracted, candidates=tuple(_marked(each, by_id) for each in extracted.candidates)
    )


def _marked(candidate: Candidate, by_id: Mapping[UUID, Message]) -> Candidate:
    own = correction_in(candidate.text)
    around = [
        correction
        for piece in candidate.evidence
        for correction in _around(piece, by_id[piece.message_id].text)
    ]
    told: list[Correction] = [each for each in (own, *around) if each is not None]
    named = [each for each in told if each.taken_back]
    return replace(candidate, correction=next(iter((*named, *told)), None))


def _around(piece: Evidence, text: str) -> Iterator[Correction | None]:
    """By the sentence that holds the evidence, and by a short one before it."""
    before = ""
    for sentence in sentences(text):
        said = text[sentence.start : sentence.end].strip()
        if sentence.start < piece.end and piece.start < sentence.end:
            yield _beside(piece, text, correction_in(said))
            if before and len(before.split()) <= SHORT:
                yield correction_in(before)
        before = said


def _beside(piece: Evidence, text: str, found: Correction | None) -> Correction | None:
    """None where a value is taken back at some distance: that is about another statement."""
    if found is None or not found.taken_back:
        return found
    place = text.find(found.taken_back, piece.start)
    return found if 0 <= place <= piece.end + BESIDE else None
