"""What a floor of relevance silences, and what it costs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from uuid import UUID

from benchmarks import year
from benchmarks.baselines import PlainVectors
from benchmarks.rankings import interval, mean
from benchmarks.year import Question
from benchmarks.year_store import BOTH, Stored
from cns.domain.query import Query
from lt_memory.recall_ports import Asked, Considered, Details, RecallStore

SHOWN = 10
COST = 0.02  # of Hit@10: the most that a floor may cost
FLOORS = tuple(step / 50 for step in range(51))

Under = Callable[[Question], Sequence[Sequence[str]]]
Found = Mapping[str, Sequence[Sequence[str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """What one floor does.

    Attributes:
        silent: the share of the questions about nothing told for which nothing is shown.
        near, far: the same of those near in topic to what was told, and of the others.
        hit: Hit@10 of the questions that have an answer.
        low, high: the middle 95 % of the means of `silent`.
    """

    method: str
    half: str
    floor: float
    silent: float
    near: float
    far: float
    hit: float
    low: float
    high: float


class OnceConsidered:
    """A store that is asked once a question, whatever the floor; the floor comes after it."""

    def __init__(self, store: RecallStore) -> None:
        self._store = store
        self._question = ""
        self._considered = Considered(candidates=())

    def consider(self, asked: Asked, *, told: bool = False) -> Considered:
        if asked.query.text != self._question:
            self._considered = self._store.consider(asked, told=True)
            self._question = asked.query.text
        return self._considered

    def details(self, query: Query, ids: Sequence[UUID]) -> Details:
        return self._store.details(query, ids)


def curves(store: Stored) -> list[Mapping[str, object]]:
    methods: Mapping[str, Under] = {"MIRA": _ours(store), "plain dense": _dense(store)}
    curve = [
        _floor(store.said.questions, found, method, half, place)
        for method, under in methods.items()
        for found in [{each.id: under(each) for each in store.said.questions}]
        for half in store.said.halves
        for place in range(len(FLOORS))
    ]
    print("\n".join(_lines(curve)))
    return [asdict(each) for each in curve]


def _ours(store: Stored) -> Under:
    recall = store.ours.recall
    once = replace(recall, store=OnceConsidered(recall.store))
    steady = replace(store, ours=replace(store.ours, recall=once))

    def under(question: Question) -> Sequence[Sequence[str]]:
        """What is shown under each floor; a floor that silences lets no higher one speak."""
        asked = store.surfacing(question.text, SHOWN)
        shown: list[list[str]] = []
        for floor in FLOORS:
            speaks = not shown or shown[-1]
            shown.append(steady.find(replace(asked, floor=floor)) if speaks else [])
        return shown

    return under


def _dense(store: Stored) -> Under:
    plain = PlainVectors(store.texts(BOTH), store.ours.embedder)

    def under(question: Question) -> Sequence[Sequence[str]]:
        near = plain.near(question.text)[:SHOWN]
        return [[item for item, cosine in near if cosine >= floor] for floor in FLOORS]

    return under


def _floor(
    questions: Sequence[Question], found: Found, method: str, half: Sequence[str], place: int
) -> Floor:
    asked = [each for each in questions if each.half in half]
    silent = {each.id: float(not found[each.id][place]) for each in asked if not each.has_answer}
    hits = [
        float(not (each.messages | each.memories).isdisjoint(found[each.id][place]))
        for each in asked
        if each.has_answer
    ]
    near = [silent[each.id] for each in asked if each.kind == year.NEAR]
    far = [silent[each.id] for each in asked if each.kind == year.FAR]
    low, high = interval(list(silent.values()))
    return Floor(
        method=method,
        half=" and ".join(half),
        floor=FLOORS[place],
        silent=mean(list(silent.values())),
        near=mean(near),
        far=mean(far),
        hit=mean(hits),
        low=low,
        high=high,
    )


def _lines(curve: Sequence[Floor]) -> Iterator[str]:
    yield "\n## The floor: questions about nothing told, and what silence costs\n"
    yield "Of floors that do the same, the highest.\n"
    yield "| method | half | floor | nothing shown | 95 % | near in topic | far | Hit@10 |"
    yield "|" + " --- |" * 8
    whole = [each for each in curve if each.half == curve[0].half]
    told = {(each.method, each.silent, each.near, each.hit): each for each in whole}
    yield from (_line(each) for each in told.values())
    yield f"\nThe highest floor that costs at most {100 * COST:.0f} points of Hit@10:\n"
    yield "| method | half | floor | nothing shown | 95 % | near in topic | far | Hit@10 |"
    yield "|" + " --- |" * 8
    for method, half in dict.fromkeys((each.method, each.half) for each in curve):
        own = [each for each in curve if (each.method, each.half) == (method, half)]
        yield _line(affordable(own))


def affordable(curve: Sequence[Floor]) -> Floor:
    """Of a curve that begins without a floor: the highest floor within the cost."""
    return [each for each in curve if each.hit >= curve[0].hit - COST][-1]


def _line(each: Floor) -> str:
    shares = " | ".join(f"{100 * share:.1f}" for share in (each.near, each.far, each.hit))
    return (
        f"| {each.method} | {each.half} | {each.floor:.2f} | {100 * each.silent:.1f}"
        f" | {100 * each.low:.1f} to {100 * each.high:.1f} | {shares} |"
    )
