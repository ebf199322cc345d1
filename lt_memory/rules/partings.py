"""Deeds that end a state: leaving work, selling things, parting, moving, putting off."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from lt_memory.domain.sameness import facets
from lt_memory.domain.subject import parties
from lt_memory.rules.claims import Claim, Part, claim_of, parts_of, predicate_of, subjects_of
from lt_memory.rules.endings import Ends
from lt_memory.rules.subjects import based
from lt_memory.rules.vocabulary import one_of
from lt_memory.rules.wording import plain

_HAVE = r"^(?:have )?"
_LET_GO = r"(?:was|were|been|got) (?:fired|sacked|laid off|let go|made redundant)"
_QUIT = re.compile(
    rf"{_HAVE}(?:quit|resigned from|retired from|dropped out of|{_LET_GO} (?:from|by|at)"
    r"|(?:quit|left|lost|resigned from) my (?:old )?(?:job|post|position) (?:at|with|as|in|for))"
    r" (?!my (?:job|post|position)\b)(?P<what>.+)"
)
_LEFT = re.compile(rf"{_HAVE}left (?:the )?(?P<what>.+)")
_LEFT_A_NAME = re.compile(r"\b[Ll]eft (?:the )?[A-Z]|\bleft (?:school|college|university|uni)\b")
_JOBLESS = re.compile(
    rf"{_HAVE}(?:(?:quit|left|lost|resigned from|gave up|given up) my (?:old )?"
    rf"(?:job|post|position)|retired|{_LET_GO})(?:$| (?:in|on|last|this|yesterday|today)\b)"
    r"|^be (?:retired|unemployed) now$"
)
_ON_THE_WAY = frozenset(("at", "with", "by"))  # "left Siemens at five"
_AT_WORK = ("at", "for", "with")
_SOLD = re.compile(
    rf"{_HAVE}(?:sold|got rid of|(?:gave|given|threw|thrown) (?:away|out)|scrapped|donated"
    r"|traded in) (?:the|my|our) (?P<what>.+)"
    r"|^(?:no longer|do not) have (?:the|my|our) (?P<gone>.+?)(?: any ?more)?$"
    r"|^(?:have )?(?:gave|given|threw|thrown) (?:the|my|our) (?P<off>.+?) (?:away|out)\b"
)
_OWNING = frozenset(("have", "drive", "ride"))
_SEVERAL = frozenset(("two", "three", "four", "five", "six", "both", "several", "some"))
_PARTNER = r"(?:girlfriend|boyfriend|partner|wife|husband|spouse|fianc[eé]e?)"
_SPLIT = r"(?:have )?(?:broke up|broken up|split up|separated|divorced|got divorced|split)"
_PARTED = re.compile(
    rf"^(?P<a>[a-z'-]+|my {_PARTNER}(?: [a-z'-]+)?) and i {_SPLIT}\b"
    rf"|^(?:i|we) {_SPLIT} (?:with |from )?(?P<b>my {_PARTNER}|[a-z'-]+)"
    rf"|^i (?:have )?left (?P<c>my {_PARTNER})\b"
)
_COUPLE = re.compile(
    rf"^(?:i|we) (?:am|are) (?:married|engaged|dating|seeing|in a relationship|together)\b"
    rf"|^(?:i|we) have an? {_PARTNER}\b|^my {_PARTNER}(?:'s name)? is (?:called )?[a-z'-]+$"
)
_SINGLE = re.compile(r"^be (?P<how>divorced|separated|single)(?P<now> now| again)?$")
_MOVED = re.compile(rf"{_HAVE}moved (?:back |over |out |away |house )*to (?P<where>.+)")
_LIVES = re.compile(r"^live (?:in|at) (?P<where>.+)")
_LATELY = re.compile(
    r"\b(?:now|just|recently|finally|nowadays|these days|since|last|yesterday|today"
    r"|(?:19|20)\d\d)\b"
)
_NOT_FOR_GOOD = re.compile(
    rf"^{one_of('moved_to')}\b"
    r"|\b(?:when|as an?|aged|age|before|during|until|till"
    r"|for (?:an?|\w+) (?:year|month|week|day|night|term|weekend|summer|winter)s?)\b"
)
_SHIFT = r"(?:moved|postponed|rescheduled|brought forward|pushed back|put back|put off|delayed)"
_CALLED_OFF = r"(?:cancell?ed|called off)"
_PUT_OFF = re.compile(
    rf"^(?:my|our|the) (?P<a>.+?) (?:has been|have been|was|were|is|are|got)"
    rf" (?:{_SHIFT}|{_CALLED_OFF})\b"
    rf"|^(?:i|we|they) (?:have )?(?:{_SHIFT}|{_CALLED_OFF}) (?:my|our|the) (?P<b>.+?)"
    r"(?= (?:from|to|until|till|by|because)\b|$)"
)
_THING = re.compile(
    r"^(?:my|our) (?P<what>(?!favourite )[^']+?) (?P<is>is|are|starts?|leaves|begins|takes place) "
    r"(?P<rest>.+)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Two statements seen side by side.

    Attributes:
        subject: of whom both speak; "" when they speak of things.
        deed: what the new one says of it, in base form.
        claim: what the old one claims of it.
        places: names in the new one that are of places.
    """

    new: str
    old: str
    subject: str = ""
    deed: str = ""
    claim: Claim | None = None
    places: Collection[str] = ()


