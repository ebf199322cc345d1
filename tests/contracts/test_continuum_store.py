"""What every store of the continuum promises: the one in memory and PostgreSQL alike."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, timedelta
from itertools import pairwise
from uuid import uuid4

import pytest

from cns import paging
from cns.domain.branches import START as START_OF_ALL
from cns.domain.branches import Branch
from cns.domain.continuum import Change, Continuum
from cns.domain.events import ManifestUpdatedEvent
from cns.domain.message import (
    Image,
    Message,
    MessageId,
    MessageStatus,
    Role,
    SegmentId,
    Text,
    TurnId,
)
from cns.domain.segment import SegmentStatus, SoFar, Summary
from cns.domain.touchstone import Touchstone
from cns.errors import Conflict, InvalidInput, NotFound
from cns.ports import ContinuumStore, Page, TurnRecord, User
from cns.postgres import PostgresContinuumStore
from tests.fakes.store import FakeContinuumStore
from tests.values import START, at, calling, mark, message, result, turn_record

FIRST = Summary(title="Walking", text="Anna went for a walk.", complexity=1)
FINAL = Summary(title="A long walk", text="Anna walked to the lake.", complexity=3)
VECTOR = [0.0] * 383 + [1.0]


@pytest.fixture(params=["fake", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest) -> ContinuumStore:
    if request.param == "fake":
        return FakeContinuumStore()
    return PostgresContinuumStore(request.getfixturevalue("database"))


@pytest.fixture(params=["fake", pytest.param("postgres", marks=pytest.mark.postgres)])
def narrow(request: pytest.FixtureRequest) -> ContinuumStore:
    """A store that loads eight messages of a segment at most."""
    if request.param == "fake":
        return FakeContinuumStore(window=8)
    return PostgresContinuumStore(request.getfixturevalue("database"), window=8)


@pytest.fixture
def anna(store: ContinuumStore) -> User:
    return store.only_user("Anna", "Europe/Berlin", START)


def hear(
    store: ContinuumStore, user: User, text: str, minutes: float = 0
) -> tuple[Change, TurnRecord]:
    """Say something in a new turn, and store it."""
    before = store.load(user.id)
    said = message(
        text,
        segment_id=before.segment.id if before.segment else None,
        minutes=minutes,
        turn_id=TurnId(uuid4()),
        parent_id=before.messages[-1].id if before.messages else None,
    )
    change = before.hear(said, mark(minutes))
    record = turn_record(said)
    store.commit(change, record)
    return change, record


def reply(heard: Continuum, text: str = "I see.", minutes: float = 1) -> Message:
    said = heard.messages[-1]
    return message(
        text,
        Role.ASSISTANT,
        segment_id=said.segment_id,
        minutes=minutes,
        turn_id=said.turn_id,
        parent_id=said.id,
    )


def answer(store: ContinuumStore, heard: Change, record: TurnRecord, minutes: float = 1) -> Change:
    said = reply(heard.continuum, minutes=minutes)
    change = heard.continuum.answer((said,), mark(minutes))
    store.commit(
        change,
        replace(record, state="completed", assistant_message_id=said.id, finished_at=at(minutes)),
    )
    return change


def end(store: ContinuumStore, user: User, minutes: float = 30) -> SegmentId:
    change = store.load(user.id).collapse(FIRST, mark(minutes))
    store.close_segment(change)
    return next(iter(store.unfinished_segments()))


def chapters(store: ContinuumStore, user: User, count: int) -> list[SegmentId]:
    """That many ended segments of one message, an hour apart."""
    ids: list[SegmentId] = []
    for number in range(count):
        change, _ = hear(store, user, f"chapter {number}", minutes=60 * number)
        store.close_segment(change.continuum.collapse(FIRST, mark(60 * number)))
        ids.append(change.continuum.messages[0].segment_id)
    return ids


def test_the_only_user_is_made_once(store: ContinuumStore) -> None:
    first = store.only_user("Anna", "Europe/Berlin", START)
    assert store.only_user("Anna", "Europe/Berlin", START) == first


def test_a_new_name_and_zone_are_taken_over(store: ContinuumStore, anna: User) -> None:
    changed = store.only_user("Anna Berg", "America/Chicago", START)
    assert changed == User(id=anna.id, name="Anna Berg", timezone="America/Chicago")


def test_a_new_continuum_is_empty(store: ContinuumStore, anna: User) -> None:
    loaded = store.load(anna.id)
    assert (loaded.user_id, loaded.messages, loaded.segment) == (anna.id, (), None)


def test_the_continuum_stays_the_same_one(store: ContinuumStore, anna: User) -> None:
    assert store.load(anna.id).id == store.load(anna.id).id


def test_loading_for_somebody_unknown_finds_nothing(store: ContinuumStore) -> None:
    with pytest.raises(NotFound):
        store.load(message().turn_id or uuid4())  # type: ignore[arg-type]  # any id will do


def test_what_was_heard_is_loaded_as_it_was(store: ContinuumStore, anna: User) -> None:
    change, _ = hear(store, anna, "My cat is called Miso.")
    assert store.load(anna.id) == change.continuum


def test_what_was_answered_is_loaded_as_it_was(store: ContinuumStore, anna: User) -> None:
    change = answer(store, *hear(store, anna, "My cat is called Miso."))
    assert store.load(anna.id) == change.continuum


def test_tool_calls_are_loaded_as_they_were(store: ContinuumStore, anna: User) -> None:
    heard, record = hear(store, anna, "Search.")
    segment_id = heard.continuum.messages[0].segment_id
    steps = (calling("search_tool", segment_id), result("nothing", segment_id))
    change = heard.continuum.answer((*steps, reply(heard.continuum)), mark(1))
    store.commit(change, record)
    assert store.load(anna.id) == change.continuum


def test_of_a_long_segment_the_newest_are_loaded_from_a_place_that_seldom_moves(
    narrow: ContinuumStore,
) -> None:
    user = narrow.only_user("Anna", "Europe/Berlin", START)
    begins: list[Message] = []
    for number in range(30):
        hear(narrow, user, str(number), minutes=number)
        loaded = narrow.load(user.id)
        begins.append(loaded.messages[0])
        said = [int(m.text) for m in loaded.messages]
        assert said == list(range(said[0], number + 1))
        assert len(said) == number + 1 or 6 < len(said) <= 8
        assert (loaded.earlier, loaded.turns) == (said[0], number + 1)
    moves = sum(a != b for a, b in pairwise(begins))
    assert 9 <= moves <= 12, "it moves two places at a time, from the ninth message on"


def test_what_grows_in_memory_and_what_is_loaded_count_alike(narrow: ContinuumStore) -> None:
    user = narrow.only_user("Anna", "Europe/Berlin", START)
    for number in range(12):
        answer(narrow, *hear(narrow, user, str(number), minutes=number), minutes=number)
    change, _ = hear(narrow, user, "last", minutes=13)
    loaded = narrow.load(user.id)
    assert (loaded.segment, loaded.turns) == (change.continuum.segment, 13)
    assert loaded.messages[-1] == change.continuum.messages[-1]
    whole = narrow.segment_messages(loaded.messages[-1].segment_id)
    assert len(whole) == 25 == loaded.earlier + len(loaded.messages)


def test_what_stands_for_a_long_beginning_is_loaded_while_it_is_on_the_path(
    narrow: ContinuumStore,
) -> None:
    user = narrow.only_user("Anna", "Europe/Berlin", START)
    for number in range(12):
        hear(narrow, user, str(number), minutes=number)
    loaded = narrow.load(user.id)
    assert loaded.segment is not None
    told = SoFar(text="Numbers were said.", to=loaded.messages[0].id)
    narrow.sum_up(loaded.segment.id, told)
    assert narrow.load(user.id).so_far == told
    path = tuple(narrow.segment_messages(loaded.segment.id))
    whole = replace(loaded, messages=path, earlier=0)
    narrow.change_path(whole.choose(path[:2], mark(20)))
    assert narrow.load(user.id).so_far is None
    narrow.sum_up(loaded.segment.id, replace(told, text="Of a branch that was left."))
    narrow.change_path(narrow.load(user.id).choose(path, mark(21)))
    assert narrow.load(user.id).so_far == told


def test_no_summary_is_kept_of_what_was_erased_while_it_was_written(narrow: ContinuumStore) -> None:
    user = narrow.only_user("Anna", "Europe/Berlin", START)
    for number in range(12):
        hear(narrow, user, str(number), minutes=number)
    loaded = narrow.load(user.id)
    there, gone = loaded.messages[0].id, MessageId(uuid4())
    told = SoFar(text="Numbers were said.", to=there, drawn_from=(there, gone))
    narrow.sum_up(loaded.messages[0].segment_id, told)
    assert narrow.load(user.id).so_far is None
    ended = end(narrow, user)
    stale = replace(FINAL, drawn_from=(there, gone))
    assert narrow.finish_segment(ended, stale, None, "model") is False
    assert narrow.finish_segment(ended, replace(FINAL, drawn_from=(there,)), None, "model") is True


def test_nothing_stands_for_the_beginning_of_an_ended_segment(narrow: ContinuumStore) -> None:
    user = narrow.only_user("Anna", "Europe/Berlin", START)
    for number in range(12):
        hear(narrow, user, str(number), minutes=number)
    loaded = narrow.load(user.id)
    told = SoFar(text="Numbers were said.", to=loaded.messages[0].id)
    narrow.sum_up(loaded.messages[0].segment_id, told)
    ended = end(narrow, user)
    narrow.sum_up(ended, told)
    hear(narrow, user, "anew", minutes=60)
    assert narrow.load(user.id).so_far is None


def test_tool_messages_do_not_count_as_said(store: ContinuumStore, anna: User) -> None:
    heard, record = hear(store, anna, "Search.")
    segment_id = heard.continuum.messages[0].segment_id
    steps = (calling("b_tool", segment_id), result("x", segment_id), calling("a_tool", segment_id))
    store.commit(heard.continuum.answer((*steps, reply(heard.continuum)), mark(1)), record)
    segment = store.segment(segment_id)
    assert (segment.message_count, segment.tools_used) == (2, ("a_tool", "b_tool"))


def test_a_picture_without_words_counts_as_said(store: ContinuumStore, anna: User) -> None:
    picture = message((Image(media_type="image/png", data="aGk="),))
    change = store.load(anna.id).hear(picture, mark())
    store.commit(change, turn_record(picture))
    assert store.load(anna.id) == change.continuum
    assert store.segment(picture.segment_id).message_count == 1


def test_everything_a_message_carries_is_kept(store: ContinuumStore, anna: User) -> None:
    heard, record = hear(store, anna, "Hm\u00ed \U0001f431 \u2028 <b>'quoted'</b> %s %(x)s \\")
    full = replace(
        reply(heard.continuum),
        content=(Text(text="One"), Text(text="Two")),
        status=MessageStatus.INTERRUPTED,
        memory_refs=(uuid4(), uuid4()),
        emotion="\U0001f642",
        name="mira",
        external_id="import-7",
        metadata={"tokens": 3, "nested": {"list": [1, None, "\u00e4"]}},
    )
    store.commit(heard.continuum.answer((full,), mark(1)), record)
    assert store.message(full.id) == full
    assert store.message(heard.continuum.messages[0].id) == heard.continuum.messages[0]


def test_storing_the_same_answer_twice_changes_nothing(store: ContinuumStore, anna: User) -> None:
    heard, record = hear(store, anna, "hello")
    change = answer(store, heard, record)
    store.commit(change, record)
    assert store.load(anna.id) == change.continuum


def test_storing_the_same_words_twice_changes_nothing(store: ContinuumStore, anna: User) -> None:
    change, record = hear(store, anna, "hello")
    store.commit(change, record)
    assert store.load(anna.id) == change.continuum


def test_a_commit_that_breaks_leaves_nothing(store: ContinuumStore, anna: User) -> None:
    empty = store.load(anna.id)
    heard, _ = hear(store, anna, "first")
    rival = message("second", turn_id=TurnId(uuid4()))
    with pytest.raises(Conflict):
        store.commit(empty.hear(rival, mark()), turn_record(rival))
    assert store.load(anna.id) == heard.continuum
    with pytest.raises(NotFound):
        store.turn(turn_record(rival).id)


def test_an_event_that_stores_nothing_is_refused(store: ContinuumStore, anna: User) -> None:
    heard, record = hear(store, anna, "hello")
    foreign = Change(heard.continuum, (told_otherwise(heard),))
    with pytest.raises(TypeError):
        store.commit(foreign, record)


def told_otherwise(heard: Change) -> ManifestUpdatedEvent:
    first = heard.events[0]
    return ManifestUpdatedEvent(
        continuum_id=first.continuum_id,
        user_id=first.user_id,
        event_id=first.event_id,
        occurred_at=first.occurred_at,
        segment_count=1,
    )


# --- turns -----------------------------------------------------------------------------------


def test_a_turn_is_found_as_it_was_recorded(store: ContinuumStore, anna: User) -> None:
    _, record = hear(store, anna, "hello")
    full = replace(
        record,
        state="failed",
        finished_at=at(1),
        trace={"cited": [], "timings_ms": {"own": 1.5}},
        error={"code": "llm_unavailable", "retryable": True},
    )
    store.record(full)
    assert store.turn(record.id) == full


def test_what_a_turn_wished_is_kept_as_it_was_first_stored(
    store: ContinuumStore, anna: User
) -> None:
    wishes = {"thinking": 2048, "model": None, "exclude_memory_ids": [str(uuid4())]}
    _, first = hear(store, anna, "hello")
    wished = replace(first, id=TurnId(uuid4()), retry_of=first.id, wishes=wishes)
    store.record(wished)
    store.record(replace(wished, state="completed", wishes={}))
    assert store.turn(wished.id) == replace(wished, state="completed")


def keyed(record: TurnRecord, minutes: float) -> TurnRecord:
    """Another turn on the same message, begun by a key."""
    began = {"idempotency_key": "k1", "request_hash": "h", "started_at": at(minutes)}
    return replace(record, id=TurnId(uuid4()), **began)  # type: ignore[arg-type]  # three fields


def test_a_turn_is_found_by_its_key(store: ContinuumStore, anna: User) -> None:
    _, record = hear(store, anna, "hello")
    assert store.turn_of_key("k1") is None
    first = keyed(record, 0)
    store.record(first)
    assert store.turn_of_key("k1") == first


def test_a_key_begins_no_two_turns_in_a_day(store: ContinuumStore, anna: User) -> None:
    _, record = hear(store, anna, "hello")
    first = keyed(record, 0)
    store.record(first)
    with pytest.raises(Conflict):
        store.record(keyed(record, 24 * 60 - 1))
    assert store.turn_of_key("k1") == first


def test_a_key_is_given_up_to_a_turn_a_day_later(store: ContinuumStore, anna: User) -> None:
    _, record = hear(store, anna, "hello")
    first, second = keyed(record, 0), keyed(record, 24 * 60)
    for turn in (first, second):
        store.record(turn)
    store.record(replace(second, state="completed"))
    assert store.turn_of_key("k1") == replace(second, state="completed")
    assert store.turn(first.id) == replace(first, idempotency_key=None, request_hash=None)


def test_a_turn_is_answered_since_when_a_later_one_answered_its_message(
    store: ContinuumStore, anna: User
) -> None:
    _, first = hear(store, anna, "hello")
    assert store.answered_since(first.id) is False
    second = replace(first, id=TurnId(uuid4()), retry_of=first.id, started_at=at(1))
    store.record(second)
    assert store.answered_since(first.id) is False
    store.record(replace(second, state="completed", finished_at=at(2)))
    assert store.answered_since(first.id) is True
    assert store.answered_since(second.id) is False


def test_a_retry_names_the_turn_that_it_repeats(store: ContinuumStore, anna: User) -> None:
    _, first = hear(store, anna, "hello")
    second = replace(first, id=TurnId(uuid4()), retry_of=first.id)
    store.record(second)
    assert store.turn(second.id).retry_of == first.id


def test_an_unknown_turn_is_not_found(store: ContinuumStore) -> None:
    with pytest.raises(NotFound) as caught:
        store.turn(TurnId(uuid4()))
    assert caught.value.code == "turn_not_found"


def test_turns_left_running_by_a_crash_are_interrupted(store: ContinuumStore, anna: User) -> None:
    _, record = hear(store, anna, "hello")
    assert store.fail_running_turns() == 1
    left = store.turn(record.id)
    assert left.state == "interrupted"
    assert left.finished_at is not None
    assert left.error is not None
    assert left.error["code"] == "turn_interrupted"


def test_turns_that_ended_are_not_interrupted_again(store: ContinuumStore, anna: User) -> None:
    answer(store, *hear(store, anna, "hello"))
    assert store.fail_running_turns() == 0


# --- messages --------------------------------------------------------------------------------


def test_an_unknown_message_is_not_found(store: ContinuumStore) -> None:
    with pytest.raises(NotFound) as caught:
        store.message(MessageId(uuid4()))
    assert caught.value.code == "message_not_found"


def test_messages_come_newest_first(store: ContinuumStore, anna: User) -> None:
    for number in range(3):
        hear(store, anna, str(number), minutes=number)
    shown, cursor = store.messages(Page())
    assert ([m.text for m in shown], cursor) == (["2", "1", "0"], None)


def test_messages_of_one_instant_keep_their_order(store: ContinuumStore, anna: User) -> None:
    answer(store, *hear(store, anna, "hello"), minutes=0)
    assert [m.text for m in store.messages(Page())[0]] == ["I see.", "hello"]


def test_pages_of_messages_leave_nothing_out(store: ContinuumStore, anna: User) -> None:
    for number in range(5):
        hear(store, anna, str(number), minutes=number)
    texts: list[str] = []
    cursor: str | None = None
    while True:
        shown, cursor = store.messages(Page(limit=2, cursor=cursor))
        texts += [m.text for m in shown]
        if cursor is None:
            break
    assert texts == ["4", "3", "2", "1", "0"]


def test_the_last_page_names_no_next_one(store: ContinuumStore, anna: User) -> None:
    for number in range(2):
        hear(store, anna, str(number), minutes=number)
    assert store.messages(Page(limit=2))[1] is None


def test_messages_before_and_after_a_message(store: ContinuumStore, anna: User) -> None:
    ids = [hear(store, anna, str(n), minutes=n)[0].continuum.messages[-1].id for n in range(4)]
    before, _ = store.messages(Page(), before=ids[2])
    after, _ = store.messages(Page(), after=ids[1])
    between, _ = store.messages(Page(), after=ids[0], before=ids[3])
    assert [m.text for m in before] == ["1", "0"]
    assert [m.text for m in after] == ["3", "2"]
    assert [m.text for m in between] == ["2", "1"]


def test_messages_before_and_after_an_instant(store: ContinuumStore, anna: User) -> None:
    for number in range(4):
        hear(store, anna, str(number), minutes=number)
    before, _ = store.messages(Page(), before=at(2))
    after, _ = store.messages(Page(), after=at(1))
    assert [m.text for m in before] == ["1", "0"]
    assert [m.text for m in after] == ["3", "2"]


def test_messages_around_an_unknown_one_are_not_found(store: ContinuumStore) -> None:
    with pytest.raises(NotFound) as caught:
        store.messages(Page(), before=MessageId(uuid4()))
    assert caught.value.code == "message_not_found"


def test_what_was_said_next_comes_oldest_first(store: ContinuumStore, anna: User) -> None:
    ids = [hear(store, anna, str(n), minutes=n)[0].continuum.messages[-1].id for n in range(5)]
    texts: list[str] = []
    cursor: str | None = None
    while True:
        shown, cursor = store.following(ids[0], Page(limit=2, cursor=cursor))
        texts += [m.text for m in shown]
        if cursor is None:
            break
    assert texts == ["1", "2", "3", "4"]
    assert [m.text for m in store.following(START_OF_ALL, Page(limit=2))[0]] == ["0", "1"]
    assert store.following(ids[-1], Page()) == ([], None)


def test_what_was_said_next_leaves_out_other_branches(store: ContinuumStore, anna: User) -> None:
    first = hear(store, anna, "first")[0].continuum
    second = hear(store, anna, "second", minutes=1)[0].continuum
    store.change_path(second.choose(first.messages, mark(2)))
    assert store.following(first.messages[0].id, Page()) == ([], None)


def test_nothing_follows_an_unknown_message(store: ContinuumStore) -> None:
    with pytest.raises(NotFound) as caught:
        store.following(MessageId(uuid4()), Page())
    assert caught.value.code == "message_not_found"


def test_messages_of_one_segment(store: ContinuumStore, anna: User) -> None:
    first, second = chapters(store, anna, 2)
    assert [m.text for m in store.messages(Page(), segment_id=second)[0]] == ["chapter 1"]
    assert [m.text for m in store.segment_messages(first)] == ["chapter 0"]


def test_messages_of_one_turn(store: ContinuumStore, anna: User) -> None:
    answer(store, *hear(store, anna, "first"))
    heard, record = hear(store, anna, "second", minutes=2)
    answer(store, heard, record, minutes=3)
    assert [m.text for m in store.turn_messages(record.id)] == ["second", "I see."]
    assert list(store.turn_messages(TurnId(uuid4()))) == []


def test_an_unknown_segment_has_no_messages(store: ContinuumStore) -> None:
    assert list(store.segment_messages(SegmentId(uuid4()))) == []


@pytest.mark.parametrize(
    "cursor", ["", "?", "bm8", paging.encode(["1"]), paging.encode([1, 2]), paging.encode([2**64])]
)
def test_a_foreign_cursor_of_messages_is_refused(store: ContinuumStore, cursor: str) -> None:
    with pytest.raises(InvalidInput):
        store.messages(Page(cursor=cursor))


# --- segments --------------------------------------------------------------------------------


def test_an_ended_segment_is_collapsed_under_its_first_summary(
    store: ContinuumStore, anna: User
) -> None:
    hear(store, anna, "hello", minutes=3)
    segment = store.segment(end(store, anna))
    assert segment.status is SegmentStatus.COLLAPSED
    assert (segment.title, segment.summary, segment.complexity) == (
        FIRST.title,
        FIRST.text,
        FIRST.complexity,
    )
    assert segment.ended_at == at(3)


def test_after_the_end_of_a_segment_the_continuum_is_empty(
    store: ContinuumStore, anna: User
) -> None:
    hear(store, anna, "hello")
    end(store, anna)
    loaded = store.load(anna.id)
    assert (loaded.segment, loaded.messages) == (None, ())


def test_closing_a_segment_twice_keeps_the_first_end(store: ContinuumStore, anna: User) -> None:
    change, _ = hear(store, anna, "hello")
    store.close_segment(change.continuum.collapse(FIRST, mark(1)))
    store.close_segment(change.continuum.collapse(FINAL, mark(2)))
    assert store.segment(change.continuum.messages[0].segment_id).title == FIRST.title


def test_a_new_segment_opens_after_the_end_of_the_last(store: ContinuumStore, anna: User) -> None:
    first, second = chapters(store, anna, 2)
    assert first != second
    assert store.segment_count() == 2


def test_an_active_segment_is_not_counted(store: ContinuumStore, anna: User) -> None:
    hear(store, anna, "hello")
    assert store.segment_count() == 0


def test_a_segment_is_finished_once(store: ContinuumStore, anna: User) -> None:
    hear(store, anna, "hello")
    segment_id = end(store, anna)
    assert store.finish_segment(segment_id, FINAL, VECTOR, "model") is True
    assert store.finish_segment(segment_id, FIRST, VECTOR, "model") is False
    segment = store.segment(segment_id)
    assert (segment.title, segment.summary, segment.complexity) == (
        FINAL.title,
        FINAL.text,
        FINAL.complexity,
    )


def test_a_segment_is_finished_without_a_vector_when_there_is_none(
    store: ContinuumStore, anna: User
) -> None:
    hear(store, anna, "hello")
    assert store.finish_segment(end(store, anna), FINAL, None, "model") is True
    assert list(store.unfinished_segments()) == []


def test_an_active_segment_cannot_be_finished(store: ContinuumStore, anna: User) -> None:
    change, _ = hear(store, anna, "hello")
    segment_id = change.continuum.messages[0].segment_id
    assert store.finish_segment(segment_id, FINAL, None, "model") is False


def test_an_unknown_segment_cannot_be_finished(store: ContinuumStore) -> None:
    assert store.finish_segment(SegmentId(uuid4()), FINAL, None, "model") is False


def test_unfinished_segments_come_oldest_first(store: ContinuumStore, anna: User) -> None:
    first, second, third = chapters(store, anna, 3)
    store.finish_segment(second, FINAL, None, "model")
    assert list(store.unfinished_segments()) == [first, third]


def test_an_unknown_segment_is_not_found(store: ContinuumStore) -> None:
    with pytest.raises(NotFound) as caught:
        store.segment(SegmentId(uuid4()))
    assert caught.value.code == "segment_not_found"


def test_segments_come_newest_first_in_pages(store: ContinuumStore, anna: User) -> None:
    ids = chapters(store, anna, 5)
    found: list[SegmentId] = []
    cursor: str | None = None
    while True:
        shown, cursor = store.segments(Page(limit=2, cursor=cursor))
        found += [s.id for s in shown]
        if cursor is None:
            break
    assert found == ids[::-1]


def test_instants_come_back_aware(store: ContinuumStore, anna: User) -> None:
    hear(store, anna, "hello")
    (said,) = store.messages(Page())[0]
    assert said.created_at.utcoffset() == timedelta(0)
    assert said.created_at.astimezone(UTC) == START


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "bm8",
        paging.encode([1]),
        paging.encode(["now", "x"]),
        paging.encode([START.isoformat(), 7]),
    ],
)
def test_a_foreign_cursor_of_segments_is_refused(store: ContinuumStore, cursor: str) -> None:
    with pytest.raises(InvalidInput):
        store.segments(Page(cursor=cursor))


# --- branches -----------------------------------------------------------------


def choose(store: ContinuumStore, user: User, count: int, minutes: float) -> Change:
    """Keep so many messages on the path."""
    before = store.load(user.id)
    change = before.choose(before.messages[:count], mark(minutes))
    store.change_path(change)
    return change


def texts(messages: Sequence[Message]) -> list[str]:
    return [one.text for one in messages]


def edited(store: ContinuumStore, user: User) -> tuple[Change, Change]:
    """One exchange, whose question was then put in other words and answered again."""
    first = answer(store, *hear(store, user, "one"))
    choose(store, user, 0, minutes=2)
    return first, answer(store, *hear(store, user, "two", minutes=3), minutes=4)


def test_what_left_the_path_is_not_loaded_but_kept(store: ContinuumStore, anna: User) -> None:
    first, second = edited(store, anna)
    assert store.load(anna.id) == second.continuum
    assert store.message(first.continuum.messages[0].id) == first.continuum.messages[0]


def test_messages_are_those_on_the_path_unless_all_are_asked_for(
    store: ContinuumStore, anna: User
) -> None:
    _, second = edited(store, anna)
    chapter = second.continuum.messages[0].segment_id
    assert texts(store.messages(Page())[0]) == ["I see.", "two"]
    assert texts(store.messages(Page(), off_path=True)[0]) == ["I see.", "two", "I see.", "one"]
    assert texts(store.segment_messages(chapter)) == ["two", "I see."]
    every = store.segment_messages(chapter, off_path=True)
    assert texts(every) == ["one", "I see.", "two", "I see."]


def test_pages_of_all_messages_leave_nothing_out(store: ContinuumStore, anna: User) -> None:
    edited(store, anna)
    cursor, found = None, []
    for _ in range(4):
        listed, cursor = store.messages(Page(limit=1, cursor=cursor), off_path=True)
        found += texts(listed)
    assert (found, cursor) == (["I see.", "two", "I see.", "one"], None)


def test_a_segment_counts_what_is_on_the_path(store: ContinuumStore, anna: User) -> None:
    heard, record = hear(store, anna, "look")
    said = heard.continuum.messages[0]
    steps = (
        replace(calling("search", said.segment_id), parent_id=said.id),
        replace(result("found", said.segment_id), parent_id=said.id),
        reply(heard.continuum),
    )
    store.commit(heard.continuum.answer(steps, mark(1)), record)
    choose(store, anna, 1, minutes=2)
    segment = store.segment(said.segment_id)
    assert (segment.message_count, segment.tools_used) == (1, ())
    assert segment.last_message_at == at(1)
    assert store.load(anna.id).segment == segment


def test_a_path_that_was_left_can_be_taken_again(store: ContinuumStore, anna: User) -> None:
    first, second = edited(store, anna)
    back = store.load(anna.id).choose(first.continuum.messages, mark(5))
    store.change_path(back)
    loaded = store.load(anna.id)
    assert loaded == back.continuum
    assert loaded.messages == first.continuum.messages
    assert store.branches(second.continuum.messages)[second.continuum.messages[0].id].index == 2


def test_storing_the_same_path_twice_changes_nothing(store: ContinuumStore, anna: User) -> None:
    hear(store, anna, "one")
    change = choose(store, anna, 0, minutes=2)
    store.change_path(change)
    assert store.load(anna.id) == change.continuum


def test_the_versions_of_a_message_are_told_with_their_neighbours(
    store: ContinuumStore, anna: User
) -> None:
    first, second = edited(store, anna)
    old, new = first.continuum.messages[0], second.continuum.messages[0]
    found = store.branches((*first.continuum.messages, *second.continuum.messages))
    assert found[old.id] == Branch(index=1, count=2, on_path=False, next_id=new.id)
    assert found[new.id] == Branch(index=2, count=2, previous_id=old.id)
    assert found[first.continuum.messages[1].id] == Branch(on_path=False)
    assert second.continuum.messages[1].id not in found


def test_a_message_below_another_has_its_versions_there(store: ContinuumStore, anna: User) -> None:
    answer(store, *hear(store, anna, "one"))
    old, _ = hear(store, anna, "two", minutes=2)
    choose(store, anna, 2, minutes=3)
    new, _ = hear(store, anna, "three", minutes=4)
    found = store.branches(new.continuum.messages)
    assert found == {
        new.continuum.messages[-1].id: Branch(
            index=2, count=2, previous_id=old.continuum.messages[-1].id
        )
    }


def test_where_all_is_on_the_path_there_are_no_branches(store: ContinuumStore, anna: User) -> None:
    change = answer(store, *hear(store, anna, "one"))
    assert store.branches(change.continuum.messages) == {}
    assert store.branches(()) == {}


def test_kin_say_where_each_message_stands(store: ContinuumStore, anna: User) -> None:
    first, second = edited(store, anna)
    kin = store.kin(first.continuum.messages[0].segment_id)
    messages = (*first.continuum.messages, *second.continuum.messages)
    assert [one.id for one in kin] == [m.id for m in messages]
    assert [one.parent_id for one in kin] == [m.parent_id for m in messages]
    assert [one.left_at for one in kin] == [at(2), at(2), None, None]
    assert [(one.role, one.said) for one in kin[:2]] == [(Role.USER, True), (Role.ASSISTANT, True)]


def test_what_is_summed_up_and_drawn_from_is_the_path(store: ContinuumStore, anna: User) -> None:
    edited(store, anna)
    chapter = end(store, anna)
    assert texts(store.segment_messages(chapter)) == ["two", "I see."]
    assert store.segment(chapter).message_count == 2


# --- what it is about -----------------------------------------------------------------------


def stone(narrative: str, minutes: float) -> Touchstone:
    return Touchstone(
        narrative=narrative,
        entities=("Ines",),
        hooks=("guest room", "train"),
        temporal="in May",
        source="made",
        at=at(minutes),
        vector=(0.5, -0.25),
    )


def test_a_new_continuum_is_about_nothing(store: ContinuumStore, anna: User) -> None:
    assert store.load(anna.id).touchstone is None


def test_what_it_is_about_goes_with_the_turn_and_outlives_its_segment(
    store: ContinuumStore, anna: User
) -> None:
    heard, record = hear(store, anna, "When does Ines come?")
    about = replace(heard.continuum, touchstone=stone("The visit of Ines", 0))
    change = about.answer((reply(about),), mark(1))
    store.commit(change, record)
    assert store.load(anna.id).touchstone == stone("The visit of Ines", 0)
    store.close_segment(store.load(anna.id).collapse(FIRST, mark(2)))
    assert store.load(anna.id).touchstone == stone("The visit of Ines", 0)


def test_a_touchstone_never_takes_the_place_of_a_later_message_s(
    store: ContinuumStore, anna: User
) -> None:
    continuum_id = store.load(anna.id).id
    for narrative, minutes in (("second", 2), ("first", 1), ("second again", 2)):
        store.keep_touchstone(continuum_id, stone(narrative, minutes))
    assert store.load(anna.id).touchstone == stone("second again", 2)


def test_what_a_path_was_about_stays_behind_with_it(store: ContinuumStore, anna: User) -> None:
    hear(store, anna, "When does Ines come?")
    store.keep_touchstone(store.load(anna.id).id, stone("The visit of Ines", 0))
    change = choose(store, anna, 0, minutes=2)
    assert change.continuum.touchstone is None
    assert store.load(anna.id).touchstone is None


def test_a_turn_that_changes_the_path_brings_what_it_is_about(
    store: ContinuumStore, anna: User
) -> None:
    change = answer(store, *hear(store, anna, "When does Ines come?"))
    _, record = hear(store, anna, "And the boiler?", minutes=2)
    store.keep_touchstone(change.continuum.id, stone("The boiler in the cellar", 2))
    before = store.load(anna.id)
    moved = before.choose(before.messages[:1], mark(3))
    about = replace(moved.continuum, touchstone=stone("The visit of Ines", 0))
    answered = about.answer((reply(about, minutes=3),), mark(3))
    for _ in range(2):
        store.commit(Change(answered.continuum, (*moved.events, *answered.events)), record)
    assert store.load(anna.id).touchstone == stone("The visit of Ines", 0)


def test_a_path_that_is_not_stored_whole_is_not_changed(store: ContinuumStore, anna: User) -> None:
    heard, record = hear(store, anna, "one")
    before = store.load(anna.id)
    moved = before.choose((), mark(2))
    broken = Change(moved.continuum, (*moved.events, told_otherwise(heard)))
    with pytest.raises(TypeError):
        store.commit(broken, record)
    assert store.load(anna.id) == before
