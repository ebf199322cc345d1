"""What is said of the user's own things, and sentences turned round ("Jazz is my favourite")."""

import re

from lt_memory.domain.memory import Kind
from lt_memory.rules.people import RELATION

_HEADS = (
    r"question|point|guess|understanding|problem|issue|bug|code|script|program|function|query"
    r"|opinion|view|thought|thoughts|concern|idea|bad|turn|apologies|apology|mistake|request|answer"
    r"|essay|paragraph|text|sentence|prompt|instructions|generation|country|impression|assumption"
    r"|advice|suggestion|response|message|input|output|test|tests|build|query|regex|input|default"
    r"|best|first question|next question|last message|draft|goodness|god|word|pleasure|friend said"
)
_TRANSIENT = (
    r"(?:not )?(?:broken|slow|down|crashing|working|freezing|late|full|empty|off|fine|wrong|ready"
    r"|correct|lost|failing|stuck|dead|frozen|missing|okay|ok|here|there|gone|that|this|to ask|how"
    r"|whether|why|what|if|about|simple|as follows|not important|important|irrelevant|secret|not relevant|loading|charging)\b"
)
_MINE = re.compile(
    rf"^(?:my|our) (?!(?:{_HEADS})\b)(?:[\w'&/.-]+ ){{0,5}}?(?:is|are|was|were|will be|has|have|starts"
    r"|start|ends|expires?|renews|belongs|runs|costs|includes|falls|comes|got|contains|lasts"
    r"|begins)"
    rf" (?:(?:also|now|really|actually|currently|always) )?(?!{_TRANSIENT})\S"
)
_CONTRACTED = re.compile(
    rf"^(?:my|our) (?!(?:{_HEADS})\b)(?:[\w&/.-]+ ){{0,3}}?[\w-]+'s (?!{_TRANSIENT})\w+"
)
_QUANTITY = re.compile(
    r"^(?:\w+ of|both|all) (?:my|our) \w+(?: \w+)? (?:is|are|was|were|have|has|live) \S"
)
_FAVOURITE = re.compile(r"\b(?:favourite|least favourite|pet hate|guilty pleasure|go-to)\b")
_PLAN = re.compile(
    r"\b(?:goal|dream|plan|flight|trip|holiday|wedding|exam|interview|appointment)\b"
)
_TURNED = re.compile(
    rf"^(?!(?:this|that|these|those|it|here|there|what|which|who|the (?:following|above|answer))\b)"
    rf"(?:[\w',&.-]+ ){{1,6}}(?:is|are|was|were|has always been) (?:one of )?(?:my|our) (?!(?:{_HEADS})\b)"
    rf"(?:(?:[\w-]+ )*(?:{RELATION}|favourite|home ?town|name|birthday|job|hobby|hobbies|passion|pet"
    r"|native|mother tongue|first language|middle name|maiden name|surname|nickname|go-to|comfort"
    r"|dream|weakness|idol|hero|employer|favourites))\b"
)
_WHERE = re.compile(
    r"^(?!(?:this|that|it|here|there|what)\b)(?:[\w'&.-]+ ){1,5}is (?:where|when) (?:i|we|my|our) \w+"
)
_DISLOCATED = re.compile(
    r"^(?!(?:ok|okay|yes|no|well|so|thanks|great|cool|nice|wow|hm)\b)(?:[\w'-]+ ){1,3}i (?:really |just"
    r" |absolutely )?(?:love|hate|like|adore|can not stand|can not bear|can not eat|can not have"
    r"|do not (?:like|eat|drink)|am allergic to|detest|loathe) (?:it|them|that)\b"
)
_NAMED = re.compile(
    r"^(?:(?:you can |please |just |people |everyone |everybody |friends )*call(?:s)? me"
    r"|the name is|i go by) (?!an?\b|back\b|when\b|later\b|if\b|tomorrow\b|crazy\b|that\b)\w+"
)
_ITS_MY = re.compile(
    r"^it is (?:my|our) (?:\w+ )?(?:birthday|anniversary|wedding day|first day at)"
    r" (?:on|in|next|this|tomorrow|today|\w+)"
)
_WITHOUT_SUBJECT = (
    (re.compile(
        r"^(?:just |recently |finally |newly )*(?:had my|moved (?:to|in|out)|adopted an?|bought an?|got (?:married"
        r"|engaged|promoted|an? (?:dog|cat|puppy|kitten|new))|started (?:a new|my|working|learning)"
        r"|grew up in|signed up for|quit my|lost my|broke my|turned \d+|have (?:an?|two|three|four)"
        r" (?:\w+ )?(?:kids|children|cats|dogs|dog|cat|brothers|sisters)|live in|work (?:as|at|for)"
        r"|love|hate|can not stand|prefer) \w+"), "I"),
    (re.compile(
        r"^(?:(?:severely|highly|really|also|badly) )*(?:allergic to|born (?:and raised )?(?:in|on)|living in"
        r"|working (?:as|at|for)|training for|married to|(?:vegan|vegetarian|coeliac|diabetic"
        r"|left-handed|lactose intolerant)$|scared of|expecting|learning \w+|studying \w+)"), "I'm"),
)  # fmt: skip


def thing(words: str) -> Kind | None:
    """The kind of a statement about something of the user's; None when it is not one to keep."""
    if _FAVOURITE.search(words) and _MINE.match(words):
        return Kind.PREFERENCE
    if _MINE.match(words) or _CONTRACTED.match(words) or _QUANTITY.match(words):
        return Kind.INTENTION if _PLAN.search(words) else Kind.FACT
    return None


def turned(words: str) -> Kind | None:
    """The kind of a statement whose subject is not the user's, but what it says of it is."""
    if _DISLOCATED.match(words) or (_TURNED.match(words) and "favourite" in words):
        return Kind.PREFERENCE
    said = (_TURNED, _WHERE, _NAMED, _ITS_MY)
    return Kind.FACT if any(pattern.match(words) for pattern in said) else None


def subjectless(words: str) -> str | None:
    """The subject that was left out ("moved to Bristol"); None when nothing was."""
    return next((who for pattern, who in _WITHOUT_SUBJECT if pattern.match(words)), None)
