"""Links that a capable model sees between memories that lie near each other."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple
from uuid import uuid4

from cns.domain.model import Purpose
from cns.domain.tokens import BYTES_PER_TOKEN
from cns.errors import ModelUnavailable, NotFound, SpendingCeiling
from cns.ports import LLM, Clock
from config.settings import MemorySettings
from lt_memory.asking import UNFIT, Answer, Asked, asked, bill
from lt_memory.domain.judging import (
    KINDS,
    NONE,
    Pair,
    Proposal,
    Shown,
    as_kept,
    pair_of,
    portions,
    proposals,
    refusal,
)
from lt_memory.domain.linking import LinkKind
from lt_memory.domain.memory import Actor, Memory, MemoryId, RunId
from lt_memory.domain.run import Run
from lt_memory.judging_ports import JudgedMemories, JudgedWork, JudgingWork
from lt_memory.ports import NewLink
from lt_memory.superseding import end

JOB = "link"
AT_ONCE = 50  # memories whose neighbours one statement finds
MOST_MEMORIES = 2000  # that are looked at in one run
PAIRS_ASKED = 20  # in one question
ROOM = 24_000  # characters of the memories in one question; less where the context is smaller
SHARE = 4  # one part in so many of what the model takes in
LISTED = 500  # decisions kept one by one
SCHEMA: Mapping[str, object] = {
    "type": "object",
    "properties": {
        "links": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "pair": {"type": "integer"},
                    "kind": {"type": "string", "enum": [*(kind.value for kind in KINDS), NONE]},
                    "from": {"type": "string", "enum": ["a", "b"]},
                    "confidence": {"type": "integer"},
                    "reason": {"type": "string"},
                },
                "required": ["pair", "kind", "from", "confidence", "reason"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["links"],
    "additionalProperties": False,
}
Decision = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Nominated:
    """What waits to be judged, and the memories whose neighbours are all among it."""

    pairs: tuple[Pair, ...]
    looked_at: frozenset[MemoryId]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """What was asked and answered; `unread` are pairs whose answer could not be used."""

    pairs: tuple[Pair, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    answers: tuple[Answer, ...] = ()
    unread: tuple[Pair, ...] = ()
    put_off: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hand:
    """Implements `lt_memory.superseding.Writer`."""

    run_id: RunId
    at: datetime
    actor: Actor = Actor.CONSOLIDATION


class _Base(NamedTuple):
    """What links are made on: the memories, and which are still as they were shown."""

    held: Mapping[MemoryId, Memory]
    fresh: Collection[MemoryId]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkJudge:
    """Asks outside of any transaction, then keeps all that came of it, in one run."""

    store: JudgedMemories
    llm: LLM
    prompt: str
    clock: Clock
    figures: Callable[[], MemorySettings]

    @property
    def is_on(self) -> bool:
        return self.llm.capable and self.figures().link_pairs > 0

    def nominated(self) -> Nominated:
        """As many as one run may ask about, the newest memories first."""
        most = self.figures().link_pairs
        pairs: dict[tuple[MemoryId, MemoryId], Pair] = {}
        seen: set[MemoryId] = set()
        while len(seen) < MOST_MEMORIES:
            found = self._stretch(seen)
            for memory_id, near in found.items():
                new = {pair.ids: pair for pair in near if pair.ids not in pairs}
                if pairs and len(pairs) + len(new) > most:
                    return Nominated(pairs=tuple(pairs.values()), looked_at=frozenset(seen))
                pairs |= new
                seen.add(memory_id)
            if len(found) < AT_ONCE:
                break
        return Nominated(pairs=tuple(pairs.values()), looked_at=frozenset(seen))

    def _stretch(self, seen: Collection[MemoryId]) -> Mapping[MemoryId, Sequence[Pair]]:
        with self.store.work() as work:
            return _pairs(work.judging, work.judging.unlinked(AT_ONCE, seen))

    def judge(self) -> Run | None:
        """Ask about what waits and link what the answers say; None when nobody had to be asked.

        Raises:
            ModelUnavailable, SpendingCeiling: not now, and nothing was answered yet.
        """
        found = self.nominated()
        if not found.pairs:
            with self.store.work() as work:
                work.judging.note((), found.looked_at)
            return None
        run = _begun(found, self.llm.model, self.clock.now())
        judged = self._judged(found.pairs)
        with self.store.work() as work:
            work.standings.hold()
            work.record(run)
            held = _held(work, judged.proposals)
            fresh = work.judging.unchanged(_shown(judged.pairs))
            decisions = tuple(_linked(work, judged.proposals, _Base(held, fresh), run))
            waiting = set(judged.unread) - work.judging.given_up(judged.unread)
            noted = [p for p in judged.pairs if fresh >= {*p.ids} and p not in waiting]
            work.judging.note(noted, _finished(found, noted))
            run = _done(run, judged, decisions, self.clock.now())
            work.record(run)
        return run

    def _judged(self, pairs: Sequence[Pair]) -> _Judged:
        judged = _Judged()
        for portion in portions(pairs, PAIRS_ASKED, self._room()):
            try:
                answer = asked(self.llm, self._question(portion), self.clock.now())
            except (ModelUnavailable, SpendingCeiling) as error:
                if not judged.answers:
                    raise
                return replace(judged, put_off=error.detail)
            proposed = proposals(answer.document, portion)
            judged = replace(
                judged,
                pairs=(*judged.pairs, *portion),
                proposals=(*judged.proposals, *(proposed or ())),
                answers=(*judged.answers, answer),
                unread=(*judged.unread, *(portion if proposed is None else ())),
            )
        return judged

    def _room(self) -> int:
        return min(ROOM, self.llm.context_tokens * BYTES_PER_TOKEN // SHARE)

    def _question(self, portion: Sequence[Pair]) -> Asked:
        told = [
            {"pair": number, "a": _told(pair.a), "b": _told(pair.b)}
            for number, pair in enumerate(portion, start=1)
        ]
        return Asked(
            prompt=self.prompt, material={"pairs": told}, schema=SCHEMA, purpose=Purpose.UPKEEP
        )


def _pairs(judging: JudgingWork, ids: Sequence[MemoryId]) -> Mapping[MemoryId, Sequence[Pair]]:
    near = judging.neighbours(ids)
    shown = judging.shown({each for ends in near for each in ends})
    return {
        memory_id: [
            pair_of(shown[one], shown[other])
            for one, other in near
            if one == memory_id and other in shown
        ]
        for memory_id in ids
    }


def _told(shown: Shown) -> Mapping[str, object]:
    told = {"text": shown.text, "said": shown.said_at.isoformat(timespec="minutes")}
    for name, moment in (("happens", shown.happens_at), ("ends", shown.expires_at)):
        if moment is not None:
            told[name] = moment.isoformat(timespec="minutes")
    return told


def _begun(found: Nominated, model: str, now: datetime) -> Run:
    return Run(
        id=RunId(uuid4()),
        job=JOB,
        state="running",
        summary="",
        started_at=now,
        model=model,
        inputs={"memories": len(found.looked_at), "pairs": len(found.pairs)},
    )


def _held(work: JudgedWork, found: Sequence[Proposal]) -> Mapping[MemoryId, Memory]:
    """The memories that are concerned, held in one order whoever else holds some of them."""
    held: dict[MemoryId, Memory] = {}
    for each in sorted(_shown([proposal.pair for proposal in found]), key=lambda one: one.id):
        with suppress(NotFound):
            held[each.id] = work.memory(each.id)
    return held


def _shown(pairs: Sequence[Pair]) -> Sequence[Shown]:
    """Each memory once."""
    return list({each.id: each for pair in pairs for each in (pair.a, pair.b)}.values())


def _linked(
    work: JudgedWork, found: Sequence[Proposal], base: _Base, run: Run
) -> Iterator[Decision]:
    ended: set[MemoryId] = set()
    for proposal in found:
        reason = _against(work, proposal, base.fresh, ended)
        if reason is not None:
            yield {"decision": "refused", "kind": proposal.kind.value, "reason": reason}
            continue
        kind = as_kept(proposal)
        if kind is LinkKind.SUPERSEDES:
            writer = _Hand(run_id=run.id, at=run.started_at)
            end(work, writer, base.held[proposal.target.id], proposal.source.said_at)
            ended.add(proposal.target.id)
        yield _link(work, proposal, kind, run)


def _against(
    work: JudgedWork, proposal: Proposal, fresh: Collection[MemoryId], ended: Collection[MemoryId]
) -> str | None:
    ids = frozenset(proposal.pair.ids)
    if not ids.issubset(fresh):
        return "it was changed meanwhile"
    if not ids.isdisjoint(ended):
        return "another took its place"
    if work.judging.handled(proposal.pair):
        return "it is settled already"
    return refusal(proposal)


def _link(work: JudgedWork, proposal: Proposal, kind: LinkKind, run: Run) -> Decision:
    source, target = proposal.source.id, proposal.target.id
    work.link(NewLink(
        id=uuid4(),
        source_id=source,
        target_id=target,
        kind=kind.value,
        reason=proposal.reason,
        at=run.started_at,
        confidence=proposal.confidence,
        run_id=run.id,
    ))  # fmt: skip
    return {
        "decision": "linked",
        "kind": kind.value,
        "source_id": str(source),
        "target_id": str(target),
        "confidence": proposal.confidence,
    }


def _finished(found: Nominated, noted: Sequence[Pair]) -> frozenset[MemoryId]:
    """Those that nothing is left to be asked about."""
    done = {pair.ids for pair in noted}
    return found.looked_at.difference(
        each for pair in found.pairs if pair.ids not in done for each in pair.ids
    )


def _unfit(pairs: Sequence[Pair]) -> Iterator[Decision]:
    """By which it is known how often a pair was asked about for nothing."""
    if pairs:
        yield {"decision": UNFIT, "pairs": [[str(each) for each in pair.ids] for pair in pairs]}


def _done(run: Run, judged: _Judged, decisions: Sequence[Decision], now: datetime) -> Run:
    linked = sum(each["decision"] == "linked" for each in decisions)
    spent = bill(judged.answers)
    parts = [
        f"{len(judged.pairs)} pairs asked about, {linked} linked, {len(decisions) - linked} refused"
    ]
    if judged.unread:
        parts.append(f"{len(judged.unread)} passed over: the answer could not be used")
    if judged.put_off:
        parts.append(f"the rest put off: {judged.put_off}")
    return replace(
        run,
        state="done",
        summary="; ".join(parts),
        decisions=[*_unfit(judged.unread), *decisions[:LISTED]],
        model=judged.answers[-1].model,
        usage=spent.usage,
        cost_usd=spent.cost_usd,
        finished_at=now,
    )
