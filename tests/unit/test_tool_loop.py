"""The exchange with the model: it speaks, asks for tools, and speaks again."""

from collections.abc import Mapping
from dataclasses import replace
from threading import Barrier
from uuid import uuid4

import pytest

from cns.domain.message import Text, Thought, ToolCall, ToolResult
from cns.domain.stream import TextDelta, ThinkingDelta, ToolFinished, ToolStarted, TurnEvent
from cns.errors import ModelUnavailable
from cns.ports import ToolOutcome
from tests.conversing import Conversation, completed, failed, saying, words
from tests.fakes.llm import SEAL, Call, Calls, Fails, FakeLLM, Says, Step
from tests.fakes.recall import FakeRecall
from tests.fakes.toolbox import FakeToolbox, done, refused
from tests.values import recalled
from tests.waiting import until


def using(toolbox: FakeToolbox, *script: Step, rounds: int = 5) -> Conversation:
    return Conversation(llm=FakeLLM(script), toolbox=toolbox, tool_rounds=rounds)


def kinds(events: list[TurnEvent]) -> list[str]:
    return [type(event).__name__ for event in events[3:]]


def outcomes(talk: Conversation) -> list[str]:
    return [b.text for m in talk.stored() for b in m.content if isinstance(b, ToolResult)]


def echo(given: Mapping[str, object]) -> ToolOutcome:
    return done(str(given.get("word", "")))


def test_a_tool_is_told_when_it_starts_and_ends() -> None:
    talk = using(FakeToolbox(echo=echo), Calls("echo", {"word": "hi"}), Says("Done."))
    events = talk.say()
    assert kinds(events) == ["ToolStarted", "ToolFinished", "TextDelta", "TurnCompleted"]
    began = next(e for e in events if isinstance(e, ToolStarted))
    ended = next(e for e in events if isinstance(e, ToolFinished))
    assert (began.tool_call_id, began.name, began.input) == ("call_1", "echo", {"word": "hi"})
    assert (ended.tool_call_id, ended.ok, ended.summary) == ("call_1", True, "hi")
    assert ended.duration_ms >= 0


def test_the_tool_s_result_goes_back_to_the_model() -> None:
    talk = using(FakeToolbox(echo=echo), Calls("echo", {"word": "hi"}), Says("Done."))
    talk.say("Say hi.")
    question, call, result = talk.llm.requests[1].messages
    assert question.text == "Say hi."
    assert call.tools_called == ("echo",)
    assert result.content == (ToolResult(tool_call_id="call_1", text="hi", ok=True),)


def test_a_signed_thought_goes_back_ahead_of_the_words_and_the_call() -> None:
    first = Calls("echo", {"word": "hi"}, text="Let me see.", thinking="Say hi.")
    talk = using(FakeToolbox(echo=echo), first, Says("Done.", thinking="Enough."))
    events = talk.say()
    said = talk.llm.requests[1].messages[1]
    assert said.content == (
        Thought(text="Say hi.", signature=SEAL),
        Text(text="Let me see."),
        ToolCall(id="call_1", name="echo", input={"word": "hi"}),
    )
    assert said.content in [message.content for message in talk.stored()]
    told = [event.text for event in events if isinstance(event, ThinkingDelta)]
    assert told == ["Say hi.", "Enough."]


def test_each_round_sends_back_its_own_thought() -> None:
    steps = [Calls("echo", {"word": str(n)}, thinking=f"Number {n}.") for n in range(2)]
    talk = using(FakeToolbox(echo=echo), *steps, Says("Done."))
    completed(talk.say())
    thoughts = [b.text for m in talk.stored() for b in m.content if isinstance(b, Thought)]
    assert thoughts == ["Number 0.", "Number 1."]


def test_the_model_is_offered_the_tools_each_time() -> None:
    talk = using(FakeToolbox(echo=echo), Calls("echo"), Says("Done."))
    talk.say()
    assert [[t.name for t in r.tools] for r in talk.llm.requests] == [["echo"], ["echo"]]


