"""Tools: found by name, called with checked arguments, and never costing the answer."""

from collections.abc import Mapping

import pytest
from pydantic import BaseModel, Field
from typing_extensions import override

from cns.domain.message import ToolCall
from cns.errors import StoreUnavailable, ToolFailed, ToolRetry
from cns.ports import ToolOutcome
from cns.services.search import Search
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.llm import FakeLLM
from tests.fakes.recall import FakeRecall
from tests.values import at, recalled
from tools.implementations.continuumsearch import PREVIEW, ContinuumSearch
from tools.tool import Access, Tool
from tools.toolbox import DiscoveredTools, ForCapableModels


class Sum(BaseModel):
    first: int
    second: int = Field(0, ge=0, description="Not below zero.")


class Adder(Tool):
    """Adds, and breaks in every way on request."""

    name = "adder_tool"
    hint = "Add two numbers."
    access = Access.READ

    def __init__(self, failure: Exception | None = None) -> None:
        self._failure = failure

    @override
    def run(self, arguments: Sum) -> ToolOutcome:  # type: ignore[override]  # each tool names its own model
        if self._failure:
            raise self._failure
        total = str(arguments.first + arguments.second)
        return ToolOutcome(text=total, ok=True, summary="added")


class Untyped(Tool):
    """Forgets to say what it takes."""

    name = "untyped_tool"
    hint = "Nothing."
    access = Access.READ

    @override
    def run(self, arguments: str) -> ToolOutcome:  # type: ignore[override]  # this is what must not work
        return ToolOutcome(text=arguments, ok=True, summary="")


def called(
    tool: Tool, given: Mapping[str, object] | None = None, name: str | None = None
) -> ToolOutcome:
    call = ToolCall(id="1", name=name or tool.name, input={"first": 1} if given is None else given)
    return DiscoveredTools([tool]).run(call)


def test_a_tool_is_called_with_its_arguments() -> None:
    outcome = called(Adder(), {"first": 1, "second": 2})
    assert outcome == ToolOutcome(text="3", ok=True, summary="added")


def test_an_unknown_tool_is_answered_with_what_there_is() -> None:
    outcome = called(Adder(), name="subtract_tool")
    assert (outcome.ok, outcome.text) == (
        False,
        "There is no tool 'subtract_tool'. Available: adder_tool.",
    )


def test_without_tools_an_unknown_one_is_told_so() -> None:
    outcome = DiscoveredTools([]).run(ToolCall(id="1", name="x", input={}))
    assert outcome.text.endswith("Available: none.")


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({}, "first: Field required"),
        ({"first": 1, "second": -1}, "second:"),
        ({"first": "x"}, "first:"),
    ],
)
def test_wrong_arguments_are_sent_back_by_name(given: Mapping[str, object], named: str) -> None:
    outcome = called(Adder(), given)
    assert not outcome.ok
    assert named in outcome.text


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (ToolRetry("`first` is too big: stay below 10."), "`first` is too big: stay below 10."),
        (ToolFailed("Numbers are out."), "Numbers are out."),
        (StoreUnavailable("The database is away."), "The database is away. Tell the user"),
        (LookupError("a mistake of ours"), "The tool broke."),
    ],
)
def test_a_tool_that_fails_is_an_outcome(failure: Exception, said: str) -> None:
    outcome = called(Adder(failure))
    assert not outcome.ok
    assert outcome.text.startswith(said)


def test_a_mistake_is_logged_and_not_told(caplog: pytest.LogCaptureFixture) -> None:
    outcome = called(Adder(LookupError("a mistake of ours")))
    assert "a mistake of ours" not in outcome.text
    assert "a mistake of ours" in caplog.text


def test_definitions_come_in_one_order() -> None:
    search = ContinuumSearch(Search(embedder=FakeEmbedder(), recall=FakeRecall()))
    there, back = DiscoveredTools([Adder(), search]), DiscoveredTools([search, Adder()])
    assert there.definitions() == back.definitions()
    assert [d.name for d in there.definitions()] == ["adder_tool", "continuumsearch_tool"]


