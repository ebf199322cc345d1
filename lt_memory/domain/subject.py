"""Whom or what a statement is about: a correction puts right only what is about the same."""

import re
from dataclasses import dataclass

from lt_memory.domain.sameness import Facets, facets

_ADDS = re.compile(
    r"\b(?:also|another|as well|in addition|additional(?:ly)?|besides)\b"
    r"|\btoo\b(?=\s*(?:$|[.,;:!?)]))",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^(?:(?:actually|no|nope|sorry|oops|wait|well|oh|ok|okay|yes|yeah|and|but|so|now|hang on"
    r"|scratch that|correction|in fact|my mistake|i mean[t]?|i was wrong|i stand corrected)\b"
    r"[\s,.:;–-]*)+",
    re.IGNORECASE,
)
_WHEN = re.compile(
    r"^(?:since|on|in|at|last|next|this|from|every|for|after|before|during|until|these|as|today"
    r"|yesterday|tomorrow)\b(?: [\w'-]+,?){0,5}? (?=(?:I|we|my|our)\b)",
    re.IGNORECASE,
)
_TREATED = re.compile(
    r"\b(?:taken?|took|puts?|putting) (?:me|us) (?:off|on|up|down)\b", re.IGNORECASE
)
_SHIFTED = re.compile(
    r"\b(?:moved?|moving|changed?|switched|rescheduled|shifted|postponed) "
    r"(?P<what>(?:my|our|the|[A-Z][\w-]*'s) .+?) (?:from|to)\b"
)
_SPEAKER = re.compile(r"(?:i|we)\b", re.IGNORECASE)
_OTHERS = re.compile(r"(?P<whose>he|she|they|his|her|their)\b", re.IGNORECASE)
_IT = re.compile(r"(?:it|that(?='s| is| was))\b", re.IGNORECASE)
_POINTED = re.compile(r"(?:the|this|that|these|those)\b", re.IGNORECASE)
_OWNED = re.compile(r"(?:my|our)\b", re.IGNORECASE)
_VERB = frozenset(("is", "are", "was", "were", "will", "has", "have", "isn't", "aren't", "wasn't"))
_LINK = frozenset(("to", "on", "in", "at", "for", "with", "of", "from", "by", "now", "not"))
_PLACES = 4  # words of a subject that are looked at
_QUALITY = frozenset(("new", "old", "first", "last", "next", "own", "other", "best", "favourite"))
_KIN_WORDS = """
    mother mum mom mam father dad parent sister brother sibling twin son daughter child children kid
    baby wife husband spouse partner girlfriend boyfriend fiancé fiancée ex aunt auntie uncle cousin
    niece nephew grandmother grandma gran granny nan nana grandfather grandpa grandad granddad
    grandparent grandson granddaughter grandchild grandchildren stepmother stepfather stepson
    stepdaughter stepsister stepbrother godson goddaughter godmother godfather mother-in-law
    father-in-law sister-in-law brother-in-law son-in-law daughter-in-law in-law family friend mate
    flatmate roommate housemate neighbour neighbor colleague boss manager cat dog puppy kitten
    rabbit hamster horse pony parrot budgie tortoise goldfish pet
"""
_KIN = frozenset(_KIN_WORDS.split())
_ALIKE = {"mum": "mother", "mom": "mother", "mam": "mother", "dad": "father", "kid": "child",
          "children": "child", "neighbor": "neighbour"}  # fmt: skip
_WORD = re.compile(r"[^\W\d_][\w-]*(?:'(?!s\b)\w+)?")
_OWNER = re.compile(r"\b(?P<name>[A-Z][\w-]*)'s\b")
_NO_OWNER = re.compile(
    r"(?:It|He|She|That|There|What|Who|Here|Let|This|Today|Tomorrow|One|Everyone"
    r"|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)$"
)
_CALLED = re.compile(rf"\b(?i:{'|'.join(sorted(_KIN))}),? (?P<name>[A-Z][\w-]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a sentence is about.

    Attributes:
        kind: `speaker`, `owned`, `pointed`, `named`, or the pronoun of someone else.
        words: the words that name it, in order, save for the speaker and for pronouns.
        whole: whether a verb such as "is" follows them, so that the last one is the noun.
    """

    kind: str
    words: tuple[str, ...] = ()
    whole: bool = False


def adds(text: str) -> bool:
    """Whether a statement adds to what was said, and so takes nothing's place."""
    return _ADDS.search(text) is not None


def subject_of(text: str) -> Subject:
    plain = _LEAD.sub("", text.replace("’", "'").strip())
    if _TREATED.search(plain):
        return Subject(kind="speaker")
    shifted = _SHIFTED.search(plain)
    plain = f"{shifted['what']} is" if shifted else _WHEN.sub("", plain)
    if _SPEAKER.match(plain):
        return Subject(kind="speaker")
    if _IT.match(plain):
        return Subject(kind="pointed")
    other = _OTHERS.match(plain)
    if other:
        return Subject(kind=other["whose"].casefold())
    return _phrase(plain)


def about_the_same(new: str, old: str) -> bool:
    """Whether both are about the same: the same subject, the same people, the same names.

    A new statement on "the train" may be about "my train to Leeds", and the day of "my class" one
    that "I" have named for it. In doubt they are not.
    """
    a, b = subject_of(new), subject_of(old)
    pointed = a.kind == "pointed"
    mine, theirs = parties(new), parties(old)
    same = mine <= {*theirs, *b.words} and theirs <= {*mine, *a.words}
    if not same and not (pointed and mine <= theirs):
        return False
    if pointed and not a.words:
        return True
    if b.kind == "speaker" and (pointed or (a.kind == "owned" and not mine)):
        return _counts(new, old) and bool(set(a.words) & set(map(_singular, _words(old))))
    return _one_thing(a, b)


def names_agree(new: str, old: str) -> bool:
    """Whether a new number or day comes without a name that the old statement has not."""
    a, b = facets(new), facets(old)
    return not _counts(new, old) or _proper(a) <= {*_proper(b), *b.words}


def _counts(new: str, old: str) -> bool:
    """Whether they differ in a number or a day."""
    a, b = facets(new), facets(old)
    return a.numbers != b.numbers or a.dates != b.dates


def parties(text: str) -> frozenset[str]:
    """The people and animals of a statement: kin by their noun, others by whose something is."""
    plain = text.replace("’", "'")
    kin = {_kin(word.casefold()) for word in _WORD.findall(plain)}
    owners = {each["name"] for each in _OWNER.finditer(plain)}
    called = {each["name"] for each in _CALLED.finditer(plain)}
    named = {each.casefold() for each in owners | called if not _NO_OWNER.match(each)}
    return frozenset((kin - {""}) | named)


def _kin(word: str) -> str:
    for each in (word, word.removesuffix("s")):
        if each in _KIN:
            return _ALIKE.get(each, each)
    return ""


def _one_thing(a: Subject, b: Subject) -> bool:
    things = {"owned", "pointed", "named"}
    if a.kind != b.kind and not {a.kind, b.kind} <= things:
        return False
    if a.kind not in things:
        return True
    if a.whole and b.whole:
        return a.words[-1:] == b.words[-1:]
    return bool(set(a.words) & set(b.words))


def _phrase(text: str) -> Subject:
    """The noun phrase that a sentence begins with."""
    kind, rest = _kind(text)
    words = _words(rest)[:_PLACES]
    stop = next((word for word in words if word in _VERB | _LINK), "")
    named = words[: words.index(stop)] if stop else words
    return Subject(
        kind=kind,
        words=tuple(_singular(word) for word in named if word not in _QUALITY),
        whole=stop in _VERB,
    )


def _kind(text: str) -> tuple[str, str]:
    for kind, pattern in (("pointed", _POINTED), ("owned", _OWNED)):
        found = pattern.match(text)
        if found:
            return kind, text[found.end() :]
    return "named", text


def _words(text: str) -> list[str]:
    return [word for word in (each.casefold() for each in _WORD.findall(text)) if word != "s"]


def _singular(word: str) -> str:
    return word if word.endswith("ss") else word.removesuffix("s")


def _proper(of: Facets) -> set[str]:
    names = (name for name in of.names if name[:3] not in of.dates)
    return {name for name in names if not _NO_OWNER.match(name.capitalize())}
