"""What both of Anthropic's interfaces, streamed and by batch, say of ends and of failures."""

from collections.abc import Mapping

import anthropic

from adapters.llm_errors import (
    BAD_REQUEST,
    NO_CREDIT,
    OVERLOADED,
    RATE_LIMITED,
    REFUSED_KEY,
    SERVER_ERROR,
    TIMED_OUT,
    UNKNOWN_MODEL,
    Complaint,
    Fault,
    complaint_of_connection,
    complaint_of_reading,
    fault_of_status,
    quoted,
    seconds_to_wait,
)

STOPS: Mapping[str, str] = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tools",
    "refusal": "refusal",
}
FAULTS_IN_STREAM: Mapping[str, Fault] = {
    "overloaded_error": OVERLOADED,
    "rate_limit_error": RATE_LIMITED,
    "authentication_error": REFUSED_KEY,
    "permission_error": REFUSED_KEY,
    "billing_error": NO_CREDIT,
    "not_found_error": UNKNOWN_MODEL,
    "invalid_request_error": BAD_REQUEST,
    "request_too_large": BAD_REQUEST,
    "timeout_error": TIMED_OUT,
}


def stop_of(reason: str | None) -> str:
    """Why an answer ended, in the house's words."""
    return STOPS.get(reason or "", "end")


def complaint(error: Exception) -> Complaint:
    """The table from what the SDK raises to what the house says."""
    if isinstance(error, anthropic.APIStatusError):
        return _complaint_of_status(error)
    if isinstance(error, anthropic.APIConnectionError):
        return complaint_of_connection(error)
    return complaint_of_reading(error)


def _complaint_of_status(error: anthropic.APIStatusError) -> Complaint:
    quote = quoted(error.body)
    if error.status_code < 400:  # noqa: PLR2004 - the failure came as an event of a good answer
        fault = FAULTS_IN_STREAM.get(error.type or "", SERVER_ERROR)
        return Complaint(fault=fault, quote=quote)
    return Complaint(
        fault=fault_of_status(error.status_code),
        quote=quote,
        extra=seconds_to_wait(error.response.headers),
    )