def test_tools_asked_for_together_run_together() -> None:
    both = Barrier(2, timeout=5)

    def meet(given: Mapping[str, object]) -> ToolOutcome:
        both.wait()
        return echo(given)

    calls = Calls(
        Call(name="meet", input={"word": "a"}, id="1"),
        None,
        Call(name="meet", input={"word": "b"}, id="2"),
    )
    talk = using(FakeToolbox(meet=meet), calls, Says("Done."))
    events = talk.say()
    assert outcomes(talk) == ["a", "b"]
    assert kinds(events)[:4] == ["ToolStarted", "ToolStarted", "ToolFinished", "ToolFinished"]


def test_words_of_several_rounds_are_paragraphs() -> None:
    talk = using(FakeToolbox(echo=echo), Calls("echo", text="Let me look. "), Says("Done."))
    events = talk.say()
    assert completed(events).text == "Let me look.\n\nDone."
    assert words(events).split() == ["Let", "me", "look.", "Done."]
    assert TextDelta(text="\n\n") in events


def test_rounds_without_words_leave_no_gap() -> None:
    talk = using(FakeToolbox(echo=echo), Calls("echo"), Says("Done."))
    assert words(talk.say()) == "Done."


def test_memories_cited_in_any_round_count() -> None:
    hit = recalled()
    cited = f'Miso. <mira:memory_ref="{hit.id}"/>'
    talk = Conversation(
        llm=FakeLLM([Calls("echo", text=cited), Says("Done.")]),
        toolbox=FakeToolbox(echo=echo),
        recall=FakeRecall(hit),
    )
    end = completed(talk.say())
    assert (end.text, end.memory_refs) == ("Miso.\n\nDone.", (hit.id,))


@pytest.mark.parametrize("written", [slice(None), slice(8)], ids=["full", "short"])
def test_what_a_tool_found_can_be_cited(written: slice) -> None:
    found, unmentioned = uuid4(), uuid4()
    told = replace(done("two found"), showed=(unmentioned, found))
    answer = Says(f'Miso. <mira:memory_ref="{str(found)[written]}"/>')
    talk = using(FakeToolbox(look=lambda _: told), Calls("look"), Calls("look", {"a": 1}), answer)
    end = completed(talk.say())
    assert end.memory_refs == talk.stored()[-1].memory_refs == (found,)
    trace = talk.store.turn(end.turn_id).trace or {}
    assert trace["cited"] == [str(found)]
    assert (trace["shown"], trace["shown_by_tools"]) == ([], [str(unmentioned), str(found)])


def test_the_cost_of_all_rounds_adds_up() -> None:
    talk = using(FakeToolbox(echo=echo), Calls("echo"), Says("Done."))
    end = completed(talk.say())
    assert end.usage.output_tokens == 14
    record = talk.store.turn(end.turn_id)
    assert record.trace is not None
    calls = record.trace["model_calls"]
    assert isinstance(calls, list)
    assert [call["stop"] for call in calls] == ["tools", "end"]


def test_a_tool_that_failed_is_told_to_the_model() -> None:
    talk = using(FakeToolbox(bad=lambda _: refused("no")), Calls("bad"), Says("It cannot be."))
    completed(talk.say())
    assert talk.llm.requests[1].messages[-1].content == (
        ToolResult(tool_call_id="call_1", text="no", ok=False),
    )


# --- an end to it -------------------------------------------------------------


def test_after_the_last_round_no_tools_are_offered() -> None:
    steps = [Calls("echo", {"word": str(number)}) for number in range(2)]
    talk = using(FakeToolbox(echo=echo), *steps, Says("Done."), rounds=2)
    completed(talk.say())
    assert [request.may_call for request in talk.llm.requests] == [True, True, False]


