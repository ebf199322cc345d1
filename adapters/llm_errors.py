"""What goes wrong with a language model's server, in one table of codes and words."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from json import JSONDecodeError
from math import isfinite, nan
from ssl import SSLError

import httpx2

from cns.errors import ContextExceeded, ModelStopped, ModelUnavailable

LONGEST_QUOTE = 300
SHORTEST_KEY = 8  # a shorter one would be found in innocent words
# as Anthropic, OpenAI, vLLM, llama.cpp and their like word it
TOO_MUCH = re.compile(
    r"prompt is too long|exceed\w* (the )?(model's )?(maximum |available )?context"
    r"|context[_ ](length|window|size)[_ ]exceeded|maximum context length"
    r"|longer than the maximum model length|context length of only|greater than the context length",
    re.IGNORECASE,
)
HOW_MUCH = re.compile(
    r"(?:context (?:length|window|size)|model length)(?: is| of| only|:| \()*\s*(?P<said>\d+)"
    r"|tokens > (?P<most>\d+)|\bn_ctx\W{1,4}(?P<held>\d+)",
    re.IGNORECASE,
)
LOGIN = re.compile(r"//[^/@\s]+@")  # name and password in a URL


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A kind of failure; its words take vendor, model, key, place and settings in braces."""

    code: str
    words: str
    retryable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """Who is asked, for the words of an error.

    Attributes:
        name: as people call it.
        key: the variable that holds its key.
        place: where it is asked, as a URL.
        secret: the key itself, to be taken out of what the vendor says.
        settings: with what the variables begin that say how it is asked.
    """

    name: str
    key: str
    place: str
    secret: str = field(default="", repr=False)
    settings: str = "MIRA_LLM"

    def without_secrets(self, text: str) -> str:
        """Some servers quote the key that they refuse, or the address that they were asked at."""
        if len(self.secret) >= SHORTEST_KEY:
            text = text.replace(self.secret, "[key]")
        return LOGIN.sub("//", text)


REFUSED_KEY = Fault(
    code="llm_refused_key",
    words="{vendor} refused the key. Check {key}, or set the one that is kept anew"
    " (`main.py secret list` says which is in force).",
    retryable=False,
)
NO_CREDIT = Fault(
    code="llm_no_credit",
    words="The account at {vendor} has no credit left. Top it up, or choose another provider.",
    retryable=False,
)
UNKNOWN_MODEL = Fault(
    code="llm_unknown_model",
    words="{vendor} does not know the model {model} at {place}."
    " Check {settings}__MODEL and {settings}__BASE_URL.",
    retryable=False,
)
BAD_REQUEST = Fault(
    code="llm_bad_request",
    words="{vendor} refused the request to {model} as malformed.",
    retryable=False,
)
CONTEXT_EXCEEDED = Fault(
    code=ContextExceeded.code,
    words="This is more than {model} can take in at once."
    " Send less, or choose a model with a larger context. If MIRA takes its context to be larger"
    " than it is, set {settings}__CONTEXT_TOKENS to what the server holds.",
    retryable=False,
)
RATE_LIMITED = Fault(
    code="llm_rate_limited",
    words="{vendor} asks to slow down. Wait a moment, then retry.",
)
OVERLOADED = Fault(
    code="llm_overloaded", words="{vendor} is overloaded. Retry in a minute, or switch models."
)
SERVER_ERROR = Fault(code="llm_server_error", words="{vendor} failed inside. Retry in a moment.")
UNREACHABLE = Fault(
    code="llm_unreachable",
    words="{vendor} cannot be reached at {place}. Check the network and {settings}__BASE_URL.",
)
UNTRUSTED = Fault(
    code="llm_untrusted",
    words="The certificate of {place} cannot be trusted, so nothing was sent. Check"
    " {settings}__BASE_URL; for a certificate of your own set SSL_CERT_FILE to its authority.",
    retryable=False,
)
TIMED_OUT = Fault(
    code="llm_timeout",
    words="{vendor} was silent for too long. Retry, or raise {settings}__READ_SECONDS.",
)
TOO_LONG = Fault(
    code="llm_too_long",
    words="{model} had not ended its answer when the time for it was over. Retry, or raise"
    " {settings}__TOTAL_SECONDS.",
)
STOPPED = Fault(
    code="llm_stopped", words="MIRA itself ended the call of {model}. Retry once it runs again."
)
STREAM_CUT = Fault(
    code="llm_stream_cut", words="The answer of {model} broke off before its end. Retry."
)
NONSENSE = Fault(
    code="llm_nonsense",
    words="What came back from {place} is not an answer of {vendor}."
    " Check {settings}__BASE_URL, and whether a proxy stands between.",
)

STATUS: Mapping[int, Fault] = {
    400: BAD_REQUEST,
    401: REFUSED_KEY,
    402: NO_CREDIT,
    403: REFUSED_KEY,
    404: UNKNOWN_MODEL,
    408: TIMED_OUT,
    413: CONTEXT_EXCEEDED,
    429: RATE_LIMITED,
    503: OVERLOADED,
    504: TIMED_OUT,
    529: OVERLOADED,
}

