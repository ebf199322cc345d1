"""Whom a clause speaks of, and what it says of them in base form."""

import re
from dataclasses import dataclass

from lt_memory.rules.people import RELATION
from lt_memory.rules.vocabulary import one_of
from lt_memory.rules.wording import plain

LONGEST_SUBJECT = 6  # words after "my sister" before her verb
SHORTEST_VERB = 4
_FRONTED = re.compile(
    rf"^{one_of('fronted')}\b(?: [\w'-]+){{0,6}}?(?= (?:i|we) (?!was your|were your)| (?:my|our) )"
)
_COMPOUND = re.compile(
    r"^(?:(?:both )?(?:my|our) [\w' -]{2,30}|me|[a-z]+|i) and (?:i|me|my \w+(?: \w+)?) (?=\w)"
)
_I = re.compile(r"^(?:i|we) ")
_QUANTITY = re.compile(
    r"^(?:(?:one|two|three|four|both|all|some|half|most|none) of|both|all) (?:my|our) "
)
_PARENT = re.compile(
    r"^(?:mum|mam|dad|grandma|granny|grandpa|grandad|nan)(?='s| )"
    r"|^the (?P<own>wife|husband|kids|twins|baby|missus|in-laws)\b"
)
_WHOSE = re.compile(
    rf"^(?:my|our) (?:[\w-]+ ){{0,2}}?(?:{RELATION}'s )?"
    rf"(?P<relation>{RELATION})(?P<rest>'s|s'|)(?= |$)"
)
_VERB = re.compile(
    r"(?:^| )(?P<verb>is|are|was|were|has|have|had|can|will|would|could|should|might|does|did|do"
    rf"|just|got|put|wants|used|also|never|always|still|recently|{one_of('irregular')}|[a-z]{{3,}}ed"
    r"|work|live|love|like|hate|teach|speak|play|study|own|run|come|eat|drink|want|need"
    r"|(?<! the )(?<! and )(?<! a )(?!(?:his|this|its|kids|twins|boys|girls|years)\b)[a-z]{3,}s) "
)
_POSSESSED = re.compile(
    r"^'s (?:\w+ ){1,4}?(?:is|are|was|were|has|have|had|will|starts?|ends?|runs?|costs?|died) "
)
_BASES = {
    "is": "be",
    "are": "be",
    "am": "be",
    "has": "have",
    "does": "do",
    "were": "was",
    "goes": "go",
    "teaches": "teach",
    "watches": "watch",
}
_SOFT = re.compile(
    r"really|just|also|still|always|usually|often|currently|recently|now|already|actually|mostly"
    r"|totally|definitely|finally|originally|absolutely|only|even|sometimes|both|all|probably"
    r"|generally|normally|mainly|officially|regularly|basically|kind|of"
)
_AUXILIARY = frozenset(("be", "have", "was", "do", "can", "will", "not", "would"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A subject and its predicate.

    Attributes:
        about: `user`, `person` or `thing`.
        contracted: its verb is an apostrophe, which may be a possessive too.
    """

    about: str
    predicate: str
    contracted: bool = False


def subject(text: str) -> Said | None:
    """Read a clause that begins with its subject; None when it is about none of the user's."""
    words = unfronted(plain(text))
    mine = _I.match(words)
    if mine:
        return Said(about="user", predicate=based(words[mine.end() :]))
    compound = _COMPOUND.match(words)
    if compound:
        return Said(about="user", predicate=based(words[compound.end() :]))
    return _someone(words)


def unfronted(words: str) -> str:
    fronted = _FRONTED.match(words)
    return words[fronted.end() + 1 :] if fronted else words


def _someone(words: str) -> Said | None:
    if _QUANTITY.match(words):
        return Said(about="thing", predicate=words)
    whose = _WHOSE.match(_PARENT.sub(lambda found: f"my {found['own'] or found[0]}", words))
    if whose is None:
        return Said(about="thing", predicate=words) if words.startswith(("my ", "our ")) else None
    words = whose.string
    rest = words[whose.start("rest") :]
    if _POSSESSED.match(rest):
        return Said(about="thing", predicate=words)
    return _person(rest)


def _person(rest: str) -> Said | None:
    if rest.startswith("'s "):
        return Said(about="person", predicate=based(f"is {rest[3:]}"), contracted=True)
    verb = _VERB.search(f"{rest} ")
    if verb is None or len(rest[: verb.start()].split()) > LONGEST_SUBJECT:
        return None
    return Said(about="person", predicate=based(rest[verb.start("verb") :].strip()))


def based(words: str) -> str:
    """A predicate in base form ("am" is "be") without the softening words around its verb."""
    first, *rest = words.split() or [""]
    kept: list[str] = []
    for number, word in enumerate((_BASES.get(first, first), *rest)):
        if not _SOFT.fullmatch(word):
            kept.append(word)
        if not _SOFT.fullmatch(word) and word not in _AUXILIARY:
            kept += rest[number:]
            break
    head, *tail = kept or [""]
    flat = " ".join((_BASES.get(head) or _base(head, tail), *tail))
    return flat.replace("have got ", "have ", 1)


def _base(verb: str, rest: list[str]) -> str:
    """The base form of a third person's verb; other words come back as they are."""
    inflected = verb.endswith("s") and not verb.endswith(("ss", "us", "is"))
    if not rest or not inflected or len(verb) < SHORTEST_VERB:
        return verb
    if verb.endswith("ies"):
        return f"{verb[:-3]}y"
    return verb[:-2] if verb.endswith(("shes", "sses", "xes", "zes")) else verb[:-1]
