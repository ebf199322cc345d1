"""Wording: a clause in plain lower case for matching, and tidied for keeping."""

import re

_CONTRACTED = {
    "im": "i am", "ive": "i have", "id": "i would", "i'd": "i would", "dont": "do not",
    "doesnt": "does not", "didnt": "did not", "cant": "can not", "cannot": "can not",
    "can't": "can not", "wont": "will not", "won't": "will not", "isnt": "is not",
    "arent": "are not", "wasnt": "was not", "havent": "have not", "hasnt": "has not",
    "weve": "we have", "theyre": "they are", "shes": "she is", "hes": "he is",
    "gonna": "going to", "wanna": "want to", "gotta": "got to", "kinda": "kind of",
    "favorite": "favourite", "fav": "favourite", "fave": "favourite", "favs": "favourites",
    "mom": "mum", "color": "colour", "ya": "you", "u": "you", "ur": "your", "bday": "birthday",
    "birthdays": "birthday is", "alergic": "allergic", "allergc": "allergic",
    "alergy": "allergy", "perfer": "prefer", "preffer": "prefer", "freind": "friend",
    "brithday": "birthday", "vegeterian": "vegetarian", "vegitarian": "vegetarian",
    "celiac": "coeliac", "luv": "love", "loove": "love", "lve": "live", "wrok": "work",
    "favourit": "favourite", "favrite": "favourite", "realy": "really", "becuase": "because",
    "sistr": "sister", "borther": "brother", "daugther": "daughter", "husbend": "husband",
    "plannning": "planning", "planing": "planning", "studing": "studying", "lerning": "learning",
}  # fmt: skip
_SUFFIXES = (("n't", " not"), ("'m", " am"), ("'re", " are"), ("'ve", " have"), ("'ll", " will"))
_WORD = re.compile(r"[^\s,]+")

_KEPT = {
    "i": "I", "im": "I'm", "i'm": "I'm", "ive": "I've", "i've": "I've", "i'll": "I'll",
    "i'd": "I'd", "dont": "don't", "cant": "can't", "doesnt": "doesn't", "didnt": "didn't",
    "isnt": "isn't", "wasnt": "wasn't", "wont": "won't", "havent": "haven't",
}  # fmt: skip
_KEPT_WORD = re.compile(r"(?<![\w'])[a-z']+(?![\w'])")

_LEADING = re.compile(
    r"""^(?:\W*(?:
        by\ the\ way|btw|fyi|oh|ohh|ah|um|uh|well|so|hey|hi|hiya|hello|yo|yeah|yes|yep|yup|ok|okay
        |no|nope|right|sure|thanks(?:\ so\ much)?|thank\ you|cheers|haha\w*|lol|hmm+|anyway|anyways
        |actually|honestly|basically|also|and|but|plus|oh\ and|because|cause|cos|since|as|though
        |although|given\ that|seeing\ as|now\ that|for\ the\ record|just\ so\ you\ know|jsyk
        |to\ be\ honest|tbh|truth\ is|the\ truth\ is|the\ thing\ is|thing\ is|fun\ fact|about\ me
        |turns\ out|it\ turns\ out|as\ (?:i|you)(?:\ \w+)?\ (?:said|mentioned|know)
        |good\ (?:morning|evening|afternoon)|hi\ there|hello\ there|hey\ there|nice\ to\ meet\ you
        |(?:please\ )?(?:remember|note|keep\ in\ mind|bear\ in\ mind|don'?t\ forget)(?:\ that)?
            (?=\ (?:i|i'm|im|i've|my|we|our)\b)
        |(?:you\ should|i\ should|i\ want\ you\ to|i'd\ like\ you\ to)\ (?:know|mention|say|add)
            (?:\ that)?(?=\ (?:i|i'm|im|i've|my|we|our)\b)
        |(?:i'?m\ |i\ am\ )?(?:not\ sure|don'?t\ know|idk|dunno)\ (?:if|whether)
            \ (?:i|i've|ive)\ (?:\w+\ )?(?:told|mentioned|said)(?:\ (?:it|that|this|you))*,?(?:\ but)?
        |i\ don'?t\ know\ (?:if|whether)\ (?:i|i've)\ (?:\w+\ )?(?:told|mentioned|said)
            (?:\ (?:it|that|this|you))*,?(?:\ but)?
        |did\ i\ (?:say|mention)\ that
    )(?![\w'’-]))+\W*""",
    re.IGNORECASE | re.VERBOSE,
)
_TRAILING = re.compile(
    r"(?:[\s,]+(?:btw|by the way|lol|lmao|haha\w*|tho|though|fyi|you know|tbh|to be honest|thanks"
    r"|thank you|cheers|actually|honestly|xx?|if that helps|just so you know))+\W*$|\W+$",
    re.IGNORECASE,
)


def plain(text: str) -> str:
    """Lower case, straight apostrophes, contractions written out."""
    words = (_spelt_out(w) for w in _WORD.findall(straight(text).lower()))
    return " ".join(words).strip(" .!?;:-")


def straight(text: str) -> str:
    return text.replace("’", "'").replace("‘", "'").replace("`", "'")


def _spelt_out(word: str) -> str:
    if word in _CONTRACTED:
        return _CONTRACTED[word]
    for suffix, full in _SUFFIXES:
        if word.endswith(suffix) and len(word) > len(suffix):
            return word.removesuffix(suffix) + full
    return word


def tidy(text: str) -> str:
    """The user's own words as a sentence: capital, full stop, the usual apostrophes."""
    flat = " ".join(straight(text).split()).strip(" ,;:-–—")
    flat = _KEPT_WORD.sub(lambda found: _KEPT.get(found[0], found[0]), flat)
    flat = flat[:1].upper() + flat[1:]
    return flat if flat.endswith((".", "!")) else f"{flat}."


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without what only starts or ends the talk."""
    leading = _LEADING.match(text[start:end])
    if leading and leading.end() < end - start:
        start += leading.end()
    while start < end and not text[start].isalnum():
        start += 1
    trailing = _TRAILING.search(text[start:end])
    return (start, start + trailing.start()) if trailing else (start, end)
