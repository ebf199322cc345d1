"""One turn, from the user's words to the stored answer."""

from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from typing import Any, cast
from uuid import UUID, uuid4

import pytest

from cns.domain.deed import Deed, DeedKind
from cns.domain.message import Message, Role, Text, ToolCall, ToolResult, TurnId
from cns.domain.stream import (
    MemoriesSurfaced,
    TextDelta,
    ThinkingDelta,
    TouchstoneReady,
    TurnCompleted,
    TurnStarted,
)
from cns.errors import ModelUnavailable
from cns.ports import ModelRequest
from cns.services.pump import Stop
from cns.services.search import EMBEDDER_LOST
from cns.services.told import tell
from cns.services.tool_loop import Exchange
from cns.services.turn import SMALL_CONTEXT
from tests.conversing import Conversation, completed, conversation, failed, saying, started, words
from tests.fakes.llm import Calls, Fails, FakeLLM, Says, Step
from tests.fakes.recall import FakeRecall
from tests.fakes.toolbox import FakeToolbox, done
from tests.values import passed_over, recalled

LOST = ModelUnavailable("The model is overloaded.", code="llm_overloaded")


# --- the way that goes well ---------------------------------------------------


def test_events_come_in_the_order_of_the_contract() -> None:
    events = conversation(Says("A fine name.", thinking="A cat.")).say()
    assert [type(event) for event in events] == [
        TurnStarted,
        TouchstoneReady,
        MemoriesSurfaced,
        ThinkingDelta,
        TextDelta,
        TextDelta,
        TextDelta,
        TurnCompleted,
    ]


def test_the_answer_is_what_was_streamed() -> None:
    events = conversation(Says("A fine name.")).say()
    assert words(events) == completed(events).text == "A fine name."


def test_the_user_s_message_is_stored_before_the_model_is_asked() -> None:
    seen: list[str] = []

    def look(_: ModelRequest) -> Step:
        seen.extend(message.text for message in talk.stored())
        return Says("Yes.")

    talk = conversation(look)
    talk.say("Do you hear me?")
    assert seen == ["Do you hear me?"]


def test_the_user_s_message_is_stored_before_the_first_event() -> None:
    talk = conversation(Says("Yes."))
    events = talk.turns.run(TurnId(uuid4()), saying("Do you hear me?"), Stop())
    first = next(events)
    assert isinstance(first, TurnStarted)
    assert talk.store.message(first.user_message_id).text == "Do you hear me?"
    list(events)


def test_the_answer_is_stored_before_it_is_told() -> None:
    talk = conversation(Says("A fine name."))
    for event in talk.turns.run(TurnId(uuid4()), saying("Miso."), Stop()):
        if isinstance(event, TurnCompleted):
            assert talk.store.message(event.assistant_message_id).text == event.text
            assert talk.store.turn(event.turn_id).state == "completed"
            assert talk.told_names() == ["SegmentOpened", "MessageReceived"]


def test_that_a_message_came_is_published_before_the_model_is_asked() -> None:
    published: list[str] = []

    def look(_: ModelRequest) -> Step:
        published.extend(talk.told_names())
        return Says("Yes.")

    talk = conversation(look)
    talk.say()
    assert published == ["SegmentOpened", "MessageReceived"]
    assert talk.told_names().count("MessageReceived") == 1


def test_question_and_answer_are_linked() -> None:
    talk = conversation(Says("A fine name."), Says("Yes."))
    events = talk.say()
    question, answer = talk.stored()
    assert (question.parent_id, answer.parent_id) == (None, question.id)
    assert question.turn_id == answer.turn_id == started(events).turn_id
    talk.say()
    assert talk.stored()[2].parent_id == answer.id


def test_a_second_turn_goes_on_in_the_same_segment() -> None:
    talk = conversation(Says("One."), Says("Two."))
    first, second = started(talk.say()), started(talk.say())
    assert first.segment_id == second.segment_id