OWN_KINDS: Mapping[str, type[ModelUnavailable]] = {
    kind.code: kind for kind in (ContextExceeded, ModelStopped)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """One failure, as the wire told it.

    Attributes:
        quote: the vendor's own message.
        details: all that came with it; never shown.
    """

    fault: Fault
    quote: str = ""
    details: str = ""
    extra: Mapping[str, object] = field(default_factory=dict)


class Broken(Exception):
    """The reply ended otherwise than replies do."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.code)
        self.fault = fault


# What reading a reply may raise beside the SDK's own errors. The SDKs build their objects
# unchecked: a field that never came shows only when it is read.
WHILE_READING = (
    Broken,
    httpx2.HTTPError,
    OSError,
    ValueError,
    AttributeError,
    TypeError,
    KeyError,
)


def fault_of_status(status: int) -> Fault:
    """The kind of failure that an HTTP status stands for."""
    if status in STATUS:
        return STATUS[status]
    return SERVER_ERROR if status >= 500 else BAD_REQUEST  # noqa: PLR2004 - HTTP's own border


def fault_of_json(error: JSONDecodeError) -> Fault:
    """A document that stops in mid-air was cut; one that is wrong inside is nonsense."""
    ended = error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated")
    return STREAM_CUT if ended and error.doc.strip() else NONSENSE


def complaint_of_connection(error: Exception) -> Complaint:
    """An SDK's "could not connect" or "timed out", told apart by what lies beneath."""
    cause = error.__cause__
    late = isinstance(cause, httpx2.TimeoutException) and not isinstance(
        cause, httpx2.ConnectTimeout
    )
    if late:
        return Complaint(fault=TIMED_OUT)
    return complaint_of_transport(cause or error)


def complaint_of_transport(error: BaseException) -> Complaint:
    """What kept a request from its answer, timeouts aside."""
    if isinstance(error, httpx2.ReadError | httpx2.RemoteProtocolError):
        return Complaint(fault=STREAM_CUT, quote=str(error))
    untrusted = any(isinstance(cause, SSLError) for cause in _causes(error))
    return Complaint(fault=UNTRUSTED if untrusted else UNREACHABLE, quote=str(error))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def complaint_of_reading(error: Exception) -> Complaint:
    """What went wrong between the first byte of a reply and its last."""
    if isinstance(error, Broken):
        return Complaint(fault=error.fault)
    if isinstance(error, JSONDecodeError):
        return Complaint(fault=fault_of_json(error))
    if isinstance(error, httpx2.TimeoutException):
        return Complaint(fault=TIMED_OUT)
    within_character = isinstance(error, UnicodeDecodeError) and error.end == len(error.object)
    if within_character or isinstance(error, httpx2.HTTPError | OSError):
        return Complaint(fault=STREAM_CUT, quote=str(error))
    return Complaint(fault=NONSENSE, quote=str(error))


def unavailable(complaint: Complaint, vendor: Vendor, model: str) -> ModelUnavailable:
    """The error that the rest of the house understands."""
    fault = complaint.fault
    if fault is BAD_REQUEST and TOO_MUCH.search(complaint.quote):
        fault = CONTEXT_EXCEEDED
    place = vendor.without_secrets(vendor.place)
    words = fault.words.format(
        vendor=vendor.name, model=model, key=vendor.key, place=place, settings=vendor.settings
    )
    quote = vendor.without_secrets(" ".join(complaint.quote.split()))[:LONGEST_QUOTE]
    said = f" Details: {quote}" if quote else ""
    limit = limit_in(complaint.quote + complaint.details) if fault is CONTEXT_EXCEEDED else {}
    extra = {"provider": vendor.name, "model": model, **limit, **complaint.extra}
    kind = OWN_KINDS.get(fault.code, ModelUnavailable)
    return kind(words + said, code=fault.code, extra=extra, retryable=fault.retryable)


def quoted(body: object) -> str:
    """The vendor's own message in the body of an error; pages of HTML say nothing."""
    if isinstance(body, Mapping):
        return quoted(body.get("error") or body.get("message") or body.get("detail"))
    return body if isinstance(body, str) and not body.lstrip().startswith("<") else ""


def limit_in(text: str) -> Mapping[str, object]:
    """`limit_tokens`, where a refusal says how much the model takes in, answer included."""
    found = HOW_MUCH.search(text)
    number = next((int(n) for n in found.groups() if n), 0) if found else 0
    return {"limit_tokens": number} if number else {}


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return nan


def seconds_to_wait(headers: Mapping[str, str]) -> Mapping[str, object]:
    """`retry_after` in seconds, when the vendor named it: as a number, or as the time of day."""
    for name, unit in (("retry-after-ms", 1000), ("retry-after", 1)):
        seconds = _number(headers.get(name, "")) / unit
        if isfinite(seconds):
            return {"retry_after": seconds}
    try:
        until, since = (parsedate_to_datetime(headers[name]) for name in ("retry-after", "date"))
        return {"retry_after": max(0.0, (until - since).total_seconds())}
    except (KeyError, ValueError, TypeError):
        return {}
