"""Whether two sentences say the same: nearness only nominates, this decides.

"Allergic" and "not allergic", 20 mg and 40 mg lie at cosine .96 to .99 of each other; a repeat is
only what agrees in names, numbers and dates, negation, tense and every word that carries meaning.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

_TOKEN = re.compile(r"\d+(?:[.,:/]\d+)*|[^\W\d_]+(?:['’-][^\W\d_]+)*")


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


NEGATIONS = frozenset(_words(
    "not no never none neither nor without cannot nobody nothing hardly barely unable refuse"
    " refuses avoid avoids quit stopped"
))  # fmt: skip
_NO_MORE = re.compile(r"\bno longer\b|\bany ?more\b|\bused to\b|\bformerly\b|\bstopped\b|\bquit\b")
_NEWLY = re.compile(r"\b(?:now|these days|nowadays|instead|from now on|since then)\b")
_FUTURE = re.compile(
    r"\b(?:will|shall|going to|gonna|'ll|plan(?:s|ning)? to|want(?:s)? to|hope(?:s)? to|intend)\b"
)
_PAST = frozenset(_words(
    "was were had did used got went moved left became met bought sold broke lost won came grew gave"
    " took made saw wrote ran began knew said told thought taught caught felt kept lived worked"
    " studied died quit"
))  # fmt: skip
_STATES = frozenset(_words("married retired divorced engaged named called handed closed based"))
_OPPOSITES = frozenset(
    frozenset(pair)
    for pair in (("open", "closed"), ("love", "hate"), ("like", "hate"), ("like", "dislike"),
                 ("married", "single"), ("left", "right"), ("early", "late"))
)  # fmt: skip
_CONTRACTIONS = (
    ("can't", "can not"),
    ("cannot", "can not"),
    ("won't", "will not"),
    ("n't", " not"),
    ("'m", " am"),
    ("'re", " are"),
    ("'ve", " have"),
    ("'ll", " will"),
)
_EMPTY = frozenset(_words(
    "a an the is are am be been being do does of to in on at for with and or that this it its by as"
    " really very quite just also actually currently always called named s my our your have has got"
    " i we he she they name which who so too"
))  # fmt: skip
_SUBJECTS = frozenset(_words("i my we our he she they"))
_CHANGE = frozenset(_words("longer anymore now used more any instead days these"))
_COUNTED = _words(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen eighteen nineteen twenty"
)
NUMBER_WORDS = {word: str(value) for value, word in enumerate(_COUNTED)} | {
    "once": "1", "twice": "2", "first": "1", "second": "2", "third": "3",
}  # fmt: skip
_CALENDAR = re.compile(
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?|(?:mon|tues|wednes|thurs|fri|satur|sun)days?)"
)
_SINGLE_VALUED = re.compile(
    r"\b(?:live|based|living|work|working|name|birthday|born|favourite|favorite|drive|take|weigh|tall"
    r"|old|years|am|is|start|end|on|at|mg|phone|car|job)\b"
)
_LIKE_ENOUGH = 0.85  # of spelling, to be a slip of the pen
_LONG_ENOUGH = 5  # letters, below which every letter counts
_SHORT_PAST = 4  # letters of words such as "need", which end like a past and are none
_PLURAL = 3  # letters that a word keeps at least when its s is taken off


@dataclass(frozen=True, slots=True, kw_only=True)
class Facets:
    """What must agree; `words` are those that carry meaning, with names and numbers."""

    names: tuple[str, ...]
    numbers: tuple[str, ...]
    dates: tuple[str, ...]
    negations: int
    tense: str
    people: tuple[str, ...]
    words: tuple[str, ...]


def tokens(text: str) -> list[str]:
    """The words and numbers in order, in lower case, "don't" as "do not"."""
    return _TOKEN.findall(_plain(text))


def facets(text: str) -> Facets:
    plain = _plain(text)
    tokens = _TOKEN.findall(plain)
    numbers = tuple(sorted(NUMBER_WORDS.get(t, t) for t in tokens if _is_number(t)))
    return Facets(
        names=_names(text),
        numbers=numbers,
        dates=tuple(sorted(t[:3] for t in tokens if _is_date(t))),
        negations=sum(t in NEGATIONS for t in tokens) % 2,
        tense=_tense(plain, tokens),
        people=tuple(t for t in tokens if t in _SUBJECTS)[:1],
        words=tuple(
            _stem(t) for t in tokens if t not in _EMPTY and t not in NEGATIONS and not _is_number(t)
        ),
    )


def differences(one: str, other: str) -> tuple[str, ...]:
    """In what two sentences disagree; empty when one repeats the other."""
    a, b = facets(one), facets(other)
    checks = (
        ("negation", a.negations == b.negations),
        ("tense", a.tense == b.tense),
        ("numbers", a.numbers == b.numbers),
        ("dates", a.dates == b.dates),
        ("names", _same_names(a, b)),
        ("subject", _same_subject(a, b)),
        ("words", _same_words(a.words, b.words)),
    )
    return tuple(name for name, same in checks if not same)


def is_repeat(one: str, other: str) -> bool:
    return not differences(one, other)


def relation(new: str, old: str) -> str:
    """How a new statement stands to an old one near it: supersedes, conflicts or related.

    Without a word that says so ("no longer", "now"), nothing is superseded: what cannot be true
    beside the old statement conflicts with it, for the user to settle.
    """
    differing = set(differences(new, old))
    outdated = bool(_NO_MORE.search(_plain(new)) or _NEWLY.search(_plain(new)))
    if differing & {"subject"} or not comparable(new, old):
        return "related"
    if differing & {"negation"}:
        return "supersedes" if outdated else "conflicts"
    if differing & {"tense"}:
        return "supersedes" if outdated else "related"
    if outdated:
        return "supersedes"
    return "conflicts" if single_valued(new, old) or _opposite(new, old) else "related"


def single_valued(new: str, old: str) -> bool:
    """Whether they give two values of what can have only one at a time."""
    present = facets(new).tense == "present"
    named = _SINGLE_VALUED.search(_plain(new))
    return (
        present
        and named is not None
        and named.start() > 0
        and set(differences(new, old)) <= {"numbers", "dates", "names", "words"}
        and _plain(new)[: named.start()] == _plain(old)[: named.start()]
    )


def comparable(one: str, other: str) -> bool:
    """Whether both are of the same frame: at most a word or a name apart."""
    a, b = set(facets(one).words), set(facets(other).words)
    return len((a - b) - _CHANGE) <= 1 and len((b - a) - _CHANGE) <= 1


def opposed(new: str, old: str) -> bool:
    """Whether one denies just what the other says; far in meaning, such pairs may yet be."""
    return differences(new, old) == ("negation",) or _opposite(new, old)


def _opposite(new: str, old: str) -> bool:
    a, b = set(facets(new).words), set(facets(old).words)
    return frozenset(a ^ b) in _OPPOSITES and set(differences(new, old)) == {"words"}


def _plain(text: str) -> str:
    plain = text.replace("’", "'").casefold()
    for short, full in _CONTRACTIONS:
        plain = plain.replace(short, full)
    return plain


def _names(text: str) -> tuple[str, ...]:
    """Capitalised words, save one that only starts the sentence; in order."""
    found = [t for t in _TOKEN.findall(text.replace("’", "'")) if t[0].isupper()]
    starts = text[:1].isupper() and bool(found)
    kept = found[1:] if starts and _plain(found[0]) in _EMPTY | NEGATIONS else found
    return tuple(
        t.casefold().removesuffix("'s") for t in kept if not t.startswith(("I'", "I ")) and t != "I"
    )


def _same_names(a: Facets, b: Facets) -> bool:
    """Every name of one is among the other's words, and those of both come in the same order."""
    if not (_within(a.names, b) and _within(b.names, a)):
        return False
    shared = set(a.names) & set(b.names)
    return [n for n in a.names if n in shared] == [n for n in b.names if n in shared]


