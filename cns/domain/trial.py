"""Trying a language model's provider out: who is tried, and what came of it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A provider to try; what is None is taken from the settings.

    Attributes:
        base_url, model, fast_model: empty for the provider's own.
        api_key: used for this trial alone; it is neither kept nor shown.
    """

    provider: str | None = None
    base_url: str | None = None
    model: str | None = None
    fast_model: str | None = None
    api_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What came of it.

    Attributes:
        detail: what happened, and what to do next.
        code: a stable word for what went wrong; None when it went well.
        retryable: whether the same trial may go well later.
        latency_ms: until the answer was whole.
        first_token_ms: until its first words.
        models: the names that the server lists, if it lists any.
        streaming: whether the answer came in pieces.
        tools: whether it called a tool when it was asked to.
    """

    ok: bool
    provider: str
    model: str | None
    detail: str
    code: str | None = None
    retryable: bool = False
    latency_ms: float | None = None
    first_token_ms: float | None = None
    models: tuple[str, ...] = ()
    streaming: bool = False
    tools: bool = False
