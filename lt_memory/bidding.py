"""What the user plainly orders is done in the turn itself: remembered, or put away."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from uuid import UUID
from zoneinfo import ZoneInfo

from cns.domain.deed import Deed, DeedKind
from cns.domain.message import Message, MessageId, Role
from cns.ports import Clock, ContinuumStore, Page
from lt_memory.dating import with_dates
from lt_memory.deduplication import Thresholds
from lt_memory.domain.memory import Actor, Candidate, Evidence, Memory, State
from lt_memory.domain.naming import names, names_exactly, says_little_else
from lt_memory.domain.passage import Passage
from lt_memory.domain.revision import changed
from lt_memory.domain.timing import dated
from lt_memory.keeping import kept
from lt_memory.ports import (
    Embedded,
    Extracted,
    MemoryFilter,
    MemoryStore,
    MemoryWork,
    Near,
    Rewrite,
)
from lt_memory.reader import Reader
from lt_memory.rules.bids import Bid, BidKind, bids, told
from lt_memory.storing import Origin

REACH = 40  # memories nearest to what is to be forgotten, among which it is looked for
SWEEP = 400  # the same, where all of them are to go
SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ImmediateBidding:
    """Implements `cns.ports.Bidding`, without any language model."""

    store: MemoryStore
    conversation: ContinuumStore
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
        elif bid.looks_back:
            yield self._taken_back(bid, said)
        else:
            yield self._forgotten(bid, said)

    def _remembered(self, bid: Bid, said: Message) -> Iterator[Deed]:
        meant: Message | None = said
        if bid.before:
            meant = self._said_before(said)
            bid = replace(bid, readings=told(meant.text) if meant else ())
        if meant is None:
            return
        found = with_dates(Extracted(candidates=dictated(bid, meant)), [meant], self.zone)
        for candidate in found.candidates:
            reading = self.reader.read(candidate.text)
            named = replace(candidate, entities=reading.names)
            yield self._kept(named, reading.vector, meant)

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
        reach = SWEEP if bid.sweeping else REACH
        with self.store.work() as work:
            meant = _meant(words, work.near(words, vector, reach), bid)
            if _is_unclear(words, meant, bid):
                return _deed(DeedKind.UNCLEAR, words, meant[:SHOWN])
            if meant:
                return self._put_away(work, meant, words)
            gone = _meant(words, work.near(words, vector, reach, put_away=True), bid)
        just_now = _since(said, gone)
        return _deed(DeedKind.FORGOTTEN if just_now else DeedKind.UNKNOWN, words, just_now)

    def _taken_back(self, bid: Bid, said: Message) -> Deed:
        passage = looked_back_upon(bid, said, self._said_before(said) if bid.before else None)
        if passage is None:
            return _deed(DeedKind.UNKNOWN, said.text[bid.start : bid.end].strip(), ())
        resting = self._resting(passage)
        words = dated(passage.words, said.created_at, self.zone).text
        vector = self.reader.read(words).vector
        with self.store.work() as work:
            there = _once([*resting, *_exactly(words, work.near(words, vector, REACH))])
            awake = [each for each in there if each.put_away_at is None]
            if awake:
                return self._put_away(work, awake, words)
            gone = _exactly(words, work.near(words, vector, REACH, put_away=True))
        just_now = _since(said, _once([*there, *gone]))
        return _deed(DeedKind.FORGOTTEN if just_now else DeedKind.UNLEARNT, words, just_now)

    def _said_before(self, said: Message) -> Message | None:
        """The user's message before this one, on its own branch and in its chapter."""
        one = said
        while one.parent_id is not None:
            one = self.conversation.message(one.parent_id)
            if one.role is Role.USER:
                return one
        return None

    def _resting(self, passage: Passage) -> Sequence[Near]:
        """The memories whose last evidence lies there."""
        segment_id = self.conversation.message(MessageId(passage.message_id)).segment_id
        found, _ = self.store.list(MemoryFilter(segment_id=segment_id), Page(limit=SWEEP))
        return [_near(each) for each in found if each.evidence and passage.holds(each.evidence[-1])]

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


def looked_back_upon(bid: Bid, said: Message, previous: Message | None) -> Passage | None:
    """What a bid that looks back covers: a sentence of its own message, or all of the previous."""
    if not bid.looks_back:
        return None
    if not bid.before:
        return Passage(message_id=said.id, start=bid.start, end=bid.end, words=bid.words)
    if previous is None:
        return None
    words = previous.text
    return Passage(message_id=previous.id, start=0, end=len(words), words=words)


def _meant(words: str, near: Sequence[Near], bid: Bid) -> Sequence[Near]:
    """Those that say just these words, else all that mention them."""
    exact = () if bid.topical else _exactly(words, near)
    return exact or [
        each for each in near if names(words, each.text, topical=bid.topical, plainly=bid.plainly)
    ]


def _exactly(words: str, near: Sequence[Near]) -> Sequence[Near]:
    return [each for each in near if names_exactly(words, each.text)]


def _is_unclear(words: str, meant: Sequence[Near], bid: Bid) -> bool:
    if not meant or bid.sweeping or names_exactly(words, meant[0].text):
        return False
    return len(meant) > 1 or not (bid.topical or says_little_else(words, meant[0].text))


def _once(near: Sequence[Near]) -> Sequence[Near]:
    return list({each.id: each for each in near}.values())


def _since(said: Message, gone: Sequence[Near]) -> Sequence[Near]:
    """Those that this very message had put away."""
    return [each for each in gone if each.put_away_at and each.put_away_at >= said.created_at]


def _near(memory: Memory) -> Near:
    put_away_at = memory.updated_at if memory.state is State.ARCHIVED else None
    return Near(id=memory.id, text=memory.text, cosine=0.0, put_away_at=put_away_at)


def _deed(kind: DeedKind, words: str, concerned: Sequence[Near]) -> Deed:
    return Deed(
        kind=kind,
        words=words,
        memory_ids=tuple(each.id for each in concerned),
        texts=tuple(each.text for each in concerned),
    )
