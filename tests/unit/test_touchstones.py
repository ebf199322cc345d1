"""What a turn is about, asked of a fast model before retrieval, under a deadline."""

from datetime import timedelta
from threading import Event
from typing import Any

import pytest

from cns.domain.model import Purpose
from cns.domain.stream import MemoriesSurfaced, TouchstoneReady, TurnEvent
from cns.errors import ModelUnavailable, SpendingCeiling
from config.settings import TouchstoneSettings
from tests.conversing import Conversation, completed, started
from tests.fakes.llm import Fails, FakeLLM, Says, Step, document
from tests.waiting import until

MINUTE = timedelta(minutes=1)
SOON = TouchstoneSettings(deadline_seconds=0.05)
AMPLE = TouchstoneSettings(deadline_seconds=20)
VISIT = {
    "narrative": "The visit of the user's sister Ines in May",
    "hooks": ["guest room", "Ines's train"],
    "entities": ["Ines"],
    "temporal": "in May 2026",
    "intent": "recall a plan",
    "relationship": "Ines is the sister",
}


def asking(*notes: Step, figures: TouchstoneSettings = AMPLE, turns: int = 3) -> Conversation:
    """A model that says little, and these touchstones."""
    llm = FakeLLM([Says("I see.")] * turns)
    llm.notes += notes
    return Conversation(llm=llm, about=figures)


def told(events: list[TurnEvent]) -> str:
    return next(event.text for event in events if isinstance(event, TouchstoneReady))


def degraded(events: list[TurnEvent]) -> tuple[str, ...]:
    return next(event.degraded for event in events if isinstance(event, MemoriesSurfaced))


def traced(talk: Conversation, events: list[TurnEvent]) -> dict[str, Any]:
    trace = talk.store.turn(started(events).turn_id).trace
    assert trace is not None
    about = trace["touchstone"]
    assert isinstance(about, dict)
    return about


def test_recall_is_asked_by_the_weighted_context() -> None:
    talk = asking(document(VISIT))
    events = talk.say("When does she come?")
    asked = talk.recall.asked[-1]
    assert asked.text == (
        "The visit of the user's sister Ines in May in May 2026 When does she come?"
        " guest room, Ines's train"
    )
    assert asked.intent == "recall a plan"
    assert told(events) == asked.text
    assert talk.embedder.texts == [asked.text]


def test_the_trace_says_that_it_was_made_and_how_long_it_took() -> None:
    talk = asking(document(VISIT))
    about = traced(talk, talk.say())
    assert (about["source"], about["why"], about["previous"]) == ("made", "", "")
    assert about["narrative"] == VISIT["narrative"]
    assert about["seconds"] > 0
    assert "vector" not in about


def test_a_made_one_is_no_loss() -> None:
    talk = asking(document(VISIT))
    assert degraded(talk.say()) == ()


def test_it_is_kept_and_given_to_the_model_with_the_next_message() -> None:
    talk = asking(document(VISIT))
    talk.say("When does she come?")
    talk.say("And where does she sleep?")
    first, second = (request.messages[-1].text for request in talk.llm.asides)
    assert "<before>\n\n</before>" in first
    assert f"<before>\n{VISIT['narrative']}\n</before>" in second
    assert "person: When does she come?\nassistant: I see." in second
    assert "<newest>\nAnd where does she sleep?\n</newest>" in second
    kept = talk.store.load(talk.user.id).touchstone
    assert kept is not None
    assert kept.narrative == "It is about this: And where does she sleep?"
    assert len(kept.vector) == talk.embedder.dimensions


def test_it_is_asked_of_the_fast_model_for_the_turn_in_few_tokens() -> None:
    talk = asking(document(VISIT))
    turn_id = started(talk.say()).turn_id
    (aside,) = talk.llm.asides
    assert (aside.fast, aside.max_tokens, aside.thinking) == (True, 120, 0)
    assert (aside.purpose, aside.subject) == (Purpose.TOUCHSTONE, turn_id)