def test_the_turn_s_record_keeps_what_the_answer_rests_on() -> None:
    hit = recalled("Anna has a cat.")
    talk = Conversation(
        llm=FakeLLM([Says(f'Miso. <mira:memory_ref="{str(hit.id)[:8]}"/>')]),
        recall=FakeRecall(hit, degraded=("words",)),
    )
    record = talk.store.turn(completed(talk.say("What is my cat called?")).turn_id)
    assert record.trace is not None
    trace = dict(record.trace)
    assert trace["cited"] == trace["shown"] == [str(hit.id)]
    assert trace["degraded"] == ["words"]
    assert trace["sections"] == [
        {"name": "base_prompt", "cached": True, "tokens": 5},
        {"name": "datetime_section", "cached": False, "tokens": 4},
    ]
    assert trace["left_out"] == [
        {"section": "relevant_memories", "reason": "LookupError('broken')"}
    ]


def test_the_record_tells_what_was_weighed_and_not_shown() -> None:
    hit, passed = recalled(), passed_over()
    talk = Conversation(llm=FakeLLM([Says("Yes.")]), recall=FakeRecall(hit))
    talk.recall.passed_over = (passed,)
    trace = talk.store.turn(completed(talk.say()).turn_id).trace or {}
    shown, other = cast("list[dict[str, Any]]", trace["considered"])
    assert (shown["id"], shown["shown"]) == (str(hit.id), True)
    assert other == {
        "kind": "memory",
        "id": str(passed.id),
        "shown": False,
        "why": "floor",
        "score": 0.25,
        "reasons": asdict(passed.reasons),
        "legs": {"vector": None, "text": None},
        "via": None,
    }
    assert (trace["considered_total"], trace["shown"]) == (2, [str(hit.id)])


def test_the_facts_of_a_turn_are_told_in_order() -> None:
    talk = conversation(Says("Yes. <mira:topic_changed/>"))
    talk.say()
    assert talk.told_names() == [
        "SegmentOpened",
        "MessageReceived",
        "MemoriesSurfaced",
        "ComposeSystemPrompt",
        "TrinketContent",
        "TrinketContent",
        "WorkingMemoryUpdated",
        "SystemPromptComposed",
        "TopicChanged",
        "TurnCompleted",
    ]


def test_what_the_model_cost_is_told() -> None:
    done_ = completed(conversation(Says("Yes.")).say())
    assert (done_.model, done_.usage.output_tokens) == ("fake-model", 7)


def test_the_turn_s_own_time_leaves_out_the_model_s() -> None:
    timings = completed(conversation(Says("Yes.")).say()).timings_ms
    assert 0 < timings.own <= timings.total
    assert 0 < timings.first_token <= timings.total


# --- what the model is asked --------------------------------------------------


def test_the_model_is_sent_the_sections_and_the_messages() -> None:
    talk = conversation(Says("One."), Says("Two."))
    talk.say("first")
    talk.turn(replace(saying("second"), thinking=512, model="other-model"))
    request = talk.llm.requests[1]
    assert [(s.text, s.cached) for s in request.system] == [("You are MIRA.", True)]
    assert request.live == "It is noon."
    assert [m.text for m in request.messages] == ["first", "One.", "second"]
    assert (request.thinking, request.model) == (512, "other-model")


def test_recall_is_asked_once_and_not_for_what_is_in_the_prompt() -> None:
    talk = conversation(Says("One."))
    unwanted = uuid4()
    talk.turn(
        replace(saying("My sister lives in Hamburg."), exclude_memory_ids=frozenset({unwanted}))
    )
    (query,) = talk.recall.asked
    assert (query.text, query.limit, query.floor) == ("My sister lives in Hamburg.", 10, 0.3)
    assert query.vector is not None
    assert query.surfacing
    assert query.exclude_messages == {talk.stored()[0].id}
    assert query.exclude_memories == {unwanted}
    assert talk.embedder.texts == ["My sister lives in Hamburg."]


def test_a_lost_embedder_is_told_and_costs_no_answer() -> None:
    talk = conversation(Says("Yes."))
    talk.embedder.lost = True
    events = talk.say()
    surfaced = next(event for event in events if isinstance(event, MemoriesSurfaced))
    assert surfaced.degraded == (EMBEDDER_LOST,)
    assert talk.recall.asked[0].vector is None
    completed(events)


class SmallLLM(FakeLLM):
    context_tokens = SMALL_CONTEXT - 1


def test_a_small_model_gets_a_compact_prompt_and_a_short_answer() -> None:
    talk = Conversation(llm=SmallLLM([Says("Yes.")]))
    talk.say()
    assert talk.composer.seen[0].compact
    assert talk.llm.requests[0].max_tokens == (SMALL_CONTEXT - 1) // 4