def test_a_definition_comes_from_the_signature() -> None:
    definition = Adder.definition()
    assert (definition.name, definition.description) == ("adder_tool", "Add two numbers.")
    assert definition.schema["required"] == ["first"]


def test_a_tool_that_does_not_say_what_it_takes_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Untyped\.run"):
        Untyped.definition()


# --- searching the continuum ---------------------------------------------------------------------


def searched(recall: FakeRecall, **given: object) -> ToolOutcome:
    tool = ContinuumSearch(Search(embedder=FakeEmbedder(), recall=recall))
    return called(tool, {"query": "cats"} | given)


def test_what_is_found_is_listed_with_its_kind_and_day() -> None:
    hit = recalled("Anna has a cat.", created_at=at(0))
    outcome = searched(FakeRecall(hit))
    assert outcome.text == f"- memory {str(hit.id)[:8]}, 02 Mar 2026: Anna has a cat."
    assert (outcome.ok, outcome.summary, outcome.showed) == (True, "1 found", (hit.id,))


def test_a_long_find_is_cut() -> None:
    text = searched(FakeRecall(recalled("x" * 2 * PREVIEW))).text
    assert text.count("x") == PREVIEW


def test_nothing_found_is_said() -> None:
    assert searched(FakeRecall()).text == "Nothing was found."


def test_what_could_not_be_searched_is_said() -> None:
    assert searched(FakeRecall(degraded=("words",))).text.endswith("(Not searched: words)")


@pytest.mark.parametrize(
    ("mode", "kinds"),
    [
        ("all", {"segment", "message", "memory"}),
        ("summaries", {"segment"}),
        ("messages", {"message"}),
        ("memories", {"memory"}),
    ],
)
def test_the_mode_says_what_is_searched(mode: str, kinds: set[str]) -> None:
    recall = FakeRecall()
    searched(recall, search_mode=mode)
    assert recall.asked[0].kinds == kinds


def test_times_narrow_the_search() -> None:
    recall = FakeRecall()
    searched(recall, start_time=at(0).isoformat(), end_time=at(5).isoformat(), limit=3)
    assert (recall.asked[0].after, recall.asked[0].before, recall.asked[0].limit) == (
        at(0),
        at(5),
        3,
    )


def test_an_instant_without_a_zone_is_sent_back() -> None:
    outcome = searched(FakeRecall(), start_time="2026-03-02T09:30:00")
    assert not outcome.ok
    assert "start_time" in outcome.text


def test_tools_are_offered_to_the_model_that_answers_now_if_it_is_capable() -> None:
    llm = FakeLLM(capable=False)
    offered = ForCapableModels(llm=llm, toolbox=DiscoveredTools([Adder()]))
    assert offered.definitions() == ()
    llm.capable = True
    assert [tool.name for tool in offered.definitions()] == ["adder_tool"]
    assert offered.run(ToolCall(id="1", name="adder_tool", input={"first": 2})).ok
    assert not offered.is_simple("adder_tool")


class Keeper(Adder):
    """Kept back until it is asked for, and simple by its own word."""

    name = "keeper_tool"
    simple = True
    on_demand = True


def test_a_tool_on_demand_is_kept_back_unless_every_one_is_wanted() -> None:
    box = DiscoveredTools([Keeper(), Adder()])
    assert [tool.name for tool in box.definitions()] == ["adder_tool"]
    assert [tool.name for tool in box.definitions(every=True)] == ["adder_tool", "keeper_tool"]


def test_a_tool_is_simple_by_its_own_word_or_by_the_settings() -> None:
    box = DiscoveredTools([Keeper(), Adder()])
    assert [box.is_simple(name) for name in ("keeper_tool", "adder_tool")] == [True, False]
    assert DiscoveredTools([Adder()], simple=("adder_tool",)).is_simple("adder_tool")


def test_a_secret_that_a_tool_says_reaches_neither_model_nor_trace() -> None:
    box = DiscoveredTools([], redact=lambda text: text.replace("the-key", "[secret]"))
    said = box.run(ToolCall(id="1", name="the-key", input={}))
    assert "the-key" not in said.text + said.summary
    assert "[secret]" in said.text
