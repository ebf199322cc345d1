"""Secrets as they may be told: never a value."""

from pydantic import ConfigDict, Field, SecretStr

from api.schemas.base import Asked, Instant, Wire
from cns.secrets import SecretState, Source


class SecretShown(Wire):
    """Whether a secret is set, and where the value in force comes from."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "anthropic_key",
                    "set": True,
                    "source": "environment",
                    "stored": True,
                    "overridden": True,
                    "updated_at": "2026-05-04T10:12:30Z",
                    "note": "The environment has one too, and that one is in force.",
                }
            ]
        }
    )

    name: str
    set: bool
    source: Source = Field(description="Where the value in force comes from.")
    stored: bool = Field(description="Whether the store holds one, in force or not.")
    overridden: bool = Field(description="The store's is not in force: the environment has one.")
    updated_at: Instant | None = Field(description="When the stored one was set.")
    note: str

    @classmethod
    def of(cls, state: SecretState) -> "SecretShown":
        return cls(
            name=state.name,
            set=state.source is not Source.NONE,
            source=state.source,
            stored=state.stored,
            overridden=state.overridden,
            updated_at=state.updated_at,
            note=state.note,
        )


class SecretAsked(Asked):
    """A value to keep; it is never told again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"value": "the-key"}]})

    value: SecretStr = Field(description="At most 64 KiB of UTF-8.", min_length=1)
