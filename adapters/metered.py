"""A language model whose every call is allowed, priced and noted."""

import json
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, replace

from adapters.batches import MeteredBatches
from adapters.llm_wire import CHARACTERS_PER_TOKEN, estimated_tokens
from cns.batch_ports import Batches, batches_of
from cns.domain.spending import FREE, Outlay
from cns.domain.stream import Usage
from cns.errors import ModelUnavailable
from cns.ports import LLM, ModelDone, ModelEvent, ModelRequest, ModelText, ModelThinking
from cns.services.purse import Purse

# The request had gone out when these came: the provider will have read it.
AFTER_SENDING = frozenset({"llm_timeout"})


class MeteredLLM:
    """Implements `cns.ports.LLM` around one provider's.

    Each member of a chain has its own meter, so that who answered is who is paid. The ceiling's
    refusal is no failure of the model's: it passes through the chain, and nobody else is asked.
    """

    def __init__(self, llm: LLM, purse: Purse) -> None:
        self._llm = llm
        self._purse = purse

    @property
    def provider(self) -> str:
        return self._llm.provider

    @property
    def model(self) -> str:
        return self._llm.model

    @property
    def capable(self) -> bool:
        return self._llm.capable

    @property
    def context_tokens(self) -> int:
        return self._llm.context_tokens

    def stream(self, request: ModelRequest) -> Generator[ModelEvent]:
        """See the port.

        Raises:
            SpendingCeiling: today's share for this purpose is spent; the model was not asked.
        """
        if self._costs(request) and not request.further:
            self._purse.allow(request.purpose)
        call = _Call(request=request, model=request.model or self.model)
        try:
            yield from self._events(call)
        except ModelUnavailable as failure:
            call.model = str(failure.extra.get("model") or call.model)
            call.sent |= failure.code in AFTER_SENDING
            raise
        finally:
            outlay = call.outlay or (self._estimate(call) if call.sent else None)
            if outlay is not None:
                self._purse.note(outlay, kept=request.kept)

    def ping(self) -> str:
        return self._llm.ping()

    def batches(self) -> Batches | None:
        """The provider's own, each result of which is priced and noted."""
        own = batches_of(self._llm)
        if own is None:
            return None
        return MeteredBatches(own=own, provider=self.provider, purse=self._purse)

    def close(self) -> None:
        self._llm.close()

    def _events(self, call: "_Call") -> Generator[ModelEvent]:
        with closing(self._llm.stream(call.request)) as events:
            for event in events:
                call.heard(event)
                yield self._priced(event, call) if isinstance(event, ModelDone) else event

    def _priced(self, done: ModelDone, call: "_Call") -> ModelDone:
        """A server that tells no figures is taken at our own estimate, for nothing is free."""
        call.model = done.model
        if done.usage == Usage():
            call.outlay = self._estimate(call)
        else:
            call.outlay = self._outlay(call, done.usage, estimated=False)
        return replace(done, usage=call.outlay.usage, cost_usd=call.outlay.cost_usd)

    def _estimate(self, call: "_Call") -> Outlay:
        return self._outlay(call, call.estimate(), estimated=True)

    def _outlay(self, call: "_Call", usage: Usage, *, estimated: bool) -> Outlay:
        return self._purse.outlay(
            call.request, self.provider, call.model, usage, estimated=estimated
        )

    def _costs(self, request: ModelRequest) -> bool:
        return self._purse.price(self.provider, request.model or self.model) != FREE


@dataclass(slots=True, kw_only=True)
class _Call:
    """One call under way; it lives as long as its stream.

    Attributes:
        sent: whether the provider has surely read the request.
        characters: how many were heard.
    """

    request: ModelRequest
    model: str
    outlay: Outlay | None = None
    sent: bool = False
    characters: int = 0

    def heard(self, event: ModelEvent) -> None:
        self.sent = True
        if isinstance(event, ModelText | ModelThinking):
            self.characters += len(event.text)
        elif not isinstance(event, ModelDone):
            self.characters += len(json.dumps(dict(event.call.input)))

    def estimate(self) -> Usage:
        """Four characters a token, as far as the answer came."""
        request = self.request
        tools = (json.dumps([t.name, t.description, dict(t.schema)]) for t in request.tools)
        texts = [request.live, *(block.text for block in request.system), *tools]
        asked = estimated_tokens(request.messages) + _tokens(sum(map(len, texts)))
        return Usage(input_tokens=asked, output_tokens=_tokens(self.characters))


def _tokens(characters: int) -> int:
    return (characters + CHARACTERS_PER_TOKEN - 1) // CHARACTERS_PER_TOKEN
