"""What must not be learnt: questions, requests, fancies, quotations, other people's words."""

import re
from collections.abc import Iterator

from lt_memory.rules.clauses import MASK, Clause, Sentence, masked, sentences
from lt_memory.rules.wording import plain, trimmed

_ASKING = re.compile(
    r"^(?:what|what's|whats|where|who|whos|why|how|which|whose|do|does|did|am|is|are|can|could"
    r"|would|will|should|shall|may|might|any|got any|have (?:i|you|we|they)|has|was|were"
    r"|when (?:is|are|do|does|did|was|were|will|should|can)|where (?:did|do|is))\b"
)
_TAG = re.compile(
    r"^(?:is|are|am|do|does|did|was|were|have|has|can|could|should|would|will)(?: not)?"
    r" (?:it|i|he|she|they|you|we|that)$"
)
_COMPOSING = re.compile(
    r"^(?:please |pls )?(?:write|draft|compose|translate|rewrite|proofread|paraphrase|rephrase"
    r"|summari[sz]e|correct|fix|tell|say|ask|email|reply|respond|convert|create|make|generate"
    r"|explain|describe|repeat|spell|act|let us|let me|lets|let's)\b"
)
_ASKED_FOR = re.compile(
    r"^(?:please|pls|remind|give|show|list|find|help|play|set|add|book|order|send|suggest|recommend"
    r"|check|edit|calculate|compare|do not|never mind|stop|keep|use|forget|remember to|consider"
    r"|answer|search|look up|think of|turn|open|read|sing|define|continue|try|wait|avoid|call me an?"
    r"|plan|teach me|recall|call my)\b"
)
_FANCY = re.compile(
    r"\b(?:imagine|suppose|supposing|pretend|let us say|let's say|lets say|hypothetically|roleplay"
    r"|role-play|what if|as if|act as|in (?:this|my|the|a|our|your) (?:\w+ )?(?:story|novel|game|book"
    r"|dream|movie|film|scenario|play|rpg|campaign|poem|song|essay|script|tale|sketch)"
    r"|(?:my|the|a) (?:character|protagonist|narrator|persona|hero|villain))\b|^say i\b"
)
_CONDITION = re.compile(r"\b(?:if|unless|wish|whether|as though)\b")
_OTHERS_WORDS = re.compile(
    r"\b(?:according to|(?:said|says|wrote|replied) (?:the|my|a|his|her)|, said\b)|^you said"
)
_PASTED = re.compile(
    r"\b(?:translat\w+|proofread|check|correct|fix|rewrite|rephrase|paraphrase|edit|summari[sz]e"
    r"|improve|grammar|spelling|review|paragraph|sentence|phrase|essay|say|analy[sz]e|shorten|polish"
    r"|reply|respond|letter|e?mail|text|message|article|quote|lyrics|caption|subject line)\b"
)


_RIDDLE = re.compile(
    r"\bhow (?:many|much)\b.*\b(?:left|remain|altogether|in total|has (?:he|she)|does (?:he|she))\b"
)
_TITLE = re.compile(
    r"\b(?:is|was) (?:an?|the) (?:\w+ )?(?:song|film|movie|book|novel|phrase|saying|quote|line|lyric"
    r"|poem)\b|\bwritten by\b"
)


def statements(text: str) -> Iterator[Clause]:
    """The clauses in which the user states something, trimmed of talk around them."""
    covered = masked(text)
    if _RIDDLE.search(plain(covered)):
        return
    for sentence in sentences(covered):
        words = plain(covered[sentence.start : sentence.end].replace(MASK, " "))
        if _FANCY.search(words) or _hands_over(covered, sentence):
            return
        if _conditional(covered, sentence) or _OTHERS_WORDS.search(words) or _TITLE.search(words):
            continue
        yield from _stated(covered, sentence)


def _hands_over(text: str, sentence: Sentence) -> bool:
    """Whether what follows is material to work on: "translate this: I live in Rome"."""
    before, colon, _ = text[sentence.start : sentence.end].partition(":")
    return bool(colon) and bool(_PASTED.search(plain(before)))


def _conditional(text: str, sentence: Sentence) -> bool:
    start, end = trimmed(text, sentence.start, sentence.end)
    return bool(_CONDITION.search(plain(text[start:end])))


def _stated(text: str, sentence: Sentence) -> Iterator[Clause]:
    blocked = ""
    asked_from = _asked_from(text, sentence)
    for number, clause in enumerate(sentence.clauses):
        start, end = trimmed(text, clause.start, clause.end)
        words = plain(text[start:end])
        if asked_from is not None and number >= asked_from:
            return
        blocked = _blocks(words) or blocked
        if _open(blocked, words, clause) and MASK not in text[start:end] and end > start:
            yield Clause(start=start, end=end, joint=clause.joint)


def _open(blocked: str, words: str, clause: Clause) -> bool:
    if not blocked:
        return True
    return blocked == "soft" and not _blocks(words) and clause.joint not in {"and", "verb"}


def _blocks(words: str) -> str:
    if _COMPOSING.match(words):
        return "hard"
    return "soft" if _ASKING.match(words) or _ASKED_FOR.match(words) else ""


def _asked_from(text: str, sentence: Sentence) -> int | None:
    """The first clause that belongs to the question, when the sentence is one."""
    if not sentence.asked:
        return None
    for number, clause in enumerate(sentence.clauses):
        start, end = trimmed(text, clause.start, clause.end)
        words = plain(text[start:end])
        if _ASKING.match(words) or _ASKED_FOR.match(words):
            return 0 if _TAG.match(words) else number
    return 0
