"""The grammar that every body and parameter shares: text, instants, lists."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.json_schema import WithJsonSchema
from pydantic_core import PydanticCustomError

Item = TypeVar("Item")
LIMIT_MAX = 200
LIMIT_DEFAULT = 50
CURSOR_MAX = 500
QUESTION_MAX = 2000
# `+` reads as a blank in a query string: "…T10:00:00+02:00" arrives without its sign
_LOST_PLUS = re.compile(r" (?=\d\d:?\d\d$)")
# A blank is what Python or ECMA-262, in whose words the schema speaks, takes for one.
_BLANK = r"\s\u001c-\u001f\u0085\ufeff"
_VISIBLE = re.compile(f"[^{_BLANK}]")
_SURROGATE = re.compile("[\ud800-\udfff]")


class Wire(BaseModel):
    """What the server says."""

    model_config = ConfigDict(frozen=True)


class Asked(BaseModel):
    """What a client asks; an unknown field is refused, so that a slip is seen."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def not_yet(why: str) -> Callable[[object], object]:
    """A check that takes only what stands for "not asked for": null or false."""

    def refuse(given: object) -> object:
        if given:
            raise PydanticCustomError("not_supported_yet", why)
        return given

    return refuse


def clean(text: str) -> str:
    """Refuse what the database cannot keep: NUL and halves of surrogate pairs."""
    if "\x00" in text:
        raise ValueError("the text holds a NUL character (U+0000); leave it out")
    if _SURROGATE.search(text):
        raise ValueError("the text holds half a surrogate pair; send whole characters")
    return text


def worded(text: str) -> str:
    """Refuse text of blanks alone."""
    if not _VISIBLE.search(text):
        raise ValueError("write something: it is blank")
    return text


def instant(given: object) -> datetime:
    """An ISO 8601 instant in UTC; without an offset it is taken as UTC."""
    if isinstance(given, datetime):
        return _in_utc(given)
    if not isinstance(given, str) or not given[:4].isdigit() or len(given) > 40:  # noqa: PLR2004 - no ISO form is longer
        raise ValueError("give an instant as ISO 8601, such as 2026-05-04T10:00:00Z")
    try:
        return _in_utc(datetime.fromisoformat(_LOST_PLUS.sub("+", given)))
    except ValueError as error:
        raise ValueError(
            f"{given!r} is no instant in the years 1 to 9999: give ISO 8601, "
            "such as 2026-05-04T10:00:00Z"
        ) from error


def _in_utc(at: datetime) -> datetime:
    try:
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError as error:
        raise ValueError("in UTC it lies outside the years 1 to 9999") from error


def number(given: object) -> object:
    """Refuse what only reads like a number; 2.0 is one, as JSON has it."""
    if isinstance(given, str | bool):
        raise ValueError("give a number")  # noqa: TRY004 - pydantic tells of this kind
    return given


def place(given: object) -> UUID | datetime:
    """A place in the conversation: a message's id or an instant."""
    try:
        return UUID(str(given))
    except ValueError:
        return instant(given)


Clean = Annotated[str, AfterValidator(clean), Field(json_schema_extra={"pattern": r"^[^\u0000]*$"})]
Words = Annotated[
    Clean,
    AfterValidator(worded),
    Field(json_schema_extra={"pattern": rf"^[^\u0000]*[^{_BLANK}\u0000][^\u0000]*$"}),
]
Question = Annotated[
    Words,
    Field(
        min_length=1,
        max_length=QUESTION_MAX,
        description="What to look for, in words.",
        examples=["where does my sister live?"],
    ),
]
Instant = Annotated[datetime, AfterValidator(_in_utc)]
When = Annotated[
    datetime,
    BeforeValidator(instant),
    Field(
        description="ISO 8601; without an offset it is taken as UTC.",
        examples=["2026-05-04T10:00:00Z"],
    ),
]
Place = Annotated[
    UUID | datetime,
    BeforeValidator(place),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "format": "uuid"},
                {"type": "string", "format": "date-time"},
            ]
        }
    ),
    Field(description="A message's id, or an instant (ISO 8601; without an offset: UTC)."),
]
Ordinal = Annotated[int, Field(ge=1, le=2**31 - 1), BeforeValidator(number)]
Limit = Annotated[int, Field(ge=1, le=LIMIT_MAX, description="How many items at most.")]
Cursor = Annotated[
    Clean,
    Field(
        min_length=1,
        max_length=CURSOR_MAX,
        description="The `next_cursor` of the answer before, to go on from there.",
    ),
]


class PageAsked(Asked):
    """Which stretch of a list."""

    limit: Limit = LIMIT_DEFAULT
    cursor: Cursor | None = None


class Listing(Wire, Generic[Item]):
    """A stretch of a list; `next_cursor` is null at its end."""

    items: list[Item]
    next_cursor: str | None = None
