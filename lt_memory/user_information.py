"""The user-information section: drawn from pinned memories and preferences, or written by hand."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from uuid import uuid4

from cns.domain.model import Purpose
from cns.errors import Conflict
from cns.ports import LLM, Clock, ModelRequest, SystemBlock
from config.settings import KnowledgeSettings
from lt_memory.answer import Answer, Unfit, answer_of, material
from lt_memory.domain.knowledge import flaw
from lt_memory.domain.memory import RunId
from lt_memory.domain.run import Run
from lt_memory.domain.user_information import (
    BY_LIST,
    LONGEST,
    WAYS,
    Sentence,
    UserInformation,
    basis_of,
    listed,
)

JOB = "user_information"
LONGEST_ANSWER = 2048
ATTEMPTS = 3  # at a reset, while memories change beside it
SCHEMA: Mapping[str, object] = {
    "type": "object",
    "properties": {"text": {"type": "string"}},
    "required": ["text"],
    "additionalProperties": False,
}


class UserInformationStore(Protocol):
    def read(self) -> UserInformation | None:
        """What stands there; None while nothing was written."""

    def sentences(self, at: datetime) -> Sequence[Sentence]:
        """Active memories of the user's that are pinned, or preferences: the pinned ones first."""

    def put(self, information: UserInformation) -> None:
        """Keep what the user wrote."""

    def keep(
        self,
        before: UserInformation | None,
        after: UserInformation,
        drawn_from: Sequence[Sentence],
        run: Run,
    ) -> bool:
        """Keep what a run wrote, with the run, in one transaction.

        False, and nothing is kept, when what stands there or a memory that it is drawn from has
        changed since.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class UserInformationService:
    """Reads it, takes the user's own words, and writes it anew when its memories have changed."""

    store: UserInformationStore
    llm: LLM
    prompt: str
    clock: Clock
    figures: Callable[[], KnowledgeSettings]

    def get(self) -> UserInformation | None:
        return self.store.read()

    def edit(self, text: str) -> UserInformation:
        """From now on these words stand, until the user resets them."""
        written = UserInformation(text=text, by_hand=True, updated_at=self.clock.now())
        self.store.put(written)
        return written

    def reset(self) -> UserInformation | None:
        """Back to what is drawn from memories: a list at once, a model's words later.

        By a run of its own: undoing it brings back what the user wrote.

        Raises:
            Conflict: what it is drawn from changed each time that it was tried.
        """
        for _ in range(ATTEMPTS):
            stands = self.store.read()
            if stands is None:
                self.write(by_model=False)
                return self.store.read()
            if self._written(stands, self.store.sentences(self.clock.now()), by_model=False):
                return self.store.read()
        raise Conflict(
            "What is known about you was changed while it was being reset: reset it again.",
            code="user_information_changed",
        )

    def refresh(self) -> Run | None:
        """Write it anew if its memories have changed; the run, if there was one.

        Raises:
            ModelUnavailable, SpendingCeiling: not now; what stands there stays.
        """
        return self.write(by_model=self._by_model_now)

    @property
    def is_due(self) -> bool:
        """Whether `refresh` would write."""
        known = self.store.sentences(self.clock.now())
        return _is_due(self.store.read(), known, by_model=self._by_model_now)

    @property
    def sentences(self) -> int:
        """How many it would be drawn from."""
        return len(self.store.sentences(self.clock.now()))

    @property
    def _by_model_now(self) -> bool:
        return self.llm.capable and self.figures().writer == "auto"

    def write(self, *, by_model: bool) -> Run | None:
        """As `refresh`, by a model or as a list."""
        stands, sentences = self.store.read(), self.store.sentences(self.clock.now())
        if not _is_due(stands, sentences, by_model=by_model):
            return None
        return self._written(stands, sentences, by_model=by_model)

    def _written(
        self, stands: UserInformation | None, sentences: Sequence[Sentence], *, by_model: bool
    ) -> Run | None:
        run = _begun(sentences, self.clock.now())
        compose = self._by_model if by_model and sentences else _by_list
        text, run = compose(sentences, run)
        decision = {"decision": "written", "sentences": len(sentences)}
        run = replace(run, state="done", finished_at=self.clock.now(), decisions=(decision,))
        written = UserInformation(
            text=text,
            by_hand=False,
            updated_at=self.clock.now(),
            memory_ids=tuple(each.memory_id for each in sentences),
            basis=_basis(sentences, by_model=by_model),
            run_id=run.id,
            model=run.model,
        )
        return run if self.store.keep(stands, written, sentences, run) else None

    def _by_model(self, sentences: Sequence[Sentence], run: Run) -> tuple[str, Run]:
        """The model's words; the list, where they cannot be used."""
        answer = self._asked(sentences)
        run = replace(run, model=answer.model, usage=answer.usage, cost_usd=answer.cost_usd)
        text = _text(answer)
        if text is None:
            summary = f"{len(sentences)} sentences, as a list: the model's text was refused"
            return listed(sentences), replace(run, summary=summary)
        return text, replace(run, summary=f"{len(sentences)} sentences, in the model's words")

    def _asked(self, sentences: Sequence[Sentence]) -> Answer:
        document = {"sentences": [each.text for each in sentences]}
        request = ModelRequest(
            system=(SystemBlock(text=self.prompt, cached=False),),
            messages=(material(document, self.clock.now()),),
            schema=SCHEMA,
            max_tokens=LONGEST_ANSWER,
            fast=True,
            purpose=Purpose.KNOWLEDGE,
        )
        return answer_of(self.llm, request)


def _is_due(
    stands: UserInformation | None, sentences: Sequence[Sentence], *, by_model: bool
) -> bool:
    if stands is None:
        return bool(sentences)
    return not stands.by_hand and stands.basis != _basis(sentences, by_model=by_model)


def _basis(sentences: Sequence[Sentence], *, by_model: bool) -> str:
    by_list, model = WAYS
    return basis_of(sentences, model if by_model else by_list)


def _begun(sentences: Sequence[Sentence], at: datetime) -> Run:
    return Run(
        id=RunId(uuid4()),
        job=JOB,
        state="running",
        summary="",
        started_at=at,
        model=BY_LIST,
        inputs={"memory_ids": [str(each.memory_id) for each in sentences]},
    )


def _by_list(sentences: Sequence[Sentence], run: Run) -> tuple[str, Run]:
    return listed(sentences), replace(run, summary=f"{len(sentences)} sentences, as a list")


def _text(answer: Answer) -> str | None:
    try:
        document = answer.document
    except Unfit:
        return None
    match document:
        case {"text": str(text)} if flaw("", text) is None and len(text) <= LONGEST:
            return text.strip()
        case _:
            return None
