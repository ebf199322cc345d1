"""What was done at the user's word, said by rule where no model can be trusted to say it."""

from collections.abc import Iterator, Sequence
from time import perf_counter

from cns.domain.deed import Deed, DeedKind
from cns.domain.stream import TextDelta, TurnEvent
from cns.services.tool_loop import Exchange

BY_RULE = "rules"  # stands where the name of a model would
_DONE = {
    DeedKind.REMEMBERED: "I have noted: {}.",
    DeedKind.KNOWN: "I knew that already: {}.",
    DeedKind.FORGOTTEN: "Forgotten: {}. The Memory page can bring it back.",
}


def tell(deeds: Sequence[Deed], exchange: Exchange) -> Iterator[TurnEvent]:
    """The whole answer of the turn: a sentence for each order."""
    text = "\n\n".join(_said(deed) for deed in deeds)
    exchange.first_token_at = perf_counter()
    exchange.text, exchange.model, exchange.stop = text, BY_RULE, "end"
    yield TextDelta(text=text)


def _said(deed: Deed) -> str:
    words = _quoted(deed.words)
    if deed.kind is DeedKind.UNKNOWN:
        return f"There is no memory of {words} to forget."
    if deed.kind is DeedKind.UNLEARNT:
        return f"Nothing of {words} had been kept, and it will not be learnt."
    if deed.kind is DeedKind.UNCLEAR:
        asked = "\n".join(f"- {text}" for text in deed.texts)
        return (
            f"Several memories may be meant by {words}. Which of these shall I forget?\n\n{asked}"
        )
    return "\n\n".join(
        _DONE[deed.kind].format(_quoted(text)) for text in deed.texts or (deed.words,)
    )


def _quoted(words: str) -> str:
    return f'"{" ".join(words.split()).rstrip(".")}"'
