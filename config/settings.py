"""Every knob, frozen, one section a feature; the reference in the docs is generated from here."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator

from config.embedding_settings import Embeddings, RerankerSettings
from config.languages import SearchLanguage
from config.section import Section, WebAddress

Port = Annotated[int, Field(ge=1, le=65535)]
Share = Annotated[float, Field(ge=0, le=1)]
Dollars = Annotated[float, Field(ge=0, allow_inf_nan=False)]
CHECKOUT = Path(__file__).resolve().parent.parent


class Server(Section):
    host: str = Field("127.0.0.1", description="Address to listen on; only loopback for now.")
    port: Port = Field(8765, description="Port to listen on.")
    allowed_hosts: tuple[str, ...] = Field(
        (), description="Further Host names, as behind a proxy, beside the loopback ones."
    )


class Auth(Section):
    token: SecretStr | None = Field(None, description="An API token.")
    password: SecretStr | None = Field(None, description="Sets the login password on start.")


class DatabaseSettings(Section):
    url: SecretStr | None = Field(
        None, description="PostgreSQL 14+ with pgvector 0.8+; empty: the embedded one."
    )
    pool_min: int = Field(2, ge=1, description="Connections kept open.")
    pool_max: int = Field(20, ge=2, description="Connections at most.")
    connect_seconds: float = Field(10, gt=0, description="How long a connection may take.")
    statement_seconds: float = Field(60, gt=0, description="How long one statement may take.")


class CacheSettings(Section):
    url: SecretStr | None = Field(None, description="Any Valkey or Redis; empty: the embedded one.")
    embedding_minutes: int = Field(15, ge=1, description="How long a query's vector is kept.")


class Vault(Section):
    addr: str | None = Field(
        None, description="HashiCorp Vault or OpenBao, as a URL; empty: secrets are kept locally."
    )
    role_id: SecretStr | None = Field(None, description="AppRole role id.")
    secret_id: SecretStr | None = Field(None, description="AppRole secret id.")
    namespace: str | None = Field(None, description="Namespace of the Vault, where it has them.")
    mount: str = Field("secret", description="Where its KV version 2 engine is mounted.")
    auth_mount: str = Field("approle", description="Where its AppRole login is mounted.")
    ca_file: Path | None = Field(
        None, description="Certificate authority of the Vault; empty: those of the system."
    )
    timeout_seconds: int = Field(5, ge=1, description="How long one request to it may take.")


class SecretSettings(Section):
    key_file: Path | None = Field(
        None, description="Key of the local secrets; empty: `keys/secrets.key` in the data."
    )


class Fallback(Section):
    """A further provider; what is left out is that provider's default."""

    provider: Literal["anthropic", "openai", "ollama", "local"]
    base_url: WebAddress | None = None
    model: str | None = None
    fast_model: str | None = None
    api_key: SecretStr | None = None


class LLMSettings(Section):
    provider: Literal["auto", "anthropic", "openai", "ollama", "local"] = Field(
        "auto", description="Who answers; auto takes the first that is configured or answers."
    )
    base_url: WebAddress | None = Field(None, description="Base URL, as the official SDKs take it.")
    model: str | None = Field(None, description="Reasoning model; the provider's default if empty.")
    fast_model: str | None = Field(
        None,
        description="Model for touchstones, summaries and extraction. If empty: a small one of"
        " Anthropic's for all of them, one of OpenAI's for what a turn waits for; elsewhere the"
        " reasoning one.",
    )
    api_key: SecretStr | None = Field(None, description="Key of the chosen provider.")
    anthropic_api_key: SecretStr | None = Field(
        None, description="From ANTHROPIC_API_KEY in the environment."
    )
    openai_api_key: SecretStr | None = Field(
        None, description="From OPENAI_API_KEY in the environment."
    )
    fallbacks: tuple[Fallback, ...] = Field(
        (),
        description="Further providers, tried in order: a JSON list of names, or of objects with"
        " `provider` and, if need be, `base_url`, `model`, `fast_model`, `api_key`.",
    )
    retries: int = Field(
        2, ge=0, le=5, description="Further tries on one provider after a fault that may pass."
    )
    recovery_minutes: int = Field(
        5,
        ge=1,
        le=1440,
        description="How long a provider that failed rests while a fallback answers.",
    )
    max_tokens: int = Field(4096, ge=64, description="Longest answer, in tokens.")
    context_tokens: int = Field(
        200_000, ge=2048, description="What a cloud or Ollama model may be sent."
    )
    num_ctx: int = Field(
        16_384,
        ge=2048,
        description="Context that Ollama is told to hold, within context_tokens and what the model"
        " was trained for; more takes more memory.",
    )
    connect_seconds: float = Field(5, gt=0, description="How long connecting may take.")
    read_seconds: float = Field(120, gt=0, description="Longest silence within an answer.")
    total_seconds: float = Field(
        600, gt=0, description="How long one call of a model may take in all."
    )
    tool_rounds: int = Field(10, ge=1, description="Model calls with tools in one turn, at most.")
    simple_tools: tuple[str, ...] = Field(
        ("reminder_tool", "punchclock_tool", "weather_tool"),
        description="Tools whose results the fast model takes on from, unless thinking is on.",
    )

    @field_validator("fallbacks", mode="before")
    @classmethod
    def _names_are_short_for_objects(cls, given: object) -> object:
        if not isinstance(given, list | tuple):
            return given
        return [{"provider": entry} if isinstance(entry, str) else entry for entry in given]


