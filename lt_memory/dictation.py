"""What an extractor makes of orders: the dictated is kept as dictated, the forgotten stays so."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from cns.domain.message import Message, Role
from lt_memory.bidding import dictated, looked_back_upon
from lt_memory.domain.memory import Candidate, Evidence
from lt_memory.domain.naming import names, names_exactly
from lt_memory.domain.passage import Passage
from lt_memory.ports import Extracted
from lt_memory.rules.bids import Bid, BidKind, bids


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    message: Message
    bid: Bid
    passage: Passage | None

    def covers(self, candidate: Candidate) -> bool:
        return all(
            piece.message_id == self.message.id
            and piece.start >= self.bid.start
            and piece.end <= self.bid.end
            for piece in candidate.evidence
        )

    def names(self, text: str) -> bool:
        bid = self.bid
        if bid.looks_back:
            return self.passage is not None and names_exactly(self.passage.words, text)
        return names_exactly(bid.words, text) or names(
            bid.words, text, topical=bid.topical, plainly=bid.plainly
        )

    def takes_back(self, piece: Evidence | None) -> bool:
        return self.passage is not None and self.passage.holds(piece)


def heeding(extracted: Extracted, messages: Sequence[Message]) -> Extracted:
    """Candidates after the user's own orders in these messages.

    One that rests on "remember that …" alone gives way to the user's wording, which was stored at
    once; one that rests on "forget that …", was said before it and is named by it, or rests on what
    it looks back upon, is dropped.
    """
    orders = tuple(_orders(messages))
    if not orders:
        return extracted
    said_in: dict[UUID, int] = {message.id: place for place, message in enumerate(messages)}
    kept: list[Candidate] = []
    refused = list(extracted.refused)
    for candidate in extracted.candidates:
        if _is_forgotten(candidate, orders, said_in):
            refused.append("a candidate: the person asked to forget it")
        else:
            kept += _as_dictated(candidate, orders)
    once = {(each.text, each.evidence): each for each in reversed(kept)}
    return replace(extracted, candidates=tuple(reversed(once.values())), refused=tuple(refused))


def _orders(messages: Sequence[Message]) -> Iterator[_Order]:
    previous: Message | None = None
    for message in messages:
        if message.role is Role.USER:
            for bid in bids(message.text):
                passage = looked_back_upon(bid, message, previous)
                yield _Order(message=message, bid=bid, passage=passage)
            previous = message


def _is_forgotten(candidate: Candidate, orders: Sequence[_Order], said_in: dict[UUID, int]) -> bool:
    last = max(
        candidate.evidence, key=lambda each: (said_in[each.message_id], each.start), default=None
    )
    latest = said_in[last.message_id] if last else 0
    return any(
        order.covers(candidate)
        or order.takes_back(last)
        or (latest <= said_in[order.message.id] and order.names(candidate.text))
        for order in orders
        if order.bid.kind is BidKind.FORGET
    )


def _as_dictated(candidate: Candidate, orders: Sequence[_Order]) -> Iterator[Candidate]:
    for order in orders:
        if order.bid.kind is BidKind.REMEMBER and order.covers(candidate):
            for each in dictated(order.bid, order.message):
                yield replace(each, entities=candidate.entities)
            return
    yield candidate
