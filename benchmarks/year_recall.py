"""The questions of the scripted year: by class, by language, and changes of fact."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID

from benchmarks import year, year_floor
from benchmarks.baselines import Method, PlainVectors, PlainWords
from benchmarks.machine import described
from benchmarks.rankings import Asked, Row, header, interval, mean, rows
from benchmarks.remembering import remembering
from benchmarks.year import Question, Year
from benchmarks.year_store import BOTH, MEMORY, MESSAGE, Stored
from tests.seeding import Seeds
from tests.servers import TestServer

OURS, WORDS, VECTORS = "MIRA", "plain BM25", "plain dense"

TITLES = {
    MESSAGE: "Messages alone",
    MEMORY: "Memories alone",
    BOTH: "Both, as a turn asks (a memory stands for the messages that it was drawn from)",
}

Figures = Mapping[str, object]
Ranking = Sequence[str]
Rankings = Mapping[str, Mapping[str, Ranking]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One way to group the questions, and those that are grouped so."""

    name: str
    title: str
    group: Callable[[Question], str]
    questions: Sequence[Question]


@dataclass(frozen=True, slots=True, kw_only=True)
class Newest:
    """In which share of the changes the memory that holds now comes first."""

    method: str
    half: str
    n: int
    first: float
    low: float
    high: float

    @property
    def line(self) -> str:
        interval = f"{100 * self.low:.1f} to {100 * self.high:.1f}"
        return f"| {self.method} | {self.half} | {self.n} | {100 * self.first:.1f} | {interval} |"


def main(databases: TestServer, written: Path | None) -> None:
    """Print all that is measured as Markdown."""
    said = year.read()
    names: dict[UUID, str] = {}

    def write(seeds: Seeds) -> None:
        names.update(year.remember(said, seeds, year.say(said, seeds)))

    with remembering(databases, write) as ours:
        store = Stored(said, ours, names)
        messages, memories = _ranked(store, MESSAGE), _ranked(store, MEMORY)
        both = _told_by(said, _ranked(store, BOTH))
        figures = {
            "machine": described(),
            "messages": list(_tables(said, messages, MESSAGE)),
            "memories": list(_tables(said, memories, MEMORY)),
            "both": list(_tables(said, both, BOTH)),
            "changes": _changes(said, memories),
            "floor": year_floor.curves(store),
        }
        _misses(said, both[OURS], memories[OURS])
    if written is not None:
        written.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def _ranked(store: Stored, kind: str) -> Rankings:
    """What each method finds for each question, by method and the question's id."""
    texts = store.texts(kind)
    methods: Mapping[str, Method] = {
        OURS: store.finding(kind),
        WORDS: PlainWords(texts),
        VECTORS: PlainVectors(texts, store.ours.embedder),
    }
    return {
        name: {each.id: method.rank(each.text) for each in store.said.questions}
        for name, method in methods.items()
    }


def _tables(said: Year, ranked: Rankings, kind: str) -> list[Figures]:
    answered = [each for each in said.questions if _evidence(each, kind)]
    english = [each for each in answered if each.language == "en"]
    others = [each for each in answered if each.language != "en"]
    parts = (
        Part(name="class", title="English, by class", group=_kind, questions=english),
        Part(name="language", title="other languages", group=_language, questions=others),
        Part(name="half", title="all, by half of the year", group=_half, questions=answered),
    )
    figures: list[Figures] = []
    for part in parts:
        lines = [line for name, found in ranked.items() for line in _rows(name, found, part, kind)]
        print("\n".join([f"\n## {TITLES[kind]}: {part.title}\n", *header()]))
        print("\n".join(each.line for each in lines))
        figures += [{"part": part.name, **asdict(each)} for each in lines]
    return figures


def _rows(method: str, found: Mapping[str, Ranking], part: Part, kind: str) -> list[Row]:
    return rows(
        method,
        [
            Asked(category=part.group(each), evidence=_evidence(each, kind), found=found[each.id])
            for each in part.questions
        ],
    )


def _told_by(said: Year, ranked: Rankings) -> Rankings:
    """The messages that each hit stands for: a memory for those that it was drawn from."""
    drawn = {each.id: each.messages for each in said.memories}
    return {
        method: {
            question: [message for hit in hits for message in drawn.get(hit, [hit])]
            for question, hits in found.items()
        }
        for method, found in ranked.items()
    }


def _evidence(question: Question, kind: str) -> frozenset[str]:
    return question.memories if kind == MEMORY else question.messages


def _kind(question: Question) -> str:
    return question.kind


def _language(question: Question) -> str:
    return question.language


def _half(question: Question) -> str:
    return question.half


def _changes(said: Year, ranked: Rankings) -> list[Figures]:
    """Whether what holds now is the first of all memories."""
    changes = [each for each in said.questions if each.newest is not None]
    figures = [
        _newest_first(method, half, [each for each in changes if each.half in half], found)
        for method, found in ranked.items()
        for half in said.halves
    ]
    print("\n## Changes of fact: the newest is first among memories\n")
    print("| method | half | n | newest first | 95 % |\n| --- | --- | --- | --- | --- |")
    print("\n".join(each.line for each in figures))
    return [asdict(each) for each in figures]


def _newest_first(
    method: str, half: Sequence[str], changes: Sequence[Question], found: Mapping[str, Ranking]
) -> Newest:
    first = [float(found[each.id][:1] == [each.newest]) for each in changes]
    low, high = interval(first)
    name = " and ".join(half)
    return Newest(method=method, half=name, n=len(first), first=mean(first), low=low, high=high)


def _misses(said: Year, both: Mapping[str, Ranking], memories: Mapping[str, Ranking]) -> None:
    """Where recall fails: what was asked, and what came first in place of the answer."""
    texts = {each.id: each.text for each in said.messages}
    texts |= {each.id: each.text for each in said.memories}
    print("\n## Answers that are not among the first ten of both\n")
    for each in said.questions:
        if each.has_answer and each.messages.isdisjoint(both[each.id][:10]):
            print(f"- {each.id}, {each.kind}: {each.text} First: {texts[both[each.id][0]]}")
    print("\n## Changes whose newest is not the first memory\n")
    for each in said.questions:
        if each.newest is not None and memories[each.id][:1] != [each.newest]:
            print(f"- {each.id}: {each.text} First: {texts[memories[each.id][0]]}")