class ModelPrice(Section):
    """US dollars per million tokens; a cache price left out is that of the input."""

    input: Dollars
    output: Dollars
    cache_read: Dollars | None = None
    cache_write: Dollars | None = None


class CostSettings(Section):
    daily_ceiling_usd: float | None = Field(
        None,
        gt=0,
        allow_inf_nan=False,
        description="What models may cost a day, in US dollars; turns ask from there on.",
    )
    background_share: Share = Field(
        0.8, description="Share of the ceiling at which background work stops for the day."
    )
    prices: Mapping[str, ModelPrice] = Field(
        {},
        description="Prices beside those of `config/prices.toml`: a JSON object of model names,"
        " each with `input`, `output` and, if need be, `cache_read`, `cache_write`, in US dollars"
        " per million tokens.",
    )
    unknown_price: ModelPrice = Field(
        ModelPrice(input=15, output=75, cache_read=1.5, cache_write=18.75),
        description="What a model without a known price counts as towards the ceiling.",
    )


class TouchstoneSettings(Section):
    maker: Literal["auto", "rules"] = Field(
        "auto",
        description="Who says what a turn is about: a capable fast model, or rules alone. auto: the"
        " rules where no fast model is known, as with Ollama and servers of one's own.",
    )
    deadline_seconds: float = Field(
        1.5, gt=0, le=30, description="How long a turn waits for the model's word on that."
    )
    max_tokens: int = Field(120, ge=40, le=1000, description="Longest such word, in tokens.")
    pairs: int = Field(5, ge=1, le=20, description="Exchanges that the model is shown for it.")
    topic_cosine: float = Field(
        0.2, ge=-1, le=1, description="Nearness of two turns below which the topic has changed."
    )


class MemorySettings(Section):
    extraction: Literal["auto", "batch", "immediate", "rules", "off"] = Field(
        "auto",
        description="How facts are drawn from what was said: `batch` (Anthropic's batch API: half"
        " the price, later), `immediate`, `rules` (no model), `off`; auto takes the first of the"
        " first three that the model allows.",
    )
    review: Literal["off", "untrusted", "everything"] = Field(
        "untrusted",
        description="What waits for your yes before it is known: nothing, what is not your own"
        " word, or all that is noted down for you.",
    )
    language: SearchLanguage = Field(
        "english",
        description="Whose endings and stop words the search by words knows; words of other"
        " languages are found as they are written. A change makes the text index anew.",
    )
    surfaced: int = Field(10, ge=0, le=50, description="Memories shown to the model in a turn.")
    floor: Share = Field(
        0.14, description="Relevance that the best of what surfaces into a turn must reach."
    )
    duplicate_cosine: Share = Field(0.92, description="Nearness that makes a repeat likely.")
    duplicate_ratio: Share = Field(0.95, description="Likeness of spelling that does so too.")
    chunk_messages: int = Field(40, ge=2, description="Messages that one extraction reads.")
    link_pairs: int = Field(
        400,
        ge=0,
        description="Pairs of memories that a model is asked about in one night, at most.",
    )
    entity_reviews: int = Field(
        50, ge=0, description="Silent names that a model reviews in one month, at most."
    )
    free_days: int = Field(
        14, ge=0, le=3650, description="Active days without use that cost a memory nothing."
    )
    half_life_days: float = Field(
        30, ge=1, le=36_500, description="Active days in which a new memory's credit halves."
    )
    surfaced_weight: Share = Field(
        0.2, description="What being shown to the model counts, where being cited counts 1."
    )
    dormant_below: Share = Field(0.05, description="Importance under which a memory is dormant.")
    archived_below: Share = Field(
        0.005, description="Importance under which it is archived; no more than `dormant_below`."
    )
    dormant_within: int = Field(
        3, ge=0, le=100, description="Places by words or meaning where a dormant one surfaces."
    )
    delete_after_days: int = Field(
        180, ge=1, le=36_500, description="Days in the archive after which a memory is deleted."
    )
    delete_after_active_days: int = Field(
        30, ge=0, le=36_500, description="Active days that must be among them."
    )
    notice_days: int = Field(
        14, ge=1, le=365, description="Days between a deletion's announcement and the deletion."
    )
    tidying: Literal["auto", "off"] = Field(
        "auto",
        description="Who merges memories that say the same and shortens long ones: a capable model,"
        " or nobody.",
    )
    hubs: int = Field(
        50, ge=0, le=1000, description="Memories around which one week looks for what to merge."
    )
    hub_importance: Share = Field(0.3, description="Importance of one of them that is used.")
    hub_uses: int = Field(5, ge=0, description="Uses of one of them that is important.")
    hub_links: int = Field(5, ge=1, description="Links that make any memory one of them.")
    merge_cosine: Share = Field(0.88, description="Nearness to one from which on it may be merged.")
    merge_mean_cosine: Share = Field(
        0.8, description="Nearness, on the average, of all that become one memory."
    )
    merge_most: int = Field(5, ge=2, le=10, description="Memories that become one at most.")
    refine_above: int = Field(
        70, ge=20, le=1000, description="Characters above which a memory may be shortened or split."
    )
    refine_after_days: int = Field(7, ge=0, le=3650, description="Days after which it may be.")
    refine_uses: int = Field(3, ge=0, description="Uses after which it may be.")
    refine_again_days: int = Field(
        30, ge=1, le=3650, description="Days until the same memory is looked at again."
    )
    refine_rejections: int = Field(
        3, ge=1, le=100, description="Looks without a use after which it is left alone."
    )
    refine_at_once: int = Field(
        20, ge=1, le=200, description="Memories that one week looks at, the longest first."
    )


