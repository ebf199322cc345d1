"""Everything that can go wrong, as one tree.

MiraError
├── InvalidInput          the caller must change the request
├── Unauthorized          the caller must identify itself
├── Forbidden             identified, but may not
├── NotFound              no such thing for this user
├── Conflict              someone changed it first: reload, retry
├── TooMany               slow down
├── Unavailable           a service we need is down; retry later
│   ├── ModelUnavailable  the language model cannot answer now
│   │   ├── ModelStopped  MIRA ended the call itself
│   │   └── ContextExceeded  the request is longer than it can take in
│   ├── SpendingCeiling   the day's ceiling is reached, or the share of it for background work
│   └── StoreUnavailable  the database cannot be reached
├── Misconfigured         start-up only; names the setting and the fix
└── ToolError             addressed to the model, never to HTTP
    ├── ToolRetry         arguments wrong: says how to correct them
    └── ToolFailed        cannot be done: says so, do not repeat
"""

from collections.abc import Mapping


class MiraError(Exception):
    """Something went wrong in a way that MIRA knows.

    Args:
        detail: what happened, with which value, and what the person can do next.
        code: a stable machine word; the class's own when not given.
        extra: further public fields of the problem object.
        retryable: whether the same call may succeed later; the class's own when not given.
    """

    code = "error"
    retryable = False

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        extra: Mapping[str, object] | None = None,
        retryable: bool | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or type(self).code
        self.extra: Mapping[str, object] = extra or {}
        self.retryable = type(self).retryable if retryable is None else retryable


class InvalidInput(MiraError):
    """The caller must change the request."""

    code = "validation_failed"


class Unauthorized(MiraError):
    """The caller must identify itself."""

    code = "unauthorized"


class Forbidden(MiraError):
    """Identified, but may not."""

    code = "forbidden"


class NotFound(MiraError):
    """No such thing for this user."""

    code = "not_found"


class Conflict(MiraError):
    """Someone changed it first: reload, retry."""

    code = "conflict"


class TooMany(MiraError):
    """Slow down."""

    code = "too_many"
    retryable = True


class Unavailable(MiraError):
    """A service we need is down; retry later."""

    code = "unavailable"
    retryable = True


class ModelUnavailable(Unavailable):
    """The language model cannot answer now."""

    code = "llm_unavailable"


class ModelStopped(ModelUnavailable):
    """MIRA ended the call itself: the turn was stopped, or the program is being."""

    code = "llm_stopped"


class ContextExceeded(ModelUnavailable):
    """The request is longer than the model can take in."""

    code = "llm_context_exceeded"
    retryable = False


class SpendingCeiling(Unavailable):
    """The day's ceiling is reached, or the share of it for background work."""

    code = "spending_ceiling"


class StoreUnavailable(Unavailable):
    """The database cannot be reached."""

    code = "store_unavailable"


class Misconfigured(MiraError):
    """Start-up only; names the setting and the fix."""

    code = "misconfigured"


class ToolError(MiraError):
    """Addressed to the model, never to HTTP."""

    code = "tool_error"


class ToolRetry(ToolError):
    """Arguments wrong: says how to correct them."""

    code = "tool_retry"


class ToolFailed(ToolError):
    """Cannot be done: says so, do not repeat."""

    code = "tool_failed"