def parted_by(new: str, old: str, places: Collection[str] = ()) -> Ends | None:
    """Whether a deed that a statement tells of ends what an old one says, and how surely."""
    found = _parted(new, old) or _put_off(new, old)
    if found:
        return found
    for subject in subjects_of(new):
        told = predicate_of(new, subject) or ""
        was = predicate_of(old, subject)
        claim = claim_of(was) if was else None
        both = Statement(
            new=new, old=old, subject=subject, deed=based(told), claim=claim, places=places
        )
        for read in _DEEDS:
            found = read(both)
            if found:
                return found
    return None


def _left(both: Statement) -> Ends | None:
    if both.claim is None or both.claim.planned:
        return None
    if _JOBLESS.match(both.deed):
        return Ends.ONE if _works(both.claim) else None
    quit_, left = _QUIT.match(both.deed), _LEFT.match(both.deed)
    found = quit_ or (left if _LEFT_A_NAME.search(both.new) else None)
    if found is None:
        return None
    place, *others = parts_of(found["what"])
    if left and any(each.lead in _ON_THE_WAY and not each.of_time for each in others):
        return None
    return Ends.SURELY if _is_at(both.claim, place) else None


def _works(claim: Claim) -> bool:
    return claim.verb == "work" and any(each.lead in {*_AT_WORK, "as"} for each in claim.parts)


def _is_at(claim: Claim, place: Part) -> bool:
    if claim.verb not in {"work", "be", "studi"} or place.lead:
        return False
    at = claim.led_by(*_AT_WORK)
    if claim.verb == "work":
        at += claim.led_by("as")
    return any(Part(lead=each.lead, words=place.words).within(each) for each in at)


def _sold(both: Statement) -> Ends | None:
    found = _SOLD.match(both.deed)
    if found is None:
        return None
    thing = next(iter(parts_of(found["what"] or found["gone"] or found["off"])), None)
    if thing is None or thing.lead:
        return None
    if both.claim is not None and both.claim.verb in _OWNING and not both.claim.planned:
        return _owned(thing, both.claim)
    return Ends.SURELY if both.subject == "i" and _is_thing(thing, both.old) else None


def _owned(thing: Part, claim: Claim) -> Ends | None:
    held = claim.object
    named = Part(lead="called", words=thing.words)
    if held is None or not (
        thing.within(held) or any(named.within(each) for each in claim.led_by("called", "named"))
    ):
        return None
    return Ends.PERHAPS if _SEVERAL & set(held.words) else Ends.SURELY


def _is_thing(thing: Part, old: str) -> bool:
    """Whether "my car is a grey Skoda" speaks of "the car" or "the Skoda"."""
    found = _THING.match(plain(old))
    if found is None or found["is"] != "is" or parties(old):
        return False
    called, claim = next(iter(parts_of(found["what"])), None), claim_of(f"be {found['rest']}")
    sort = claim.object if claim and re.match(r"an? |[a-z]+$", found["rest"]) else None
    return any(each is not None and thing.within(each) for each in (called, sort))


def _parted(new: str, old: str) -> Ends | None:
    words, was = plain(new), plain(old)
    alone = _SINGLE.match(based(predicate_of(new, "i") or ""))
    together = _COUPLE.match(was)
    if alone and together:
        return Ends.SURELY if alone["now"] or alone["how"] == "divorced" else Ends.PERHAPS
    found = _PARTED.match(words)
    if found is None or together is None:
        return None
    whom = (found["a"] or found["b"] or found["c"] or "").removeprefix("my ").split()
    return Ends.SURELY if set(whom) <= set(was.replace("'s", "").split()) else None


def _moved(both: Statement) -> Ends | None:
    """Who lives now in one place does not live in another."""
    if both.claim is None or both.claim.verb != "live" or both.claim.planned:
        return None
    found = _MOVED.match(both.deed) or _LIVES.match(both.deed)
    homes = [word for each in both.claim.led_by("at") for word in each.words]
    if found is None or not homes or _NOT_FOR_GOOD.search(found["where"]):
        return None
    where = next(iter(parts_of(found["where"])), None)
    lately = _LATELY.search(plain(both.new))
    if where is None or set(where.words) & set(homes) or not _is_place(where, both.places):
        return None
    if lately:
        return Ends.SURELY
    return Ends.PERHAPS if _MOVED.match(both.deed) else None


def _is_place(where: Part, places: Collection[str]) -> bool:
    known = {word for name in places for part in parts_of(plain(name)) for word in part.words}
    return set(where.words) <= known


def _put_off(new: str, old: str) -> Ends | None:
    found = _PUT_OFF.match(plain(new))
    if found is None or parties(new) != parties(old):
        return None
    what = tuple(parts_of(found["a"] or found["b"]))
    arranged = tuple(_arranged(old))
    same = bool(what) and bool(arranged) and all(
        any(each.within(other) for other in arranged) for each in what
    )  # fmt: skip
    return Ends.ONE if same and facets(old).tense != "past" else None


def _arranged(old: str) -> tuple[Part, ...]:
    """What an old statement says takes place at a time: its subject, or what one has then."""
    told = facets(old)
    if not told.dates and not told.numbers:
        return ()
    found = _THING.match(plain(old))
    if found:
        return tuple(parts_of(found["what"]))
    was = predicate_of(old, "i")
    claim = claim_of(was) if was else None
    return claim.parts if claim and claim.verb == "have" else ()


_DEEDS: tuple[Callable[[Statement], Ends | None], ...] = (_left, _sold, _moved)
