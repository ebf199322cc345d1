"""Names of events and the sums of values that travel in them."""

import pytest

from cns.domain.events import (
    ComposeSystemPromptEvent,
    Event,
    TurnCompletedEvent,
    wire_name,
)
from cns.domain.stream import Reasons, Usage


@pytest.mark.parametrize(
    ("event", "name"),
    [
        (TurnCompletedEvent, "turn_completed"),
        (ComposeSystemPromptEvent, "compose_system_prompt"),
    ],
)
def test_an_event_s_wire_name_is_its_class_in_snake_case(event: type[Event], name: str) -> None:
    assert wire_name(event) == name


def test_reasons_add_up() -> None:
    assert Reasons(vector=0.5, text=0.25, entity=1, time=2, links=4, importance=8).total == 15.75


def test_usage_adds_up() -> None:
    one = Usage(input_tokens=1, output_tokens=2, cache_read_tokens=3, cache_write_tokens=4)
    assert one.plus(one) == Usage(
        input_tokens=2, output_tokens=4, cache_read_tokens=6, cache_write_tokens=8
    )
