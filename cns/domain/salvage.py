"""The JSON document in a model's answer, in fences or among prose, with a comma too many or cut."""

import json
import re
from typing import NamedTuple

_BEGINNING = re.compile(r'\{\s*["}]')
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|[{}\[\],]|[^"{}\[\],]+|"', re.DOTALL)
_CLOSED_BY = {"{": "}", "[": "]"}
_OUTER = 2  # an object, and a list in it: where one of the list's items ends, nothing is half said


class Salvaged(NamedTuple):
    """A document; `cut` where it broke off, and holds the whole items of its list alone."""

    document: object
    cut: bool


def salvaged(answer: str) -> Salvaged:
    """What an answer holds, mended where that takes no guess; raises ValueError where it does."""
    try:
        return Salvaged(_read(answer), cut=False)
    except ValueError:
        begun = _BEGINNING.search(answer)
    if begun is None:
        raise ValueError("there is no JSON object in it")
    mended, cut = _mended(answer[begun.start() :])
    return Salvaged(_read(mended), cut)


def _read(text: str) -> object:
    """A line may break within a string; raises ValueError."""
    try:
        return json.loads(text, strict=False)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _mended(text: str) -> tuple[str, bool]:
    """The object that a text begins with, without commas before a bracket; whether it was cut."""
    written: list[str] = []
    awaited: list[str] = []
    whole = ""
    for token in filter(None, map(str.strip, _TOKEN.findall(text))):
        if token in _CLOSED_BY:
            awaited.append(_CLOSED_BY[token])
        elif token in _CLOSED_BY.values():
            if awaited.pop() != token:
                raise ValueError("its brackets do not match")
            if written[-1] == ",":
                written.pop()
        written.append(token)
        if not awaited:
            return "".join(written), False
        if token in _CLOSED_BY.values() and len(awaited) <= _OUTER:
            whole = "".join((*written, *reversed(awaited)))
    return whole, True
