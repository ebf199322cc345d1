"""Reading one clause: who it is about, whether it is worth keeping, and in which words."""

import re
from dataclasses import dataclass, replace

from lt_memory.domain.memory import Kind
from lt_memory.rules.clauses import Clause
from lt_memory.rules.people import Cast, Person, people
from lt_memory.rules.predicates import predicate
from lt_memory.rules.subjects import Said, subject
from lt_memory.rules.things import subjectless, thing, turned
from lt_memory.rules.traps import statements
from lt_memory.rules.vocabulary import one_of
from lt_memory.rules.wording import plain, straight, tidy

_PRONOUN = re.compile(
    r"(?P<who>she|he|they|her|his|their)(?P<is>'s|'re|s(?=\s))?(?![\w'])\s*", re.IGNORECASE
)
_NOMINATIVE = {"her": "she", "his": "he", "their": "they"}
_LEADER = re.compile(
    r"^(?P<who>.*?\bwe\b|(?:my|our) .+?)(?='|\s(?:is|are|was|were|has|have|had|will|can)\b|$)",
    re.IGNORECASE,
)
_HEDGED = re.compile(
    r"^(?:i|we) (?:think|believe|guess|reckon|suspect|am pretty sure|am fairly sure) (?:that )?"
    r"(?=(?:i|we|my|our) )"
)
_REPORTED = re.compile(rf"^(?:my|our) .*?\b{one_of('reporting')}\b")
_INTRODUCED = re.compile(r"^(?:I'm|I am|i'm|im|i am)\s+[A-Z][a-z]+(?=$|,|\s+and\b|\s+from\b|\s*\()")
_EVENT = re.compile(rf"^(?!{one_of('no_event')} )(?:[a-z]{{2,}}ed|{one_of('irregular')}) ")
_TECHNICAL = re.compile(rf"\b{one_of('tool_words')}\b")
_NO_FACT = re.compile(
    r"^(?:would|could|should|might|may) |^(?:\S+ ){0,3}(?:it|that|this|them)$"
    rf"|^be (?:\w+ )?{one_of('passing_mood')}$"
)
_SPECIFIC = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{2,}|\b(?:19|20)\d\d\b")
_SHORTEST = 4
_THIRD = {"have": "has", "am": "is", "own": "owns"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a clause comes to: kept words, the spans that they rest on, and their kind."""

    text: str
    spans: tuple[tuple[int, int], ...]
    kind: Kind = Kind.FACT
    confidence: float = 0.9


def readings(text: str, cast: Cast) -> tuple[list[Reading], Cast]:
    """What is worth keeping of a message, and the cast with those whom it names."""
    kept: list[Reading] = []
    leader = ""
    for clause in statements(text):
        reading = _resolved(text, clause, cast, leader)
        leader = _leader(reading) if reading else ""
        judged = _judged(reading) if reading else None
        if judged:
            kept.append(judged)
        cast = _met(text, clause, reading, cast)
    return kept, cast


def _met(text: str, clause: Clause, reading: Reading | None, cast: Cast) -> Cast:
    cast = cast.meeting(people(text, clause.start, clause.end))
    if reading is None or reading.text == straight(text[clause.start : clause.end]):
        return cast
    return cast.renamed(people(reading.text, 0, len(reading.text)), (clause.start, clause.end))


def _resolved(text: str, clause: Clause, cast: Cast, leader: str) -> Reading | None:
    """The clause with its subject in full; None when nobody can tell whom it means."""
    words = straight(text[clause.start : clause.end])
    span = (clause.start, clause.end)
    if clause.joint == "verb":
        return Reading(text=_conjoined(leader, words), spans=(span,)) if leader else None
    pronoun = _PRONOUN.match(words)
    if pronoun:
        return _named(words, pronoun, cast.meant_by(_nominative(pronoun)), span)
    known = cast.named(words.partition(" ")[0].removesuffix("'s"))
    if known:
        return Reading(text=words.replace(known.name, known.phrase, 1), spans=(span,))
    left_out = subjectless(plain(words))
    return Reading(text=f"{left_out} {words}" if left_out else words, spans=(span,))


def _nominative(pronoun: re.Match[str]) -> str:
    who = pronoun["who"].lower()
    return _NOMINATIVE.get(who, who)


def _named(
    words: str, pronoun: re.Match[str], person: Person | None, span: tuple[int, int]
) -> Reading | None:
    if person is None:
        return None
    verb = {"'s": "is ", "s": "is ", "'re": "are "}.get((pronoun["is"] or "").lower(), "")
    if verb == "is " and words[pronoun.end() :].startswith(("got ", "been ")):
        verb = "has "
    owning = "'s" if pronoun["who"].lower() in _NOMINATIVE else ""
    full = f"{person.phrase}{owning} {verb}{words[pronoun.end() :]}"
    return Reading(text=full, spans=((person.start, person.end), span), confidence=0.8)


def _conjoined(leader: str, words: str) -> str:
    verb, _, rest = words.partition(" ")
    theirs = leader.lower().split()[-1] not in {"i", "we"}
    return f"{leader} {_THIRD.get(verb, verb) if theirs else verb} {rest}"


def _leader(reading: Reading) -> str:
    """The subject that a following verb shares ("I live in Leeds and work as a nurse")."""
    met = people(reading.text, 0, len(reading.text))
    if met and met[0].start == 0:
        return met[0].phrase
    if plain(reading.text).startswith("i "):
        return "I"
    who = _LEADER.match(reading.text)
    return who["who"] if who else ""


def _judged(reading: Reading) -> Reading | None:
    words = plain(reading.text)
    if _REPORTED.match(words):
        return None
    hedged = _HEDGED.match(words)
    kind, confidence = _verdict(reading.text, words[hedged.end() :] if hedged else words)
    if kind is None:
        return None
    return replace(
        reading,
        text=tidy(reading.text),
        kind=kind,
        confidence=min(reading.confidence, 0.6 if hedged else confidence),
    )


def _verdict(text: str, words: str) -> tuple[Kind | None, float]:
    if _INTRODUCED.match(text):
        return Kind.FACT, 0.9
    inverted = turned(words)
    if inverted:
        return inverted, 0.9
    said = subject(words)
    if said is None:
        return None, 0.0
    return _of_thing(said.predicate) if said.about == "thing" else _of_someone(said, text)


def _of_thing(words: str) -> tuple[Kind | None, float]:
    return thing(words), 0.85


def _of_someone(said: Said, text: str) -> tuple[Kind | None, float]:
    means = predicate(said.predicate)
    if said.about == "person":
        return _of_person(said, sure=means is not None)
    if means:
        return means.kind, means.confidence
    return (Kind.EXPERIENCE, 0.6) if _eventful(said.predicate, text) else (None, 0.0)


def _of_person(said: Said, *, sure: bool) -> tuple[Kind | None, float]:
    if _NO_FACT.search(said.predicate) or (said.contracted and not sure):
        return None, 0.0
    return Kind.FACT, 0.85 if sure else 0.7


def _eventful(deed: str, text: str) -> bool:
    """Whether a deed that no pattern names is told with a name or a year."""
    told = _EVENT.match(deed) and len(deed.split()) >= _SHORTEST
    return bool(told and _SPECIFIC.search(text) and not _TECHNICAL.search(deed))
