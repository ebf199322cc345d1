"""From what a server or a socket says to one error with a code."""

from json import JSONDecodeError

import httpx2
import pytest

from adapters.llm_errors import (
    NONSENSE,
    RATE_LIMITED,
    STREAM_CUT,
    TIMED_OUT,
    UNREACHABLE,
    Complaint,
    Fault,
    Vendor,
    complaint_of_connection,
    complaint_of_reading,
    fault_of_json,
    fault_of_status,
    quoted,
    seconds_to_wait,
    unavailable,
)
from cns.errors import ContextExceeded

VENDOR = Vendor(name="Acme", key="ACME_KEY", place="http://acme.test")


def caused_by(cause: Exception) -> Exception:
    error = Exception("outer")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("cause", "fault"),
    [
        (httpx2.ConnectError("refused"), UNREACHABLE),
        (httpx2.ConnectTimeout("no answer"), UNREACHABLE),
        (httpx2.ReadTimeout("silent"), TIMED_OUT),
        (httpx2.RemoteProtocolError("gone"), STREAM_CUT),
        (httpx2.ReadError("reset"), STREAM_CUT),
    ],
)
def test_what_lies_beneath_a_connection_error_decides(cause: Exception, fault: Fault) -> None:
    assert complaint_of_connection(caused_by(cause)).fault == fault


def test_a_connection_error_says_what_the_system_said() -> None:
    complaint = complaint_of_connection(caused_by(httpx2.ConnectError("Name not known")))
    assert "Name not known" in str(unavailable(complaint, VENDOR, "m"))


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (httpx2.ReadTimeout("silent"), TIMED_OUT),
        (httpx2.RemoteProtocolError("gone"), STREAM_CUT),
        (ConnectionResetError("reset"), STREAM_CUT),
        (AttributeError("no field"), NONSENSE),
    ],
)
def test_a_failure_while_reading_has_its_fault(error: Exception, fault: Fault) -> None:
    assert complaint_of_reading(error).fault == fault


@pytest.mark.parametrize(
    ("document", "position", "fault"),
    [('{"a": ', 6, STREAM_CUT), ("{oops}", 1, NONSENSE), ("", 0, NONSENSE)],
)
def test_a_document_is_cut_or_wrong(document: str, position: int, fault: Fault) -> None:
    assert fault_of_json(JSONDecodeError("Expecting value", document, position)) == fault


def test_a_string_that_never_ends_was_cut() -> None:
    assert fault_of_json(JSONDecodeError("Unterminated string", '{"a": "b', 6)) == STREAM_CUT


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (418, "llm_bad_request"),
        (408, "llm_timeout"),
        (504, "llm_timeout"),
        (520, "llm_server_error"),
    ],
)
def test_an_unusual_status_has_a_fault_too(status: int, code: str) -> None:
    assert fault_of_status(status).code == code


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": {"message": "inner"}}, "inner"),
        ({"message": "flat"}, "flat"),
        ({"detail": "other"}, "other"),
        ({"error": "bare"}, "bare"),
        ("text", "text"),
        ("<html>page</html>", ""),
        (None, ""),
        ({"error": 3}, ""),
    ],
)
def test_the_vendors_message_is_found_where_it_stands(body: object, words: str) -> None:
    assert quoted(body) == words


def test_an_error_names_the_next_step_and_who_was_asked() -> None:
    error = unavailable(Complaint(fault=fault_of_status(401), quote="bad\n key"), VENDOR, "m")
    assert error.detail.startswith("Acme refused the key. Check ACME_KEY, or set")
    assert error.detail.endswith(" Details: bad key")
    assert error.extra == {"provider": "Acme", "model": "m"}


def test_a_key_that_the_vendor_quotes_is_not_passed_on() -> None:
    vendor = Vendor(name="Acme", key="K", place="http://me:s3cret@acme/v1", secret="the-key-itself")
    quote = "x" * 290 + " the-key-itself at http://me:s3cret@acme/v1"
    error = unavailable(Complaint(fault=UNREACHABLE, quote=quote), vendor, "m")
    assert "the-key" not in error.detail
    assert "s3cret" not in error.detail
    assert "http://acme/v1" in error.detail
    assert "the-key" not in repr(vendor)


