"""The user's people and animals: how they are named, and whom a pronoun means."""

import re
from dataclasses import dataclass, replace

from lt_memory.rules.vocabulary import one_of

_GENDERS = {"she": one_of("she"), "he": one_of("he"), "they": one_of("several")}
ONE = f"(?:{one_of('she')}|{one_of('he')}|{one_of('anyone')})"
RELATION = f"(?:{ONE}|{one_of('several')})"
_QUALITY = rf"(?:{one_of('quality')}[- ])*"
_FIRST_NAME = r"(?-i:[A-Z][\w'’-]*(?:\s+[A-Z][\w'’-]+)?)"
_PERSON = re.compile(
    rf"\b(?P<whose>my|our)\s+(?P<relation>{_QUALITY}{RELATION})(?!-)"
    rf"(?:(?:'s|’s)\s+name\s+is|(?:'s|’s|\s+is|\s+was)\s+(?:called|named)|,|\s+called|\s+named)?"
    rf"(?:\s+(?P<name>{_FIRST_NAME}))?",
    re.IGNORECASE,
)
_PET = re.compile(
    rf"\b(?:have|got|adopted|'ve|ve)\b.{{0,20}}?\b(?:an?|one)\s+(?P<relation>(?:[\w-]+\s+){{0,3}}?"
    rf"(?:{ONE}|{one_of('pets_by_breed')}))"
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
    for gender, words in _GENDERS.items():
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
