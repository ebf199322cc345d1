"""Which failures of a model speak against what was asked, and which only against the hour."""

from cns.domain.stream import Usage
from cns.errors import ContextExceeded, ModelUnavailable

AWAY = frozenset({
    "llm_unreachable", "llm_timeout", "llm_rate_limited", "llm_overloaded", "llm_refused_key",
    "llm_no_credit",
})  # fmt: skip
REQUESTS_OWN = frozenset({"llm_bad_request", "llm_too_long", ContextExceeded.code})


class UnusableAnswer(ModelUnavailable):
    """The model answered, and nothing can be made of it.

    Attributes:
        usage: what was read and written until then, in all that was asked.
        cost_usd: what that cost; None where a price is not known.
    """

    code = "llm_unusable_answer"

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        usage: Usage | None = None,
        cost_usd: float | None = 0.0,
    ) -> None:
        super().__init__(detail, code=code)
        self.usage = usage or Usage()
        self.cost_usd = cost_usd


def counts(failure: ModelUnavailable) -> bool:
    """Whether asking again would end alike: an outage, a limit or a refused key passes."""
    return failure.code in REQUESTS_OWN or failure.code == UnusableAnswer.code


def is_away(failure: ModelUnavailable) -> bool:
    """Whether the next thing asked of the same provider would fail alike now."""
    return failure.code in AWAY