def test_a_very_long_message_of_the_vendor_is_cut() -> None:
    error = unavailable(Complaint(fault=RATE_LIMITED, quote="x" * 9999), VENDOR, "m")
    assert len(error.detail) < 500


NOON, LATER = "Sat, 21 Nov 2026 12:00:00 GMT", "Sat, 21 Nov 2026 12:00:04 GMT"


@pytest.mark.parametrize(
    ("headers", "extra"),
    [
        ({"retry-after": "2.5"}, {"retry_after": 2.5}),
        ({"retry-after": "3", "retry-after-ms": "2400"}, {"retry_after": 2.4}),
        ({"retry-after": LATER, "date": NOON}, {"retry_after": 4.0}),
        ({"retry-after": NOON, "date": LATER}, {"retry_after": 0.0}),
        ({"retry-after": LATER}, {}),
        ({"retry-after": "Wed", "date": NOON}, {}),
        ({"retry-after": LATER, "date": "Sat, 21 Nov 2026 12:00:00 -0000"}, {}),
        ({"retry-after": "inf"}, {}),
        ({"retry-after": "nan", "date": NOON}, {}),
        ({}, {}),
    ],
)
def test_how_long_to_wait_is_told_where_it_can_be_read(
    headers: dict[str, str], extra: dict[str, float]
) -> None:
    assert seconds_to_wait(headers) == extra


@pytest.mark.parametrize(
    "quote",
    [
        "prompt is too long: 213456 tokens > 200000 maximum",
        "input length and `max_tokens` exceed context limit: 199000 + 4096 > 200000",
        "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens.",
        "Your input exceeds the context window of this model.",
        "the request exceeds the available context size, try increasing it",
        "The decoder prompt (length 9000) is longer than the maximum model length of 8192.",
        "the model is loaded with context length of only 4096 tokens, which is not enough",
    ],
)
def test_a_request_too_long_for_the_model_is_told_apart(quote: str) -> None:
    error = unavailable(Complaint(fault=fault_of_status(400), quote=quote), VENDOR, "m")
    assert isinstance(error, ContextExceeded)
    assert (error.code, error.retryable) == ("llm_context_exceeded", False)


def test_another_malformed_request_is_none_that_is_too_long() -> None:
    error = unavailable(Complaint(fault=fault_of_status(400), quote="bad role"), VENDOR, "m")
    assert not isinstance(error, ContextExceeded)


@pytest.mark.parametrize(
    ("quote", "limit"),
    [
        ("prompt is too long: 213456 tokens > 200000 maximum", 200_000),
        ("This model's maximum context length is 4096 tokens. You requested 5000.", 4096),
        ("maximum context length is 8192 tokens and your request has 9000 input tokens", 8192),
        ("request (9000 tokens) exceeds the available context size (8192 tokens)", 8192),
        ("The decoder prompt (length 9000) is longer than the maximum model length of 8192.", 8192),
        ("loaded with context length of only 4096 tokens, which is not enough", 4096),
        ("the request exceeds the available context size, try increasing it", None),
    ],
)
def test_what_a_refusal_says_of_the_limit_is_read(quote: str, limit: int | None) -> None:
    error = unavailable(Complaint(fault=fault_of_status(400), quote=quote), VENDOR, "m")
    assert error.extra.get("limit_tokens") == limit
    assert "MIRA_LLM__CONTEXT_TOKENS" in error.detail


def test_a_limit_that_stands_beside_the_message_is_read_too() -> None:
    complaint = Complaint(
        fault=fault_of_status(400),
        quote="the request exceeds the available context size",
        details="{'n_prompt_tokens': 9000, 'n_ctx': 8192}",
    )
    assert unavailable(complaint, VENDOR, "m").extra["limit_tokens"] == 8192
