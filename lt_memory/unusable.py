"""Which failures of a model speak against what was asked, and which only against the hour."""

from cns.errors import ContextExceeded, ModelUnavailable

AWAY = frozenset({
    "llm_unreachable", "llm_timeout", "llm_rate_limited", "llm_overloaded", "llm_refused_key",
    "llm_no_credit",
})  # fmt: skip
REQUESTS_OWN = frozenset({"llm_bad_request", "llm_too_long", ContextExceeded.code})


class UnusableAnswer(ModelUnavailable):
    """The model answered, and nothing can be made of it."""

    code = "llm_unusable_answer"


def counts(failure: ModelUnavailable) -> bool:
    """Whether asking again would end alike: an outage, a limit or a refused key passes."""
    return isinstance(failure, UnusableAnswer) or failure.code in REQUESTS_OWN


def is_away(failure: ModelUnavailable) -> bool:
    """Whether the next thing asked of the same provider would fail alike now."""
    return failure.code in AWAY
