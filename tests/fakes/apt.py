"""A language model that has an apt answer to whatever the program asks, the same to the same."""

import json
import random
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from typing_extensions import override

from cns.domain.model import Purpose
from cns.ports import ModelRequest
from tests.fakes.llm import FakeLLM, Says, Step, document

LINE = re.compile(r"^\[(\d+)\] \S+ person: (.+)$", re.MULTILINE)
KNOWN = re.compile(r"^\[(\w+)\] ", re.MULTILINE)
ASIDE = re.compile(r" \([^)]*\)")
WORD = re.compile(r"[A-Za-z]{3,}")
KINDS = ("fact", "preference", "experience")
RELATIONS = ("related", "supports", "conflicts", "supersedes", "instance_of", "none")
SURE = (60, 90)  # percent
OFTEN = 0.8  # a question is answered with yes
MOST = 3  # items of a list of which nothing else is known


class AptLLM(FakeLLM):
    """Quotes what was said, and fills whatever else has a schema from the words of the request.

    Its chance is drawn from the words alone, so that the same talk is answered the same.
    """

    @override
    def _next(self, request: ModelRequest) -> Step:
        asked = request.messages[-1].text if request.messages else ""
        if request.schema is None:
            return Says("I see.")
        chance = random.Random(zlib.crc32(asked.encode()))
        if request.purpose is Purpose.EXTRACTION and "<conversation>" in asked:
            return document({"memories": _quoted(asked, chance)})
        return document(self._answer(request.schema, asked, chance))

    def _answer(self, schema: Mapping[str, Any], asked: str, chance: random.Random) -> object:
        return _filled(schema, WORD.findall(asked) or ["word"], chance)


class TidyLLM(AptLLM):
    """Merges, shortens, splits and links whatever it is asked about, where that can be done."""

    @override
    def _answer(self, schema: Mapping[str, Any], asked: str, chance: random.Random) -> object:
        for name in schema["properties"]:
            if name in _OF_FORM:
                return _OF_FORM[name](json.loads(asked))
        return super()._answer(schema, asked, chance)


def _quoted(asked: str, chance: random.Random) -> list[object]:
    known, _, said = asked.rpartition("<conversation>")
    shown = KNOWN.findall(known)
    return [
        {
            "text": text,
            "kind": chance.choice(KINDS),
            "confidence": chance.choice(SURE),
            "evidence": [{"message": int(number), "quote": text}],
            "happens_at": None,
            "expires_at": None,
            "supersedes": chance.sample(shown, min(len(shown), chance.choice((0, 0, 1)))),
        }
        for number, text in LINE.findall(said)
    ]


def _merged(asked: Mapping[str, Any]) -> object:
    """Into the longest."""
    longest = max(asked["sentences"], key=len)
    return {"should_consolidate": True, "text": longest, "reason": "they say the same"}


def _approved(_: Mapping[str, Any]) -> object:
    return {"approve": True, "reason": ""}


def _refined(asked: Mapping[str, Any]) -> object:
    """Two halves in two, one with an aside without it."""
    one, halved, other = asked["sentence"].partition("; ")
    if halved:
        return {"action": "split", "texts": [f"{one}.", f"{other[:1].upper()}{other[1:]}"]}
    shorter = ASIDE.sub("", asked["sentence"])
    return {"action": "do_nothing" if shorter == asked["sentence"] else "trim", "texts": [shorter]}


def _linked(asked: Mapping[str, Any]) -> object:
    """Every pair, the same texts in the same way."""
    links = []
    for pair in asked["pairs"]:
        said = sorted(pair[end]["text"] for end in ("a", "b"))
        chance = random.Random(zlib.crc32(json.dumps(said).encode()))
        links.append(
            {
                "pair": pair["pair"],
                "kind": chance.choice(RELATIONS),
                "from": chance.choice(("a", "b")),
                "confidence": chance.choice(SURE),
                "reason": "they lie near",
            }
        )
    return {"links": links}


_OF_FORM: Mapping[str, Callable[[Mapping[str, Any]], object]] = {
    "should_consolidate": _merged,
    "approve": _approved,
    "action": _refined,
    "links": _linked,
}


def _filled(schema: Mapping[str, Any], words: Sequence[str], chance: random.Random) -> object:
    """A document that a schema allows."""
    if "enum" in schema:
        return chance.choice(schema["enum"])
    if "anyOf" in schema:
        return _filled(chance.choice(schema["anyOf"]), words, chance)
    kind = schema.get("type", "string")
    return _OF_KIND[kind if isinstance(kind, str) else chance.choice(kind)](schema, words, chance)


def _object(schema: Mapping[str, Any], words: Sequence[str], chance: random.Random) -> object:
    return {
        name: chance.choice(SURE) if name == "confidence" else _filled(each, words, chance)
        for name, each in schema["properties"].items()
    }


def _array(schema: Mapping[str, Any], words: Sequence[str], chance: random.Random) -> object:
    return [_filled(schema["items"], words, chance) for _ in range(chance.randint(1, MOST))]


_OF_KIND: Mapping[str, Callable[[Mapping[str, Any], Sequence[str], random.Random], object]] = {
    "object": _object,
    "array": _array,
    "integer": lambda schema, _, chance: chance.randint(
        schema.get("minimum", 0), schema.get("maximum", MOST)
    ),
    "number": lambda _schema, _, chance: round(chance.random(), 2),
    "boolean": lambda _schema, _, chance: chance.random() < OFTEN,
    "string": lambda _schema, words, chance: " ".join(chance.choices(words, k=6)),
    "null": lambda _schema, _words, _chance: None,
}