class KnowledgeSettings(Section):
    writer: Literal["auto", "off"] = Field(
        "auto",
        description="Who works what is said into domain knowledge: a capable model, or nobody.",
    )
    batch: int = Field(
        10, ge=1, le=200, description="Finished turns that wait before a block is written anew."
    )
    tokens: int = Field(
        12_000,
        ge=0,
        description="Room for the blocks in the prompt, in tokens; at most an eighth of what the"
        " model can take in.",
    )


class Segments(Section):
    timeout_minutes: int = Field(60, ge=1, le=525_600, description="Idle time that ends a segment.")
    night: str = Field(
        "23-6",
        pattern=r"^([01]?\d|2[0-3])-([01]?\d|2[0-3])$",
        description="The night on the user's clock: its first hour, and the first of the day.",
    )
    night_timeout_minutes: int | None = Field(
        None,
        ge=1,
        le=525_600,
        description="Idle time that ends a segment at night; empty: as by day.",
    )
    check_minutes: int = Field(5, ge=1, le=1440, description="How often that is looked at.")
    manifest: int = Field(30, ge=1, description="Past segments listed in the prompt.")
    opening_window: int = Field(
        9, ge=1, description="Newest past segments from which an opening takes its summaries."
    )
    opening_complexity: int = Field(
        8, ge=1, description="What those summaries may come to; each counts 1 to 3."
    )
    opening_summaries: int = Field(5, ge=0, description="Summaries in an opening, at most.")
    opening_pairs: int = Field(
        3, ge=0, description="Questions and answers of the previous segment in an opening."
    )


class Log(Section):
    level: Literal["debug", "info", "warning", "error"] = Field("info", description="How much.")
    format: Literal["text", "json"] = Field("text", description="For people or for machines.")


class Backup(Section):
    passphrase: SecretStr | None = Field(None, description="For backup and restore; not used yet.")


class Settings(Section):
    """All of it."""

    data_dir: Path = Field(
        CHECKOUT / "data", description="Everything that MIRA keeps: databases, files, keys."
    )
    timezone: str = Field("auto", description="IANA zone of the user; auto: this machine's.")
    user_name: str = Field("the user", description="What the assistant calls the user.")
    server: Server = Server()
    auth: Auth = Auth()
    database: DatabaseSettings = DatabaseSettings()
    cache: CacheSettings = CacheSettings()
    vault: Vault = Vault()
    secrets: SecretSettings = SecretSettings()
    llm: LLMSettings = LLMSettings()
    cost: CostSettings = CostSettings()
    touchstone: TouchstoneSettings = TouchstoneSettings()
    memory: MemorySettings = MemorySettings()
    knowledge: KnowledgeSettings = KnowledgeSettings()
    segments: Segments = Segments()
    embeddings: Embeddings = Embeddings()
    reranker: RerankerSettings = RerankerSettings()
    log: Log = Log()
    backup: Backup = Backup()

    @property
    def segment_timeout(self) -> timedelta:
        return timedelta(minutes=self.segments.timeout_minutes)
