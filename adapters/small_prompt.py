"""A prompt that the small built-in model can follow: some notes, two worked examples, a question.

A model of 135 million parameters loses its way in a system prompt and a history. Shown the notes
that bear on the question, the likeliest one last, after two examples of the same shape, it answers
from them.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from openai.types.chat import ChatCompletionMessageParam

from adapters.llm_wire import unread
from cns.domain.message import Document, Message, Role
from cns.ports import ModelRequest

Turns = list[ChatCompletionMessageParam]

NOTES = 4
STATEMENTS = 40  # how many of the user's latest statements are looked at for notes
LONGEST = 1500  # characters of a message: it reads about a hundred tokens a second
SENTENCE = 80  # tokens
PARAGRAPH = 200
LONGEST_NOTE = 240

ANSWERING = "You answer questions from the notes. Answer in one short sentence."
HEARING = "You are MIRA, a friendly assistant. The user tells you something. Reply in one sentence."
TALKING = "You are MIRA, a friendly assistant. Answer in one or two short sentences."

# Left alone it runs on, and what it adds is invented. A full stop within a word does not end one.
ONE_SENTENCE = r"""
root ::= ( title | [^.!?\n] | [.] [^ \n"] )+ [.!?]
title ::= ( "Dr" | "Mr" | "Mrs" | "Ms" | "St" ) ". "
"""

_QUOTED = re.compile(r'^- .*?"(?P<words>.+)"\s*$')
_BARE = re.compile(r"^- (?P<words>.+)$")
_WORDS = re.compile(r"\w+")
_QUESTION = re.compile(
    r"^(what|who|whom|whose|where|when|which|why|how|is|am|are|was|were|do|does|did|can|could|"
    r"have|has|had|tell me|remind me)\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[.!?])(?<!Dr.)(?<!Mr.)(?<!Mrs.)(?<!Ms.)(?<!St.) (?=[A-Z])")
# What it is told it shall not embroider: it gives back the very words, turned.
_GREETING = re.compile(
    r"^(?:hello|hi|hey|good (?:morning|day|evening))\b[\w ]{0,20}[,.!] ", re.IGNORECASE
)
_STATEMENT = re.compile(
    r"(?:I|I'm|I've|My|We|We're|We've|Our|The|A|An|He|She|They|It|There)\b.*\w.*\s"
)
_TURNED = {
    "i": "you",
    "i'm": "you're",
    "i've": "you've",
    "i'd": "you'd",
    "i'll": "you'll",
    "we": "you",
    "we're": "you're",
    "we've": "you've",
    "we'd": "you'd",
    "we'll": "you'll",
    "i am": "you are",
    "am i": "are you",
    "i was": "you were",
    "me": "you",
    "us": "you",
    "my": "your",
    "mine": "yours",
    "our": "your",
    "ours": "yours",
    "myself": "yourself",
}
_SELF = re.compile(
    r"(?<![\w'-])(?:" + "|".join(sorted(_TURNED, key=len, reverse=True)) + r")(?![\w'-])",
    re.IGNORECASE,
)
_COMMON = frozenset(
    {"the", "and", "for", "are", "was", "were", "what", "who", "where", "when", "which", "how"}
    | {"why", "does", "did", "has", "have", "had", "you", "your", "mine", "his", "her", "their"}
    | {"they", "that", "this", "with", "from", "about", "tell", "remind", "called", "name"}
)


def is_question(text: str) -> bool:
    return text.rstrip().endswith("?") or _QUESTION.match(text.lstrip()) is not None


class SmallPrompt(NamedTuple):
    """What the model is shown, how long it may speak, and how it is kept from repeating words.

    Copying a name out of a note is repetition: there a penalty makes it invent instead.
    """

    turns: Turns
    max_tokens: int = SENTENCE
    repeat_penalty: float = 1.0
    grammar: str = ""


def small_prompt(request: ModelRequest) -> SmallPrompt:
    """One of three shapes: hearing a statement, answering from notes, or talking freely."""
    spoken = [words for m in request.messages if (words := _heard(m))]
    newest = spoken[-1][:LONGEST] if spoken else ""
    notes = notes_for(newest, request)
    if not is_question(newest):
        return _hearing(newest)
    if not notes:
        return SmallPrompt([_system(TALKING), _user(newest)], PARAGRAPH, 1.1)
    return SmallPrompt(
        [_system(ANSWERING), *_answered_examples(), _user(_sheet(notes, newest))],
        grammar=ONE_SENTENCE,
    )


def _hearing(newest: str) -> SmallPrompt:
    told = _sentences(_GREETING.sub("", newest))[0].replace("’", "'")
    if _STATEMENT.match(told):
        exact = _exactly(f"I see: {given_back(told)}")
        return SmallPrompt([_system(HEARING), *_heard_examples(), _user(told)], grammar=exact)
    return SmallPrompt([_system(HEARING), *_heard_examples(), _user(newest)])


def given_back(told: str) -> str:
    """A sentence about the speaker, as it is said to the speaker; long ones end early."""
    begun = told[:1].lower() + told[1:LONGEST_NOTE]
    turned = _SELF.sub(lambda found: _TURNED[found[0].casefold()], begun)
    cut = turned if len(told) <= LONGEST_NOTE else f"{turned.rsplit(' ', 1)[0]} …"
    return cut if cut.endswith((".", "!", "…")) else f"{cut}."


def _exactly(text: str) -> str:
    literal = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'root ::= "{literal}"'


def _heard(message: Message) -> str:
    """Its words, led by what is to be said of documents; nothing of a tool's."""
    if message.role is Role.TOOL:
        return ""
    untaken = [unread(block) for block in message.content if isinstance(block, Document)]
    return "\n\n".join((*untaken, message.text)).strip()


def notes_for(question: str, request: ModelRequest) -> tuple[str, ...]:
    """What was recalled and what the user just said, the likeliest to help last."""
    recalled = list(quotations(request.live))
    said = [m.text for m in request.messages[:-1] if m.role is Role.USER]
    stated = [text for text in reversed(said) if not is_question(text)][:STATEMENTS]
    candidates = [
        sentence[:LONGEST_NOTE] for text in (*recalled, *stated) for sentence in _sentences(text)
    ]
    asked = _telling_words(question)
    likeliest = sorted(
        dict.fromkeys(candidates), key=lambda note: -len(asked & _telling_words(note))
    )
    return tuple(reversed(likeliest[:NOTES]))


def _sentences(text: str) -> list[str]:
    return _SENTENCE_END.split(" ".join(text.split()))


def quotations(live: str) -> Iterator[str]:
    """The listed quotations of the live sections, in their order."""
    for line in live.splitlines():
        found = _QUOTED.match(line) or _BARE.match(line)
        if found:
            yield found["words"]


def _telling_words(text: str) -> frozenset[str]:
    """Words that tell one note from another, without their endings."""
    words = (word.lower() for word in _WORDS.findall(text))
    return frozenset(word[:5] for word in words if len(word) > 2 and word not in _COMMON)  # noqa: PLR2004 - I, a, to


def _sheet(notes: tuple[str, ...], question: str) -> str:
    listed = "\n".join(f"- {note}" for note in notes)
    return f"Notes:\n{listed}\n\nQuestion: {question}"


def _answered_examples() -> Turns:
    return [
        _user(_sheet(("My cat is called Tom.", "I grew up in Leeds."), "Where did I grow up?")),
        _assistant("You grew up in Leeds."),
        _user(_sheet(("I was born in 1980.", "My boss is Karim."), "Who is my boss?")),
        _assistant("Your boss is Karim."),
    ]


def _heard_examples() -> Turns:
    return [
        _user("My cat is called Tom."),
        _assistant("I see: your cat is called Tom."),
        _user("Hello!"),
        _assistant("Hello! What is on your mind?"),
        _user("I work at a school in Leeds."),
        _assistant("I see: you work at a school in Leeds."),
        _user("Thanks!"),
        _assistant("You are welcome."),
    ]


def _system(text: str) -> ChatCompletionMessageParam:
    return {"role": "system", "content": text}


def _user(text: str) -> ChatCompletionMessageParam:
    return {"role": "user", "content": text}


def _assistant(text: str) -> ChatCompletionMessageParam:
    return {"role": "assistant", "content": text}
