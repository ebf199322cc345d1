"""Incognito turns: they know what is kept, and leave nothing."""

import logging
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from threading import Event
from uuid import UUID

import pytest

from adapters.embeddings import CachedEmbedder, NoCache
from cns.domain.message import Role, Text, TurnId
from cns.domain.stream import TurnEvent
from cns.domain.turn import KEY_LIFE, Spoken
from cns.errors import Conflict, ModelUnavailable, NotFound
from cns.ports import ModelRequest, Page
from cns.services.jobs import Progress, Work
from cns.services.request import TurnRequest
from cns.services.running import OFF_THE_RECORD, UNHEARD_FOR
from cns.services.unkept import Unkept, Untouched, discreetly
from config.discretion import discreet
from tests.conversing import (
    Conversation,
    Watcher,
    completed,
    conversation,
    failed,
    saying,
    started,
    words,
)
from tests.fakes.cache import FakeCache
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.llm import Calls, Fails, Says, Step
from tests.unit.test_cached_embedder import MINUTES
from tests.values import START, mark, message, recalled, turn_record
from tests.waiting import until

LOST = ModelUnavailable("The model is overloaded.", code="llm_overloaded")
SECRET = "the cat is called Kanari"


@pytest.fixture
def stall() -> Iterator[Event]:
    event = Event()
    yield event
    event.set()


def secretly(text: str = SECRET, **rest: object) -> TurnRequest:
    return replace(saying(text), incognito=True, **rest)  # type: ignore[arg-type]  # names of its fields


def heard(talk: Conversation, request: TurnRequest) -> list[TurnEvent]:
    """The turn, watched to its end by one who then leaves."""
    turn_id, watcher = talk.running.start(request), Watcher()
    leave = talk.running.watch(turn_id, watcher)
    assert watcher.ended.wait(5)
    leave()
    until(lambda: not any(t.name == OFF_THE_RECORD for t in threading.enumerate()))
    return watcher.events


@pytest.mark.parametrize("step", [Says("A fine name."), Calls("none"), Fails(LOST)])
def test_nothing_is_stored_or_published(step: Says | Calls | Fails) -> None:
    talk = conversation(step, Says("Done."))
    turn_id = started(heard(talk, secretly())).turn_id
    assert talk.stored() == []
    assert talk.heard == []
    assert talk.store.segments(Page())[0] == []
    with pytest.raises(NotFound):
        talk.store.turn(turn_id)


def test_it_knows_the_conversation_and_what_is_remembered() -> None:
    talk = conversation(Says("A fine name."), Says("Miso."))
    talk.recall.hits = (recalled(),)
    talk.say()
    assert completed(heard(talk, secretly("What is my cat called?"))).text == "Miso."
    said = [m.text for m in talk.llm.requests[-1].messages]
    assert said == ["My cat is called Miso.", "A fine name.", "What is my cat called?"]
    assert talk.composer.seen[-1].memories == talk.recall.hits


def test_the_model_and_the_prompt_are_told() -> None:
    talk = conversation(Says("Yes."), Says("Yes."))
    talk.say()
    heard(talk, secretly())
    assert [turn.incognito for turn in talk.composer.seen] == [False, True]
    assert [request.kept for request in talk.llm.requests] == [True, False]


def test_the_next_turn_knows_nothing_of_it() -> None:
    talk = conversation(Says("A secret."), Says("Hello."))
    heard(talk, secretly())
    talk.say("Hi")
    assert [m.text for m in talk.llm.requests[-1].messages] == ["Hi"]


def test_what_the_client_still_has_is_said_before_it() -> None:
    talk = conversation(Says("Kanari."))
    aside = (
        Spoken(role=Role.USER, content=(Text(text=SECRET),)),
        Spoken(role=Role.ASSISTANT, content=(Text(text="A fine name."),)),
    )
    heard(talk, secretly("What is it called?", aside=aside))
    assert [m.text for m in talk.llm.requests[0].messages] == [
        SECRET,
        "A fine name.",
        "What is it called?",
    ]


def test_it_is_forgotten_once_its_end_was_heard() -> None:
    talk = conversation(Says("A fine name."))
    turn_id = started(heard(talk, secretly())).turn_id
    with pytest.raises(NotFound):
        talk.running.watch(turn_id, Watcher())
    with pytest.raises(NotFound):
        talk.running.retry(turn_id)
    with pytest.raises(NotFound):
        talk.running.cancel(turn_id)


