"""What is remembered: see it, find it, add to it, mend it, let it go."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from api.schemas.base import LIMIT_MAX, Listing
from api.schemas.memories import (
    AsOf,
    MemoriesAsked,
    MemoryAsked,
    MemoryEdit,
    MemoryFound,
    MemoryShown,
    ReceiptShown,
    RevisionShown,
)
from api.schemas.problem import WITH_BODY, problems
from api.services import Edge, Services
from cns import paging, ports
from cns.errors import InvalidInput
from lt_memory.domain.memory import MemoryId, State
from lt_memory.ports import MemoryFilter

router = APIRouter(prefix="/api/memories", tags=["memories"])


@router.get("", summary="List or search memories")
def memories(services: Edge, asked: Annotated[MemoriesAsked, Query()]) -> Listing[MemoryFound]:
    """Newest first; with `q`, the 200 that fit best, best first.

    What `q` finds is ranked by meaning and by words, and carries its `score` and `reasons`. With
    `as_of`, the memories as they stood then, with the links, names and wordings of the day; their
    importance as far back as the journal of scores goes; use is as it is now, and what was deleted
    for good is not told. With both, `q` is looked for in the wordings of the day, by words alone.
    What waits for your yes is listed with `state=pending` alone.
    """
    page = ports.Page(limit=asked.limit, cursor=asked.cursor)
    if asked.as_of is not None and asked.q is not None:
        return _met(services, asked, asked.as_of, asked.q)
    if asked.as_of is not None:
        found, following = services.history.list(asked.as_of, asked.narrowed(), page)
    elif asked.q is not None:
        return _ranked(services, asked, asked.q)
    else:
        found, following = services.memories.list(asked.narrowed(), page)
    return Listing(
        items=[MemoryFound.ranked(memory, None) for memory in found], next_cursor=following
    )


@router.post("", summary="Remember something", status_code=201, responses=problems(*WITH_BODY))
def add(services: Edge, asked: MemoryAsked) -> MemoryShown:
    """Kept as said by the user."""
    return MemoryShown.of(services.memories.add(asked.as_new()))


@router.get("/{memory_id}", summary="Read a memory", responses=problems(404))
def memory(
    services: Edge, memory_id: MemoryId, as_of: Annotated[AsOf, Query()] = None
) -> MemoryShown:
    """With its evidence, entities and links; with `as_of`, as it stood then."""
    if as_of is not None:
        return MemoryShown.of(services.history.get(as_of, memory_id))
    return MemoryShown.of(services.memories.get(memory_id))


@router.patch("/{memory_id}", summary="Mend a memory", responses=problems(404, 409, *WITH_BODY))
def edit(services: Edge, memory_id: MemoryId, asked: MemoryEdit) -> MemoryShown:
    """A new revision; the one before stays in the history."""
    return MemoryShown.of(services.memories.edit(memory_id, asked.as_change()))


@router.delete("/{memory_id}", summary="Forget a memory", responses=problems(404))
def delete(
    services: Edge,
    memory_id: MemoryId,
    dry_run: Annotated[bool, Query(description="Only say what would go.")] = False,  # noqa: FBT002 - a query parameter
) -> ReceiptShown:
    """Erases the words from every revision, derived row and cache. This cannot be undone."""
    return ReceiptShown.of(services.memories.delete(memory_id, dry_run=dry_run))


@router.get("/{memory_id}/history", summary="How a memory changed", responses=problems(404))
def history(services: Edge, memory_id: MemoryId) -> Listing[RevisionShown]:
    """Every revision, oldest first."""
    revisions = services.memories.history(memory_id)
    return Listing(items=[RevisionShown.of(revision) for revision in revisions])


def _met(
    services: Services, asked: MemoriesAsked, then: datetime, question: str
) -> Listing[MemoryFound]:
    """The best of the past; a cursor says how many of them were shown already."""
    begin = _begin(asked.cursor)
    end = begin + asked.limit
    met = services.history.search(then, asked.narrowed(), question)
    return Listing(
        items=[MemoryFound.met(each) for each in met[begin:end]],
        next_cursor=paging.encode([end]) if len(met) > end else None,
    )


def _ranked(services: Services, asked: MemoriesAsked, question: str) -> Listing[MemoryFound]:
    """The best of what it is narrowed to; a cursor says how many of them were shown already."""
    begin = _begin(asked.cursor)
    end = min(begin + asked.limit, LIMIT_MAX)
    narrowed = asked.beyond_time()
    query = ports.Query(
        text=question,
        vector=None,
        limit=end,
        kinds=frozenset({"memory"}),
        after=asked.after,
        before=asked.before,
        among=None if narrowed is None else frozenset(services.memories.ids(narrowed)),
        put_away=bool(asked.archived) or asked.state in {State.ARCHIVED, State.PENDING},
    )
    found = services.search.find(query)
    hits = {hit.id: hit for hit in found.hits[begin:]}
    if not hits:
        return Listing(items=[])
    these = MemoryFilter(ids=tuple(hits))
    known, _ = services.memories.list(these, ports.Page(limit=LIMIT_MAX))
    by_id = {memory.id: memory for memory in known}
    more = found.weighed > end == len(found.hits) and end < LIMIT_MAX
    return Listing(
        items=[
            MemoryFound.ranked(by_id[MemoryId(key)], hit)
            for key, hit in hits.items()
            if MemoryId(key) in by_id
        ],
        next_cursor=paging.encode([end]) if more else None,
    )


def _begin(cursor: str | None) -> int:
    if cursor is None:
        return 0
    (begin,) = paging.decode(cursor, 1)
    if not isinstance(begin, int) or not 0 <= begin <= LIMIT_MAX:
        raise InvalidInput("`cursor` is not one that this search returned: ask again without it.")
    return begin
