"""Merges memories that say the same, as two models judge and the words bear out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from statistics import median
from uuid import uuid4

from cns.domain.model import Purpose
from cns.errors import NotFound
from cns.ports import LLM, Clock, ModelRequest, Page, SystemBlock
from config.settings import MemorySettings
from lt_memory.answer import Answer, Unfit, answer_of, material
from lt_memory.domain.cluster import Closeness, clusters
from lt_memory.domain.memory import LONGEST, Actor, Memory, MemoryId
from lt_memory.domain.rewording import SHORTEST, merge_flaws
from lt_memory.domain.run import Run
from lt_memory.domain.shape import joined
from lt_memory.offspring import Author, merged
from lt_memory.ports import MemoryFilter
from lt_memory.reader import Reader, Reading
from lt_memory.tending_ports import UpkeepStore, UpkeepWork
from lt_memory.weekly import CHANGED, LONGEST_ANSWER, Stop, Tab, begun, failed, in_turn, summary

JOB = "consolidate"
LONGEST_REASON = 200
THINKING = 1024  # tokens, where a model takes a budget
_REASON = {"type": "string"}
JUDGEMENT: Mapping[str, object] = {
    "type": "object",
    "properties": {
        "should_consolidate": {"type": "boolean"},
        "text": {"type": "string"},
        "reason": _REASON,
    },
    "required": ["should_consolidate", "text", "reason"],
    "additionalProperties": False,
}
REVIEW: Mapping[str, object] = {
    "type": "object",
    "properties": {"approve": {"type": "boolean"}, "reason": _REASON},
    "required": ["approve", "reason"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Memories that may become one, with the revisions since which they say what they say."""

    members: tuple[Memory, ...]
    wordings: tuple[int, ...]

    @property
    def told(self) -> dict[str, object]:
        """By which it is known again."""
        return {
            "sources": [str(each.id) for each in self.members],
            "wordings": list(self.wordings),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of asking about a cluster.

    Attributes:
        decision: `merged`, `kept apart`, `rejected` by the second model, `refused` for its flaws,
            or `unfit`: an answer that cannot be read.
        text: what is to stand in the members' place; blank for none.
    """

    cluster: Cluster
    decision: str
    flaws: tuple[str, ...] = ()
    text: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompts:
    judge: str
    review: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Consolidation:
    """Asks outside of any transaction, then merges all that was approved in one, as one run."""

    store: UpkeepStore
    llm: LLM
    prompts: Prompts
    reader: Reader
    clock: Clock
    figures: Callable[[], MemorySettings]

    @property
    def is_on(self) -> bool:
        return self.figures().tidying == "auto" and self.llm.capable

    def due(self) -> Sequence[Cluster]:
        """Those about which nobody was asked since a member last said something else."""
        figures, now = self.figures(), self.clock.now()
        with self.store.work() as work:
            hubs = work.tending.hubs(now, figures)
            nearness = work.tending.near(hubs, now, figures.merge_cosine)
        ids = tuple({each for pair in nearness for each in pair})
        if not ids:
            return []
        found, _ = self.store.list(MemoryFilter(ids=ids), Page(limit=len(ids)))
        closeness = Closeness(
            to_hub=figures.merge_cosine,
            mean=figures.merge_mean_cosine,
            most=figures.merge_most,
        )
        near = clusters(hubs, {each.id: each for each in found}, nearness, closeness)
        return self._unasked(near)

    def _unasked(self, near: Sequence[tuple[Memory, ...]]) -> Sequence[Cluster]:
        with self.store.work() as work:
            wordings = work.tending.wordings([each.id for group in near for each in group])
            answered = work.tending.answered()
        groups = [tuple(sorted(group, key=lambda each: each.id)) for group in near]
        return [
            Cluster(members=group, wordings=tuple(wordings.get(each.id, 0) for each in group))
            for group in groups
            if frozenset((each.id, wordings.get(each.id, 0)) for each in group) not in answered
        ]

    def planned(self) -> Sequence[Mapping[str, object]]:
        return [cluster.told for cluster in self.due()]

    def carry_out(self) -> Run | None:
        """As `lt_memory.weekly.Tidying`."""
        due = self.due()
        if not due:
            return None
        inputs = {"clusters": [cluster.told["sources"] for cluster in due]}
        run, tab = begun(JOB, self.llm.model, inputs, self.clock.now()), Tab()
        verdicts, stopped = in_turn(due, lambda each: self._verdict(each, run, tab), tab)
        if verdicts:
            return self._kept(tab.on(run), verdicts, stopped)
        run = failed(tab.on(run), stopped, self.clock.now())
        self.store.note(run)
        return run

    def _verdict(self, cluster: Cluster, run: Run, tab: Tab) -> Verdict:
        try:
            text, reason = _proposal(tab.add(self._judged(cluster, run)))
            if not text:
                return Verdict(cluster=cluster, decision="kept apart")
            flaws = _flaws(text, cluster)
            if flaws:
                return Verdict(cluster=cluster, decision="refused", flaws=flaws)
            approved = _approved(tab.add(self._reviewed(cluster, text, run)))
        except Unfit as why:
            return Verdict(cluster=cluster, decision="unfit", flaws=(str(why),))
        if not approved:
            return Verdict(cluster=cluster, decision="rejected")
        return Verdict(cluster=cluster, decision="merged", text=text, reason=reason)

    def _judged(self, cluster: Cluster, run: Run) -> Answer:
        document = {"sentences": [each.text for each in cluster.members]}
        request = ModelRequest(
            system=(SystemBlock(text=self.prompts.judge, cached=True),),
            messages=(material(document, run.started_at),),
            schema=JUDGEMENT,
            max_tokens=LONGEST_ANSWER,
            thinking=THINKING,
            purpose=Purpose.UPKEEP,
            subject=run.id,
        )
        return answer_of(self.llm, request)

    def _reviewed(self, cluster: Cluster, text: str, run: Run) -> Answer:
        document = {"sentences": [each.text for each in cluster.members], "merged": text}
        request = ModelRequest(
            system=(SystemBlock(text=self.prompts.review, cached=True),),
            messages=(material(document, run.started_at),),
            schema=REVIEW,
            max_tokens=LONGEST_ANSWER,
            fast=True,
            purpose=Purpose.UPKEEP,
            subject=run.id,
        )
        return answer_of(self.llm, request)

    def _kept(self, run: Run, verdicts: Sequence[Verdict], stopped: Stop | None) -> Run:
        texts = [each.text for each in verdicts if each.text]
        readings = dict(zip(texts, self.reader.read_all(texts), strict=True))
        run = replace(run, state="done", finished_at=self.clock.now())
        with self.store.work() as work:
            work.standings.hold()
            work.record(run)
            decisions = [_carried_out(work, each, readings, run) for each in verdicts]
            run = replace(run, summary=summary(decisions, stopped), decisions=decisions)
            work.record(run)
        return run


def _proposal(answer: Answer) -> tuple[str, str]:
    """The sentence, blank for none, and why."""
    match answer.document:
        case {"should_consolidate": True, "text": str(text), "reason": str(reason)}:
            return text.strip(), " ".join(reason.split())[:LONGEST_REASON]
        case {"should_consolidate": False}:
            return "", ""
        case _:
            raise Unfit("it has not the form that was asked for")


def _approved(answer: Answer) -> bool:
    match answer.document:
        case {"approve": bool(approve)}:
            return approve
        case _:
            raise Unfit("it has not the form that was asked for")


def _flaws(text: str, cluster: Cluster) -> tuple[str, ...]:
    if not SHORTEST <= len(text) <= LONGEST:
        return ("length",)
    return merge_flaws(text, [each.text for each in cluster.members])


def _carried_out(
    work: UpkeepWork, verdict: Verdict, readings: Mapping[str, Reading], run: Run
) -> dict[str, object]:
    """What was done about it; where a member is not as it was when that was asked, nothing."""
    told = {"decision": verdict.decision, **verdict.cluster.told}
    if verdict.flaws:
        told["flaws"] = list(verdict.flaws)
    if verdict.decision != "merged":
        return told
    sources = _standing(work, verdict.cluster, run.started_at)
    if not sources:
        return {**told, "decision": CHANGED}
    heir = replace(
        joined(sources, MemoryId(uuid4()), verdict.text, run.started_at),
        importance=median(each.importance for each in sources),
    )
    author = Author(
        actor=Actor.CONSOLIDATION, run=run, reason=verdict.reason or "they say the same"
    )
    merged(work, sources, heir, readings[verdict.text], author)
    return {**told, "memory_id": str(heir.id)}


def _standing(work: UpkeepWork, cluster: Cluster, at: datetime) -> Sequence[Memory]:
    """The members, held; none where one is gone, or is not what it was."""
    try:
        held = [work.memory(each.id) for each in cluster.members]
    except NotFound:
        return []
    ids = [each.id for each in held]
    same = all(_same(*pair) for pair in zip(held, cluster.members, strict=True))
    return held if same and work.tending.mergeable(ids, at) == frozenset(ids) else []


def _same(one: Memory, other: Memory) -> bool:
    return (one.text, one.trust, one.happens_at, one.expires_at) == (
        *(other.text, other.trust, other.happens_at, other.expires_at),
    )
