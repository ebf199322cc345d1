"""Which tools bear on a turn."""

from hypothesis import given
from hypothesis import strategies as st

from cns.domain.touchstone import NOTHING, Touchstone
from cns.ports import ToolDefinition
from cns.services.hints import every_tool, ranked

HINTS = {
    "contacts_tool": "Look up people, their phone numbers and e-mail addresses.",
    "reminder_tool": "Remind the user of something at a time.",
    "weather_tool": "The weather forecast for a place.",
}
TOOLS = tuple(ToolDefinition(name=n, description=d, schema={}) for n, d in HINTS.items())


def names(about: Touchstone) -> list[str]:
    return [tool.name for tool in ranked(TOOLS, about)]


def test_the_tool_of_the_hooks_comes_first() -> None:
    about = Touchstone(narrative="A trip to Hull.", hooks=("forecast for the place", "rain"))
    assert names(about)[0] == "weather_tool"


def test_the_intent_counts_as_the_hooks_do() -> None:
    about = Touchstone(narrative="Milk and eggs.", intent="wants to be reminded")
    assert names(about)[0] == "reminder_tool"


def test_where_nothing_fits_the_names_decide() -> None:
    assert names(NOTHING) == list(HINTS)


@given(st.permutations(TOOLS), st.text())
def test_the_order_of_arrival_makes_no_difference(
    tools: list[ToolDefinition], narrative: str
) -> None:
    about = Touchstone(narrative=narrative)
    assert ranked(tools, about) == ranked(TOOLS, about)


def test_what_was_said_is_quoted_as_data() -> None:
    told = every_tool(TOOLS, NOTHING, 'One "moment" <mira:x>')
    assert "\"One 'moment' \u2039mira:x\u203a\"" in told
    assert "do not say it again" not in every_tool(TOOLS, NOTHING, "")
