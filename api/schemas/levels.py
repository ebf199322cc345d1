"""Shares from 0 to 1, or the words for them."""

import re
from collections.abc import Callable, Mapping
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic.json_schema import WithJsonSchema

from lt_memory.domain.levels import CONFIDENCE, IMPORTANCE, share_of

_NUMBER = re.compile(r"[+-]?\d*\.?\d+(?:[eE][+-]?\d+)?")


def _worded(scale: Mapping[str, float]) -> Callable[[object], object]:
    """A word as its number; what is neither is told which words there are."""
    wanted = f"give a number from 0 to 1, or one of: {', '.join(scale)}"

    def read(given: object) -> object:
        meant = share_of(given, scale) if isinstance(given, str) else given
        number = given if meant is None else meant
        if isinstance(number, bool) or not isinstance(number, str | int | float):
            raise ValueError(wanted)  # noqa: TRY004 - pydantic's kind
        if isinstance(number, str) and not _NUMBER.fullmatch(number.strip()):
            raise ValueError(wanted)
        return number

    return read


def _described(scale: Mapping[str, float]) -> WithJsonSchema:
    number = {"type": "number", "minimum": 0, "maximum": 1}
    words = sorted({*scale, *(word.replace(" ", "_") for word in scale)})
    return WithJsonSchema({"anyOf": [number, {"type": "string", "enum": words}]})


_Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Confidence = Annotated[
    _Share,
    BeforeValidator(_worded(CONFIDENCE)),
    _described(CONFIDENCE),
    Field(description="0 to 1, or very low (0.1), low, medium, high, very high (0.9)."),
]
Importance = Annotated[
    _Share,
    BeforeValidator(_worded(IMPORTANCE)),
    _described(IMPORTANCE),
    Field(description="0 to 1, or trivial (0.1), minor, moderate, important, critical (0.9)."),
]
