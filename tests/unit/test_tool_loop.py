"""The exchange with the model: it speaks, asks for tools, and speaks again."""

from collections.abc import Mapping
from threading import Barrier

from cns.domain.message import Text, Thought, ToolCall, ToolResult
from cns.domain.stream import TextDelta, ThinkingDelta, ToolFinished, ToolStarted, TurnEvent
from cns.errors import ModelUnavailable
from cns.ports import ToolOutcome
from tests.conversing import Conversation, completed, failed, words
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
    assert failed(talk.say()).error.code == "llm_empty"


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
