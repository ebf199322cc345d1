"""What is asked of a provider that answers many calls of a model at leisure, for less."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable
from uuid import UUID

from cns.domain.model import ModelRequest, Purpose
from cns.domain.stream import Usage
from cns.ports import LLM


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A batch that a provider has accepted.

    Attributes:
        id: the provider's own.
        subject: the segment that it serves.
        paid: its results were read before, and are noted as spent.
    """

    id: str
    purpose: Purpose
    subject: UUID | None = None
    paid: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchResult:
    """What became of one request of a batch.

    Attributes:
        custom_id: the name under which the request was submitted.
        outcome: `succeeded`, `errored`, `canceled` or `expired`.
        stop: as in `ModelDone`.
        cost_usd: None while nobody has priced it, or when its price is not known.
        detail: the provider's word for what went wrong.
    """

    custom_id: str
    outcome: str
    text: str = ""
    model: str = ""
    stop: str = ""
    usage: Usage = field(default_factory=Usage)
    cost_usd: float | None = None
    detail: str = ""


class Batches(Protocol):
    """A provider's batch interface; every method raises ModelUnavailable when it cannot answer.

    A batch that it does not know, as one of another account, has the code `llm_unknown_batch`.
    """

    def model_for(self, request: ModelRequest) -> str:
        """The name of the model that will answer it."""
        ...

    def submit(self, requests: Mapping[str, ModelRequest]) -> str:
        """Hand in requests by their custom ids, all of one purpose and subject; the batch's id.

        Raises:
            SpendingCeiling: no more may be spent on this today; nothing was handed in.
        """
        ...

    def has_ended(self, batch: Batch) -> bool:
        """Whether each of its requests has an outcome."""
        ...

    def results(self, batch: Batch) -> Sequence[BatchResult]:
        """The outcomes of a batch that has ended, in any order; a broken one is left out."""
        ...

    def cancel(self, batch: Batch) -> None:
        """Ask for its end; what was answered before stays so."""
        ...


@runtime_checkable
class Batching(Protocol):
    """A model whose provider may have a batch interface."""

    def batches(self) -> Batches | None:
        """None where it has none."""
        ...


def batches_of(llm: LLM) -> Batches | None:
    """The batch interface of the provider that answers now, if it has one."""
    return llm.batches() if isinstance(llm, Batching) else None
