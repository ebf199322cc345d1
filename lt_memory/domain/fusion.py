"""How what two legs found becomes one ranking: a sum of parts, each with its reason."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

from cns.domain.grounds import Via
from cns.domain.stream import Reasons
from lt_memory.domain.question import Question, name_keys

COSINE_SHARE = 0.6
WEAK_COSINE = 0.4  # a nearest that is farther away than this does not get the leg's whole weight
WEAK_COVERAGE = 0.3  # nor does a wordiest that holds less of the question's words, by rarity
SAYS_ENOUGH = 200  # letters, two or three sentences: more of them answer no more
ASKING_SHARE = 0.4  # of a message's substance: what it loses when it asks
FOLLOWERS = 0.5  # of the floor: what a hit needs beside one that passed it
REPEATS = 0.8  # of a message's score: what a memory drawn from it needs to stand for both
REACH = 0.25  # of the shifts below: more costs places (benchmarks/touchstone.py)
TOWARDS_TEXT: Mapping[str, float] = {
    "recall": 0.2,
    "remember": 0.2,
    "explore": -0.1,
    "learn": -0.1,
    "exact": 0.4,
    "specific": 0.4,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What each part counts at its best; rounded figures, measured by benchmarks/recall.py."""

    vector: float = 0.5
    text: float = 0.5
    entity: float = 0.2
    time: float = 0.1
    substance: float = 0.12
    importance: float = 0.02
    links: float = 0.2


PLAIN = Weights()


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A name that goes with a candidate: its speaker's, or that of an entity in it."""

    text: str
    person: bool


class Considerable(NamedTuple):
    """What a leg brought up, with all that it is ranked by.

    Attributes:
        cosine: to the question's vector, -1 to 1; None when one of the two vectors is missing.
        words: BM25, 0 when the text leg did not bring it up.
        coverage: the share of the question's words, by rarity, that it holds, 0 to 1.
        substance: how much it says by itself, 0 to 1: a greeting little, a memory all.
        of_user: it was said by, or is about, the one who asks.
        dormant: a memory that has sunk, and wakes when it is of use.
        sources: the messages that a memory was drawn from, as far as they were brought up too.
        wording: the same for memories in the same words; None for what is no memory.
        via: what it was come to from, where the question alone did not bring it up.
    """

    kind: str
    id: UUID
    created_at: datetime
    cosine: float | None = None
    words: float = 0.0
    coverage: float = 0.0
    importance: float = 0.5
    substance: float = 1.0
    happens_at: datetime | None = None
    names: tuple[Name, ...] = ()
    of_user: bool = False
    dormant: bool = False
    sources: tuple[UUID, ...] = ()
    wording: int | None = None
    via: Via | None = None

    @property
    def relevance(self) -> float:
        """How near it is to the question in itself, 0 to 1, whatever else was found."""
        near = max(self.cosine or 0.0, 0.0)
        return COSINE_SHARE * near + (1 - COSINE_SHARE) * self.coverage


class Ranked(NamedTuple):
    """A candidate with its score, and the parts that add up to it."""

    candidate: Considerable
    score: float
    vector: float = 0.0
    text: float = 0.0
    entity: float = 0.0
    time: float = 0.0
    links: float = 0.0
    importance: float = 0.0

    @property
    def reasons(self) -> Reasons:
        return Reasons(
            vector=self.vector,
            text=self.text,
            entity=self.entity,
            time=self.time,
            links=self.links,
            importance=self.importance,
        )

    def by_links(self, links: float, via: Via) -> "Ranked":
        """The same with so much for links; how it was come to first, stays."""
        candidate = self.candidate
        return self._replace(
            candidate=candidate if candidate.via else candidate._replace(via=via),
            score=self.vector + self.text + self.entity + self.time + links + self.importance,
            links=links,
        )


def substance(letters: int, *, asks: bool) -> float:
    """How much a message says: what asks answers little, and what is longer answers more."""
    return (1 - ASKING_SHARE) * min(letters / SAYS_ENOUGH, 1.0) + ASKING_SHARE * (not asks)


def for_intent(intent: str, weights: Weights) -> Weights:
    """The weights, shifted from one leg to the other by what is wanted."""
    words = (word.casefold() for word in intent.split())
    shift = REACH * next((TOWARDS_TEXT[word] for word in words if word in TOWARDS_TEXT), 0.0)
    return replace(weights, text=weights.text + shift, vector=weights.vector - shift)


def fuse(
    candidates: Iterable[Considerable], question: Question, weights: Weights = PLAIN
) -> list[Ranked]:
    """Best first; ties by age, newest first, then by id: never by the order of arrival."""
    given = list(candidates)
    nearest = max(WEAK_COSINE, *(each.cosine or 0.0 for each in given)) if given else WEAK_COSINE
    wordiest = _wordiest(given)
    meant = _meant(given, question)
    timely = _timeliness(given, question)
    ranked = []
    for each in given:
        vector = weights.vector * max(each.cosine or 0.0, 0.0) / nearest
        text = weights.text * each.words / wordiest if wordiest else 0.0
        entity = weights.entity if each.id in meant else 0.0
        time = weights.time * timely.get(each.id, 0.0) if timely else 0.0
        importance = weights.substance * each.substance + weights.importance * each.importance
        score = vector + text + entity + time + importance
        ranked.append(Ranked(each, score, vector, text, entity, time, 0.0, importance))
    return in_order(ranked)


