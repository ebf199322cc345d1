"""Links, graphs, conflicts and entities on the real database, by hand and over HTTP."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient

from adapters.postgres import Postgres
from cns.domain.message import UserId
from cns.errors import Conflict, InvalidInput, NotFound, Unavailable
from cns.ports import Page
from lt_memory.domain.linking import Keep, KnownEntity, LinkAlias, LinkKind
from lt_memory.domain.memory import EntityId, MemoryId
from lt_memory.entities import RuleNames
from lt_memory.linking import MOST_NODES, LinkService
from lt_memory.linking_postgres import PostgresLinks
from lt_memory.memories import MemoryService, NewMemory
from lt_memory.ports import NewLink
from lt_memory.postgres import PostgresMemories
from lt_memory.reader import Reader
from lt_memory.runs_postgres import PostgresRuns
from tests.fakes import app
from tests.fakes.clock import FrozenClock
from tests.fakes.embedder import FakeEmbedder
from tests.seeding import Seeds

pytestmark = pytest.mark.postgres


@dataclass(slots=True)
class World:
    """Memories and their links on one database."""

    database: Postgres
    clock: FrozenClock
    seeds: Seeds
    embedder: FakeEmbedder = field(default_factory=FakeEmbedder)

    @property
    def store(self) -> PostgresMemories:
        return PostgresMemories(self.database, UserId(self.seeds.user_id))

    @property
    def memories(self) -> MemoryService:
        return MemoryService(self.store, Reader(RuleNames(), self.embedder), self.clock)

    @property
    def links(self) -> LinkService:
        return LinkService(self.store, PostgresLinks(self.database), self.clock)

    def remember(self, *texts: str) -> list[MemoryId]:
        made = []
        for text in texts:
            self.clock.move(timedelta(seconds=1))
            made.append(self.memories.add(NewMemory(text=text)).id)
        return made

    def tie(self, source: MemoryId, target: MemoryId, kind: str = "conflicts") -> UUID:
        """A link that background work made."""
        self.clock.move(timedelta(seconds=1))
        link = NewLink(
            id=uuid4(),
            source_id=source,
            target_id=target,
            kind=kind,
            reason="another place",
            at=self.clock.now(),
        )
        with self.store.work() as work:
            work.link(link)
        return link.id

    def changes(self, memory_id: MemoryId) -> list[str]:
        return [each.change for each in self.memories.history(memory_id)]


@pytest.fixture
def world(database: Postgres, clock: FrozenClock) -> World:
    seeds = Seeds(database)
    seeds.user()
    return World(database, clock, seeds)


@pytest.fixture
def client(world: World, tmp_path: Path) -> Iterator[TestClient]:
    changed = {"memories": world.memories, "links": world.links}
    with app.running(app.World(), tmp_path, **changed) as edge:
        yield edge.client


def test_a_link_is_seen_from_both_ends_and_stands_in_both_histories(world: World) -> None:
    a, b = world.remember("Ada sails.", "Ada owns a boat.")
    tie = world.links.link(a, b, LinkKind.SUPPORTS)
    seen = [
        (link.direction, link.other_id, link.kind)
        for each in (a, b)
        for link in world.memories.get(each).links
    ]
    assert seen == [("out", b, "supports"), ("in", a, "supports")]
    for each in (a, b):
        last = world.memories.history(each)[-1]
        told = {"id": str(tie.id), "kind": "supports", "source_id": str(a), "target_id": str(b)}
        assert (last.change, last.before, last.after) == ("linked", {"link": None}, {"link": told})


def test_links_of_every_kind_can_stand_between_two_memories(world: World) -> None:
    a, b = world.remember("It rained.", "The cellar is wet.")
    for kind in LinkKind:
        world.links.link(a, b, kind)
    assert {link.kind for link in world.memories.get(a).links} == set(LinkKind)


def test_a_link_that_stands_already_is_returned_as_it_is(world: World) -> None:
    a, b = world.remember("It rained.", "The cellar is wet.")
    first = world.links.link(a, b, LinkAlias.CAUSES)
    assert world.links.link(b, a, LinkKind.CAUSED_BY) == first
    assert world.changes(a) == ["created", "linked"]


def test_links_made_at_once_in_both_directions_wait_for_each_other(world: World) -> None:
    a, b = world.remember("It rained.", "The cellar is wet.")
    asked = [(a, b), (b, a)] * 4
    with ThreadPoolExecutor(4) as pool:
        ties = list(
            pool.map(lambda ends: world.links.link(ends[0], ends[1], LinkKind.RELATED), asked)
        )
    assert len({tie.id for tie in ties}) == 2


def test_a_memory_is_not_linked_to_itself_nor_to_what_is_not_there(world: World) -> None:
    (a,) = world.remember("Ada sails.")
    with pytest.raises(InvalidInput, match="itself"):
        world.links.link(a, a, LinkKind.RELATED)
    with pytest.raises(NotFound) as missing:
        world.links.link(a, MemoryId(uuid4()), LinkKind.RELATED)
    assert missing.value.code == "memory_not_found"
    assert world.changes(a) == ["created"]


def test_what_is_superseded_by_hand_holds_until_then_and_again_when_the_link_is_cut(
    world: World,
) -> None:
    old, new = world.remember("Ada lives in Leeds.", "Ada lives in York.")
    tie = world.links.link(old, new, LinkAlias.INVALIDATED_BY)
    assert world.memories.get(old).valid_until == world.clock.now()
    assert world.changes(old) == ["created", "superseded", "linked"]
    assert world.links.unlink(new, tie.id).links == ()
    assert world.memories.get(old).valid_until is None
    assert world.changes(old)[3:] == ["valid again", "unlinked"]


def test_what_another_memory_supersedes_too_does_not_hold_again(world: World) -> None:
    old, new, newest = world.remember("Ada is in Leeds.", "Ada is in York.", "Ada is in Hull.")
    tie = world.links.link(new, old, LinkKind.SUPERSEDES)
    world.links.link(newest, old, LinkKind.SUPERSEDES)
    until = world.memories.get(old).valid_until
    world.links.unlink(old, tie.id)
    assert until is not None
    assert world.memories.get(old).valid_until == until


def test_a_link_is_only_cut_at_its_own_ends(world: World) -> None:
    a, b, c = world.remember("Ada sails.", "Ada owns a boat.", "It rained.")
    tie = world.links.link(a, b, LinkKind.RELATED)
    for memory_id, link_id in ((c, tie.id), (a, uuid4())):
        with pytest.raises(NotFound) as missing:
            world.links.unlink(memory_id, link_id)
        assert missing.value.code == "link_not_found"


def test_a_graph_goes_both_ways_as_far_as_it_is_asked(world: World) -> None:
    a, b, c, d, _ = world.remember("one", "two", "three", "four", "alone")
    world.tie(b, a, "related")
    world.tie(b, c, "supports")
    world.tie(d, c, "sequence")
    world.tie(c, a, "related")
    seen = {node.id: node.depth for node in world.links.graph(b, 1).nodes}
    assert seen == {b: 0, a: 1, c: 1}
    whole = world.links.graph(a, 3)
    assert {node.id: node.depth for node in whole.nodes} == {a: 0, b: 1, c: 1, d: 2}
    assert [edge.kind for edge in whole.edges] == ["related", "supports", "sequence", "related"]
    assert not whole.truncated


def test_a_graph_is_cut_off_at_two_hundred_and_says_so(world: World) -> None:
    (hub,) = world.remember("the hub")
    rays = [MemoryId(uuid4()) for _ in range(MOST_NODES + 5)]
    with world.database.transaction() as tx:
        tx.run(
            "WITH made AS (INSERT INTO memories (id, user_id, text, kind, source, trust, state,"
            " created_at, updated_at) SELECT id, %(user)s, 'ray', 'fact', 'user', 'trusted',"
            " 'active', now(), now() FROM unnest(%(ids)s::uuid[]) id"
            " RETURNING id), standing AS (INSERT INTO memory_standing (memory_id)"
            " SELECT id FROM made ON CONFLICT DO NOTHING) SELECT 1",
            user=world.seeds.user_id,
            ids=rays,
        )
        tx.run(
            "INSERT INTO memory_links (id, source_id, target_id, kind, created_at)"
            " SELECT gen_random_uuid(), %(hub)s, id, 'contains', now()"
            " FROM unnest(%(ids)s::uuid[]) id",
            hub=hub,
            ids=rays,
        )
    graph = world.links.graph(hub, 3)
    assert (len(graph.nodes), len(graph.edges), graph.truncated) == (200, 199, True)


def test_a_graph_of_nothing_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        world.links.graph(MemoryId(uuid4()), 2)


def test_the_similar_come_nearest_first_without_what_is_put_away(world: World) -> None:
    a, near, far, away = world.remember(
        "Ada sails a boat.", "Ada sails a big boat.", "Ada bakes bread.", "Ada sails a boat now."
    )
    world.memories.edit(away, {"archived": True})
    found = world.links.similar(a, 5)
    assert [each.memory.id for each in found] == [near, far]
    assert 1 > found[0].score > found[1].score
    assert [each.memory.id for each in world.links.similar(a, 1)] == [near]


def test_of_what_has_no_vector_yet_nothing_is_said(world: World) -> None:
    world.embedder.lost = True
    (a,) = world.remember("Ada sails.")
    with pytest.raises(Unavailable) as early:
        world.links.similar(a, 5)
    assert (early.value.code, early.value.retryable) == ("not_embedded_yet", True)
    with pytest.raises(NotFound):
        world.links.similar(MemoryId(uuid4()), 5)


def test_conflicts_are_paged_newest_first_until_they_are_settled(world: World) -> None:
    a, b, c = world.remember("Ada is in Leeds.", "Ada is in York.", "Ada is in Hull.")
    first, second = world.tie(a, b), world.tie(c, b)
    world.tie(a, c, "related")
    shown, cursor = world.links.conflicts(Page(limit=1))
    rest, end = world.links.conflicts(Page(limit=1, cursor=cursor))
    assert [each.tie.id for each in (*shown, *rest)] == [second, first]
    assert (rest[0].a.id, rest[0].b.id, end) == (a, b, None)
    world.links.resolve(first, Keep.BOTH)
    world.links.resolve(second, Keep.BOTH)
    assert world.links.conflicts(Page()) == ([], None)


def test_a_conflict_is_none_while_one_of_the_two_is_put_away(world: World) -> None:
    a, b = world.remember("Ada is in Leeds.", "Ada is in York.")
    world.tie(a, b)
    world.memories.edit(a, {"archived": True})
    assert world.links.conflicts(Page()) == ([], None)
    world.memories.edit(a, {"archived": False})
    assert len(world.links.conflicts(Page())[0]) == 1


def test_a_conflict_is_put_off_when_a_third_takes_the_place_of_one(world: World) -> None:
    a, b, c = world.remember("Ada is in Leeds.", "Ada is in York.", "Ada is in Hull.")
    conflict = world.tie(a, b)
    tie = world.links.link(c, a, LinkKind.SUPERSEDES)
    with world.store.work() as work:
        assert work.ties.get(conflict).settlement == "later"
    assert world.links.conflicts(Page()) == ([], None)
    world.links.unlink(c, tie.id)
    (open_again,), _ = world.links.conflicts(Page())
    assert (open_again.tie.id, open_again.tie.settled_at) == (conflict, None)


@pytest.mark.parametrize("keep", [Keep.A, Keep.B])
def test_what_is_not_kept_is_superseded_by_what_is(world: World, keep: Keep) -> None:
    a, b = world.remember("Ada is in Leeds.", "Ada is in York.")
    kept, lost = (a, b) if keep is Keep.A else (b, a)
    settled = world.links.resolve(world.tie(a, b), keep)
    assert (settled.tie.settlement, settled.tie.settled_at) == (keep.value, world.clock.now())
    assert world.memories.get(kept).valid_until is None
    assert world.memories.get(lost).valid_until == world.clock.now()
    links = {(link.kind, link.direction) for link in world.memories.get(lost).links}
    assert ("supersedes", "in") in links
    assert world.changes(lost) == ["created", "superseded", "linked"]


@pytest.mark.parametrize("keep", list(Keep))
def test_a_conflict_that_was_settled_by_hand_is_open_again_once_that_is_undone(
    world: World, keep: Keep
) -> None:
    a, b = world.remember("Ada is in Leeds.", "Ada is in York.")
    conflict = world.tie(a, b)
    before = [world.memories.get(each) for each in (a, b)]
    world.links.resolve(conflict, keep)
    settled = [world.memories.get(each) for each in (a, b)]
    runs = PostgresRuns(world.database)
    ((record,), _) = runs.list("settle", Page())
    runs.undo(record.run.id, world.clock.now())
    (open_again,), _ = world.links.conflicts(Page())
    assert (open_again.tie.id, open_again.tie.settlement) == (conflict, None)
    found = [world.memories.get(each) for each in (a, b)]
    assert [(m.valid_until, m.links) for m in found] == [(m.valid_until, m.links) for m in before]
    runs.redo(record.run.id, world.clock.now())
    again = [world.memories.get(each) for each in (a, b)]
    assert [(m.valid_until, m.links) for m in again] == [(m.valid_until, m.links) for m in settled]


@pytest.mark.parametrize("keep", [Keep.A, Keep.B])
def test_a_conflict_is_open_again_once_the_link_that_settled_it_is_cut(
    world: World, keep: Keep
) -> None:
    a, b = world.remember("Ada is in Leeds.", "Ada is in York.")
    conflict = world.tie(a, b)
    world.links.resolve(conflict, keep)
    (cut,) = (link for link in world.memories.get(a).links if link.kind == "supersedes")
    world.links.unlink(a, cut.id)
    (open_again,), _ = world.links.conflicts(Page())
    assert (open_again.tie.id, open_again.tie.settlement) == (conflict, None)
    runs = PostgresRuns(world.database)
    ((record,), _) = runs.list("settle", Page())
    assert record.run.state == "undone"
    with pytest.raises(Conflict):
        runs.redo(record.run.id, world.clock.now())
    assert world.links.resolve(conflict, Keep.A).tie.settlement == "a"


def test_a_settled_conflict_stays_so_when_another_link_of_the_two_is_cut(world: World) -> None:
    a, b = world.remember("Ada is in Leeds.", "Ada is in York.")
    conflict = world.tie(a, b)
    world.links.resolve(conflict, Keep.A)
    world.links.unlink(a, world.tie(a, b, "related"))
    world.links.unlink(a, world.links.link(b, a, LinkKind.SUPERSEDES).id)
    with world.store.work() as work:
        assert work.ties.get(conflict).settlement == "a"


def test_a_conflict_that_both_survive_changes_neither(world: World) -> None:
    a, b = world.remember("Ada is in Leeds.", "Ada is in York.")
    world.links.resolve(world.tie(a, b), Keep.BOTH)
    assert [world.memories.get(each).valid_until for each in (a, b)] == [None, None]
    assert world.changes(a) == world.changes(b) == ["created"]


def test_a_conflict_is_settled_once(world: World) -> None:
    a, b = world.remember("Ada is in Leeds.", "Ada is in York.")
    conflict = world.tie(a, b)
    world.links.resolve(conflict, Keep.A)
    with pytest.raises(Conflict) as twice:
        world.links.resolve(conflict, Keep.B)
    assert twice.value.code == "conflict_settled"
    assert world.memories.get(a).valid_until is None
    for other in (world.tie(a, b, "related"), uuid4()):
        with pytest.raises(NotFound):
            world.links.resolve(other, Keep.A)


def test_entities_are_found_by_a_part_of_their_name_or_alias(world: World) -> None:
    world.remember("My sister Anna lives in Leeds.", "My sister Anna has a dog.")
    whole, _ = world.links.entities(None, Page())
    anna = next(each for each in whole if each.entity.name == "Anna")
    with world.database.transaction() as tx:
        tx.run(
            "INSERT INTO entity_aliases (entity_id, name) VALUES (%(id)s, 'Nan')",
            id=anna.entity.id,
        )
    for q in ("ann", "NAN"):
        ((found,), cursor) = world.links.entities(q, Page())
        assert (found.entity, found.aliases, cursor) == (anna.entity, ("Nan",), None)
    assert (anna.memory_count, anna.last_linked_at) == (2, world.clock.now())
    assert world.links.entities("nobody", Page()) == ([], None)


def test_entities_and_their_memories_are_paged(world: World) -> None:
    leeds, dog = world.remember("My sister Anna lives in Leeds.", "My sister Anna has a dog.")
    whole, _ = world.links.entities(None, Page())
    paged: list[KnownEntity] = []
    cursor: str | None = None
    while len(paged) < len(whole):
        found, cursor = world.links.entities(None, Page(limit=1, cursor=cursor))
        paged += found
    assert (paged, cursor) == (whole, None)
    anna = next(each for each in whole if each.entity.name == "Anna").entity.id
    first = world.links.entity(anna, Page(limit=1))
    rest = world.links.entity(anna, Page(limit=1, cursor=first.next_cursor))
    assert [each.id for part in (first, rest) for each in part.memories] == [dog, leeds]
    with pytest.raises(NotFound):
        world.links.entity(EntityId(uuid4()), Page())


def test_links_are_made_seen_and_cut_over_http(world: World, client: TestClient) -> None:
    a, b = world.remember("It rained.", "The cellar is wet.")
    made = client.post(f"/api/memories/{a}/links", json={"target_id": str(b), "kind": "causes"})
    assert made.status_code == 201
    edge = made.json()
    assert (edge["kind"], edge["source_id"], edge["target_id"]) == ("caused_by", str(b), str(a))
    graph = client.get(f"/api/memories/{a}/graph", params={"depth": 3}).json()
    assert [node["depth"] for node in graph["nodes"]] == [0, 1]
    assert (graph["edges"], graph["truncated"]) == ([edge], False)
    (like,) = client.get(f"/api/memories/{a}/similar").json()["items"]
    assert (like["id"], like["score"] < 1) == (str(b), True)
    cut = client.delete(f"/api/memories/{a}/links/{edge['id']}")
    assert (cut.status_code, cut.json()["id"], cut.json()["links"]) == (200, str(a), [])
    assert client.delete(f"/api/memories/{a}/links/{edge['id']}").status_code == 404


def test_conflicts_are_settled_over_http(world: World, client: TestClient) -> None:
    a, b = world.remember("Ada is in Leeds.", "Ada is in York.")
    conflict = world.tie(a, b)
    (item,) = client.get("/api/conflicts").json()["items"]
    assert (item["id"], item["a"]["id"], item["b"]["id"]) == (str(conflict), str(a), str(b))
    path = f"/api/conflicts/{conflict}/resolve"
    assert client.post(path, json={"keep": "neither"}).status_code == 400
    assert client.post(path, json={"keep": "b"}).json()["settlement"] == "b"
    twice = client.post(path, json={"keep": "a"})
    assert (twice.status_code, twice.json()["code"]) == (409, "conflict_settled")
    assert client.get("/api/conflicts").json()["items"] == []


def test_entities_are_seen_over_http(world: World, client: TestClient) -> None:
    (memory,) = world.remember("My sister Anna lives in Leeds.")
    (anna,) = client.get("/api/entities", params={"q": "anna"}).json()["items"]
    assert (anna["name"], anna["aliases"], anna["memory_count"]) == ("Anna", [], 1)
    shown = client.get(f"/api/entities/{anna['id']}").json()
    assert ([each["id"] for each in shown["memories"]], shown["next_cursor"]) == (
        [str(memory)],
        None,
    )
    assert client.get("/api/conflicts", params={"cursor": "x"}).status_code == 400
