"""Chapters that have ended, straight in a store of the conversation."""

from uuid import uuid4

from cns.domain.message import SegmentId, TurnId
from cns.domain.segment import Summary
from cns.ports import ContinuumStore, User
from tests.values import mark, message, turn_record

SUMMARY = Summary(title="Talk", text="They talked.", complexity=1)


def ended(conversation: ContinuumStore, user: User, *texts: str) -> SegmentId:
    """A chapter in which the user said these, a minute apart, summed up."""
    segment_id = SegmentId(uuid4())
    for number, text in enumerate(texts):
        said = message(text, segment_id=segment_id, minutes=number, turn_id=TurnId(uuid4()))
        change = conversation.load(user.id).hear(said, mark(number))
        conversation.commit(change, turn_record(said))
    change = conversation.load(user.id).collapse(SUMMARY, mark(9))
    conversation.close_segment(change)
    conversation.finish_segment(segment_id, SUMMARY, None, "fake")
    return segment_id