def test_only_the_latest_exchanges_are_shown() -> None:
    talk = asking(figures=AMPLE.model_copy(update={"pairs": 1}))
    for text in ("One.", "Two.", "Three."):
        talk.say(text)
    last = talk.llm.asides[-1].messages[-1].text
    assert "person: Two." in last
    assert "person: One." not in last


# --- lost, late and failed ------------------------------------------------------------


@pytest.mark.parametrize(
    ("note", "why"),
    [
        (Says("I would rather not."), "no JSON"),
        (Says('{"narrative" oh'), "no JSON"),
        (Says("[1, 2]"), "no JSON"),
        (Says(""), "no JSON"),
        (document({"narrative": ""}), "says nothing"),
        (document({"narrative": "Two words"}), "says nothing"),
        (document({"narrative": ["a", "b", "c"]}), "says nothing"),
        (document({}), "says nothing"),
        (Fails(ModelUnavailable("It is away.")), "It is away."),
    ],
)
def test_where_the_model_fails_the_last_one_is_carried_forward(note: Step, why: str) -> None:
    talk = asking(document(VISIT), note)
    talk.say("When does she come?")
    events = talk.say("By train?")
    about = traced(talk, events)
    assert (about["source"], about["previous"]) == ("carried", VISIT["narrative"])
    assert why in about["why"]
    assert about["previous"] in told(events)
    assert "By train?" in told(events)
    assert why in degraded(events)[0]
    assert completed(events).text == "I see."


def test_a_message_that_stands_by_itself_is_not_led_by_the_last_one() -> None:
    talk = asking(document(VISIT), Says(""))
    talk.say("When does she come?")
    events = talk.say("The boiler in the cellar lost pressure.")
    assert traced(talk, events)["source"] == "carried"
    assert told(events) == "The boiler in the cellar lost pressure."


def test_the_last_one_made_is_carried_over_several_turns() -> None:
    talk = asking(document(VISIT), Says(""), Says(""))
    talk.say("When does she come?")
    talk.say("By train?")
    assert traced(talk, talk.say("Or by car?"))["previous"] == VISIT["narrative"]


def test_without_a_last_one_the_words_alone_must_do() -> None:
    talk = asking(Says(""))
    events = talk.say("When does my sister come?")
    assert traced(talk, events)["source"] == "rule_made"
    assert told(events) == "When does my sister come?"
    assert "the words alone" in degraded(events)[0]


@pytest.mark.parametrize(
    "note",
    [
        Says('```json\n{"narrative": "The visit of Ines", "hooks": ["train"]}\n```'),
        Says('Here you are: {"narrative": "The visit of Ines", "hooks": ["train"]} Good?'),
        Says(
            '{"narrative": "The visit of Ines", "hooks": ["train", 7, " "], "entiti', stop="length"
        ),
        Says('{"narrative": " The  visit of\\n Ines", "hooks": ["train"], "temporal": 3}'),
    ],
)
def test_an_answer_that_is_nearly_right_serves(note: Says) -> None:
    talk = asking(note)
    about = traced(talk, talk.say())
    assert (about["source"], about["narrative"]) == ("made", "The visit of Ines")
    assert about["hooks"] == ["train"] or about["hooks"] == ("train",)


def slow(value: object) -> tuple[Says, Event]:
    """An answer that stops in its midst until the event."""
    gate = Event()
    said = document(value)
    return Says(said.text, wait=gate), gate


def kept(talk: Conversation) -> str:
    touchstone = talk.store.load(talk.user.id).touchstone
    return touchstone.narrative if touchstone else ""


def test_what_comes_too_late_serves_the_next_turn() -> None:
    note, gate = slow(VISIT)
    talk = asking(note, Says(""), figures=SOON)
    events = talk.say("When does she come?")
    assert traced(talk, events)["source"] == "rule_made"
    assert "did not answer within 0.05 s" in degraded(events)[0]
    gate.set()
    until(lambda: kept(talk) == VISIT["narrative"])
    about = traced(talk, talk.say("By train?"))
    assert (about["source"], about["previous"]) == ("late", VISIT["narrative"])


