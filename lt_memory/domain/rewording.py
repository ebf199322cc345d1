"""Whether a text keeps to the sentences that it is made of: nothing new, nothing of weight lost.

A model's merging, shortening or parting of memories is held to this. What cannot be told from the
words alone is refused: a memory that stays as it is costs little, one that says something else is
worse than none.
"""

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from lt_memory.domain.grounding import BEGINNINGS, plain_numbers, unsaid
from lt_memory.domain.sameness import (
    NEGATIONS,
    NUMBER_WORDS,
    facets,
    opposed,
    single_valued,
    tokens,
)
from lt_memory.domain.stem import stem
from lt_memory.domain.words import STOP_WORDS, terms

LOST_AT_MOST = 1 / 3  # of a sentence's words, where several become one or one several
LOST_BY_TRIMMING = 1 / 2  # of them, where it is only shortened
SHORTER = (0.3, 0.7)  # shares of the length that a shortened text keeps at least and at most
SHORTEST = 10  # characters of a memory that a model words


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ELSEWHERE = _words(
    "nicht kein keine keinen keiner keinem nie niemals ohne ne pas jamais sans aucun aucune"
    " nunca sin ningún ninguna non mai senza nessun não nem sem niet geen nooit zonder"
)
_DENYING = NEGATIONS | _ELSEWHERE
_TURNING = _words(
    "before after until till only more less least most or under over every always sometimes often"
    " rarely seldom may might could would should will if unless than except but almost about ex"
    " former formerly once still yet again both each all some any"
)
_AUXILIARY = _words("is am are was were had has have did do does been be")
_WHEREABOUTS = _words("in at near")
_FIRST_PERSON = _words("i my we our")
_OTHERS = _words("he she they his her their you your")
_KIN = _words(
    "mother mum mom mam father dad parent sister brother sibling twin wife husband spouse partner"
    " girlfriend boyfriend fiancé fiancée daughter son child kid baby stepmother stepfather"
    " stepsister stepbrother stepson stepdaughter grandmother grandma granny grandfather grandpa"
    " grandson granddaughter grandchild grandparent aunt uncle cousin niece nephew in-law"
    " mother-in-law father-in-law sister-in-law brother-in-law son-in-law daughter-in-law"
    " godmother godfather godchild friend neighbour neighbor colleague boss manager teacher doctor"
    " dentist therapist landlord landlady flatmate roommate cat dog"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """What of a text has weight.

    Attributes:
        names: names and relations ("sister"), in order, each once.
        bearings: names, numbers and dates in order, each once.
        beside: of each number, the name before it and the one after it.
        denied: the words that a negation stands before.
        subject: the first word that speaks of a person, blank where none does.
    """

    names: tuple[str, ...]
    numbers: frozenset[str]
    dates: frozenset[str]
    bearings: tuple[str, ...]
    beside: dict[str, tuple[str, str]]
    denied: frozenset[str]
    turning: frozenset[str]
    tense: str
    subject: str
    said: frozenset[str]
    words: frozenset[str]


def at_odds(one: str, other: str) -> tuple[str, ...]:
    """In what two memories differ so that no one sentence can stand for both; empty: in nothing."""
    a, b = _read(one), _read(other)
    checks = (
        ("names", _holds(a.names, b) or _holds(b.names, a)),
        ("numbers", _nested(a.numbers, b.numbers)),
        ("dates", _nested(a.dates, b.dates)),
        ("negation", not (_contradicts(a, b) or _contradicts(b, a))),
        ("sense", _nested(a.turning, b.turning)),
        ("tense", a.tense == b.tense),
        ("subject", a.subject == b.subject or set(a.names) == set(b.names)),
        ("value", not (opposed(one, other) or _two_values(one, other))),
    )
    return tuple(name for name, fits in checks if not fits)


def merge_flaws(text: str, sources: Sequence[str]) -> tuple[str, ...]:
    """In what a sentence says more, less or another thing than those that it is to stand for."""
    made, read = _read(text), [_read(each) for each in sources]
    return (
        *_additions(text, made, sources, read),
        *_losses([text], [made], sources, read),
        *(("tense",) if {each.tense for each in read} != {made.tense} else ()),
        *(("words lost",) if _lost([made], read) > LOST_AT_MOST else ()),
    )


def trim_flaws(text: str, source: str) -> tuple[str, ...]:
    """In what a shortened sentence says more than the whole, or too little; or is not shortened."""
    made, read = _read(text), _read(source)
    least, most = SHORTER
    fits = least * len(source) <= len(text) <= most * len(source)
    return (
        *(() if fits else ("length",)),
        *_additions(text, made, [source], [read]),
        *_losses([text], [made], [source], [read]),
        *(("tense",) if made.tense != read.tense else ()),
        *(("words lost",) if _lost([made], [read]) > LOST_BY_TRIMMING else ()),
    )


def split_flaws(texts: Sequence[str], source: str) -> tuple[str, ...]:
    """In what several sentences, each or together, say another thing than the one they part."""
    parts, read = [_read(each) for each in texts], _read(source)
    found = [
        flaw
        for text, part in zip(texts, parts, strict=True)
        for flaw in (
            *_additions(text, part, [source], [read]),
            *(("tense",) if _another_tense(part, read) else ()),
        )
    ]
    found += _losses(texts, parts, [source], [read])
    if _lost(parts, [read]) > LOST_AT_MOST:
        found.append("words lost")
    if len({" ".join(tokens(each)) for each in texts}) < len(texts):
        found.append("repetition")
    return tuple(dict.fromkeys(found))


def _additions(
    text: str, made: _Reading, sources: Sequence[str], read: Sequence[_Reading]
) -> tuple[str, ...]:
    said = frozenset[str]().union(*(each.said for each in read))
    words = frozenset[str]().union(*(each.words for each in read))
    numbers = frozenset[str]().union(*(each.numbers for each in read))
    turning = frozenset[str]().union(*(each.turning for each in read))
    new = unsaid(text, sources)
    checks = (
        ("new numbers", "numbers" not in new and made.numbers <= numbers),
        ("new dates", "dates" not in new),
        ("new names", _among(made.names, said, words)),
        ("new words", made.words <= words),
        ("another sense", made.turning <= turning),
        ("another person", _person(made.subject) in {_person(each.subject) for each in read}),
        ("another order", all(_in_order(made, each) for each in read)),
        ("another bearing", all(_beside(made, each) for each in read)),
        ("new negation", all(_denies_no_more(made, each) for each in read)),
    )  # fmt: skip
    return tuple(name for name, stands in checks if not stands)


def _losses(
    texts: Sequence[str],
    made: Sequence[_Reading],
    sources: Sequence[str],
    read: Sequence[_Reading],
) -> tuple[str, ...]:
    said = frozenset[str]().union(*(each.said for each in made))
    words = frozenset[str]().union(*(each.words for each in made))
    numbers = frozenset[str]().union(*(each.numbers for each in made))
    turning = frozenset[str]().union(*(each.turning for each in made))
    denied = frozenset[str]().union(*(each.denied for each in made))
    gone = {sort for each in sources for sort in unsaid(each, texts)}
    checks = (
        ("numbers lost", "numbers" not in gone and all(r.numbers <= numbers for r in read)),
        ("dates lost", "dates" not in gone),
        ("names lost", all(_among(r.names, said, words) for r in read)),
        ("sense lost", all(each.turning <= turning for each in read)),
        ("negation lost", denied == frozenset[str]().union(*(each.denied for each in read))),
        ("negation moved", not any(_contradicts(r, m) for r in read for m in made)),
    )
    return tuple(name for name, stands in checks if not stands)


def _read(text: str) -> _Reading:
    text = plain_numbers(text)
    found, said = facets(text), tokens(text)
    days = frozenset(found.dates)
    names = tuple(dict.fromkeys(
        plain for token in said if (plain := _plain(token)) in _KIN | _named(found.names, days)
    ))  # fmt: skip
    bearings = [
        (bearing, before in _WHEREABOUTS)
        for before, token in zip(["", *said], said, strict=False)
        if (bearing := _bearing(token, names, days))
    ]
    return _Reading(
        names=names,
        numbers=frozenset(found.numbers) - {"1"} | {t for t in said if t[0].isdigit()},
        dates=days,
        bearings=tuple(dict.fromkeys(bearing for bearing, _ in bearings)),
        beside=_neighbours(bearings, frozenset(names)),
        denied=_denied(said),
        turning=frozenset(said) & _TURNING,
        tense=found.tense,
        subject=next((token for token in said if token in _FIRST_PERSON | _OTHERS), ""),
        said=frozenset(map(_plain, said)) | frozenset(said),
        words=frozenset(term for term in terms(text) if not _is_count(term)),
    )


def _plain(token: str) -> str:
    token = token.replace("’", "'").removesuffix("'s").removesuffix("'")
    return token.removesuffix("s") if token.removesuffix("s") in _KIN else token


def _named(names: Sequence[str], days: AbstractSet[str]) -> frozenset[str]:
    plain = (name.removesuffix("'") for name in names)
    none = STOP_WORDS | BEGINNINGS | _DENYING | NUMBER_WORDS.keys()
    return frozenset(n for n in plain if n not in none and n[:3] not in days)


def _bearing(token: str, names: Sequence[str], days: AbstractSet[str]) -> str:
    """How a word that others hang on is known; blank for any other word."""
    if token[0].isdigit():
        return token
    if NUMBER_WORDS.get(token, "1") != "1":
        return NUMBER_WORDS[token]
    if token[:3] in days:
        return token[:3]
    return _plain(token) if _plain(token) in names else ""


def _neighbours(
    bearings: Sequence[tuple[str, bool]], names: AbstractSet[str]
) -> dict[str, tuple[str, str]]:
    """Of each number or date the names around it; one that says where something is owns none."""
    found: dict[str, tuple[str, str]] = {}
    for place, (each, _) in enumerate(bearings):
        if each not in names:
            past, ahead = reversed(bearings[:place]), bearings[place + 1 :]
            before = next((b for b, where in past if b in names and not where), "")
            after = next((b for b, _ in ahead if b in names), "")
            found.setdefault(each, (before, after))
    return found


def _denied(said: Sequence[str]) -> frozenset[str]:
    little = STOP_WORDS | _DENYING
    return frozenset(
        next((stem(word) for word in said[place + 1 :] if word not in little), "")
        for place, token in enumerate(said)
        if token in _DENYING
    )


def _two_values(one: str, other: str) -> bool:
    """Whether they fill in, each in its own words, what can be but one thing at a time."""
    ours, theirs = frozenset(terms(one)), frozenset(terms(other))
    return bool(ours - theirs and theirs - ours) and single_valued(one, other)


def _person(subject: str) -> str:
    return "first" if subject in _FIRST_PERSON else subject


def _is_count(term: str) -> bool:
    return bool(re.search(r"\d", term)) or term in NUMBER_WORDS


def _holds(names: Sequence[str], other: _Reading) -> bool:
    return _among(names, other.said, other.words)


def _among(names: Sequence[str], said: AbstractSet[str], words: AbstractSet[str]) -> bool:
    return all(name in said or stem(name) in words for name in names)


def _nested(one: AbstractSet[str], other: AbstractSet[str]) -> bool:
    return one <= other or other <= one


def _contradicts(one: _Reading, other: _Reading) -> bool:
    """Whether the other says outright what the one denies."""
    return bool((one.denied & other.words) - other.denied)


def _denies_no_more(made: _Reading, source: _Reading) -> bool:
    return not _contradicts(made, source)


def _in_order(made: _Reading, source: _Reading) -> bool:
    ours = [each for each in made.bearings if each in source.bearings]
    theirs = [each for each in source.bearings if each in made.bearings]
    return ours == theirs


def _beside(made: _Reading, source: _Reading) -> bool:
    """Whether each number stands with the name that it stood with."""
    for number in made.beside.keys() & source.beside.keys():
        (before, after), (was_before, was_after) = made.beside[number], source.beside[number]
        if before and was_before:
            if before != was_before:
                return False
        elif after and was_after and after != was_after:
            return False
    return True


def _another_tense(part: _Reading, source: _Reading) -> bool:
    """A part of what was or will be may not say that it is."""
    if source.tense != "past" or part.tense == "future":
        return part.tense != source.tense
    return part.tense == "present" and not (part.said & _AUXILIARY) <= source.said


def _lost(made: Sequence[_Reading], sources: Sequence[_Reading]) -> float:
    """Of the source that lost most, the share of its words that stand in nothing made of it."""
    kept = frozenset[str]().union(*(each.words for each in made))
    return max(len(each.words - kept) / max(1, len(each.words)) for each in sources)
