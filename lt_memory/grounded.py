"""A candidate that says more than the user did is refused."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from cns.domain.message import Message, Role
from lt_memory.domain.grounding import unsaid
from lt_memory.domain.memory import Candidate
from lt_memory.domain.stretch import day_words
from lt_memory.domain.stretches import WEEKDAYS
from lt_memory.domain.timing import dated
from lt_memory.domain.words import terms
from lt_memory.ports import Extracted
from lt_memory.rules.clauses import sentences
from lt_memory.rules.traps import own_words


def grounded(extracted: Extracted, messages: Sequence[Message], zone: ZoneInfo) -> Extracted:
    """Those whose numbers, days and names, and half of whose words, the user said in these."""
    said = [words for m in messages if m.role is Role.USER for words in _words(m, zone)]
    heard = {term for words in said for term in terms(words)}
    kept: list[Candidate] = []
    refused = list(extracted.refused)
    for number, candidate in enumerate(extracted.candidates, start=1):
        missing = unsaid(candidate.text, [*said, *_times(candidate, zone)])
        if not missing and _strange(candidate.text, heard):
            missing = ("words",)
        if missing:
            refused.append(f"candidate {number}: nobody said its {', '.join(missing)}")
        else:
            kept.append(candidate)
    return replace(extracted, candidates=tuple(kept), refused=tuple(refused))


def _strange(text: str, heard: Collection[str]) -> bool:
    own = set(terms(text))
    return 2 * len(own.intersection(heard)) < len(own)


def _words(message: Message, zone: ZoneInfo) -> Iterator[str]:
    """What was said in the user's own words, and each sentence with its dates worked out."""
    own = own_words(message.text)
    yield own
    for sentence in sentences(own):
        said = own[sentence.start : sentence.end].strip()
        yield dated(said, message.created_at, zone).text


def _times(candidate: Candidate, zone: ZoneInfo) -> Iterator[str]:
    for at in (candidate.happens_at, candidate.expires_at):
        if at is not None:
            here = at.astimezone(zone)
            yield f"{WEEKDAYS[here.weekday()]} {day_words(here.date())} {here:%H:%M}"