def _within(names: Sequence[str], other: Facets) -> bool:
    return all(_stem(name) in other.words or name in other.names for name in names)


def _same_subject(a: Facets, b: Facets) -> bool:
    return a.people == b.people


def _same_words(a: Sequence[str], b: Sequence[str]) -> bool:
    left, right = list(a), list(b)
    for word in a:
        twin = next((w for w in right if _same_word(word, w)), None)
        if twin is not None:
            left.remove(word)
            right.remove(twin)
    return not left and not right


def _same_word(one: str, other: str) -> bool:
    """The same word, or a slip of the pen; `un-`, `in-`, `non-` and `dis-` are none."""
    if one == other:
        return True
    short, long = sorted((one, other), key=len)
    if len(short) < _LONG_ENOUGH or long.endswith(short):
        return False
    return SequenceMatcher(None, one, other).ratio() >= _LIKE_ENOUGH


def _stem(word: str) -> str:
    word = word.removesuffix("'s")
    return (
        word[:-1]
        if len(word) > _PLURAL and word.endswith("s") and not word.endswith("ss")
        else word
    )


def _is_number(token: str) -> bool:
    return token[0].isdigit() or token in NUMBER_WORDS


def _is_date(token: str) -> bool:
    return _CALENDAR.fullmatch(token) is not None


def _tense(plain: str, tokens: Sequence[str]) -> str:
    if _FUTURE.search(plain):
        return "future"
    past = any(
        t in _PAST or (t.endswith("ed") and len(t) > _SHORT_PAST and t not in _STATES)
        for t in tokens
    )
    return "past" if past else "present"
