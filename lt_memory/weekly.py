"""The runs of the weekly jobs that ask models, one question after the other."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import uuid4

from cns.errors import ModelUnavailable, SpendingCeiling
from lt_memory.answer import Answer
from lt_memory.asking import bill
from lt_memory.domain.memory import RunId
from lt_memory.domain.run import Run
from lt_memory.nightly import result

LONGEST_ANSWER = 1024
CHANGED = "changed meanwhile"
Stop = ModelUnavailable | SpendingCeiling
Decision = Mapping[str, object]
Asked = TypeVar("Asked")
Answered = TypeVar("Answered")


@dataclass(slots=True)
class Tab:
    """What the calls of one run came to; it lives as long as the run."""

    answers: list[Answer] = field(default_factory=list)

    def add(self, answer: Answer) -> Answer:
        self.answers.append(answer)
        return answer

    def on(self, run: Run) -> Run:
        """The run with the models that answered, their tokens and their cost."""
        models = dict.fromkeys(answer.model for answer in self.answers)
        came_to = bill(self.answers)
        return replace(
            run,
            model=", ".join(models) or run.model,
            usage=came_to.usage,
            cost_usd=came_to.cost_usd,
        )


class Tidying(Protocol):
    """Work that a weekly job does."""

    @property
    def is_on(self) -> bool: ...

    def planned(self) -> Sequence[Decision]:
        """What a model would be asked about now."""
        ...

    def carry_out(self) -> Run | None:
        """Ask and do; None where there is nothing to ask.

        Raises:
            SpendingCeiling: not today; nothing was asked.
        """
        ...


def begun(job: str, model: str, inputs: Mapping[str, object], now: datetime) -> Run:
    return Run(
        id=RunId(uuid4()),
        job=job,
        state="running",
        summary="",
        started_at=now,
        model=model,
        inputs=inputs,
    )


def in_turn(
    asked: Sequence[Asked], ask: Callable[[Asked], Answered], tab: Tab
) -> tuple[list[Answered], Stop | None]:
    """The answers, up to where the model failed or the day's money ended.

    Raises:
        SpendingCeiling: it had ended before the first call.
    """
    answered: list[Answered] = []
    for each in asked:
        try:
            answered.append(ask(each))
        except ModelUnavailable as error:
            return answered, error
        except SpendingCeiling as error:
            if not tab.answers:
                raise
            return answered, error
    return answered, None


def failed(run: Run, stopped: Stop | None, now: datetime) -> Run:
    """Nothing came of it; nothing was changed."""
    summary = f"nothing came of it: {stopped.detail}" if stopped else "nothing came of it"
    return replace(run, state="failed", summary=summary, finished_at=now)


def summary(decisions: Sequence[Decision], stopped: Stop | None) -> str:
    """How many of which kind, the most frequent first, and whether the rest waits."""
    counts = Counter(str(each["decision"]) for each in decisions)
    said = ", ".join(f"{count} {name}" for name, count in counts.most_common())
    return f"{said}; the rest waits: {stopped.detail}" if stopped else said


def worked(tidying: Tidying) -> Mapping[str, object]:
    """One run of the job: what the scheduler keeps of it."""
    if not tidying.is_on:
        return _off()
    try:
        run = tidying.carry_out()
    except SpendingCeiling as error:
        return {"runs": [], "put_off": error.detail}
    return result(run) if run else {"runs": [], "summary": "nothing to ask about"}


def planned(tidying: Tidying) -> Mapping[str, object]:
    """What a run would ask about; no model is asked, so not what would come of it."""
    return {"due": [dict(each) for each in tidying.planned()]} if tidying.is_on else _off()


def _off() -> Mapping[str, object]:
    return {"runs": [], "summary": "it needs a capable model, and `memory.tidying` to be `auto`"}
