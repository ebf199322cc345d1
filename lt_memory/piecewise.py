"""A chapter that a model has spoilt often: each stretch by the model, the spoilt ones by rules."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from cns.domain.message import Message
from cns.domain.spending import total_cost
from cns.domain.stream import Usage
from cns.errors import ModelUnavailable
from lt_memory.ports import Extracted, Extractor
from lt_memory.unusable import UnusableAnswer, counts


class Chunked(Extractor, Protocol):
    """Reads a conversation a chunk at a time."""

    def chunks(self, messages: Sequence[Message]) -> Iterator[Sequence[Message]]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Piecewise:
    """Implements `lt_memory.ports.Extractor`: one spoilt answer costs no other its facts."""

    model: Chunked
    rules: Extractor

    @property
    def label(self) -> str:
        return f"{self.model.label}, rules"

    def extract(self, messages: Sequence[Message]) -> Extracted:
        """Each chunk by one of both, and never by two.

        Raises:
            ModelUnavailable: the model is away; nothing speaks against asking it later.
        """
        found: list[Extracted] = []
        spoilt = 0
        for chunk in self.model.chunks(messages):
            try:
                found.append(self.model.extract(chunk))
            except ModelUnavailable as error:
                if not counts(error):
                    raise
                found.append(_paid_for(self.rules.extract(chunk), error))
                spoilt += 1
        return _together(found, spoilt)


def _paid_for(read: Extracted, failure: ModelUnavailable) -> Extracted:
    """What was of no use is paid for all the same."""
    if not isinstance(failure, UnusableAnswer):
        return read
    return replace(read, usage=failure.usage, cost_usd=failure.cost_usd)


def _together(found: Sequence[Extracted], spoilt: int) -> Extracted:
    usage = Usage()
    for each in found:
        usage = usage.plus(each.usage)
    return Extracted(
        candidates=tuple(candidate for each in found for candidate in each.candidates),
        refused=tuple(reason for each in found for reason in each.refused),
        usage=usage,
        cost_usd=total_cost([each.cost_usd for each in found]),
        way={"chunks": len(found), "chunks_by_rules": spoilt},
    )