def test_trinkets_see_the_turn() -> None:
    hit = recalled()
    talk = Conversation(llm=FakeLLM([Says("Yes.")]), recall=FakeRecall(hit))
    talk.say("My sister lives in Hamburg.")
    (turn,) = talk.composer.seen
    assert (turn.user, turn.now, turn.memories) == (talk.user, talk.clock.now(), (hit,))
    assert turn.touchstone.narrative == "My sister lives in Hamburg."
    assert not turn.compact


# --- tags ---------------------------------------------------------------------


@pytest.mark.parametrize("written", [slice(None), slice(8)], ids=["full", "short"])
def test_a_cited_memory_is_named_by_its_id(written: slice) -> None:
    hit, other = recalled(), recalled()
    ref = str(hit.id).upper()[written]
    talk = Conversation(
        llm=FakeLLM([Says(f'Miso. <mira:memory_ref="{ref}" />')]), recall=FakeRecall(other, hit)
    )
    events = talk.say()
    assert completed(events).memory_refs == (hit.id,)
    assert talk.stored()[-1].memory_refs == (hit.id,)


def test_a_memory_that_was_not_shown_cannot_be_cited() -> None:
    talk = Conversation(
        llm=FakeLLM([Says(f'Miso. <mira:memory_ref="{uuid4()}" />')]), recall=FakeRecall(recalled())
    )
    assert completed(talk.say()).memory_refs == ()


def test_tags_are_told_apart_from_the_words() -> None:
    talk = conversation(
        Says(
            "Good.<mira:my_emotion>glad</mira:my_emotion>"
            "<mira:display_title>A cat</mira:display_title>"
        )
    )
    end = completed(talk.say())
    assert (end.text, end.emotion, end.display_title) == ("Good.", "glad", "A cat")
    assert (talk.stored()[-1].text, talk.stored()[-1].emotion) == ("Good.", "glad")


# --- a look at the prompt -----------------------------------------------------


def test_the_prompt_can_be_looked_at_before_anything_was_said() -> None:
    talk = conversation()
    assert [s.name for s in talk.turns.preview().sections] == ["base_prompt", "datetime_section"]
    assert talk.recall.asked == []


def test_the_prompt_shows_what_comes_to_mind_by_the_last_message() -> None:
    talk = conversation(Says("Yes."))
    talk.say("My sister lives in Hamburg.")
    talk.turns.preview()
    assert talk.recall.asked[-1].text == "My sister lives in Hamburg."
    assert len(talk.stored()) == 2


# --- tools and the rest of the turn -------------------------------------------


def test_a_tool_s_steps_are_stored_between_question_and_answer() -> None:
    talk = Conversation(
        llm=FakeLLM([Calls("look_tool", {"at": "cat"}, text="Let me look."), Says("Grey.")]),
        toolbox=FakeToolbox(look_tool=lambda _: done("a grey cat")),
    )
    end = completed(talk.say("What colour?"))
    assert end.text == "Let me look.\n\nGrey."
    assert end.tools_used == ("look_tool",)
    question, call, result, answer = talk.stored()
    assert call.content == (
        Text(text="Let me look."),
        ToolCall(id="call_1", name="look_tool", input={"at": "cat"}),
    )
    assert result.content == (ToolResult(tool_call_id="call_1", text="a grey cat", ok=True),)
    assert [m.role for m in (call, result, answer)] == [Role.ASSISTANT, Role.TOOL, Role.ASSISTANT]
    assert {m.parent_id for m in (call, result, answer)} == {question.id}
    assert {m.turn_id for m in (call, result, answer)} == {end.turn_id}


def test_the_use_of_tools_is_told_as_facts() -> None:
    names = ("a_tool", "b_tool", "c_tool")
    talk = Conversation(
        llm=FakeLLM([*(Calls(name) for name in names), Says("Done.")]),
        toolbox=FakeToolbox(**dict.fromkeys(names, lambda _: done("x"))),
    )
    talk.say()
    told = talk.told_names()
    assert told.count("ToolUsed") == 3
    assert told.count("ToolCallsRequested") == 1
    assert told.count("WorkflowDetected") == 1


