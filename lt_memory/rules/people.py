"""The user's people and animals: how they are named, and whom a pronoun means."""

import re
from dataclasses import dataclass, replace

_SHE = (
    r"mother|mum|mummy|sister|wife|girlfriend|fiancée|daughter|aunt|auntie|niece|grandmother"
    r"|grandma|granny|gran|nan|nana|stepmother|stepmum|stepsister|stepdaughter|goddaughter"
    r"|granddaughter|godmother|landlady|mother[- ]in[- ]law|sister[- ]in[- ]law|ex-?wife"
    r"|daughter[- ]in[- ]law|ex-?girlfriend"
)
_HE = (
    r"father|dad|daddy|brother|husband|boyfriend|fiancé|son|uncle|nephew|grandfather|grandpa"
    r"|granddad|grandad|stepfather|stepdad|stepbrother|stepson|godson|grandson|godfather|landlord"
    r"|father[- ]in[- ]law|brother[- ]in[- ]law|son[- ]in[- ]law|ex-?husband|ex-?boyfriend"
)
_ANY = (
    r"partner|spouse|fiancee?|kid|child|baby|toddler|twin|cousin|friend|best friend|boss|manager"
    r"|colleague|coworker|co-worker|flatmate|roommate|housemate|neighbou?r|teacher|tutor|therapist"
    r"|doctor|gp|dentist|vet|coach|ex|godchild|grandchild|stepchild|sibling|student|cat|dog|puppy"
    r"|kitten|rabbit|hamster|horse|pony|parrot|tortoise|bird|goldfish|guinea pig|snake|lizard|ferret"
)
_PLURAL = (
    r"parents|sisters|brothers|sons|daughters|kids|children|twins|cousins|friends|grandparents"
    r"|in-laws|siblings|cats|dogs|aunts|uncles|nieces|nephews|neighbou?rs|flatmates|colleagues"
    r"|rabbits|hens|chickens|horses|grandchildren|folks|pets|girls|boys"
)
RELATION = rf"(?:{_SHE}|{_HE}|{_ANY}|{_PLURAL})"
ONE = rf"(?:{_SHE}|{_HE}|{_ANY})"
_QUALITY = (
    r"(?:(?:older|younger|little|big|elder|eldest|youngest|oldest|twin|half|late|old|new|best|good"
    r"|close|closest|dear|first|second|middle|great|rescue|former|current|future|pet|ex|next[- ]door"
    r"|primary|[a-z]+-year-old)[- ])*"
)
_FIRST_NAME = r"(?-i:[A-Z][\w'’-]*(?:\s+[A-Z][\w'’-]+)?)"
_PERSON = re.compile(
    rf"\b(?P<whose>my|our)\s+(?P<relation>{_QUALITY}{RELATION})(?!-)"
    rf"(?:(?:'s|’s)\s+name\s+is|(?:'s|’s|\s+is|\s+was)\s+(?:called|named)|,|\s+called|\s+named)?"
    rf"(?:\s+(?P<name>{_FIRST_NAME}))?",
    re.IGNORECASE,
)
_PET = re.compile(
    rf"\b(?:have|got|adopted|'ve|ve)\b.{{0,20}}?\b(?:an?|one)\s+(?P<relation>(?:[\w-]+\s+){{0,3}}?"
    rf"(?:{ONE}|greyhound|whippet|labrador|beagle|spaniel|poodle|collie|terrier))"
    rf"(?:\s*,|\s+called|\s+named)?(?:\s+(?P<name>{_FIRST_NAME}))?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Someone of the user's: `phrase` names them so that a sentence stands by itself."""

    phrase: str
    name: str
    gender: str
    start: int
    end: int


def people(text: str, start: int, end: int) -> tuple[Person, ...]:
    """Those named in `text[start:end]`, in order."""
    found = [*_PERSON.finditer(text, start, end), *_PET.finditer(text, start, end)]
    return tuple(_person(match) for match in sorted(found, key=lambda m: m.start()))


def _person(found: re.Match[str]) -> Person:
    relation = found["relation"]
    name = (found["name"] or "").removesuffix("'s").removesuffix("’s")
    whose = found.groupdict().get("whose") or "my"
    return Person(
        phrase=" ".join(f"{whose} {relation} {name}".split()),
        name=name,
        gender=_gender(relation.lower().split()),
        start=found.start(),
        end=found.end("name") if name else found.end("relation"),
    )


def _gender(relation: list[str]) -> str:
    last = relation[-1]
    whole = " ".join(relation)
    for gender, words in (("she", _SHE), ("he", _HE), ("they", _PLURAL)):
        if re.fullmatch(words, last) or re.fullmatch(words, whole):
            return gender
    return ""


@dataclass(frozen=True, slots=True)
class Cast:
    """Who has been spoken of: in this message for pronouns, in this segment by name."""

    here: tuple[Person, ...] = ()
    known: tuple[Person, ...] = ()

    def meeting(self, met: tuple[Person, ...]) -> "Cast":
        """The cast with those of one clause; its subject counts as the one last spoken of."""
        named = tuple(p for p in met if p.name)
        return replace(self, here=(*self.here, *reversed(met)), known=(*self.known, *named))

    def renamed(self, met: tuple[Person, ...], span: tuple[int, int]) -> "Cast":
        """The cast with those whose names a clause has only now given."""
        start, end = span
        return self.meeting(tuple(replace(p, start=start, end=end) for p in met if p.name))

    def next_message(self) -> "Cast":
        return replace(self, here=())

    def meant_by(self, pronoun: str) -> Person | None:
        """The one person whom `she`, `he` or `they` can mean; None when that is open."""
        fitting = [p for p in self.here if p.gender in ({pronoun} if pronoun == "they" else
                                                        {pronoun, ""})]  # fmt: skip
        return fitting[-1] if fitting else None

    def named(self, name: str) -> Person | None:
        return next((p for p in reversed(self.known) if p.name == name), None)