def test_what_comes_too_late_never_takes_a_later_turn_s_place() -> None:
    note, gate = slow(VISIT)
    talk = asking(note, document({"narrative": "The boiler in the cellar"}), figures=SOON)
    talk.say("When does she come?")
    talk.clock.move(MINUTE)
    talk.about = AMPLE
    talk.say("The boiler is out.")
    gate.set()
    talk.pool.shutdown(wait=True)
    assert kept(talk) == "The boiler in the cellar"


def test_a_model_that_never_answers_costs_no_more_than_its_threads() -> None:
    stuck = [slow(VISIT) for _ in range(2)]
    talk = asking(*(note for note, _ in stuck), figures=SOON, turns=4)
    for text in ("One.", "Two.", "Three.", "Four."):
        completed(talk.say(text))
    assert len(talk.llm.asides) == 2, "the others were given up before they were asked"
    for _, gate in stuck:
        gate.set()
    talk.pool.shutdown(wait=True)


def test_an_adapter_that_breaks_is_told_apart() -> None:
    talk = asking(figures=AMPLE)
    talk.llm.notes.append(lambda _: None)  # type: ignore[arg-type]  # no step at all
    events = talk.say()
    assert "its adapter broke" in degraded(events)[0]


# --- without a model -------------------------------------------------------------------


def test_a_model_that_is_not_capable_is_not_asked() -> None:
    talk = Conversation(llm=FakeLLM([Says("I see.")], capable=False), about=AMPLE)
    events = talk.say("My cat is ill.")
    assert (talk.llm.asides, degraded(events)) == ([], ())
    assert traced(talk, events)["source"] == "rule_made"


def test_the_settings_may_ask_for_rules_alone() -> None:
    talk = asking(figures=TouchstoneSettings(maker="rules"))
    assert degraded(talk.say()) == ()
    assert talk.llm.asides == []


def test_waiting_for_it_is_not_the_turn_s_own_time() -> None:
    note, gate = slow(VISIT)
    talk = asking(note, figures=TouchstoneSettings(deadline_seconds=0.3))
    end = completed(talk.say())
    gate.set()
    assert end.timings_ms.touchstone >= 300
    assert end.timings_ms.own < end.timings_ms.total - 290


# --- another topic -----------------------------------------------------------------------


def about(*narratives: str, cosine: float = 0.5) -> list[str]:
    """What was published after a turn about each of these."""
    notes = [document({"narrative": narrative}) for narrative in narratives]
    figures = AMPLE.model_copy(update={"topic_cosine": cosine})
    talk = asking(*notes, figures=figures, turns=len(notes))
    for narrative in narratives:
        talk.clock.move(MINUTE)
        talk.say(narrative)
    return [name for name in talk.told_names() if name == "TopicChanged"]


def test_touchstones_far_apart_change_the_topic() -> None:
    assert about("The visit of my sister Ines", "A boiler repair bill") == ["TopicChanged"]


def test_touchstones_close_to_one_another_do_not() -> None:
    assert about("The visit of my sister Ines", "The long visit of my sister Ines") == []


def test_a_first_touchstone_changes_nothing() -> None:
    assert about("The visit of my sister Ines") == []


def test_a_lost_embedder_tells_no_topics_apart() -> None:
    talk = asking(document(VISIT), document({"narrative": "A boiler repair bill"}))
    talk.say()
    talk.embedder.lost = True
    talk.say()
    assert "TopicChanged" not in talk.told_names()


def test_a_day_s_ceiling_is_a_reason_to_go_on_without_one() -> None:
    talk = asking(Fails(SpendingCeiling("Background work rests until tomorrow.")))
    about = traced(talk, talk.say())
    assert (about["source"], about["why"]) == (
        "rule_made",
        "Background work rests until tomorrow.",
    )
