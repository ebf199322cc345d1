"""What a capable model says of names that have fallen silent: merge, keep or let go."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cns.domain.model import Purpose
from cns.errors import ModelUnavailable, SpendingCeiling
from cns.ports import LLM
from lt_memory.asking import Answer, Asked, asked
from lt_memory.domain.memory import EntityId
from lt_memory.entity_ports import Known

AT_ONCE = 10  # names in one question
SHOWN = 5  # names like it, beside each; the original's figure
LONGEST_TEXT = 300  # characters of a memory that shows what a name stands for
SCHEMA: Mapping[str, object] = {
    "type": "object",
    "properties": {
        "entities": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "entity": {"type": "integer"},
                    "decision": {"type": "string", "enum": ["merge", "keep", "delete"]},
                    "into": {"type": "integer"},
                },
                "required": ["entity", "decision", "into"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["entities"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A name that is reviewed, with those like it, the likest first, and memories of each."""

    entity: Known
    candidates: tuple[Known, ...]
    texts: Mapping[EntityId, Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What was said of a case: `into` names one of its candidates where it is to be merged."""

    case: Case
    decision: str
    into: Known | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """What was asked and answered; cases without a usable word are kept as they are.

    Attributes:
        unread: the cases of answers that could not be read.
    """

    cases: tuple[Case, ...] = ()
    reviews: tuple[Review, ...] = ()
    answers: tuple[Answer, ...] = ()
    unread: tuple[Case, ...] = ()
    put_off: str = ""


def reviewed(llm: LLM, prompt: str, cases: Sequence[Case], at: datetime) -> Reviewed:
    """Ask about cases, some at a time; what cannot be asked now waits."""
    done = Reviewed()
    for first in range(0, len(cases), AT_ONCE):
        portion = cases[first : first + AT_ONCE]
        question = Asked(
            prompt=prompt, material=_material(portion), schema=SCHEMA, purpose=Purpose.UPKEEP
        )
        try:
            answer = asked(llm, question, at)
        except (ModelUnavailable, SpendingCeiling) as error:
            return replace(done, put_off=error.detail)
        told = read(answer.document, portion)
        done = replace(
            done,
            cases=(*done.cases, *portion),
            reviews=(*done.reviews, *(told or ())),
            answers=(*done.answers, answer),
            unread=(*done.unread, *(portion if told is None else ())),
        )
    return done


def read(document: object, cases: Sequence[Case]) -> Sequence[Review] | None:
    """The first word on each case; what names nothing of the question says nothing.

    None where the answer has not the form that was asked for.
    """
    match document:
        case {"entities": [*told]}:
            return list(_reviews(told, cases))
        case _:
            return None


def _reviews(told: Sequence[object], cases: Sequence[Case]) -> Iterator[Review]:
    seen: set[int] = set()
    for each in told:
        number = _number(each, "entity", len(cases))
        if number is not None and number not in seen:
            seen.add(number)
            yield from _review(each, cases[number - 1])


def _review(told: object, case: Case) -> Iterator[Review]:
    match told:
        case {"decision": "keep" | "delete" as decision}:
            yield Review(case=case, decision=decision)
        case {"decision": "merge"}:
            into = _number(told, "into", len(case.candidates))
            if into is not None:
                yield Review(case=case, decision="merge", into=case.candidates[into - 1])
        case _:
            return


def _number(told: object, name: str, most: int) -> int | None:
    value = told.get(name) if isinstance(told, dict) else None
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 1 <= value <= most else None


def _material(cases: Sequence[Case]) -> Mapping[str, object]:
    return {
        "entities": [
            {
                "entity": number,
                **_told(case.entity, case),
                "like_it": [
                    {"into": place, **_told(each, case)}
                    for place, each in enumerate(case.candidates, start=1)
                ],
            }
            for number, case in enumerate(cases, start=1)
        ]
    }


def _told(known: Known, case: Case) -> Mapping[str, object]:
    said = [text[:LONGEST_TEXT] for text in case.texts.get(known.id, ())]
    return {"name": known.name, "kind": known.kind, "memories": said}
