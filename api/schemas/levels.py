"""Shares from 0 to 1, or the words for them."""

from collections.abc import Callable, Mapping
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic.json_schema import WithJsonSchema

from lt_memory.domain.levels import CONFIDENCE, IMPORTANCE


def _worded(scale: Mapping[str, float]) -> Callable[[object], object]:
    """A word as its number; all else as it is, but for what only passes for a number."""

    def read(given: object) -> object:
        if isinstance(given, bool):
            raise ValueError("give a number or one of the words")  # noqa: TRY004 - pydantic's kind
        return scale.get(given, given) if isinstance(given, str) else given

    return read


def _described(scale: Mapping[str, float]) -> WithJsonSchema:
    number = {"type": "number", "minimum": 0, "maximum": 1}
    return WithJsonSchema({"anyOf": [number, {"type": "string", "enum": sorted(scale)}]})


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
