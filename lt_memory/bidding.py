"""What the user plainly orders is done in the turn itself: remembered, or put away."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from uuid import UUID
from zoneinfo import ZoneInfo

from cns.domain.deed import Deed, DeedKind
from cns.domain.message import Message
from cns.ports import Clock
from lt_memory.dating import with_dates
from lt_memory.deduplication import Thresholds
from lt_memory.domain.memory import Actor, Candidate, Evidence, State
from lt_memory.domain.naming import names, names_exactly
from lt_memory.domain.revision import changed
from lt_memory.domain.timing import dated
from lt_memory.keeping import Origin, kept
from lt_memory.ports import Embedded, Extracted, MemoryStore, MemoryWork, Near, Rewrite
from lt_memory.reader import Reader
from lt_memory.rules.bids import Bid, BidKind, bids

REACH = 40  # memories nearest to what is to be forgotten, among which it is looked for
SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ImmediateBidding:
    """Implements `cns.ports.Bidding`, without any language model."""

    store: MemoryStore
    reader: Reader
    clock: Clock
    zone: ZoneInfo
    thresholds: Thresholds

    def obey(self, said: Message) -> tuple[Deed, ...]:
        """An order that is heard again finds what it did: nothing is done twice."""
        return tuple(deed for bid in bids(said.text) for deed in self._obeyed(bid, said))

    def _obeyed(self, bid: Bid, said: Message) -> Iterator[Deed]:
        if bid.kind is BidKind.REMEMBER:
            yield from self._remembered(bid, said)
        else:
            yield self._forgotten(bid, said)

    def _remembered(self, bid: Bid, said: Message) -> Iterator[Deed]:
        told = with_dates(Extracted(candidates=dictated(bid, said)), [said], self.zone)
        for candidate in told.candidates:
            reading = self.reader.read(candidate.text)
            found = replace(candidate, entities=reading.names)
            yield self._kept(found, reading.vector, said)

    def _kept(self, found: Candidate, vector: Embedded | None, said: Message) -> Deed:
        origin = Origin(
            run_id=None, segment_id=said.segment_id, at=self.clock.now(), actor=Actor.USER
        )
        with self.store.work() as work:
            (decision,) = kept(work, origin, self.thresholds, [(found, vector)])
        kind = DeedKind.REMEMBERED if decision["decision"] == "stored" else DeedKind.KNOWN
        ids = (UUID(str(decision["memory_id"])),)
        return Deed(kind=kind, words=found.text, memory_ids=ids, texts=(found.text,))

    def _forgotten(self, bid: Bid, said: Message) -> Deed:
        words = dated(bid.words, said.created_at, self.zone).text
        vector = self.reader.read(words).vector
        with self.store.work() as work:
            meant = _meant(words, work.near(words, vector, REACH), topical=bid.topical)
            if len(meant) > 1 and not names_exactly(words, meant[0].text):
                return _deed(DeedKind.UNCLEAR, words, meant[:SHOWN])
            if meant:
                return self._put_away(work, meant, words)
            gone = _meant(
                words, work.near(words, vector, REACH, put_away=True), topical=bid.topical
            )
        just_now = [
            each for each in gone if each.put_away_at and each.put_away_at >= said.created_at
        ]
        return _deed(DeedKind.FORGOTTEN if just_now else DeedKind.UNKNOWN, words, just_now)

    def _put_away(self, work: MemoryWork, meant: Sequence[Near], words: str) -> Deed:
        for each in meant:
            old = work.memory(each.id)
            new = replace(old, state=State.ARCHIVED, updated_at=self.clock.now())
            revision = changed(old, new, Actor.USER, "forgotten")
            if revision is not None:
                new = replace(new, revision=revision.revision)
                work.rewrite(Rewrite(memory=new, revision=revision))
        return _deed(DeedKind.FORGOTTEN, words, meant)


def dictated(bid: Bid, said: Message) -> tuple[Candidate, ...]:
    """What is to be remembered, in the user's words, each with the characters that say it."""
    return tuple(
        Candidate(
            text=reading.text,
            evidence=tuple(
                Evidence(message_id=said.id, start=start, end=end) for start, end in reading.spans
            ),
            kind=reading.kind,
            confidence=1.0,
        )
        for reading in bid.readings
    )


def _meant(words: str, near: Sequence[Near], *, topical: bool) -> Sequence[Near]:
    """Those that say just these words, else all that mention them."""
    exact = [each for each in near if not topical and names_exactly(words, each.text)]
    return exact or [each for each in near if names(words, each.text, topical=topical)]


def _deed(kind: DeedKind, words: str, concerned: Sequence[Near]) -> Deed:
    return Deed(
        kind=kind,
        words=words,
        memory_ids=tuple(each.id for each in concerned),
        texts=tuple(each.text for each in concerned),
    )