def test_a_model_that_calls_beyond_the_last_round_has_said_nothing() -> None:
    steps = [Calls("echo", {"word": str(number)}) for number in range(2)]
    talk = using(FakeToolbox(echo=echo), *steps, rounds=1)
    assert failed(talk.say()).error.code == "llm_tool_loop"


def test_the_same_call_with_the_same_result_twice_is_the_last() -> None:
    talk = using(FakeToolbox(echo=echo), Calls("echo"), Calls("echo"), Says("Done."))
    completed(talk.say())
    assert [request.may_call for request in talk.llm.requests] == [True, True, False]


def test_the_same_call_with_another_result_may_go_on() -> None:
    results = iter(("one", "two", "three"))
    talk = using(
        FakeToolbox(next=lambda _: done(next(results))), Calls("next"), Calls("next"), Says("Done.")
    )
    completed(talk.say())
    assert all(request.may_call for request in talk.llm.requests)


def test_three_failures_of_one_tool_in_a_row_are_the_last() -> None:
    steps = [Calls("bad", {"try": number}) for number in range(3)]
    talk = using(FakeToolbox(bad=lambda given: refused(str(given))), *steps, Says("No."))
    completed(talk.say())
    assert [request.may_call for request in talk.llm.requests] == [True, True, True, False]


def test_failures_of_several_tools_may_go_on() -> None:
    names = ("bad", "worse", "bad")
    steps = [Calls(name, {"try": number}) for number, name in enumerate(names)]
    box = FakeToolbox(bad=lambda g: refused(str(g)), worse=lambda g: refused(str(g)))
    talk = using(box, *steps, Says("No."))
    completed(talk.say())
    assert all(request.may_call for request in talk.llm.requests)


# --- simple tools ----------------------------------------------------------------


def simple(*script: Step, thinking: int = 0) -> list[bool]:
    """Which of the model's calls went to the fast model, with `echo` the only simple tool."""
    box = FakeToolbox(echo=echo, look=echo)
    box.simple = ("echo",)
    talk = using(box, *script)
    completed(talk.turn(replace(saying("Say hi."), thinking=thinking)))
    return [request.fast for request in talk.llm.requests]


def test_after_simple_tools_alone_the_fast_model_goes_on() -> None:
    both = Calls("echo", {"word": "a"}, Call(name="echo", input={"word": "b"}, id="2"))
    assert simple(both, Calls("look"), Says("Done.")) == [False, True, False]


def test_beside_another_tool_a_simple_one_is_none() -> None:
    mixed = Calls("echo", None, Call(name="look", id="2"))
    assert simple(mixed, Says("Done.")) == [False, False]


def test_a_model_that_thinks_goes_on_itself() -> None:
    assert simple(Calls("echo"), Says("Done."), thinking=2048) == [False, False]


def test_the_trace_says_which_call_was_the_fast_one_s() -> None:
    box = FakeToolbox(echo=echo)
    box.simple = ("echo",)
    talk = using(box, Calls("echo"), Says("Done."))
    trace = talk.store.turn(completed(talk.say()).turn_id).trace
    assert trace is not None
    calls = trace["model_calls"]
    assert isinstance(calls, list)
    assert [call["fast"] for call in calls] == [False, True]


# --- a tool that was not offered ----------------------------------------------------

WISH = "I would have to look that up. <mira:need_tool/>"


def kept_back(*script: Step, rounds: int = 5) -> Conversation:
    """`echo` is always offered, `look` only on demand."""
    box = FakeToolbox(echo=echo, look=echo)
    box.on_demand = ("look",)
    return using(box, *script, rounds=rounds)


def offered(talk: Conversation) -> list[list[str]]:
    return [[tool.name for tool in request.tools] for request in talk.llm.requests]


def test_a_tool_that_is_asked_for_is_offered_in_one_more_call() -> None:
    talk = kept_back(Says(WISH), Calls("look", {"word": "rain"}), Says("It rains."))
    completed(talk.say("Does it rain?"))
    assert offered(talk) == [["echo"], ["echo", "look"], ["echo"]]
    assert outcomes(talk) == ["rain"]


