"""The laws of what comes to mind by way of something else."""

import math
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from cns.domain.grounds import Leg, Legs, Via
from lt_memory.domain.following import Bond, Replaced, beside, with_links, with_successors
from lt_memory.domain.fusion import Considerable, Ranked, fuse
from lt_memory.domain.places import places
from lt_memory.domain.question import read
from lt_memory.domain.showing import said_once, side_by_side

SPRING = datetime(2026, 4, 1, tzinfo=UTC)
PLAINLY = read("What was it?")
WEIGHT = 0.2

shares = st.floats(0, 1).map(lambda value: round(value, 3))
numbers = st.integers(1, 6)
bonds = st.lists(
    st.builds(
        Bond,
        one=numbers.map(lambda n: UUID(int=n)),
        other=numbers.map(lambda n: UUID(int=n)),
        link=st.sampled_from(["conflicts", "caused_by", "related"]),
        confidence=shares,
    ).filter(lambda bond: bond.one != bond.other),
    max_size=8,
)


def one(number: int, **rest: Any) -> Considerable:
    plain = Considerable(kind="memory", id=UUID(int=number), created_at=SPRING)
    return plain._replace(**rest)


def bond(one_: int, other: int, link: str = "related", confidence: float = 0.9) -> Bond:
    return Bond(one=UUID(int=one_), other=UUID(int=other), link=link, confidence=confidence)


def ranked_of(*words: float) -> list[Ranked]:
    return fuse([one(n, words=value, coverage=1.0) for n, value in enumerate(words, 1)], PLAINLY)


def ids(ranked: list[Ranked]) -> list[int]:
    return [each.candidate.id.int for each in ranked]


@given(st.lists(shares, min_size=1, max_size=6), bonds)
def test_links_put_nothing_past_what_it_was_come_to_from(
    words: list[float], links: list[Bond]
) -> None:
    before = ranked_of(*words)
    after = with_links(before, links, WEIGHT)
    plain = {each.candidate.id: each for each in before}
    for each in after:
        gained = each.score - plain[each.candidate.id].score
        assert math.isclose(gained, each.reasons.links, abs_tol=1e-12)
        assert 0 <= each.reasons.links <= WEIGHT
        if each.candidate.via is not None:
            assert each.score < plain[each.candidate.via.id].score
    assert after[0].candidate.id == before[0].candidate.id
    assert [each.score for each in after] == sorted((e.score for e in after), reverse=True)


@given(st.lists(shares, min_size=1, max_size=6), bonds, st.randoms())
def test_the_order_of_the_links_changes_nothing(
    words: list[float], links: list[Bond], chance: object
) -> None:
    mixed = list(links)
    chance.shuffle(mixed)  # type: ignore[attr-defined]  # hypothesis's own random
    ranked = ranked_of(*words)
    assert with_links(ranked, mixed, WEIGHT) == with_links(ranked, links, WEIGHT)


def test_links_are_followed_three_times_and_both_ways() -> None:
    chain = [bond(2, 1, "caused_by"), bond(2, 3, "caused_by"), bond(4, 3, "caused_by"), bond(4, 5)]
    after = with_links(ranked_of(9.0, 0.0, 0.0, 0.0, 0.0), chain, WEIGHT)
    ways = {each.candidate.id.int: each.candidate.via for each in after}
    assert ways == {
        1: None,
        **{n: Via(id=UUID(int=1), link="caused_by", hops=n - 1) for n in (2, 3, 4)},
        5: None,
    }
    parts = [each.reasons.links for each in after]
    assert math.isclose(parts[1], WEIGHT * 0.8 * 0.9 * 0.5)
    assert math.isclose(parts[2], parts[1] * 0.8 * 0.9)


def test_the_stronger_of_two_ways_counts() -> None:
    ways = [bond(1, 3, confidence=0.7), bond(2, 3, "conflicts", 1.0)]
    (*_, third) = with_links(ranked_of(9.0, 8.9, 0.0), ways, WEIGHT)
    assert third.candidate.via == Via(id=UUID(int=2), link="conflicts", hops=1)


def test_a_successor_is_found_by_the_words_and_meaning_of_what_it_took_the_place_of() -> None:
    new = one(1, cosine=0.2, words=3.0, coverage=0.1)
    old = Replaced(id=UUID(int=9), by=new.id, hops=2, cosine=0.7, words=1.0, coverage=0.4)
    (found,) = with_successors([new], [old])
    assert (found.cosine, found.words, found.coverage) == (0.7, 3.0, 0.4)
    assert found.via == Via(id=old.id, link="supersedes", hops=2)


def test_a_successor_that_fits_better_itself_was_come_to_from_nothing() -> None:
    new = one(1, cosine=0.8, words=3.0, coverage=0.5)
    old = Replaced(id=UUID(int=9), by=new.id, hops=1, words=1.0)
    assert with_successors([new], [old]) == [new]
    assert with_successors([one(2)], [old]) == [one(2)]


def test_what_is_in_conflict_stands_just_below() -> None:
    best, other, worst = ranked_of(9.0, 5.0, 1.0)
    shown = side_by_side([best, other, worst], {best.candidate.id: [worst]}, 3)
    assert ids(shown) == [1, 3, 2]
    assert other.score < shown[1].score < best.score
    assert shown[1].candidate.via == Via(id=best.candidate.id, link="conflicts", hops=1)
    assert beside(worst, best).score == best.score


def test_room_for_it_is_made_by_the_last_that_is_in_no_conflict() -> None:
    ranked = ranked_of(9.0, 8.0, 7.0, 6.0)
    partners = {ranked[2].candidate.id: [ranked[3]]}
    assert ids(side_by_side(ranked, partners, 3)) == [1, 3, 4]
    assert ids(side_by_side(ranked, {ranked[0].candidate.id: [ranked[1]]}, 1)) == [1]


def test_what_says_the_same_as_a_better_one_is_left_out() -> None:
    ranked = ranked_of(9.0, 8.0, 7.0)
    once = said_once(ranked, lambda a, b: {a.candidate.id.int, b.candidate.id.int} == {1, 3})
    assert ids(once) == [1, 2]


def test_equals_have_the_same_place_in_a_leg() -> None:
    found = [one(1, cosine=0.5, words=2.0), one(2, cosine=0.5), one(3, cosine=0.1, words=4.0)]
    legs = places(found)
    assert legs.of(found[0]) == Legs(vector=Leg(rank=1, score=0.5), text=Leg(rank=2, score=2.0))
    assert legs.of(found[1]) == Legs(vector=Leg(rank=1, score=0.5))
    assert legs.of(found[2]) == Legs(vector=Leg(rank=3, score=0.1), text=Leg(rank=1, score=4.0))
