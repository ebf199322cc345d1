"""What a model is sent of the conversation: the opening, then what fits of the active segment."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from cns.domain.message import Message, Role, Text
from cns.domain.tags import inert
from cns.domain.tokens import text_tokens, tokens
from cns.ports import Section
from cns.services.history import for_model, settled
from cns.services.opening import Opening
from cns.services.summary import LONGEST, ExtractiveSummary

OPENING_SHARE = 8  # of the context: what came before is never what most of a prompt is about
STEP_SHARE = 8  # of the context: how much of a long chapter goes at a time
LIVE_SHARE, LIVE_TOKENS = 4, 4096  # the allowance: a share of the context, and its most
GIST_TOKENS = text_tokens("x" * (LONGEST + 400))  # a summary and the notice around it


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The messages of a request, and what was done to make them fit.

    Attributes:
        left_out: messages of the active segment that had no room.
        summarised: whether a summary stands for them, not a notice of their number alone; those
            that were not even read are in none.
        opening: the past segments whose summaries are shown.
    """

    messages: tuple[Message, ...] = ()
    left_out: int = 0
    summarised: bool = False
    opening: tuple[UUID, ...] = ()

    def as_json(self) -> dict[str, object]:
        return {
            "left_out": self.left_out,
            "summarised": self.summarised,
            "opening": [str(segment_id) for segment_id in self.opening],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Space for messages, in tokens.

    Attributes:
        free: what this turn's messages may take.
        context: what the model can take in; the steps are shares of it, since it never changes.
        compact: the model is too small for anything but the newest messages.
    """

    free: int
    context: int
    compact: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What was said in the same chapter before the messages that were read.

    Attributes:
        gist: what that was about, as far as somebody has summed it up.
    """

    count: int = 0
    gist: str = ""


def room_for(sections: Sequence[Section], free: int, context: int, *, compact: bool) -> Room:
    """What the sections leave of so many free tokens of the context.

    The live sections differ in length from turn to turn. They are given a fixed allowance, which
    they seldom exceed: else the cut through a long chapter would move to and fro with them.
    """
    cached = sum(section.tokens for section in sections if section.cached)
    live = sum(section.tokens for section in sections if not section.cached)
    if not compact:
        live = max(live, min(context // LIVE_SHARE, LIVE_TOKENS))
    return Room(free=free - cached - live, context=context, compact=compact)


def laid_out(
    opening: Opening, messages: Sequence[Message], room: Room, before: Before = Before()
) -> Context:
    """The opening exactly once, ahead of the newest messages; never above the room.

    Only a last message that is too long by itself is sent all the same. What is too much for the
    room goes in steps, and an extractive summary of it takes its place: so the beginning of what
    is sent stays the same for many turns.
    """
    said = settled(messages)
    if not said or said[-1].role is not Role.USER or room.compact:
        kept = for_model(said, room.free)
        return Context(messages=kept, left_out=before.count + len(said) - len(kept))
    fitting = opening.within(min(room.context // OPENING_SHARE, room.free - tokens(said[-1])))
    free = room.free - fitting.tokens
    kept = for_model(said, free)
    left: Sequence[Message] = ()
    gist = ""
    if before.count or len(kept) < len(said):
        reserved = GIST_TOKENS * (2 if before.gist else 1)
        kept = for_model(said, free - reserved, max(1, room.context // STEP_SHARE))
        left = said[: len(said) - len(kept)]
        gist = _gist(left, before) if sum(map(tokens, kept)) + reserved <= free else ""
    return Context(
        messages=_headed(fitting, gist, kept),
        left_out=before.count + len(said) - len(kept),
        summarised=bool(gist and (left or before.gist)),
        opening=tuple(segment.id for segment in fitting.chapters),
    )


def _gist(left: Sequence[Message], before: Before) -> str:
    notice = (
        f"The first {before.count + len(left)} messages of this chapter are left out here for"
        " their length."
    )
    told = [before.gist] if before.gist else []
    if left:
        told.append(ExtractiveSummary().summarise(left).text)
    return f'{notice} In short: "{inert(" ".join(told))}"' if told else notice


def _headed(opening: Opening, gist: str, kept: Sequence[Message]) -> tuple[Message, ...]:
    """The notices stand at the head of users' messages: the roles alternate as they were said."""
    first = _under(_notice(opening.pause, gist), kept[0])
    sent = (*opening.messages, first, *kept[1:])
    return (_under(opening.earlier, sent[0]), *sent[1:])


def _under(notice: str, message: Message) -> Message:
    if not notice:
        return message
    return replace(message, content=(Text(text=notice), *message.content))


def _notice(pause: str, gist: str) -> str:
    lines = [line for line in (pause, gist) if line]
    return "\n".join(["<mira:break>", *lines, "</mira:break>"]) if lines else ""