def test_an_end_that_nobody_heard_waits_a_little() -> None:
    talk = conversation(Says("A fine name."))
    turn_id = talk.running.start(secretly())
    until(lambda: not any(t.name == OFF_THE_RECORD for t in threading.enumerate()))
    watcher = Watcher()
    leave = talk.running.watch(turn_id, watcher)
    assert completed(watcher.events).text == "A fine name."
    leave()
    with pytest.raises(NotFound):
        talk.running.watch(turn_id, Watcher())


def test_an_end_that_nobody_ever_hears_is_forgotten() -> None:
    talk = conversation(Says("A fine name."))
    turn_id = talk.running.start(secretly())
    until(lambda: not any(t.name == OFF_THE_RECORD for t in threading.enumerate()))
    talk.clock.move(UNHEARD_FOR)
    with pytest.raises(NotFound):
        talk.running.watch(turn_id, Watcher())


def test_while_it_runs_it_is_listened_to_again_and_holds_the_turn_lock(stall: Event) -> None:
    talk = conversation(Says("A fine name.", wait=stall))
    turn_id, first = talk.running.start(secretly()), Watcher()
    talk.running.watch(turn_id, first)()
    late = Watcher()
    leave = talk.running.watch(turn_id, late)
    until(lambda: words(late.events) == "A")
    for refused in (talk.start, lambda: talk.running.retry(turn_id)):
        with pytest.raises(Conflict) as caught:
            refused()
        assert caught.value.code == "turn_in_progress"
    stall.set()
    assert late.ended.wait(5)
    leave()


def test_a_stopped_one_is_kept_no_more_than_another(stall: Event) -> None:
    talk = conversation(Says("A fine name.", wait=stall))
    turn_id, watcher = talk.running.start(secretly()), Watcher()
    talk.running.watch(turn_id, watcher)
    until(lambda: words(watcher.events) == "A")
    talk.running.cancel(turn_id)
    assert watcher.ended.wait(5)
    assert (completed(watcher.events).text, talk.stored(), talk.heard) == ("A", [], [])


def test_stopped_before_a_word_it_says_that_nothing_is_kept(stall: Event) -> None:
    def silent(_: ModelRequest) -> Step:
        stall.wait()
        return Says("Late.")

    talk = conversation(silent)
    turn_id, watcher = talk.running.start(secretly()), Watcher()
    talk.running.watch(turn_id, watcher)
    until(lambda: len(talk.llm.requests) == 1)
    talk.running.cancel(turn_id)
    assert watcher.ended.wait(5)
    error = failed(watcher.events).error
    assert (error.code, "nothing of it is kept" in error.detail) == ("turn_cancelled", True)


# --- keys -----------------------------------------------------------------------


def test_its_key_finds_it_while_it_runs_and_begins_no_second_turn_after(stall: Event) -> None:
    talk = conversation(Says("A fine name.", wait=stall))
    request = secretly(idempotency_key="k1")
    turn_id, watcher = talk.running.start(request), Watcher()
    leave = talk.running.watch(turn_id, watcher)
    assert talk.running.start(request) == turn_id
    with pytest.raises(Conflict) as another:
        talk.running.start(replace(saying(SECRET), idempotency_key="k1"))
    stall.set()
    assert watcher.ended.wait(5)
    leave()
    until(lambda: turn_id not in talk.running._runs)
    with pytest.raises(Conflict) as gone:
        talk.running.start(request)
    assert (another.value.code, gone.value.code) == ("idempotency_key_reused", "turn_forgotten")
    assert talk.store.turn_of_key("k1") is None


def test_its_key_may_be_used_again_after_a_day() -> None:
    talk = conversation(Says("One."), Says("Two."))
    request = secretly(idempotency_key="k1")
    heard(talk, request)
    talk.clock.move(KEY_LIFE)
    assert completed(heard(talk, request)).text == "Two."


def test_a_key_of_a_kept_turn_is_not_taken_for_an_incognito_one() -> None:
    talk = conversation(Says("One."))
    kept = talk.running.start(replace(saying(SECRET), idempotency_key="k1"))
    until(lambda: talk.store.turn(kept).state == "completed")
    with pytest.raises(Conflict):
        talk.running.start(secretly(idempotency_key="k1"))


# --- what breaks ------------------------------------------------------------------