def asleep(candidates: Iterable[Considerable], within: int) -> frozenset[UUID]:
    """The dormant memories that are not among the first so many memories of either leg."""
    memories = [each for each in candidates if each.kind == "memory"]
    if not any(each.dormant for each in memories):
        return frozenset()
    nearest = sorted(
        (each for each in memories if each.cosine is not None),
        key=lambda each: (-(each.cosine or 0.0), each.id),
    )
    wordiest = sorted(
        (each for each in memories if each.words > 0), key=lambda each: (-each.words, each.id)
    )
    first = {each.id for leg in (nearest, wordiest) for each in leg[:within]}
    return frozenset(each.id for each in memories if each.dormant and each.id not in first)


def in_order(ranked: Iterable[Ranked]) -> list[Ranked]:
    """Best first; ties by age, newest first, then by id."""
    return sorted(ranked, key=_order)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sifted:
    """Those worth showing, best first, and why the others are not."""

    worth: Sequence[Ranked]
    why: Mapping[UUID, Literal["floor", "repeat", "dormant"]]


def sifted(ranked: Sequence[Ranked], floor: float, asleep: frozenset[UUID] = frozenset()) -> Sifted:
    awake = [each for each in ranked if each.candidate.id not in asleep] if asleep else ranked
    near = above(awake, floor) if floor > 0 else awake
    worth = without_repeats(near)
    why: dict[UUID, Literal["floor", "repeat", "dormant"]] = dict.fromkeys(asleep, "dormant")
    why |= dict.fromkeys(_gone(awake, near), "floor")
    why |= dict.fromkeys(_gone(near, worth), "repeat")
    return Sifted(worth=worth, why=why)


def _gone(before: Sequence[Ranked], after: Sequence[Ranked]) -> Iterator[UUID]:
    """Which of them are not there any more; the others are in the order that they were in."""
    staying = iter(after)
    stays = next(staying, None)
    for each in before:
        if each is stays:
            stays = next(staying, None)
        else:
            yield each.candidate.id


def above(ranked: Sequence[Ranked], floor: float) -> list[Ranked]:
    """Those worth showing: none when nothing reaches the floor, else all that half reach it.

    A question about nothing known has no near hit at all, while the lesser hits beside a good one
    may be what the answer needs.
    """
    relevances = [each.candidate.relevance for each in ranked]
    if max(relevances, default=0.0) < floor:
        return []
    return [
        each for each, near in zip(ranked, relevances, strict=True) if near >= FOLLOWERS * floor
    ]


def without_repeats(ranked: Sequence[Ranked]) -> list[Ranked]:
    """Leave out a message whose memory is there too and fits about as well, and like wordings."""
    told: dict[UUID, float] = {}
    for each in ranked:
        for source in each.candidate.sources:
            told[source] = max(told.get(source, 0.0), each.score)
    return [each for each in _worded_once(ranked) if not _is_told(each, told)]


def _is_told(each: Ranked, told: Mapping[UUID, float]) -> bool:
    if each.candidate.kind != "message" or each.score <= 0.0:
        return False
    return told.get(each.candidate.id, 0.0) >= REPEATS * each.score


def circumstances(each: Considerable) -> tuple[object, ...]:
    """In which two memories differ though they be worded alike: when, and who is named."""
    return (each.happens_at, each.names)


def _worded_once(ranked: Sequence[Ranked]) -> list[Ranked]:
    wordings = Counter(each.candidate.wording for each in ranked)
    kept, seen = [], set()
    for each in ranked:
        wording = each.candidate.wording
        if wording is not None and wordings[wording] > 1:
            same = (wording, *circumstances(each.candidate))
            if same in seen:
                continue
            seen.add(same)
        kept.append(each)
    return kept


def _order(each: Ranked) -> tuple[float, float, UUID]:
    return (-each.score, -each.candidate.created_at.timestamp(), each.candidate.id)


def _timeliness(candidates: Iterable[Considerable], question: Question) -> Mapping[UUID, float]:
    """How well each fits the time asked about; of most questions, which ask about none, nothing."""
    if not question.names_a_time:
        return {}
    return {
        each.id: max(question.asks_about(at) for at in (each.created_at, each.happens_at) if at)
        for each in candidates
    }


def _wordiest(given: Sequence[Considerable]) -> float:
    """What a score of words is divided by: the best one, or what a good one would have been."""
    best = max(given, key=lambda each: (each.words, each.coverage), default=None)
    if best is None or best.coverage >= WEAK_COVERAGE:
        return 0.0 if best is None else best.words
    return best.words * WEAK_COVERAGE / best.coverage if best.coverage > 0 else 0.0


def _meant(candidates: Sequence[Considerable], question: Question) -> frozenset[UUID]:
    """Whose is the one that the question is about: a nudge, never a filter.

    Somebody named is meant by name; when two who speak are named, neither is preferred. Else a
    question in the first person means the user.
    """
    named = [
        (each, names) for each in candidates if each.names and (names := _names(each, question))
    ]
    speaking = frozenset().union(*(names for each, names in named if each.kind == "message"))
    if named:
        return frozenset(
            each.id for each, _ in named if each.kind != "message" or len(speaking) == 1
        )
    if question.first_person:
        return frozenset(each.id for each in candidates if each.of_user)
    return frozenset()


def _names(each: Considerable, question: Question) -> frozenset[str]:
    return frozenset(
        name.text
        for name in each.names
        if question.asks_for(name_keys(name.text, person=name.person))
    )
