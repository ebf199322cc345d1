"""Asking a turn: words and pictures in, one turn request out."""

import base64
import binascii
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StrictBool,
    StrictInt,
    Tag,
    model_validator,
)
from pydantic.json_schema import WithJsonSchema
from pydantic_core import PydanticCustomError

from api.schemas.base import Asked, Clean, Wire, Words, not_yet
from cns.domain.message import Block, Image, Text, TurnId
from cns.services.turn import TurnRequest

MESSAGE_MAX = 200_000
BLOCKS_MAX = 100
IMAGE_MAX = 5 * 1024 * 1024
THINKING_MAX = 200_000
EXCLUDED_MAX = 1000
PICTURE = b"\x89PNG\r\n\x1a\n"


class TextBlock(Asked):
    type: Literal["text"]
    text: Annotated[Clean, Field(max_length=MESSAGE_MAX)]


class ImageSource(Asked):
    """A picture of at most 5 MB, base64 of its bytes."""

    type: Literal["base64"]
    media_type: Literal["image/jpeg", "image/png", "image/gif", "image/webp"]
    data: Annotated[str, Field(min_length=1, max_length=IMAGE_MAX * 4 // 3 + 4)]

    @model_validator(mode="after")
    def is_what_it_says(self) -> Self:
        try:
            picture = base64.b64decode(self.data, validate=True)
        except (binascii.Error, ValueError) as error:
            raise ValueError("the picture's data is not base64") from error
        if len(picture) > IMAGE_MAX:
            raise ValueError(f"a picture has at most {IMAGE_MAX} bytes; make it smaller")
        if _media_type(picture) != self.media_type:
            raise ValueError(f"these bytes are no {self.media_type.removeprefix('image/')} picture")
        return self


class ImageBlock(Asked):
    type: Literal["image"]
    source: ImageSource


def _media_type(picture: bytes) -> str | None:
    """What the first bytes say that the file is."""
    if picture.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if picture.startswith(PICTURE):
        return "image/png"
    if picture.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    return "image/webp" if picture[:4] == b"RIFF" and picture[8:12] == b"WEBP" else None


def _no_document(block: object) -> object:
    if isinstance(block, dict) and block.get("type") == "document":
        raise PydanticCustomError(
            "not_supported_yet",
            "documents are not taken yet: paste the text that matters, or attach a picture of it",
        )
    return block


def _form(message: object) -> str:
    return "words" if isinstance(message, str) else "blocks"


ContentBlock = Annotated[
    TextBlock | ImageBlock, Field(discriminator="type"), BeforeValidator(_no_document)
]
MessageWords = Annotated[Words, Field(min_length=1, max_length=MESSAGE_MAX)]
MessageBlocks = Annotated[list[ContentBlock], Field(min_length=1, max_length=BLOCKS_MAX)]
Content = Annotated[
    Annotated[MessageWords, Tag("words")] | Annotated[MessageBlocks, Tag("blocks")],
    Discriminator(_form),
]


OnTheRecord = Annotated[
    StrictBool,
    AfterValidator(not_yet("speaking off the record is not offered yet; nothing was stored")),
    WithJsonSchema({"type": "boolean", "const": False, "default": False}),
]
AtTheEnd = Annotated[
    UUID | None,
    BeforeValidator(not_yet("editing an earlier message is not offered yet: send it anew")),
    WithJsonSchema({"type": "null"}),
]


class ChatRequest(Asked):
    """What to say, and how it should be answered."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"message": "My sister Ada moved to Leeds last week."},
                {
                    "message": [{"type": "text", "text": "Where does Ada live now?"}],
                    "stream": False,
                    "thinking": 0,
                },
            ]
        }
    )

    message: Content = Field(description="Words, or content blocks in the Anthropic form.")
    stream: StrictBool | None = Field(
        None, description="As Server-Sent Events; if null, only `Accept: application/json` says no."
    )
    incognito: OnTheRecord = Field(False, description="Not offered yet: only false is taken.")
    thinking: StrictInt = Field(
        0, ge=0, le=THINKING_MAX, description="Tokens to think with before answering; 0 is off."
    )
    model: Annotated[Words, Field(min_length=1, max_length=200)] | None = Field(
        None, description="Another model of the provider, for this turn only."
    )
    parent_message_id: AtTheEnd = Field(None, description="Not offered yet: only null is taken.")
    exclude_memory_ids: list[UUID] = Field(
        default_factory=list, max_length=EXCLUDED_MAX, description="Memories to leave out."
    )

    @model_validator(mode="after")
    def says_something(self) -> Self:
        if isinstance(self.message, str):
            return self
        texts = [block.text for block in self.message if isinstance(block, TextBlock)]
        if len(texts) == len(self.message) and not any(text.strip() for text in texts):
            raise ValueError("the message is empty: write something, or attach a picture")
        if sum(map(len, texts)) > MESSAGE_MAX:
            raise ValueError(f"a message has at most {MESSAGE_MAX} characters")
        return self

    def as_turn(self, idempotency_key: str | None) -> TurnRequest:
        """The domain's form of it."""
        return TurnRequest(
            content=self._content(),
            thinking=self.thinking,
            model=self.model,
            exclude_memory_ids=frozenset(self.exclude_memory_ids),
            idempotency_key=idempotency_key,
        )

    def _content(self) -> tuple[Block, ...]:
        if isinstance(self.message, str):
            return (Text(text=self.message),)
        return tuple(
            Text(text=block.text)
            if isinstance(block, TextBlock)
            else Image(media_type=block.source.media_type, data=block.source.data)
            for block in self.message
        )


class RetryRequest(Asked):
    """How a turn that is run again should be answered."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"stream": True}]})

    stream: StrictBool | None = Field(
        None, description="As Server-Sent Events; if null, only `Accept: application/json` says no."
    )


class Cancelled(Wire):
    """The turn has been asked to stop; its stream ends with what was said so far."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"turn_id": "0192d3c4-8a1b-4c3d-9e4f-5a6b7c8d9e0f"}]}
    )

    turn_id: TurnId