@pytest.mark.usefixtures("breaks_are_logged")
def test_a_mistake_of_ours_is_told_and_its_words_are_not_logged(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with discreet(OFF_THE_RECORD):
        talk = conversation(Says("Yes."))
        talk.recall.broken = lambda: ValueError(SECRET)
        error = failed(heard(talk, secretly())).error
    assert (error.code, "incognito" in error.detail) == ("internal_error", True)
    assert talk.stored() == []
    told = next(record for record in caplog.records if record.message == "a thread broke")
    assert vars(told)["broke"] == "ValueError"
    output = capfd.readouterr()
    assert SECRET not in caplog.text + output.out + output.err


@pytest.mark.usefixtures("breaks_are_logged")
def test_what_breaks_in_a_thread_that_reads_for_it_is_not_quoted_either(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(_: ModelRequest) -> Step:
        raise ValueError(SECRET)

    with discreet(OFF_THE_RECORD):
        error = failed(heard(conversation(broken), secretly())).error
        for reader in [each for each in threading.enumerate() if "model-stream" in each.name]:
            reader.join(10)
    assert error.code == "llm_adapter_broken"
    assert any(vars(record).get("broke") == "ValueError" for record in caplog.records)
    output = capfd.readouterr()
    assert SECRET not in caplog.text + output.out + output.err


def test_what_is_logged_meanwhile_quotes_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    handler = logging.StreamHandler()
    logger = logging.getLogger("cns.test")
    logging.getLogger().addHandler(handler)

    def fall() -> None:
        raise LookupError(SECRET)

    def speak() -> None:
        try:
            fall()
        except LookupError:
            logger.exception("broke: %s", SECRET)

    with discreet(OFF_THE_RECORD):
        for name in (OFF_THE_RECORD, "another"):
            thread = threading.Thread(target=speak, name=name)
            thread.start()
            thread.join()
    logging.getLogger().removeHandler(handler)
    assert capfd.readouterr().err.count(SECRET) == 2


# --- its parts --------------------------------------------------------------------


def test_an_unkept_store_reads_everything_and_writes_nothing() -> None:
    talk = conversation(Says("A fine name."))
    talk.say()
    store = Unkept(kept=talk.store, clock=talk.clock)
    said, segment = talk.stored(), talk.store.segments(Page())[0][0]
    turn = talk.store.turn(TurnId(said[0].turn_id or UUID(int=0)))
    assert (store.message(said[0].id), store.turn(turn.id)) == (said[0], turn)
    assert store.segment_messages(segment.id) == talk.store.segment_messages(segment.id)
    assert store.messages(Page()) == talk.store.messages(Page())
    assert store.segments(Page()) == talk.store.segments(Page())
    assert store.segment(segment.id) == segment
    assert (store.segment_count(), store.unfinished_segments()) == (
        talk.store.segment_count(),
        talk.store.unfinished_segments(),
    )
    assert store.only_user("Anna", "Europe/Berlin", START) == talk.user
    assert store.turn_of_key("k") is None
    new = message("And?", segment_id=segment.id)
    change = store.load(talk.user.id).hear(new, mark())
    store.commit(change, turn_record(new))
    store.record(replace(turn, state="failed"))
    store.close_segment(change)
    assert (store.fail_running_turns(), talk.stored()) == (0, said)
    assert talk.store.turn(turn.id) == turn
    assert talk.store.load(talk.user.id).segment == segment


def test_without_a_cache_every_question_is_embedded_anew() -> None:
    embedder = FakeEmbedder()
    unkept = CachedEmbedder(embedder, NoCache(), MINUTES)
    assert unkept.embed(["dog"]) == unkept.embed(["dog"])
    assert embedder.texts == ["dog", "dog"]


def test_what_a_model_comes_to_after_the_turn_is_quoted_in_no_log() -> None:
    names: list[str] = []

    def attempt(name: str, work: Work, progress: Progress) -> tuple[Mapping[str, object], None]:
        names.extend((name, threading.current_thread().name))
        return work(progress), None

    usual = threading.current_thread().name
    result = discreetly(attempt)("touchstone", lambda _: {"made": 1}, lambda *_: None)
    assert names == ["touchstone", OFF_THE_RECORD]
    assert result == ({"made": 1}, None)
    assert threading.current_thread().name == usual


def test_a_cache_is_read_and_not_touched() -> None:
    cache = FakeCache()
    cache.put("rate", b"1.2", MINUTES)
    untouched = Untouched(cache=cache)
    untouched.put("rate", b"2.0", MINUTES)
    untouched.forget("rate")
    assert untouched.get("rate") == cache.get("rate") == b"1.2"
