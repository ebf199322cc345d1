"""A provider's batches behind the meter, and those of a provider that may be resting."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import NAMESPACE_URL, uuid5

from cns.batch_ports import Batch, Batches, BatchResult
from cns.domain.reckoning import reckoned
from cns.domain.spending import DECIMALS
from cns.domain.stream import Usage
from cns.errors import ModelUnavailable
from cns.ports import ModelRequest
from cns.services.purse import Purse

SHARE = 0.5  # of the list price; source: Anthropic's pricing page, "Batch processing"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeteredBatches:
    """Implements `cns.batch_ports.Batches` around one provider's, each result priced and noted.

    A result's outlay has an id of its own making, so that one that is read again after a crash
    stands in the table once.
    """

    own: Batches
    provider: str
    purse: Purse

    def model_for(self, request: ModelRequest) -> str:
        return self.own.model_for(request)

    def submit(self, requests: Mapping[str, ModelRequest]) -> str:
        for purpose in {request.purpose for request in requests.values()}:
            self.purse.allow(purpose)
        asked = dict[str, Usage]()
        for request in requests.values():
            model = self.model_for(request)
            asked[model] = asked.get(model, Usage()).plus(reckoned(request))
        batch_id = self.own.submit(requests)
        self.purse.promise(batch_id, self.provider, asked, SHARE)
        return batch_id

    def has_ended(self, batch: Batch) -> bool:
        return self.own.has_ended(batch)

    def results(self, batch: Batch) -> Sequence[BatchResult]:
        priced = [self._priced(batch, result) for result in self.own.results(batch)]
        self.purse.redeem(batch.id)
        return priced

    def cancel(self, batch: Batch) -> None:
        self.own.cancel(batch)
        self.purse.redeem(batch.id)

    def _priced(self, batch: Batch, result: BatchResult) -> BatchResult:
        if result.usage == Usage():
            return result
        asked = ModelRequest(system=(), messages=(), purpose=batch.purpose, subject=batch.subject)
        listed = self.purse.outlay(
            asked, self.provider, result.model, result.usage, estimated=False
        )
        cost = None if listed.cost_usd is None else round(listed.cost_usd * SHARE, DECIMALS)
        if not batch.paid:
            known = uuid5(NAMESPACE_URL, f"{batch.id}/{result.custom_id}")
            self.purse.note(replace(listed, id=known, cost_usd=cost), kept=True)
        return replace(result, cost_usd=cost)


@dataclass(frozen=True, slots=True, kw_only=True)
class WakefulBatches:
    """Implements `cns.batch_ports.Batches`; nothing new is handed in while the provider rests."""

    own: Batches
    rests: Callable[[], bool]

    def model_for(self, request: ModelRequest) -> str:
        return self.own.model_for(request)

    def submit(self, requests: Mapping[str, ModelRequest]) -> str:
        if self.rests():
            raise ModelUnavailable("The provider rests after a failure: others are asked at once.")
        return self.own.submit(requests)

    def has_ended(self, batch: Batch) -> bool:
        return self.own.has_ended(batch)

    def results(self, batch: Batch) -> Sequence[BatchResult]:
        return self.own.results(batch)

    def cancel(self, batch: Batch) -> None:
        self.own.cancel(batch)
