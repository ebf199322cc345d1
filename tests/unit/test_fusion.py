"""The laws of ranking what two legs found."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import assume, given
from hypothesis import strategies as st

from lt_memory.domain.fusion import (
    PLAIN,
    Considerable,
    Name,
    Ranked,
    Weights,
    above,
    asleep,
    for_intent,
    fuse,
    sifted,
    substance,
    without_repeats,
)
from lt_memory.domain.question import read

SPRING = datetime(2026, 4, 1, tzinfo=UTC)
PLAINLY = read("What was it?")

MOST = 25.0  # BM25 of a document that says every word very often

scores = st.floats(0, 1).map(lambda value: round(value, 4))


@st.composite
def candidates(draw: st.DrawFn, number: int) -> Considerable:
    coverage = draw(scores) * 0.8
    return Considerable(
        kind=draw(st.sampled_from(["memory", "message", "segment"])),
        id=UUID(int=number),
        created_at=SPRING + timedelta(hours=draw(st.integers(0, 1000))),
        cosine=draw(st.none() | st.floats(-1, 1).map(lambda value: round(value, 4))),
        words=coverage * MOST,
        coverage=coverage,
        importance=draw(scores),
        substance=draw(scores),
        of_user=draw(st.booleans()),
    )


@st.composite
def found(draw: st.DrawFn) -> list[Considerable]:
    return [draw(candidates(number)) for number in range(draw(st.integers(0, 8)))]


def one(number: int = 1, **rest: Any) -> Considerable:
    """What words found says all that was asked, unless it is said how much."""
    plain = Considerable(
        kind="memory", id=UUID(int=number), created_at=SPRING, coverage=float("words" in rest)
    )
    return plain._replace(**rest)


def ids(ranked: list[Ranked]) -> list[int]:
    return [each.candidate.id.int for each in ranked]


@given(found())
def test_the_parts_of_a_hit_add_up_to_its_score(given_: list[Considerable]) -> None:
    for each in fuse(given_, PLAINLY):
        r = each.reasons
        parts = (r.vector, r.text, r.entity, r.time, r.links, r.importance)
        assert math.isclose(each.score, sum(parts))
        assert 0 <= each.score <= sum((0.5, 0.5, 0.2, 0.1, 0.12, 0.02)) + 1e-9


@given(found(), st.randoms())
def test_the_order_of_arrival_changes_nothing(given_: list[Considerable], chance: object) -> None:
    mixed = list(given_)
    chance.shuffle(mixed)  # type: ignore[attr-defined]  # hypothesis's own random
    assert fuse(mixed, PLAINLY) == fuse(given_, PLAINLY)


@given(found())
def test_nothing_is_lost_or_doubled(given_: list[Considerable]) -> None:
    assert sorted(ids(fuse(given_, PLAINLY))) == sorted(each.id.int for each in given_)


@given(found())
def test_a_lost_leg_changes_nothing_but_its_part(given_: list[Considerable]) -> None:
    whole = {each.candidate.id: each.reasons for each in fuse(given_, PLAINLY)}
    wordless = [each._replace(words=0.0, coverage=0.0) for each in given_]
    for each in fuse(wordless, PLAINLY):
        assert each.reasons == replace(whole[each.candidate.id], text=0.0)
    unseen = [each._replace(cosine=None) for each in given_]
    for each in fuse(unseen, PLAINLY):
        assert each.reasons == replace(whole[each.candidate.id], vector=0.0)


@given(found())
def test_an_irrelevant_one_more_leaves_the_others_as_they_were(
    given_: list[Considerable],
) -> None:
    before = fuse(given_, PLAINLY)
    irrelevant = one(99, cosine=-0.5, importance=0.0, substance=0.0)
    after = fuse([*given_, irrelevant], PLAINLY)
    assert [each for each in after if each.candidate.id.int != 99] == before
    assert all(
        each.score >= 0 and ids(after).index(each.candidate.id.int) < ids(after).index(99)
        for each in before
        if each.score > 0
    )


@given(found(), st.integers(0, 7))
def test_a_better_leg_never_lowers_a_rank(given_: list[Considerable], which: int) -> None:
    assume(which < len(given_))
    before = ids(fuse(given_, PLAINLY))
    better = [
        each._replace(words=each.words + 5, coverage=each.coverage + 5 / MOST)
        if place == which
        else each
        for place, each in enumerate(given_)
    ]
    number = given_[which].id.int
    assert ids(fuse(better, PLAINLY)).index(number) <= before.index(number)


def test_the_best_of_a_leg_gets_the_whole_of_its_weight() -> None:
    best, other = fuse([one(1, words=8.0), one(2, words=4.0)], PLAINLY)
    assert best.reasons.text == PLAIN.text
    assert other.reasons.text == PLAIN.text / 2


def test_the_best_of_a_weak_leg_gets_less_than_the_whole() -> None:
    assert fuse([one(1, cosine=0.2)], PLAINLY)[0].reasons.vector == PLAIN.vector / 2
    assert fuse([one(1, cosine=0.8)], PLAINLY)[0].reasons.vector == PLAIN.vector


def test_the_wordiest_of_those_that_hold_little_of_the_question_gets_less_than_the_whole() -> None:
    half = fuse([one(1, words=8.0, coverage=0.15), one(2, words=4.0, coverage=0.075)], PLAINLY)
    assert [each.reasons.text for each in half] == [PLAIN.text / 2, PLAIN.text / 4]
    assert fuse([one(1, words=8.0, coverage=0.5)], PLAINLY)[0].reasons.text == PLAIN.text
    assert fuse([one(1, words=8.0, coverage=0.0)], PLAINLY)[0].reasons.text == 0.0


def test_a_word_in_common_with_something_else_does_not_beat_the_same_in_other_words() -> None:
    meant = one(1, cosine=0.5)
    one_word = one(2, cosine=0.25, words=3.0, coverage=0.1)
    assert ids(fuse([meant, one_word], PLAINLY)) == [1, 2]


def test_importance_breaks_a_tie_and_drowns_nothing() -> None:
    tied = fuse([one(1, words=1.0, importance=0.1), one(2, words=1.0, importance=0.9)], PLAINLY)
    assert ids(tied) == [2, 1]
    apart = fuse([one(1, words=1.0, importance=0.0), one(2, words=0.9, importance=1.0)], PLAINLY)
    assert ids(apart) == [1, 2]


def test_of_two_messages_that_fit_alike_the_one_that_says_more_comes_first() -> None:
    chat = substance(30, asks=False)
    told = substance(160, asks=False)
    tied = [one(1, words=1.0, substance=chat), one(2, words=1.0, substance=told)]
    assert ids(fuse(tied, PLAINLY)) == [2, 1]
    assert ids(fuse([*tied, one(3, words=1.2, substance=chat)], PLAINLY)) == [3, 2, 1]


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_what_asks_says_less_and_what_is_longer_no_less(shorter: int, more: int) -> None:
    assert 0 <= substance(shorter, asks=True) < substance(shorter, asks=False) <= 1
    assert substance(shorter + more, asks=False) >= substance(shorter, asks=False)


def test_of_equals_the_newest_comes_first_then_the_lower_id() -> None:
    later = SPRING + timedelta(days=1)
    assert ids(fuse([one(1), one(3), one(2, created_at=later)], PLAINLY)) == [2, 1, 3]


def test_the_one_who_is_named_is_meant() -> None:
    marta = one(1, kind="message", names=(Name(text="Marta Vos", person=True),))
    jonas = one(2, kind="message", names=(Name(text="Jonas", person=True),))
    first, second = fuse([jonas, marta], read("What does Marta like?"))
    assert first.candidate is marta
    assert first.reasons.entity == PLAIN.entity
    assert second.reasons.entity == 0


def test_neither_of_two_speakers_is_preferred_when_both_are_named() -> None:
    marta = one(1, kind="message", names=(Name(text="Marta", person=True),))
    jonas = one(2, kind="message", names=(Name(text="Jonas", person=True),))
    memory = one(3, names=(Name(text="Jonas", person=True),))
    ranked = fuse([jonas, marta, memory], read("What do Marta and Jonas like?"))
    assert {each.candidate.id.int: each.reasons.entity for each in ranked} == {
        1: 0.0,
        2: 0.0,
        3: PLAIN.entity,
    }


def test_a_question_in_the_first_person_means_the_user() -> None:
    mine, other = fuse([one(2), one(1, of_user=True)], read("What is my dog called?"))
    assert mine.candidate.of_user
    assert mine.reasons.entity == PLAIN.entity
    assert other.reasons.entity == 0


def test_a_month_in_the_question_draws_what_was_said_or_happens_in_it() -> None:
    june = datetime(2026, 6, 3, tzinfo=UTC)
    ranked = fuse([one(1), one(2, created_at=june), one(3, happens_at=june)], read("In June?"))
    assert {each.candidate.id.int: each.reasons.time for each in ranked} == {
        1: 0.0,
        2: PLAIN.time,
        3: PLAIN.time,
    }


def test_nothing_is_shown_when_nothing_reaches_the_floor() -> None:
    assert above(fuse([one(1, cosine=0.3)], PLAINLY), 0.25) == []
    assert above([], 0.25) == []


def test_the_lesser_ones_beside_a_good_one_need_half_the_floor() -> None:
    good, lesser = one(1, cosine=0.6), one(2, cosine=0.25)
    stray = one(3, cosine=0.1)
    assert ids(above(fuse([good, lesser, stray], PLAINLY), 0.25)) == [1, 2]


def test_words_lift_relevance_as_well() -> None:
    assert above(fuse([one(1, cosine=0.2, coverage=0.5)], PLAINLY), 0.25)


def test_a_message_is_told_by_its_memory() -> None:
    message = one(1, kind="message", cosine=0.6)
    memory = one(2, cosine=0.6, sources=(message.id,))
    assert ids(without_repeats(fuse([message, memory], PLAINLY))) == [2]


def test_a_message_that_fits_far_better_than_its_memory_stays() -> None:
    message = one(1, kind="message", cosine=0.6, words=9.0)
    memory = one(2, cosine=0.3, sources=(message.id,))
    assert ids(without_repeats(fuse([message, memory], PLAINLY))) == [1, 2]


@given(found())
def test_without_memories_no_message_is_a_repeat(given_: list[Considerable]) -> None:
    messages = [each._replace(kind="message") for each in given_]
    ranked = fuse(messages, PLAINLY)
    assert without_repeats(ranked) == ranked


# --- what is wanted -------------------------------------------------------------


def test_an_exact_detail_weighs_words_more_than_something_said_before() -> None:
    exact, recall = (for_intent(i, PLAIN).text for i in ("exact date", "Recall what was said"))
    assert exact > recall > PLAIN.text > for_intent("explore ideas", PLAIN).text


def test_the_first_word_that_says_something_counts() -> None:
    assert for_intent("to learn an exact date", PLAIN) == for_intent("learn", PLAIN)


@given(intent=st.text(), weights=st.builds(Weights, vector=scores, text=scores))
def test_an_intent_shifts_weight_and_never_adds_any(intent: str, weights: Weights) -> None:
    shifted = for_intent(intent, weights)
    assert math.isclose(shifted.text + shifted.vector, weights.text + weights.vector)
    assert replace(shifted, text=0, vector=0) == replace(weights, text=0, vector=0)


def test_an_unknown_intent_shifts_nothing() -> None:
    assert for_intent("", PLAIN) == for_intent("general chat", PLAIN) == PLAIN


# --- what is shown, and what is passed over ---------------------------------------


@given(found(), st.floats(0, 1))
def test_everything_is_worth_showing_or_there_is_a_reason(
    given_: list[Considerable], floor: float
) -> None:
    ranked = fuse(given_, PLAINLY)
    after = sifted(ranked, floor)
    worth = [each.candidate.id for each in after.worth]
    assert sorted([*worth, *after.why]) == sorted(each.candidate.id for each in ranked)
    assert worth == [each.candidate.id for each in ranked if each.candidate.id not in after.why]
    near = {each.candidate.id for each in above(ranked, floor)} if floor else {}
    assert not floor or all((why == "floor") == (id_ not in near) for id_, why in after.why.items())


def test_a_message_told_by_its_memory_is_passed_over_as_a_repeat() -> None:
    said = one(1, kind="message", words=8.0)
    drawn = one(2, words=10.0, sources=(said.id,))
    after = sifted(fuse([said, drawn], PLAINLY), 0.0)
    assert (ids(list(after.worth)), after.why) == ([2], {said.id: "repeat"})


def test_of_memories_in_the_same_words_the_best_is_told() -> None:
    same = [one(n, words=float(n), wording=7) for n in (1, 2)]
    later = one(4, wording=7, happens_at=SPRING)
    ranked = fuse([*same, one(3, words=0.5, wording=8), later], PLAINLY)
    assert ids(without_repeats(ranked)) == [2, 3, 4]


# --- dormant memories -------------------------------------------------------------


def test_a_dormant_memory_wakes_when_it_is_among_the_first_of_a_leg() -> None:
    by_meaning = [one(n, cosine=0.9 - n / 10, dormant=True) for n in range(1, 5)]
    by_words = [one(n, words=20.0 - n, dormant=True) for n in range(5, 9)]
    assert asleep([*by_meaning, *by_words], 3) == {UUID(int=4), UUID(int=8)}


def test_active_memories_take_places_of_a_leg_and_never_sleep() -> None:
    active = [one(n, cosine=0.9, words=9.0) for n in (1, 2, 3)]
    assert asleep([*active, one(4, cosine=0.5, words=2.0, dormant=True)], 3) == {UUID(int=4)}


def test_messages_take_no_place_of_a_memory() -> None:
    said = [one(n, kind="message", cosine=0.9, words=9.0) for n in (1, 2, 3)]
    assert not asleep([*said, one(4, cosine=0.5, dormant=True)], 3)


def test_what_sleeps_is_passed_over_as_such() -> None:
    ranked = fuse([one(1, words=10.0, dormant=True), one(2, words=8.0)], PLAINLY)
    after = sifted(ranked, 0.0, asleep([each.candidate for each in ranked], 0))
    assert (ids(list(after.worth)), after.why) == ([2], {UUID(int=1): "dormant"})
