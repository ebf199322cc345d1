"""Cursors come back as they were made, and foreign ones are refused."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cns import paging
from cns.errors import InvalidInput

numbers = st.integers(-paging.LARGEST, paging.LARGEST)


@given(st.lists(st.text() | numbers, min_size=1, max_size=3))
def test_a_key_survives_its_cursor(key: list[str | int]) -> None:
    cursor = paging.encode(key)
    assert paging.decode(cursor, len(key)) == key


@given(st.lists(st.text() | numbers, min_size=1, max_size=3))
def test_a_cursor_is_fit_for_an_address(key: list[str | int]) -> None:
    assert paging.encode(key).replace("-", "").replace("_", "").isalnum()


def refused_or_read(cursor: str) -> bool:
    try:
        return len(paging.decode(cursor, 1)) == 1
    except InvalidInput:
        return True


@given(st.text())
def test_any_word_is_a_cursor_or_refused(word: str) -> None:
    assert refused_or_read(word)


@given(st.binary())
def test_any_bytes_are_a_cursor_or_refused(content: bytes) -> None:
    assert refused_or_read(base64.urlsafe_b64encode(content).decode())


def forged(json_text: str) -> str:
    return base64.urlsafe_b64encode(json_text.encode()).decode()


@pytest.mark.parametrize(
    "json_text",
    ["{}", "1", "[]", "[1, 2]", "[null]", "[true]", "[1.5]", "[[1]]", f"[{2**63}]", "[" * 40_000],
    ids=lambda text: text[:12],
)
def test_a_forged_cursor_is_refused(json_text: str) -> None:
    with pytest.raises(InvalidInput):
        paging.decode(forged(json_text), 1)


def test_a_cursor_of_another_list_is_refused() -> None:
    with pytest.raises(InvalidInput):
        paging.decode(paging.encode(["a", "b"]), 1)
