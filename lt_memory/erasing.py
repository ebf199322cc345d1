"""Erases an exchange of the conversation and whatever was made of it, in one transaction.

Not in the receipt: the text index takes the words out of its files when it next tidies up (within
minutes); vectors of questions expire in the cache (`MIRA_CACHE__EMBEDDING_MINUTES`); events and
turns that the program holds in its memory are forgotten by who hears `MessagesErasedEvent`. What a
model has written into a block of domain knowledge cannot be unlearnt word by word: the block goes
back to before those words, and the receipt names it. Dumps that were taken before hold all of it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from cns.bus import EventBus
from cns.domain.branches import Kin, path_through
from cns.domain.events import MessagesErasedEvent
from cns.domain.message import MessageId
from cns.ports import Clock, ContinuumStore, User
from cns.services.gate import Gate
from cns.services.summary import Summariser
from lt_memory.domain.falling import falling
from lt_memory.erasing_ports import ErasingStore, ErasingWork, Exchange
from lt_memory.forgetting import Effect, Touched, forget, told, touched

_BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What went with a message, or would: counts by kind, never the words.

    Attributes:
        message_ids: all of its exchange.
        knowledge_blocks: labels of the blocks that a model had rewritten with it in hand: they go
            back to before that, and take the other turns in again.
        memories: those that go or change with it.
    """

    message_ids: tuple[MessageId, ...]
    removed: Mapping[str, int]
    knowledge_blocks: tuple[str, ...]
    dry_run: bool
    memories: tuple[Touched, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasingService:
    """The user's hand on what was said.

    Attributes:
        summariser: sums a chapter up at once, without a model.
    """

    store: ErasingStore
    conversation: ContinuumStore
    summariser: Summariser
    gate: Gate
    bus: EventBus
    clock: Clock
    user: User

    def erase(self, message_id: MessageId, *, dry_run: bool) -> Erased:
        """Erase the exchange that a message belongs to; or say what that would be.

        Raises:
            NotFound: there is no such message (`message_not_found`).
            Conflict: a turn is running (`turn_in_progress`).
        """
        with self.gate.pause(), self.store.work(dry_run=dry_run) as work:
            exchange = work.exchanges.find(message_id)
            erased = self._erased(work, exchange, dry_run=dry_run)
        if not dry_run:
            self.bus.publish((self._fact(exchange),))
        return erased

    def _erased(self, work: ErasingWork, exchange: Exchange, *, dry_run: bool) -> Erased:
        unlearnt = work.echoes.unlearn(exchange.message_ids)
        messages = frozenset(exchange.message_ids)
        resting = work.exchanges.resting(exchange)
        falls = sorted(falling(resting, messages))
        stay = [each.id for each in resting if each.id not in falls and each.places & messages]
        gone = forget(work, falls, self.clock.now())
        removed = Counter(gone.removed)
        removed["knowledge_versions"] = sum(unlearnt.values())
        removed.update(work.exchanges.release(exchange))
        work.exchanges.let_go(self.clock.now())
        removed.update(work.exchanges.silence(exchange))
        removed.update(work.exchanges.remove(exchange))
        removed.update(self._settled(work, exchange))
        return Erased(
            message_ids=exchange.message_ids,
            removed={kind: count for kind, count in sorted(removed.items()) if count},
            knowledge_blocks=tuple(unlearnt),
            dry_run=dry_run,
            memories=told(
                (*gone.touched, *touched(work, stay, Effect.EVIDENCE_LOST)), dry_run=dry_run
            ),
        )

    def _settled(self, work: ErasingWork, exchange: Exchange) -> Mapping[str, int]:
        """Leave the chapter sound: with a path, its counts, and a summary of what is left."""
        segment_id = exchange.segment_id
        kin = work.exchanges.kin(segment_id)
        if not kin:
            work.exchanges.drop_chapter(segment_id)
            return {"segments": 1, "summaries": int(exchange.collapsed)}
        if not any(one.on_path for one in kin):
            work.exchanges.choose(_left_last(kin))
        work.exchanges.recount(segment_id)
        if not exchange.collapsed:
            return {}
        summary = self.summariser.summarise(work.exchanges.said(segment_id))
        work.exchanges.sum_up(segment_id, summary)
        return {"summaries": 1}

    def _fact(self, exchange: Exchange) -> MessagesErasedEvent:
        return MessagesErasedEvent(
            continuum_id=self.conversation.load(self.user.id).id,
            user_id=self.user.id,
            event_id=uuid4(),
            occurred_at=self.clock.now(),
            segment_id=exchange.segment_id,
            message_ids=exchange.message_ids,
            turn_ids=exchange.turn_ids,
        )


def _left_last(kin: Sequence[Kin]) -> Sequence[MessageId]:
    """The path that was the conversation most lately."""
    last = max(kin, key=lambda one: one.left_at or _BEGINNING)
    return path_through(kin, last.id)
