"""The prompt: in slot order, cached half first, and never lost to one broken trinket."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from cns.domain.continuum import Continuum
from cns.domain.message import ContinuumId
from cns.domain.touchstone import Touchstone
from cns.ports import Prompt, Section, Turn
from tests.values import ANNA, START
from working_memory.composer import PromptComposer
from working_memory.trinket import Slot, Trinket

TURN = Turn(
    continuum=Continuum(id=ContinuumId(uuid4()), user_id=ANNA.id),
    user=ANNA,
    now=START,
    touchstone=Touchstone(narrative="a walk"),
)
slots = st.sampled_from(list(Slot))


class Fixed(Trinket):
    """Says always the same."""

    def __init__(self, slot: Slot, text: str) -> None:
        self.slot = slot
        self._text = text

    @override
    def render(self, turn: Turn) -> str:
        return self._text


@dataclass
class Broken(Trinket):
    """Cannot say anything."""

    slot: Slot

    @override
    def render(self, turn: Turn) -> str:
        raise LookupError("no such thing")


def composed(*trinkets: Trinket) -> Prompt:
    return PromptComposer(trinkets).compose(TURN)


def contents(sections: Sequence[Section]) -> list[str]:
    return [section.content for section in sections]


trinkets = st.lists(st.builds(Fixed, slot=slots, text=st.text()), max_size=6)


@given(trinkets)
def test_sections_come_in_the_order_of_their_slots(given_: list[Trinket]) -> None:
    names = [Slot[section.name.upper()] for section in composed(*given_).sections]
    assert names == sorted(names)


@given(trinkets)
def test_cached_sections_come_before_the_live_ones(given_: list[Trinket]) -> None:
    cached = [section.cached for section in composed(*given_).sections]
    assert cached == sorted(cached, reverse=True)


@given(trinkets, trinkets)
def test_the_cached_half_does_not_depend_on_live_sections(
    given_: list[Trinket], other: list[Trinket]
) -> None:
    lasting = [t for t in given_ if t.slot.cached]
    live = [t for t in other if not t.slot.cached]
    with_live = [s for s in composed(*lasting, *live).sections if s.cached]
    assert contents(with_live) == contents(composed(*lasting).sections)


@given(trinkets)
def test_no_section_is_blank_or_has_wide_gaps(given_: list[Trinket]) -> None:
    for section in composed(*given_).sections:
        assert section.content == section.content.strip() != ""
        assert "\n\n\n" not in section.content


@given(trinkets, slots)
def test_a_broken_trinket_costs_no_other_section(given_: list[Trinket], slot: Slot) -> None:
    whole = composed(*given_, Broken(slot))
    assert contents(whole.sections) == contents(composed(*given_).sections)


def test_a_broken_trinket_is_left_out_and_reported() -> None:
    prompt = composed(Broken(Slot.DATETIME_SECTION), Fixed(Slot.BASE_PROMPT, "You are MIRA."))
    ((name, failure),) = prompt.failures
    assert (name, type(failure)) == ("datetime_section", LookupError)
    assert contents(prompt.sections) == ["You are MIRA."]


@pytest.mark.parametrize("blank", ["", "  ", "\n\n\n"])
def test_a_trinket_with_nothing_to_say_gives_no_section(blank: str) -> None:
    assert composed(Fixed(Slot.BASE_PROMPT, blank)).sections == ()


def test_gaps_collapse_to_one_empty_line() -> None:
    assert contents(composed(Fixed(Slot.BASE_PROMPT, "a\n\n\n\nb\n\nc")).sections) == [
        "a\n\nb\n\nc"
    ]


def test_a_section_knows_its_name_and_size() -> None:
    (section,) = composed(Fixed(Slot.CONVERSATION_MANIFEST, "12345")).sections
    assert (section.name, section.cached, section.tokens) == ("conversation_manifest", True, 2)
    assert section.seconds >= 0
