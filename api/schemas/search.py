"""What a search over everything finds."""

import re
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field

from api.schemas.base import Asked, Instant, Limit, Question, When, Wire
from api.schemas.turn_events import LegsShown, ReasonsShown, ViaShown
from cns.domain.query import PassedOver
from cns.domain.stream import Recalled
from cns.ports import Found, Query

LIMIT_DEFAULT = 20
KINDS = frozenset({"memory", "segment", "message"})
_KIND = "(memory|segment|message)"

SNIPPET = 280
LEAD = 80
_WORD = re.compile(r"\w{3,}")


def _kinds(given: str) -> str:
    unknown = [kind for kind in given.split(",") if kind not in KINDS]
    if unknown:
        raise ValueError(f"{unknown[0][:40]!r} is none of memory, segment, message")
    return given


class SearchAsked(Asked):
    """What to look for, and where."""

    q: Question
    kinds: Annotated[
        str,
        AfterValidator(_kinds),
        Field(
            max_length=200,
            description="Any of memory, segment, message, with commas between.",
            json_schema_extra={"pattern": f"^{_KIND}(,{_KIND})*$"},
        ),
    ] = "memory,segment,message"
    limit: Limit = LIMIT_DEFAULT
    after: When | None = None
    before: When | None = None
    explain: bool = Field(True, description="Whether to give the parts of each score.")

    def as_query(self) -> Query:
        return Query(
            text=self.q,
            vector=None,
            limit=self.limit,
            kinds=frozenset(self.kinds.split(",")),
            after=self.after,
            before=self.before,
            off_path=True,
        )


class FoundItem(Wire):
    """One find; details are under the item's own route."""

    kind: str = Field(description="memory, segment or message")
    id: UUID
    score: float
    snippet: str
    created_at: Instant
    segment_id: UUID | None
    external_id: str | None = Field(description="What a message was imported with.")
    reasons: ReasonsShown | None = Field(description="The parts of the score.")
    legs: LegsShown | None = Field(description="Its place and its score in each leg.")
    via: ViaShown | None = Field(description="What it was come to from, where it was.")
    conflicts_with: list[UUID] = Field(
        description="Memories that cannot hold beside it, while nobody has settled which does."
    )

    @classmethod
    def of(cls, hit: Recalled, question: str, *, explain: bool) -> "FoundItem":
        reasons = ReasonsShown.model_validate(hit.reasons, from_attributes=True)
        return cls(
            kind=hit.kind,
            id=hit.id,
            score=hit.score,
            snippet=snippet(hit.text, question),
            created_at=hit.created_at,
            segment_id=hit.segment_id,
            external_id=hit.external_id,
            reasons=reasons if explain else None,
            legs=LegsShown.model_validate(hit.legs, from_attributes=True) if explain else None,
            via=ViaShown.model_validate(hit.via, from_attributes=True) if hit.via else None,
            conflicts_with=list(hit.conflicts_with),
        )


class PassedOverItem(Wire):
    """What was weighed and is not among the finds."""

    kind: str = Field(description="memory, segment or message")
    id: UUID
    score: float
    why: str = Field(
        description="`rank`: others fit better; `repeat`: another one that is told says the same;"
        " `floor`: not near enough; `dormant`: it is, and not near enough to wake."
    )
    reasons: ReasonsShown
    legs: LegsShown
    via: ViaShown | None

    @classmethod
    def of(cls, passed: PassedOver) -> "PassedOverItem":
        return cls.model_validate(passed, from_attributes=True)


class FoundAll(Wire):
    """The finds, best first; `degraded` says in words what could not be asked."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "items": [
                        {
                            "kind": "memory",
                            "id": "0192d3c4-1111-4c3d-9e4f-5a6b7c8d9e0f",
                            "score": 0.82,
                            "snippet": "The user's sister Ada lives in Leeds.",
                            "created_at": "2026-05-04T10:12:31Z",
                            "segment_id": "0192d3c4-2222-4c3d-9e4f-5a6b7c8d9e0f",
                            "external_id": None,
                            "reasons": {
                                "vector": 0.44,
                                "text": 0.35,
                                "entity": 0.0,
                                "time": 0.0,
                                "links": 0.0,
                                "importance": 0.03,
                            },
                            "legs": {
                                "vector": {"rank": 1, "score": 0.58},
                                "text": {"rank": 2, "score": 11.4},
                            },
                            "via": None,
                            "conflicts_with": [],
                        }
                    ],
                    "next_cursor": None,
                    "degraded": [],
                    "passed_over": [],
                    "weighed": 118,
                }
            ]
        }
    )

    items: list[FoundItem]
    next_cursor: None = None
    degraded: list[str]
    passed_over: list[PassedOverItem] = Field(
        description="The best of what was weighed and is not shown; none without `explain`."
    )
    weighed: int = Field(description="How many things were weighed in all.")

    @classmethod
    def of(cls, found: Found, question: str, *, explain: bool) -> "FoundAll":
        return cls(
            items=[FoundItem.of(hit, question, explain=explain) for hit in found.hits],
            degraded=list(found.degraded),
            passed_over=[PassedOverItem.of(each) for each in found.passed_over] if explain else [],
            weighed=found.weighed,
        )


def snippet(text: str, question: str) -> str:
    """At most 280 characters of the text, around the first word of the question in it."""
    if len(text) <= SNIPPET:
        return text
    wanted = [re.escape(word) for word in _WORD.findall(question)]
    first = re.search("|".join(wanted), text, re.IGNORECASE) if wanted else None
    start = max(0, (first.start() if first else 0) - LEAD)
    start = text.rfind(" ", 0, start) + 1 if start else 0
    cut = text[max(start, 0) :][:SNIPPET].strip()
    begins, ends = start > 0, start + SNIPPET < len(text)
    return f"{'…' if begins else ''}{cut}{'…' if ends else ''}"