def test_two_tools_are_no_workflow() -> None:
    names = ("a_tool", "b_tool")
    talk = Conversation(
        llm=FakeLLM([*(Calls(name) for name in names), Says("Done.")]),
        toolbox=FakeToolbox(**dict.fromkeys(names, lambda _: done("x"))),
    )
    talk.say()
    assert "WorkflowDetected" not in talk.told_names()


def test_a_model_that_fails_after_a_tool_keeps_the_tool_s_steps() -> None:
    talk = Conversation(
        llm=FakeLLM([Calls("look_tool"), Fails(LOST)]),
        toolbox=FakeToolbox(look_tool=lambda _: done("a grey cat")),
    )
    failed(talk.say())
    assert [m.role for m in talk.stored()] == [Role.USER, Role.ASSISTANT, Role.TOOL]


def test_turns_of_a_later_hour_carry_its_time() -> None:
    talk = conversation(Says("Yes."), Says("Yes."))
    talk.say()
    talk.clock.move(timedelta(minutes=7))
    talk.say()
    first, _, second, _ = talk.stored()
    assert second.created_at - first.created_at == timedelta(minutes=7)


def test_the_ids_of_a_turn_are_its_own() -> None:
    talk = conversation(Says("Yes."), Says("Yes."))
    first, second = completed(talk.say()), completed(talk.say())
    assert isinstance(first.turn_id, UUID)
    assert first.turn_id != second.turn_id
    assert first.assistant_message_id != second.assistant_message_id


# --- orders about the memory ----------------------------------------------------


@dataclass(slots=True)
class Obliging:
    """Implements `cns.ports.Bidding`: does whatever it hears."""

    heard: list[str] = field(default_factory=list)

    def obey(self, said: Message) -> tuple[Deed, ...]:
        self.heard.append(said.text)
        return (Deed(kind=DeedKind.REMEMBERED, words=said.text, memory_ids=(UUID(int=7),)),)


def test_an_order_is_done_before_the_model_is_asked_and_stands_in_the_trace() -> None:
    talk, obliging = conversation(Says("Noted.")), Obliging()
    talk.turns = replace(talk.turns, bidding=obliging)
    turn_id = started(talk.say("Remember that I'm vegan.")).turn_id
    trace = talk.store.turn(turn_id).trace or {}
    assert trace["deeds"] == [{"kind": "remembered", "memory_ids": [str(UUID(int=7))]}]
    assert obliging.heard == ["Remember that I'm vegan."]


def test_where_no_capable_model_answers_what_was_done_is_said_by_rule() -> None:
    talk = conversation(Says("I see: you are vegan."))
    talk.llm.capable = False
    talk.turns = replace(talk.turns, bidding=Obliging())
    events = talk.say("Remember that I'm vegan.")
    assert words(events) == completed(events).text
    assert completed(events).text == 'I have noted: "Remember that I\'m vegan".'
    assert completed(events).model == "rules"
    assert talk.llm.requests == []
    assert talk.stored()[-1].text == completed(events).text


@pytest.mark.parametrize(
    ("kind", "texts", "said"),
    [
        (DeedKind.KNOWN, ("I swim.",), 'I knew that already: "I swim".'),
        (DeedKind.FORGOTTEN, ("I swim.",), 'Forgotten: "I swim". The Memory page'),
        (DeedKind.UNKNOWN, (), 'There is no memory of "swimming" to forget.'),
        (DeedKind.UNLEARNT, (), 'Nothing of "swimming" had been kept'),
        (DeedKind.UNCLEAR, ("I swim.", "Swimming tires me."), "- I swim.\n- Swimming tires me."),
    ],
)
def test_each_kind_of_deed_has_its_sentence(
    kind: DeedKind, texts: tuple[str, ...], said: str
) -> None:
    exchange = Exchange()
    (delta,) = tell([Deed(kind=kind, words="swimming", texts=texts)], exchange)
    assert isinstance(delta, TextDelta)
    assert said in delta.text == exchange.text


def test_incognito_no_order_is_done() -> None:
    talk, obliging = conversation(Says("Noted.")), Obliging()
    talk.turns = replace(talk.turns, bidding=obliging, kept=False)
    talk.say("Remember that I'm vegan.")
    assert obliging.heard == []
