"""Cutting a message into the clauses that each say one thing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

MASK = "\x00"
BARE_WORDS = 4  # of a subject that shares its verb: "my dear old husband"
TAKEN_UP_WORDS = 3  # of an object that is set before its sentence

_QUOTED = re.compile(
    r"```.*?(?:```|\Z)|`[^`\n]+`|^[ \t]*>[^\n]*|[\"“„«][^\"”“»]*[\"”“»]|(?<!\w)'[^'\n]{3,}?'(?!\w)",
    re.DOTALL | re.MULTILINE,
)
_A_NAME = re.compile(r"^.(?!(?:i|my|we|you|he|she|it)\b)[^\s]+(?:\s+[^\s]+){0,3}.$", re.IGNORECASE)
_STOP = re.compile(
    r"(?:(?<!\bMr)(?<!\bMrs)(?<!\bMs)(?<!\bDr)(?<!\bSt)(?<!\bProf)(?<!\be\.g)(?<!\bi\.e)(?<!\bvs)"
    r"(?<!\b[A-Z])(?<!\betc)(?<!\.)\.++|(?<![!?…])[!?…]++)(?=[\s)\"”]|$)[)\"”]*|\n+"
)
_SUBJECT = r"(?:i|i'm|im|i've|ive|i'll|i'd|we|we're|we've|we'll|s?he|s?he's|they|they're|it|it's)\b"
_OWNED = (
    r"(?:my|our|the(?=\s+(?:wife|husband|kids|twins|baby|missus)\b))\s+(?:[\w'’.-]+,?\s+){1,4}?(?:is|are|was|were|has|have|had|can|can't|will|does|just"
    r"|doesn't|got|died|left|came|lives?|works?|[a-z]{3,}s|[a-z]{3,}ed)\b|(?:my|our)\s+\w+'s\s"
)
_ASKS = (
    r"(?:can|could|would|will|what|what's|whats|how|any|is|are|do|does|did|should|which|where|who"
    r"|isn't|aren't|please|suggest|recommend|got any)\b"
)
_AND = r"(?:also|then|now|plus|these days|nowadays|currently|since then|last year|today|so)"
_VERB = (
    r"(?:live|work|weigh|study|teach|play|take|have|own|drive|speak|love|hate|like|prefer|am|moved|got"
    r"|bought|grew|run|eat|went|adopted|married|left|started|became|quit|studied|lived|worked|has|lives|works|plays"
    r"|speaks|studies|teaches)\b"
)
_CUT = re.compile(
    rf"""(?P<hard>(?:(?<!\s)\s++)?(?:[;—–()]|(?<=\s)--?\s|,\s*(?=which\b|who\b|where\b)))
    |(?P<comma>,\s*(?:(?:and|but|so|because|cause|cos|since|though|although|while|as|yet)\s+)?
        (?:{_AND}\s+)?(?={_SUBJECT}|{_OWNED}|{_ASKS}))
    |(?P<tail>,\s*(?=(?:so|though|although|because|but)\b))
    |(?P<cause>(?<!\s)\s++(?:because|cause|cos)\s+(?={_SUBJECT}|{_OWNED}))
    |(?P<and>(?<!\s)\s++(?:and|but|plus|so|though|although|whereas)\s+(?:{_AND}\s+)?
        (?={_SUBJECT}|{_OWNED}))
    |(?P<verb>(?:,\s*+|(?<!\s)\s++)(?:(?:and|but)\s+)(?:{_AND}\s+)?(?={_VERB})|,\s*(?={_VERB}))""",
    re.IGNORECASE | re.VERBOSE,
)
_BARE = re.compile(
    r"(?:^|\s)(?:(?:[Mm]y|[Oo]ur)\s+[\w'-]+(?:\s+[\w'-]+)?|me|[A-Z][\w'-]+|both\s+\S+)$"
)
_TAKEN_UP = re.compile(r"i\b[\w' ]{0,30}\b(?:it|them)$", re.IGNORECASE)
_INFINITIVE = re.compile(
    r"\b(?:to|will|can|can't|cannot|'ll|would|not|n't|used)\s+\w+", re.IGNORECASE
)
_PAST = re.compile(r"^(?:moved|got|bought|grew|went|adopted|married|left|started|became|studied"
                   r"|lived|worked|quit)\b", re.IGNORECASE)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """`text[start:end]` of a message; `joint` is how it hangs on the clause before."""

    start: int
    end: int
    joint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    start: int
    end: int
    asked: bool
    clauses: tuple[Clause, ...]


def masked(text: str) -> str:
    """The text with code and quotations blotted out, every character keeping its place."""
    return _QUOTED.sub(
        lambda found: found[0] if _harmless(found[0]) else MASK * len(found[0]), text
    )


def _harmless(quoted: str) -> bool:
    return quoted[0] in "\"“'„«" and bool(_A_NAME.match(quoted))


def sentences(text: str) -> Iterator[Sentence]:
    """Cut at full stops, question marks and line ends, then each into clauses."""
    start = 0
    for stop in _STOP.finditer(text):
        yield from _sentence(text, start, stop.start(), asked="?" in stop[0])
        start = stop.end()
    yield from _sentence(text, start, len(text), asked=False)


def _sentence(text: str, start: int, end: int, *, asked: bool) -> Iterator[Sentence]:
    if text[start:end].strip():
        clauses = tuple(_clauses(text, start, end))
        yield Sentence(start=start, end=end, asked=asked, clauses=clauses)


def _clauses(text: str, start: int, end: int) -> Iterator[Clause]:
    joint = ""
    flat = text.replace("’", "'")
    for cut in _CUT.finditer(flat, start, end):
        kind = cut.lastgroup or ""
        if cut.start() <= start or not _cuts(
            flat[start : cut.start()], kind, flat[cut.end() : end]
        ):
            continue
        yield Clause(start=start, end=cut.start(), joint=joint)
        start, joint = cut.end(), kind
    if text[start:end].strip():
        yield Clause(start=start, end=end, joint=joint)


def _cuts(before: str, kind: str, after: str) -> bool:
    if kind == "and" and _BARE.search(before) and len(before.split()) <= BARE_WORDS:
        return False  # "my husband and I bought", "Anna and I"
    if kind == "comma" and len(before.split()) <= TAKEN_UP_WORDS and _TAKEN_UP.match(after):
        return False  # "Cilantro, I can't stand it"
    if kind == "verb":
        return not _INFINITIVE.search(before) or bool(_PAST.match(after))
    return True
