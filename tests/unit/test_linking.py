"""Words for links, and what each is kept as."""

from uuid import UUID

import pytest

from lt_memory.domain.linking import Ends, LinkAlias, LinkKind, ends
from lt_memory.domain.memory import MemoryId

HERE, THERE = MemoryId(UUID(int=1)), MemoryId(UUID(int=2))


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        (LinkAlias.CONTRADICTS, LinkKind.CONFLICTS),
        (LinkAlias.SIMILAR_TO, LinkKind.RELATED),
        (LinkAlias.CO_OCCURRED, LinkKind.RELATED),
        (LinkAlias.DERIVES_FROM, LinkKind.DERIVED_FROM),
        *((kind, kind) for kind in LinkKind),
    ],
)
def test_most_words_keep_their_direction(word: LinkKind | LinkAlias, kind: LinkKind) -> None:
    assert ends(HERE, THERE, word) == Ends(source_id=HERE, target_id=THERE, kind=kind)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        (LinkAlias.CAUSES, LinkKind.CAUSED_BY),
        (LinkAlias.INVALIDATED_BY, LinkKind.SUPERSEDES),
    ],
)
def test_a_word_for_the_other_direction_is_kept_reversed(word: LinkAlias, kind: LinkKind) -> None:
    assert ends(HERE, THERE, word) == Ends(source_id=THERE, target_id=HERE, kind=kind)
