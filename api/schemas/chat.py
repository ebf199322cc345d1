"""Asking a turn: words, pictures and documents in, one turn request out."""

import base64
import binascii
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import (
    ConfigDict,
    Discriminator,
    Field,
    StrictBool,
    StrictInt,
    Tag,
    model_validator,
)

from api.schemas.base import Asked, Clean, Wire, Words
from cns.domain.message import Block, Document, Image, MessageId, Role, Text, TurnId
from cns.domain.turn import Spoken
from cns.services.request import TurnRequest

MESSAGE_MAX = 200_000
BLOCKS_MAX = 100
IMAGE_MAX = 5 * 1024 * 1024
DOCUMENT_MAX = 10 * 1024 * 1024
TITLE_MAX = 200
THINKING_MAX = 200_000
EXCLUDED_MAX = 1000
HISTORY_MAX = 200
PICTURE = b"\x89PNG\r\n\x1a\n"
PDF = b"%PDF-"


def _coded(size: int) -> int:
    """How many characters of base64 that many bytes come to."""
    return size * 4 // 3 + 4


class TextBlock(Asked):
    type: Literal["text"]
    text: Annotated[Clean, Field(max_length=MESSAGE_MAX)]

    def as_block(self) -> Block:
        return Text(text=self.text)


class ImageSource(Asked):
    """A picture of at most 5 MB, base64 of its bytes."""

    type: Literal["base64"]
    media_type: Literal["image/jpeg", "image/png", "image/gif", "image/webp"]
    data: Annotated[str, Field(min_length=1, max_length=_coded(IMAGE_MAX))]

    @model_validator(mode="after")
    def is_what_it_says(self) -> Self:
        picture = _decoded(self.data, "picture")
        if len(picture) > IMAGE_MAX:
            raise ValueError(f"a picture has at most {IMAGE_MAX} bytes; make it smaller")
        if _media_type(picture) != self.media_type:
            raise ValueError(f"these bytes are no {self.media_type.removeprefix('image/')} picture")
        return self


class ImageBlock(Asked):
    type: Literal["image"]
    source: ImageSource

    def as_block(self) -> Block:
        return Image(media_type=self.source.media_type, data=self.source.data)


class DocumentSource(Asked):
    """A PDF of at most 10 MB, base64 of its bytes."""

    type: Literal["base64"]
    media_type: Literal["application/pdf"]
    data: Annotated[str, Field(min_length=1, json_schema_extra={"maxLength": _coded(DOCUMENT_MAX)})]

    @model_validator(mode="after")
    def is_a_pdf(self) -> Self:
        too_large = f"a document has at most {DOCUMENT_MAX} bytes; split it, or send fewer pages"
        if len(self.data) > _coded(DOCUMENT_MAX):
            raise ValueError(too_large)
        document = _decoded(self.data, "document")
        if len(document) > DOCUMENT_MAX:
            raise ValueError(too_large)
        if not document.startswith(PDF):
            raise ValueError("these bytes are no PDF: they do not begin with %PDF-")
        return self


class DocumentBlock(Asked):
    """A document to be read along with the message; its title is what people see of it."""

    type: Literal["document"]
    source: DocumentSource
    title: Annotated[Words, Field(min_length=1, max_length=TITLE_MAX)] | None = None

    def as_block(self) -> Block:
        source = self.source
        return Document(media_type=source.media_type, data=source.data, title=self.title)


def _decoded(data: str, what: str) -> bytes:
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"the {what}'s data is not base64") from error


def _media_type(picture: bytes) -> str | None:
    """What the first bytes say that the file is."""
    if picture.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if picture.startswith(PICTURE):
        return "image/png"
    if picture.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    return "image/webp" if picture[:4] == b"RIFF" and picture[8:12] == b"WEBP" else None


def blocks_of(content: "str | list[ContentBlock]") -> tuple[Block, ...]:
    """Content in the domain's form."""
    if isinstance(content, str):
        return (Text(text=content),)
    return tuple(block.as_block() for block in content)


def _form(message: object) -> str:
    return "words" if isinstance(message, str) else "blocks"


