"""Settings and trials of providers, as they are asked for and shown."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, JsonValue, RootModel, SecretStr

from api.schemas.base import Asked, Clean, Wire, clean
from api.services import Desk
from cns.domain.trial import Candidate, Trial
from config.layers import Source
from config.section import WebAddress
from config.showing import Setting

LONGEST = 2000
MOST = 100


class SettingShown(Wire):
    """One setting as it stands."""

    name: str
    variable: str = Field(description="Its name in the environment.")
    value: JsonValue = Field(description="What is chosen; null for a secret.")
    default: JsonValue
    is_set: bool = Field(description="Whether there is a value at all; all that a secret tells.")
    secret: bool
    source: Source = Field(description="Who has the last word.")
    description: str
    accepts: dict[str, Any] = Field(description="What it may be, as a JSON schema.")
    takes_effect: Literal["now", "restart"] = Field(description="When a change holds.")
    locked: bool = Field(description="The environment has the last word: it cannot be changed.")
    fixed: str | None = Field(description="Why it cannot be changed here; null when it can.")
    pending: bool = Field(description="Another value holds until the next start.")

    @classmethod
    def of(cls, setting: Setting) -> "SettingShown":
        return cls.model_validate(asdict(setting))


class SettingsShown(Wire):
    """Every setting, and what waits for the next start."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "settings": [
                        {
                            "name": "segments.timeout_minutes",
                            "variable": "MIRA_SEGMENTS__TIMEOUT_MINUTES",
                            "value": 90,
                            "default": 60,
                            "is_set": True,
                            "secret": False,
                            "source": "page",
                            "description": "Idle time that ends a segment.",
                            "accepts": {"type": "integer", "minimum": 1},
                            "takes_effect": "restart",
                            "locked": False,
                            "fixed": None,
                            "pending": True,
                        }
                    ],
                    "restart_for": ["segments.timeout_minutes"],
                    "file": "/data/settings.json",
                }
            ]
        }
    )

    settings: list[SettingShown]
    restart_for: list[str] = Field(description="What was chosen and holds from the next start.")
    file: str = Field(description="Where what is chosen is kept.")

    @classmethod
    def of(cls, desk: Desk) -> "SettingsShown":
        settings = [SettingShown.of(setting) for setting in desk.shown()]
        waiting = [setting.name for setting in settings if setting.pending]
        return cls(settings=settings, restart_for=waiting, file=desk.place)


def _clean_throughout(wanted: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
    """Refuse text that cannot be kept, however deep."""
    waiting: list[JsonValue] = [*wanted, *wanted.values()]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            clean(value)
            if len(value) > LONGEST:
                raise ValueError(f"a text is longer than {LONGEST} characters")
        elif isinstance(value, dict):
            waiting += [*value, *value.values()]
        elif isinstance(value, list):
            waiting += value
    return wanted


class SettingsAsked(RootModel[dict[str, JsonValue]]):
    """Values by name; null goes back to what stands below. All are taken, or none."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [{"llm.model": "claude-sonnet-4-6", "segments.timeout_minutes": 90}]
        },
    )

    root: Annotated[
        dict[str, JsonValue],
        Field(min_length=1, max_length=MOST),
        AfterValidator(_clean_throughout),
    ]


ShortName = Annotated[Clean, Field(max_length=200)]


class TrialAsked(Asked):
    """Whom to try; what is left out is taken from the settings."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"provider": "ollama", "base_url": "http://127.0.0.1:11434"}]
        }
    )

    provider: Literal["auto", "anthropic", "openai", "ollama", "local"] | None = None
    base_url: Annotated[WebAddress, Field(max_length=LONGEST)] | Literal[""] | None = Field(
        None, description="http:// or https://; empty for the provider's own."
    )
    model: ShortName | None = None
    fast_model: ShortName | None = None
    api_key: Annotated[SecretStr, Field(max_length=LONGEST)] | None = Field(
        None, description="Used for this trial alone, never kept."
    )

    def as_candidate(self) -> Candidate:
        return Candidate(
            provider=self.provider,
            base_url=self.base_url,
            model=self.model,
            fast_model=self.fast_model,
            api_key=self.api_key.get_secret_value() if self.api_key else None,
        )


class TrialShown(Wire):
    """What came of it; a provider that fails is `ok: false`, with what to do in `detail`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "ok": True,
                    "provider": "ollama",
                    "model": "llama3.2:latest",
                    "detail": "llama3.2:latest answered in 0.8 s.",
                    "code": None,
                    "retryable": False,
                    "latency_ms": 812.0,
                    "first_token_ms": 230.5,
                    "models": ["llama3.2:latest", "qwen3:8b"],
                    "streaming": True,
                    "tools": True,
                }
            ]
        }
    )

    ok: bool
    provider: str
    model: str | None
    detail: str = Field(description="What happened, and what to do next.")
    code: str | None = Field(description="A stable word for what went wrong.")
    retryable: bool
    latency_ms: float | None = Field(description="Until the answer was whole.")
    first_token_ms: float | None = Field(description="Until its first words.")
    models: list[str] = Field(description="The names that the server lists, if it lists any.")
    streaming: bool = Field(description="Whether the answer came in pieces.")
    tools: bool = Field(description="Whether it called a tool when it was asked to.")

    @classmethod
    def of(cls, trial: Trial) -> "TrialShown":
        return cls.model_validate({**asdict(trial), "models": list(trial.models)})