def test_what_was_said_before_is_neither_lost_nor_doubled() -> None:
    talk = kept_back(Says(WISH), Calls("look", text="One moment."), Says("It rains."))
    events = talk.say("Does it rain?")
    whole = "I would have to look that up.\n\nOne moment.\n\nIt rains."
    assert completed(events).text == whole
    assert words(events).split() == whole.split()
    said = [m.text for m in talk.stored() if m.text]
    assert said == ["Does it rain?", "I would have to look that up.\n\nOne moment.", "It rains."]


def test_an_answer_goes_on_from_what_was_shown_without_a_tool() -> None:
    talk = kept_back(Says(WISH), Says("I cannot after all."))
    events = talk.say()
    assert completed(events).text == "I would have to look that up.\n\nI cannot after all."
    assert TextDelta(text="\n\n") in events


def test_the_model_is_told_what_can_be_called_and_what_was_read() -> None:
    talk = kept_back(Says(WISH), Says("Done."))
    talk.say()
    first, second = talk.llm.requests
    assert second.live.startswith(first.live)
    assert "- look: The look tool." in second.live
    assert '"I would have to look that up."' in second.live
    assert second.messages == first.messages


def test_a_bare_wish_has_said_nothing() -> None:
    talk = kept_back(Says("<mira:need_tool/>"), Says("Done."))
    assert completed(talk.say()).text == "Done."
    assert "shown" not in talk.llm.requests[1].live


def test_tools_are_offered_on_demand_once_a_turn() -> None:
    talk = kept_back(Says(WISH), Says(f"Still. {WISH}"))
    assert completed(talk.say()).text.startswith("I would")
    assert talk.llm.left == 0
    assert len(talk.llm.requests) == 2


def test_a_wish_beside_a_call_is_the_call() -> None:
    talk = kept_back(Calls("echo", text=WISH), Says("Done."))
    talk.say()
    assert offered(talk) == [["echo"], ["echo"]]


def test_a_wish_in_the_last_round_changes_nothing() -> None:
    talk = kept_back(Says(WISH), rounds=1)
    assert completed(talk.say()).text == "I would have to look that up."


def test_where_there_are_no_tools_none_is_offered() -> None:
    talk = using(FakeToolbox(), Says(WISH))
    assert completed(talk.say()).text == "I would have to look that up."


def test_what_a_cut_call_on_demand_had_said_is_kept() -> None:
    lost = Fails(ModelUnavailable("It is away."), after="It ra")
    talk = kept_back(Says(WISH), lost)
    failed(talk.say("Does it rain?"))
    assert talk.stored()[-1].text == "I would have to look that up.\n\nIt ra"


def test_a_topic_that_changed_in_an_earlier_round_has_changed() -> None:
    talk = using(FakeToolbox(echo=echo), Calls("echo", text="<mira:topic_changed/>"), Says("Yes."))
    completed(talk.say())
    assert "TopicChanged" in talk.told_names()


# --- an adapter that breaks ------------------------------------------------------


def test_an_adapter_that_breaks_fails_the_turn_by_name(
    broken_threads: list[type[BaseException]],
) -> None:
    talk = using(FakeToolbox())  # an empty script is a mistake in the model's thread
    assert failed(talk.say()).error.code == "llm_adapter_broken"
    until(lambda: broken_threads == [AssertionError])


def test_waiting_for_a_model_that_fails_is_not_the_turn_s_own_time() -> None:
    talk = using(FakeToolbox(), Fails(ModelUnavailable("It is away."), after="I"))
    end = failed(talk.say())
    record = talk.store.turn(end.turn_id)
    assert record.trace is not None
    timings = record.trace["timings_ms"]
    assert isinstance(timings, dict)
    assert timings["own"] < timings["total"]