ContentBlock = Annotated[TextBlock | ImageBlock | DocumentBlock, Field(discriminator="type")]
MessageWords = Annotated[Words, Field(min_length=1, max_length=MESSAGE_MAX)]
MessageBlocks = Annotated[list[ContentBlock], Field(min_length=1, max_length=BLOCKS_MAX)]
Content = Annotated[
    Annotated[MessageWords, Tag("words")] | Annotated[MessageBlocks, Tag("blocks")],
    Discriminator(_form),
]


class Earlier(Asked):
    """What was said before in an incognito exchange; only whoever asks still has it."""

    role: Literal["user", "assistant"]
    content: Content

    def as_spoken(self) -> Spoken:
        return Spoken(role=Role(self.role), content=blocks_of(self.content))


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

    message: Content | None = Field(
        None,
        description="Words, or content blocks in the Anthropic form. May be left out only to have"
        " the message that `parent_message_id` names answered again.",
    )
    stream: StrictBool | None = Field(
        None, description="As Server-Sent Events; if null, only `Accept: application/json` says no."
    )
    incognito: StrictBool = Field(
        False, description="Nothing of the turn is kept; its ids live only while it runs."
    )
    incognito_history: list[Earlier] = Field(
        default_factory=list,
        max_length=HISTORY_MAX,
        description="What was said incognito before, oldest first; only with `incognito`.",
    )
    thinking: StrictInt = Field(
        0, ge=0, le=THINKING_MAX, description="Tokens to think with before answering; 0 is off."
    )
    model: Annotated[Words, Field(min_length=1, max_length=200)] | None = Field(
        None, description="Another model of the provider, for this turn only."
    )
    parent_message_id: UUID | None = Field(
        None,
        description="A new branch below that message of the open chapter; null goes on at the end."
        " Below an answer the message is said in place of what followed it; below a message of the"
        " user, that one is answered again (no `message`, or the same). The nil UUID stands for"
        " the place before the chapter's first message.",
    )
    exclude_memory_ids: list[UUID] = Field(
        default_factory=list, max_length=EXCLUDED_MAX, description="Memories to leave out."
    )

    @model_validator(mode="before")
    @classmethod
    def blank_is_none(cls, given: object) -> object:
        """A blank message below another one is the wish to have that one answered again."""
        match given:
            case {"message": "" | [], "parent_message_id": str(parent), **rest}:
                return {**rest, "parent_message_id": parent}
            case _:
                return given

    @model_validator(mode="after")
    def says_something(self) -> Self:
        if self.message is None and self.parent_message_id is None:
            raise ValueError(
                "there is no `message`: say something, or name by `parent_message_id` the message"
                " that is to be answered again"
            )
        if self.message is None or isinstance(self.message, str):
            return self
        texts = [block.text for block in self.message if isinstance(block, TextBlock)]
        if len(texts) == len(self.message) and not any(text.strip() for text in texts):
            raise ValueError("the message is empty: write something, or attach a picture or a PDF")
        if sum(map(len, texts)) > MESSAGE_MAX:
            raise ValueError(f"a message has at most {MESSAGE_MAX} characters")
        return self

    @model_validator(mode="after")
    def branches_on_the_record(self) -> Self:
        if self.incognito and self.parent_message_id is not None:
            raise ValueError(
                "an incognito message leaves nothing, so it is no branch of the conversation:"
                " leave out `parent_message_id`"
            )
        return self

    @model_validator(mode="after")
    def brings_history_only_incognito(self) -> Self:
        if self.incognito_history and not self.incognito:
            raise ValueError("`incognito_history` goes with `incognito: true` only")
        said = (earlier.content for earlier in self.incognito_history)
        if sum(len(words) for words in said if isinstance(words, str)) > MESSAGE_MAX:
            raise ValueError(f"`incognito_history` has at most {MESSAGE_MAX} characters")
        return self

    def as_turn(self, idempotency_key: str | None) -> TurnRequest:
        """The domain's form of it."""
        return TurnRequest(
            content=() if self.message is None else blocks_of(self.message),
            thinking=self.thinking,
            model=self.model,
            parent_id=MessageId(self.parent_message_id) if self.parent_message_id else None,
            exclude_memory_ids=frozenset(self.exclude_memory_ids),
            idempotency_key=idempotency_key,
            incognito=self.incognito,
            aside=tuple(earlier.as_spoken() for earlier in self.incognito_history),
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
