"""Every way in which a language model is known to fail, and how a turn must end under it."""

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Event
from typing import Literal

from tests.fakes.llm import Call, Calls, Says
from tests.fakes.llm_server import (
    Behaviour,
    Cut,
    Doubled,
    ErrorEvent,
    Nothing,
    Page,
    Raw,
    Stalls,
    Status,
    Strange,
    Trickles,
    Waits,
)

Where = Literal["server", "impatient", "hurried", "nobody", "unknown host", "untrusted"]

ANSWER = Says("One two three four five sïx seven.")
OLLAMA = "ollama"
DECLINED = {"": "llm_declined", OLLAMA: "llm_empty"}  # its protocol knows no refusal
SPEECHLESS = ("llm_empty", DECLINED, "llm_no_room", "llm_tool_loop", "llm_context_exceeded")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One row of the matrix.

    Attributes:
        does: how the server meets the calls of the turn, the last of it for all that follow.
        ends: the code of the error, blank for an answer; by protocol where they differ.
        said: how much of the answer is kept.
        tries: how often the server was asked.
        pauses: the seconds waited between the tries.
        stop: why an answer ended.
        where: which server is asked, and how patiently.
    """

    does: tuple[Behaviour, ...] = ()
    ends: str | Mapping[str, str] = ""
    said: Literal["nothing", "part", "all"] = "nothing"
    tries: int = 1
    pauses: tuple[float, ...] = ()
    stop: str | Mapping[str, str] = "end"
    where: Where = "server"

    @property
    def passed_on(self) -> bool:
        """Whether a stand-in is asked: no word was said, and the provider is to blame."""
        return self.said == "nothing" and self.ends not in SPEECHLESS

    def code(self, protocol: str) -> str:
        return _by_protocol(self.ends, protocol)

    def stopped(self, protocol: str) -> str:
        return _by_protocol(self.stop, protocol)


def _by_protocol(told: str | Mapping[str, str], protocol: str) -> str:
    return told if isinstance(told, str) else told.get(protocol, told[""])


def broken(*does: Behaviour, ends: str | Mapping[str, str], **rest: object) -> Fault:
    """One that shows before the first word and does not pass: tried twice, in vain."""
    given = {"tries": 2, "pauses": (0.5,), **rest}
    return Fault(does=does, ends=ends, **given)  # type: ignore[arg-type]  # the rows know the fields


def passing(*does: Behaviour, pause: float = 0.5) -> Fault:
    """One that shows before the first word and has passed at the second try."""
    return Fault(does=(*does, ANSWER), said="all", tries=2, pauses=(pause,))


def midway(does: Behaviour, ends: str | Mapping[str, str], **rest: object) -> Fault:
    """One that shows after the first words, which are kept: never tried again."""
    return Fault(does=(does,), ends=ends, said="part", **rest)  # type: ignore[arg-type]  # as above


def weather(number: int) -> Calls:
    return Calls(Call(name="weather", input={"day": number}, id=f"call_{number}"))


IN_STREAM = {"": "llm_overloaded", OLLAMA: "llm_server_error"}
TOO_LONG = Status(400, "prompt is too long: 213456 tokens > 200000 maximum")
HALF = Calls(Call(name="weather", input={"place": "Oslo", "days": 3}, half=True))

FAULTS: Mapping[str, Fault] = {
    # not reached
    "refused": broken(ends="llm_unreachable", tries=0, where="nobody"),
    "unknown host": broken(ends="llm_unreachable", tries=0, where="unknown host"),
    "untrusted certificate": Fault(ends="llm_untrusted", tries=0, where="untrusted"),
    # refused
    "400": Fault(does=(Status(400),), ends="llm_bad_request"),
    "too long": Fault(does=(TOO_LONG, ANSWER), said="all", tries=2),
    "too long at half": Fault(does=(TOO_LONG,), ends="llm_context_exceeded", tries=2),
    "401": Fault(does=(Status(401),), ends="llm_refused_key"),
    "404": Fault(does=(Status(404),), ends="llm_unknown_model"),
    "429": broken(Status(429), ends="llm_rate_limited"),
    "429, passing": passing(Status(429)),
    "429, wait 2": passing(Status(429, retry_after="2"), pause=2.0),
    "429, wait 17": Fault(does=(Status(429, retry_after="17"),), ends="llm_rate_limited"),
    "500": broken(Status(500), ends="llm_server_error"),
    "503": broken(Status(503), ends="llm_overloaded"),
    "529": broken(Status(529), ends="llm_overloaded"),
    "529, passing": passing(Status(529)),
    # silent
    "silent at first": broken(Waits(Event(), ANSWER), ends="llm_timeout", where="impatient"),
    "silent midway": midway(Stalls(ANSWER), "llm_timeout", where="impatient"),
    "never done": midway(Trickles(ANSWER), "llm_too_long", where="hurried"),
    # cut
    "cut at once": broken(Cut(ANSWER, frames=0), ends="llm_stream_cut"),
    "cut at once, passing": passing(Cut(ANSWER, frames=0)),
    "cut in a character": midway(Cut(ANSWER, in_character=True), "llm_stream_cut"),
    "ended in a character": midway(Cut(ANSWER, in_character=True, clean=True), "llm_stream_cut"),
    "cut in JSON": midway(Cut(ANSWER, more_bytes=40), "llm_stream_cut"),
    "ended in JSON": midway(Cut(ANSWER, more_bytes=40, clean=True), "llm_stream_cut"),
    "cut before the end": midway(Cut(ANSWER, frames=-1), "llm_stream_cut"),
    "ended before the end": midway(
        # what OpenAI sends last says nothing that was not known: the answer is whole
        Cut(ANSWER, frames=-1, clean=True),
        {"": "llm_stream_cut", "openai": ""},
    ),
    # odd
    "unknown events": Fault(does=(Strange(ANSWER),), said="all"),
    "doubled events": Fault(does=(Doubled(ANSWER),), said="all"),
    "error after 200": midway(ErrorEvent(ANSWER), IN_STREAM),
    "page for an answer": broken(Page(), ends="llm_nonsense"),
    "page of a gateway": broken(Page(502), ends="llm_server_error"),
    "nothing": broken(Nothing(), ends="llm_nonsense"),
    "no event": broken(Raw(b""), ends="llm_stream_cut"),
    "blank lines": broken(Raw(b"\n\n  \n\n"), ends="llm_stream_cut"),
    # said badly
    "no words": Fault(does=(Says(""),), ends="llm_empty"),
    "blank words": Fault(does=(Says(" \n "),), ends="llm_empty"),
    "refusal": Fault(
        does=(Says(ANSWER.text, stop="refusal"),), said="all", stop={"": "refusal", OLLAMA: "end"}
    ),
    "refusal without a word": Fault(does=(Says("", stop="refusal"),), ends=DECLINED),
    "too many words": Fault(does=(Says(ANSWER.text, stop="length"),), said="all", stop="length"),
    "no room for a word": Fault(does=(Says("", stop="length"),), ends="llm_no_room"),
    # tools
    "half a call": broken(HALF, ends={"": "llm_stream_cut", OLLAMA: "llm_nonsense"}),
    "unknown tool": Fault(does=(Calls("teleport"), ANSWER), said="all", tries=2),
    "the same call for ever": Fault(does=(weather(1),), ends="llm_tool_loop", tries=3),
    "calls for ever": Fault(
        does=tuple(weather(number) for number in range(20)), ends="llm_tool_loop", tries=6
    ),
}
