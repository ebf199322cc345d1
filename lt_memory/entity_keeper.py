"""Looks after names: the same one under several spellings, and those that have fallen silent."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

from rapidfuzz.fuzz import ratio

from cns.ports import LLM, Clock, Embedder
from config.settings import MemorySettings
from lt_memory.asking import UNFIT, bill
from lt_memory.domain.memory import EntityId, RunId
from lt_memory.domain.namesakes import Evidence, longest, may_be_one
from lt_memory.domain.run import Run
from lt_memory.entity_ports import EntityWork, Known, NamedMemories, NamedWork, Twins
from lt_memory.entity_reviewer import SHOWN, Case, Review, Reviewed, reviewed

JOB = "entity_gc"
MOST_EXAMINED = 500
LISTED = 500  # decisions kept one by one
Decision = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityKeeper:
    """Merges names on evidence, puts away those without memories, has a model review the silent.

    The model is asked outside of any transaction; then all is done in one, as one run.
    """

    store: NamedMemories
    llm: LLM
    embedder: Embedder
    prompt: str
    clock: Clock
    figures: Callable[[], MemorySettings]

    def keep(self) -> Run:
        """Whatever is there to do."""
        missing = self._without_vectors()
        now = self.clock.now()
        asked = reviewed(self.llm, self.prompt, self._cases(), now)
        return self._done(asked, missing, dry_run=False)

    def rehearse(self) -> Run:
        """What the rules would do now, and how many names a model would be asked about."""
        waiting = len(self._cases())
        run = self._done(Reviewed(), "", dry_run=True)
        return replace(run, summary=f"{run.summary}; {waiting} would be reviewed")

    def _done(self, asked: Reviewed, missing: str, *, dry_run: bool) -> Run:
        run = _begun(self.llm.model if asked.answers else "rules", self.clock.now())
        with self.store.work(dry_run=dry_run) as work:
            work.standings.hold()
            work.record(run)
            decisions = tuple(_decided(work, asked, self.embedder.name, run.started_at))
            notes = [note for note in (missing, asked.put_off, self._by_rules()) if note]
            run = _finished(run, decisions, asked, notes, self.clock.now())
            work.record(run)
        return run

    def _by_rules(self) -> str:
        return "" if self._reviews else "no capable model is asked: by rules alone"

    @property
    def _reviews(self) -> int:
        return self.figures().entity_reviews if self.llm.capable else 0

    def _without_vectors(self) -> str:
        with self.store.work() as work:
            waiting = work.entities.unembedded(self.embedder.name)
        return f"{waiting} names wait for their vectors" if waiting else ""

    def _cases(self) -> Sequence[Case]:
        """Silent names that a model is to be asked about, with those like them."""
        if not self._reviews:
            return []
        with self.store.work() as work:
            silent = work.entities.dormant(self._reviews)
            weighed = _weighed(work.entities, silent)
            concerned = {*silent, *(each for pair in weighed for each in pair)}
            known = work.entities.known(concerned)
            texts = work.entities.texts(concerned)
        return [
            Case(entity=known[each], candidates=_likest(each, weighed, known), texts=texts)
            for each in silent
        ]


def _weighed(entities: EntityWork, ids: Collection[EntityId]) -> Mapping[Twins, Evidence]:
    """What speaks for each and a name near it being of one."""
    near = entities.near(ids)
    known = entities.known({each for pair in near for each in pair})
    company = entities.company(list(near))
    return {
        pair: Evidence(
            vector=vector,
            spelling=ratio(known[pair.one].key, known[pair.other].key) / 100,
            company=company[pair],
        )
        for pair, vector in near.items()
    }


def _likest(
    entity: EntityId, weighed: Mapping[Twins, Evidence], known: Mapping[EntityId, Known]
) -> tuple[Known, ...]:
    mine = [pair for pair in weighed if pair.one == entity]
    mine.sort(key=lambda pair: (-weighed[pair].score, pair.other))
    return tuple(known[pair.other] for pair in mine[:SHOWN])


def _decided(work: NamedWork, asked: Reviewed, model: str, now: datetime) -> Iterator[Decision]:
    entities = work.entities
    yield from _merged(entities, entities.spelt_alike(), "spelt alike", now)
    yield from _merged(entities, entities.first_names(), "the only one of that first name", now)
    examined = entities.unexamined(model, MOST_EXAMINED)
    weighed = _weighed(entities, examined)
    proven = [pair for pair, evidence in weighed.items() if evidence.enough]
    yield from _merged(entities, proven, "alike in meaning, spelling and company", now)
    entities.note_examined(examined)
    for review in asked.reviews:
        yield from _followed(entities, review, now)
    yield from _unfit(asked.unread)
    waiting = {each.entity.id for each in asked.unread}
    waiting -= entities.given_up(waiting)
    heard = [each.entity.id for each in asked.cases if each.entity.id not in waiting]
    entities.note_judged([_self(each) for each in heard], now)
    bare = entities.linkless()
    entities.archive(bare, now)
    entities.note_judged([_self(each) for each in bare], now)
    yield from ({"decision": "archived", "entity_id": str(e), "reason": "unused"} for e in bare)


def _unfit(cases: Sequence[Case]) -> Iterator[Decision]:
    """By which it is known how often a name was asked about for nothing."""
    if cases:
        yield {"decision": UNFIT, "entity_ids": [str(each.entity.id) for each in cases]}


def _self(entity_id: EntityId) -> Twins:
    return Twins(entity_id, entity_id)


def _merged(
    entities: EntityWork, pairs: Sequence[Twins], reason: str, now: datetime
) -> Iterator[Decision]:
    """Merge pairs one by one; what was merged away before is not there any more."""
    entities.note_judged(pairs, now)
    for pair in pairs:
        entities.hold(pair)
        known = entities.known(pair)
        if len(known) < len(set(pair)):
            continue
        one, other = known[pair.one], known[pair.other]
        if one.kind != other.kind or not may_be_one(one.kind, one.key, other.key):
            continue
        heir, gone = (one, other) if longest(one.name, other.name) else (other, one)
        entities.merge(gone.id, heir.id)
        yield {
            "decision": "merged",
            "entity_id": str(gone.id),
            "into": str(heir.id),
            "reason": reason,
        }


def _followed(entities: EntityWork, review: Review, now: datetime) -> Iterator[Decision]:
    """Do as a model says of a name that is still silent, and of one that may be the other."""
    entity = review.case.entity
    judged = [Twins(entity.id, each.id) for each in review.case.candidates]
    if entities.known([entity.id]).get(entity.id) != entity:
        return
    if review.into is not None:
        merged = list(_merged(entities, [Twins(entity.id, review.into.id)], "reviewed", now))
        refused = {"decision": "refused", "entity_id": str(entity.id), "reason": "two names"}
        yield from merged or [refused]
    elif review.decision == "delete" and entity.id in entities.dormant(MOST_EXAMINED):
        entities.archive([entity.id], now)
        yield {"decision": "archived", "entity_id": str(entity.id), "reason": "reviewed"}
    entities.note_judged(judged, now)


def _listed(decisions: Sequence[Decision]) -> Sequence[Decision]:
    """What is counted from run to run is never left out."""
    first = sorted(decisions, key=lambda each: each["decision"] != UNFIT)
    return first[:LISTED]


def _begun(model: str, now: datetime) -> Run:
    return Run(
        id=RunId(uuid4()),
        job=JOB,
        state="running",
        summary="",
        started_at=now,
        model=model,
        inputs={},
    )


def _finished(
    run: Run,
    decisions: Sequence[Decision],
    asked: Reviewed,
    notes: Sequence[str],
    now: datetime,
) -> Run:
    spent = bill(asked.answers)
    merged, archived = (
        sum(each["decision"] == what for each in decisions) for what in ("merged", "archived")
    )
    heard = len(asked.cases) - len(asked.unread)
    told = f"{merged} merged, {archived} put away, {heard} reviewed"
    if asked.unread:
        told += f", {len(asked.unread)} passed over: the answer could not be used"
    return replace(
        run,
        state="done",
        summary="; ".join((told, *notes)),
        decisions=_listed(decisions),
        usage=spent.usage,
        cost_usd=spent.cost_usd,
        finished_at=now,
    )
