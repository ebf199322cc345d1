"""Which memories are put together as perhaps the same."""

from dataclasses import replace
from datetime import datetime
from itertools import combinations
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lt_memory.domain.cluster import Closeness, clusters, may_join
from lt_memory.domain.memory import Memory, MemoryId, Source, Trust
from tests.values import at

CLOSE = Closeness(to_hub=0.88, mean=0.8, most=5)
TEXT = "I have a cat."


def memory(number: int, text: str = TEXT) -> Memory:
    return Memory(id=MemoryId(UUID(int=number)), text=text, created_at=at(0), updated_at=at(0))


def found(memories: list[Memory], near: dict[tuple[int, int], float], *hubs: int) -> list[set[int]]:
    nearness = {
        frozenset((MemoryId(UUID(int=one)), MemoryId(UUID(int=other)))): cosine
        for (one, other), cosine in near.items()
    }
    by_id = {each.id: each for each in memories}
    made = clusters([MemoryId(UUID(int=hub)) for hub in hubs], by_id, nearness, CLOSE)
    return [{each.id.int for each in group} for group in made]


def test_the_nearest_gather_around_a_hub_up_to_five() -> None:
    near = dict.fromkeys(combinations(range(1, 8), 2), 0.9)
    memories = [memory(number) for number in range(1, 8)]
    assert found(memories, near | {(1, 7): 0.99}, 1) == [{1, 7, 2, 3, 4}]


def test_what_is_near_the_hub_but_far_from_the_others_stays_out() -> None:
    near = {(1, 2): 0.95, (1, 3): 0.9, (2, 3): 0.1, (1, 4): 0.87}
    assert found([memory(n) for n in (1, 2, 3, 4)], near, 1) == [{1, 2}]


def test_each_is_in_one_cluster_only_and_a_hub_that_is_gone_is_passed_over() -> None:
    near = {(1, 2): 0.95, (3, 2): 0.95, (3, 4): 0.9}
    assert found([memory(n) for n in (1, 2, 3, 4)], near, 9, 1, 2, 3) == [{1, 2}, {3, 4}]


def test_a_hub_alone_is_no_cluster() -> None:
    assert found([memory(1), memory(2)], {}, 1, 2) == []


@pytest.mark.parametrize(
    "other",
    [
        replace(memory(2), trust=Trust.UNTRUSTED),
        replace(memory(2), source=Source.ASSISTANT),
        replace(memory(2), origins=("page:a",)),
        replace(memory(2), expires_at=at(9)),
        replace(memory(2), happens_at=at(9)),
        memory(2, "I have no cat."),
    ],
)
def test_what_may_not_be_one_does_not_join(other: Memory) -> None:
    one = replace(memory(1), happens_at=at(3))
    assert not may_join(one, other)
    assert found([one, other], {(1, 2): 0.99}, 1) == []


def test_one_date_serves_both() -> None:
    assert may_join(replace(memory(1), happens_at=at(3)), memory(2))


DATES = st.sampled_from([None, at(1), at(2)])


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.sampled_from(list(Trust)), DATES, DATES), min_size=2, max_size=12),
    st.dictionaries(
        st.tuples(st.integers(0, 11), st.integers(0, 11)), st.floats(0, 1), max_size=60
    ),
    st.permutations(range(12)),
)
def test_clusters_keep_to_their_rules(
    kinds: list[tuple[Trust, datetime | None, datetime | None]],
    near: dict[tuple[int, int], float],
    hubs: list[int],
) -> None:
    memories = [
        replace(memory(number), trust=trust, expires_at=ends, happens_at=happens)
        for number, (trust, ends, happens) in enumerate(kinds)
    ]
    groups = found(memories, {pair: c for pair, c in near.items() if len(set(pair)) > 1}, *hubs)
    assert sum(map(len, groups)) == len(set().union(*groups))
    for group in groups:
        assert 2 <= len(group) <= CLOSE.most
        pairs = list(combinations(group, 2))
        assert all(may_join(memories[one], memories[other]) for one, other in pairs)
