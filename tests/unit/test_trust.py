"""Whose words wait, where they came from, and what of them is seen."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cns.errors import InvalidInput
from lt_memory.domain.memory import (
    LONGEST_ORIGIN,
    Evidence,
    Memory,
    MemoryId,
    Provenance,
    Source,
    Trust,
)
from lt_memory.domain.shape import joined
from lt_memory.domain.trust import Review, message_of, place, place_of, reason_of, seen, waits
from tests.values import at

PAGE = Provenance(source=Source.WEB, origin="page:https://a.example", through=("tool:web",))
SAID = Evidence(message_id=UUID(int=7), start=0, end=3)


def memory(**fields: object) -> Memory:
    given = {"id": MemoryId(uuid4()), "text": "Tea.", "created_at": at(0), "updated_at": at(0)}
    return Memory(**{**given, **fields})  # type: ignore[arg-type]  # as asked


@pytest.mark.parametrize(
    ("review", "provenance", "waiting"),
    [
        (Review.OFF, PAGE, False),
        (Review.OFF, None, False),
        (Review.UNTRUSTED, PAGE, True),
        (Review.UNTRUSTED, None, False),
        (Review.EVERYTHING, PAGE, True),
        (Review.EVERYTHING, None, True),
    ],
)
def test_what_waits_is_the_user_s_setting(
    review: Review, provenance: Provenance | None, *, waiting: bool
) -> None:
    assert waits(review, provenance) is waiting


def test_nobody_else_speaks_as_the_user() -> None:
    with pytest.raises(InvalidInput):
        Provenance(source=Source.USER, origin="tool:notes")


@pytest.mark.parametrize("told", ["", "page:", "page: x", "elsewhere:x", "page:a\nb", "x" * 700])
def test_a_place_has_a_form(told: str) -> None:
    with pytest.raises(InvalidInput):
        Provenance(source=Source.WEB, origin=told)


@given(st.sampled_from(["page", "tool", "contact"]), st.text(max_size=1200))
def test_a_place_can_be_made_of_any_name(sort: str, name: str) -> None:
    made = place(sort, name)
    assert len(made) <= LONGEST_ORIGIN
    assert Provenance(source=Source.WEB, origin=made).places == (made,)


def test_long_names_of_two_places_stay_apart() -> None:
    assert place("page", "x" * 900 + "a") != place("page", "x" * 900 + "b")


def test_what_nobody_sees_is_taken_out() -> None:
    hidden = "I live\u200b in \u202eemoR\u202c.\n\U000e0041\u00ad Really\u2066!"
    assert seen(hidden) == "I live in emoR. Really!"


@given(st.text())
def test_what_is_seen_is_one_line_and_stays_so(text: str) -> None:
    assert seen(seen(text)) == seen(text)
    assert len(seen(text).splitlines()) <= 1


def test_a_memory_s_place_is_the_plainest_of_its_own() -> None:
    places = ("call:1", "message:2", "page:https://a.example", "tool:web", "else:where")
    assert place_of(memory(origins=places)) == "page:https://a.example"
    assert place_of(memory(evidence=(SAID,))) == f"message:{SAID.message_id}"
    assert place_of(memory()) == ""


def test_every_source_has_its_reason() -> None:
    assert len({reason_of(memory(source=source)) for source in Source}) == len(Source)


def test_only_a_message_s_place_names_a_message() -> None:
    assert message_of(f"message:{SAID.message_id}") == SAID.message_id
    assert message_of("message:nonsense") is None
    assert message_of(f"page:{SAID.message_id}") is None


def test_what_is_made_of_several_comes_from_all_their_places() -> None:
    sources = [
        memory(origins=("page:b", "tool:web"), source=Source.WEB, trust=Trust.UNTRUSTED),
        memory(origins=("page:a", "tool:web"), source=Source.WEB, trust=Trust.UNTRUSTED),
        memory(),
    ]
    heir = joined(sources, MemoryId(uuid4()), "Tea and cake.", at(1))
    assert heir.origins == ("page:a", "page:b", "tool:web")
    assert (heir.source, heir.trust) == (Source.WEB, Trust.UNTRUSTED)
