"""What waits for the user, and what is said to it."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field

from api.schemas.base import Asked, Instant, PageAsked, Wire
from api.schemas.memories import MEMORY, MemoryShown, Origin
from lt_memory.review import Item, RolledBack

MOST = 200
PAGE = "page:https://example.org/news"
RUN_ID = "0192d3c4-5555-4c3d-9e4f-5a6b7c8d9e0f"
ITEM: dict[str, Any] = {
    "id": MEMORY["id"],
    "memory": {
        **MEMORY,
        "state": "pending",
        "source": "web",
        "trust": "untrusted",
        "origins": [PAGE, "tool:webaccess_tool"],
        "entities": [],
        "source_message_ids": [],
        "evidence": [],
    },
    "origin": PAGE,
    "reason": "A web page says this; you did not.",
    "created_at": MEMORY["created_at"],
}
Ids = Annotated[tuple[UUID, ...], Field(max_length=MOST)]


class ReviewAsked(PageAsked):
    """Which of what waits."""

    origin: Origin | None = None


class ItemShown(Wire):
    """A memory that waits for the user, or did."""

    model_config = ConfigDict(json_schema_extra={"examples": [ITEM]})

    id: UUID = Field(description="The memory's own.")
    memory: MemoryShown = Field(description="As it is now: `pending` while it waits.")
    origin: str = Field(
        description="The place it came from: a page, contact, import, tool or message."
    )
    reason: str = Field(description="Why it waits, in a sentence.")
    created_at: Instant

    @classmethod
    def of(cls, item: Item) -> "ItemShown":
        return cls(
            id=item.memory.id,
            memory=MemoryShown.of(item.memory),
            origin=item.origin,
            reason=item.reason,
            created_at=item.memory.created_at,
        )


class DecisionsAsked(Asked):
    """What is approved and what is refused, at once."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"approve": [MEMORY["id"]], "reject": []}]}
    )

    approve: Ids = ()
    reject: Ids = ()


class DecisionsShown(Wire):
    """The items as they are now, and the run that undoes it; null where nothing changed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"run_id": RUN_ID, "items": [ITEM]}]})

    run_id: UUID | None
    items: list[ItemShown]


class RollbackAsked(Asked):
    """The place whose words are all to go."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"origin": PAGE}]})

    origin: Origin


class RolledBackShown(Wire):
    """What was taken back, or would be; undoing the run brings it back."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "examples": [
                {
                    "origin": PAGE,
                    "run_id": RUN_ID,
                    "put_away": [MEMORY["id"]],
                    "brought_back": [],
                    "dry_run": False,
                }
            ]
        },
    )

    origin: str
    run_id: UUID | None = Field(description="Null of a preview, and where nothing came from there.")
    put_away: list[UUID]
    brought_back: list[UUID] = Field(description="Memories that had given way to one of them.")
    dry_run: bool

    @classmethod
    def of(cls, done: RolledBack) -> "RolledBackShown":
        return cls.model_validate(done)
