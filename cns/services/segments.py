"""Ends chapters: at once when silence or the user says so, summed up afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Lock
from uuid import uuid4
from zoneinfo import ZoneInfo

from cns.bus import EventBus
from cns.domain.continuum import Continuum, Mark
from cns.domain.events import (
    ManifestUpdatedEvent,
    SegmentCollapsedEvent,
    SegmentTimeoutEvent,
    UpdateTrinketEvent,
)
from cns.domain.message import SegmentId
from cns.domain.segment import Night, Segment
from cns.embedding_ports import present
from cns.errors import Conflict, SpendingCeiling, Unavailable
from cns.ports import Clock, ContinuumStore, Embedder, User
from cns.services.facts import Base
from cns.services.gate import Gate
from cns.services.so_far import Beginnings
from cns.services.summary import Summariser

MANIFEST = "conversation_manifest"  # the section that an ended chapter makes stale


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentService:
    """Closes the active segment under a first summary, then finishes it out of the way.

    Both steps are found again from the store after a crash: a closed segment without its final
    summary is unfinished work.

    Attributes:
        timeout: the silence that ends a segment.
        night: when another one does; None for never.
    """

    store: ContinuumStore
    gate: Gate
    first: Summariser
    final: Summariser
    embedder: Embedder
    bus: EventBus
    clock: Clock
    user: User
    timeout: timedelta
    night: Night | None = None
    finishing: Lock = field(default_factory=Lock)

    def end_active(self) -> SegmentId:
        """Close the active segment.

        Raises:
            Conflict: none is active (`no_active_segment`), or a turn is running.
        """
        with self.gate.pause():
            return self._close(self.store.load(self.user.id))

    def finish(self, segment_id: SegmentId) -> None:
        """Write the final summary with its vector and tell everyone; once, however often called.

        Raises:
            SpendingCeiling: not today; it stays unfinished, under its first summary.
            ExceptionGroup: what those who were told raised, all of them having been told.
        """
        with self.finishing:  # who comes second returns when all is done, not before
            self._finish(segment_id)

    def _finish(self, segment_id: SegmentId) -> None:
        messages = self.store.segment_messages(segment_id)
        if not messages:
            return  # all of it was erased
        read = tuple(message.id for message in messages)
        summary = replace(self.final.summarise(messages), drawn_from=read)
        embedder = present(self.embedder)
        try:
            vector = embedder.embed([f"{summary.title}. {summary.text}"])[0]
        except Unavailable:
            vector = None
        if not self.store.finish_segment(segment_id, summary, vector, embedder.name):
            return
        now, continuum = self.clock.now(), self.store.load(self.user.id)
        segment, count = self.store.segment(segment_id), self.store.segment_count()
        self.bus.publish(
            (
                SegmentCollapsedEvent(**self._base(continuum, now), segment=segment),
                ManifestUpdatedEvent(**self._base(continuum, now), segment_count=count),
                UpdateTrinketEvent(**self._base(continuum, now), section=MANIFEST),
            )
        )

    def sweep(self) -> Mapping[str, object]:
        """End the active segment if it has been silent for long; finish what is unfinished."""
        ended = self._end_if_silent()
        self._beginnings.sum_up()
        finished = 0
        for segment_id in self.store.unfinished_segments():
            try:
                self.finish(segment_id)
            except SpendingCeiling as ceiling:
                return {"ended": ended, "finished": finished, "put_off": ceiling.detail}
            finished += 1
        return {"ended": ended, "finished": finished}

    def due(self) -> Mapping[str, object]:
        """What `sweep` would end and finish now, by id."""
        silent = self._silent(self.store.load(self.user.id), self.clock.now())
        unfinished = [str(segment_id) for segment_id in self.store.unfinished_segments()]
        return {"ends": [str(silent.id)] if silent else [], "finishes": unfinished}

    @property
    def _beginnings(self) -> Beginnings:
        return Beginnings(store=self.store, user=self.user, summariser=self.final, plain=self.first)

    def _end_if_silent(self) -> int:
        now = self.clock.now()
        if self._silent(self.store.load(self.user.id), now) is None:
            return 0
        try:
            with self.gate.pause():
                continuum = self.store.load(self.user.id)
                segment = self._silent(continuum, now)
                if segment is None:
                    return 0
                self._close(continuum)
        except Conflict:
            return 0
        self._announce(continuum, segment, now)
        return 1

    def _silent(self, continuum: Continuum, now: datetime) -> Segment | None:
        """The active segment, if nothing was said in it for long."""
        segment = continuum.segment
        if segment is None or now - segment.last_message_at < self._patience(now):
            return None
        return segment

    def _patience(self, now: datetime) -> timedelta:
        """What the hour allows in which it is looked at; by then the user may be asleep, or up."""
        at_night = self.night is not None and self.night.covers(self._local_hour(now))
        return self.night.timeout if self.night is not None and at_night else self.timeout

    def _local_hour(self, now: datetime) -> int:
        return now.astimezone(ZoneInfo(self.user.timezone)).hour

    def _announce(self, continuum: Continuum, segment: Segment, now: datetime) -> None:
        event = SegmentTimeoutEvent(
            **self._base(continuum, now),
            segment_id=segment.id,
            inactive_minutes=int((now - segment.last_message_at).total_seconds() // 60),
            local_hour=self._local_hour(now),
        )
        self.bus.publish((event,))

    def _base(self, continuum: Continuum, now: datetime) -> Base:
        return Base(
            continuum_id=continuum.id, user_id=self.user.id, event_id=uuid4(), occurred_at=now
        )

    def _close(self, continuum: Continuum) -> SegmentId:
        active = continuum.segment
        said = self.store.segment_messages(active.id) if active else ()
        summary = self.first.summarise(said)
        change = continuum.collapse(summary, Mark(uuid4(), self.clock.now()))
        self.store.close_segment(change)
        collapsed = next(e for e in change.events if isinstance(e, SegmentCollapsedEvent))
        return collapsed.segment.id
