"""What may be chosen on the page, what of it holds at once, and the file that it is kept in."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from config.layers import Tree, leaves
from config.names import BadSettings, known_names, nearest

PAGE_FILE = "settings.json"
OWNER_ALONE = 0o600
KEYS = "Keys are kept apart from settings, and never shown again."
TABLE = "It is a table: it is set in mira.toml, or where MIRA is started."
FIXED: Mapping[str, str] = {
    "data_dir": "What is chosen here is itself kept in it: it is set where MIRA is started.",
    "server": "A slip would lock this page out: it is set where MIRA is started.",
    "auth": "A slip would lock this page out: it is set where MIRA is started.",
    "database": "Without it there is nothing to show: it is set where MIRA is started.",
    "cache": "It is set where MIRA is started.",
    "vault": "It is set where MIRA is started.",
    "secrets": "It is set where MIRA is started.",
    "backup": "It is asked for when a backup is made.",
    "embeddings": "Another model would have to read again all that was ever said.",
    "cost.prices": TABLE,
    "cost.unknown_price": TABLE,
    "llm.api_key": KEYS,
    "llm.anthropic_api_key": KEYS,
    "llm.openai_api_key": KEYS,
}
# Looked up at each use; whatever is not named here holds from the next start.
AT_ONCE = frozenset(
    {
        "llm.provider",
        "llm.base_url",
        "llm.model",
        "llm.fast_model",
        "llm.fallbacks",
        "llm.retries",
        "llm.recovery_minutes",
        "llm.max_tokens",
        "llm.context_tokens",
        "llm.num_ctx",
        "llm.connect_seconds",
        "llm.read_seconds",
        "llm.total_seconds",
        "llm.tool_rounds",
        "cost.daily_ceiling_usd",
        "cost.background_share",
        "touchstone.maker",
        "touchstone.deadline_seconds",
        "touchstone.max_tokens",
        "touchstone.pairs",
        "touchstone.topic_cosine",
        "memory.extraction",
        "memory.review",
        "memory.surfaced",
        "memory.floor",
        "memory.chunk_messages",
        "memory.link_pairs",
        "memory.entity_reviews",
        "knowledge.writer",
        "knowledge.batch",
        "knowledge.tokens",
        "memory.free_days",
        "memory.half_life_days",
        "memory.surfaced_weight",
        "memory.dormant_below",
        "memory.archived_below",
        "memory.delete_after_days",
        "memory.delete_after_active_days",
        "memory.notice_days",
        "memory.tidying",
        "memory.hubs",
        "memory.hub_importance",
        "memory.hub_uses",
        "memory.hub_links",
        "memory.merge_cosine",
        "memory.merge_mean_cosine",
        "memory.merge_most",
        "memory.refine_above",
        "memory.refine_after_days",
        "memory.refine_uses",
        "memory.refine_again_days",
        "memory.refine_rejections",
        "memory.refine_at_once",
        "segments.timeout_minutes",
        "segments.night",
        "segments.night_timeout_minutes",
        "segments.opening_window",
        "segments.opening_complexity",
        "segments.opening_summaries",
        "segments.opening_pairs",
    }
)


def why_fixed(name: str) -> str | None:
    """Why a setting cannot be changed on the page; None for one that can."""
    return FIXED.get(name) or FIXED.get(name.partition(".")[0])


def page_names() -> Mapping[str, tuple[str, ...]]:
    """Every setting's dotted name and its path."""
    return {".".join(path): path for path in known_names().values()}


def variables() -> Mapping[str, str]:
    """Every setting's dotted name and its variable in the environment."""
    return {".".join(path): variable for variable, path in known_names().items()}


def read_page(path: Path) -> Tree:
    """What was chosen; nothing when nobody ever chose.

    Raises:
        BadSettings: it cannot be used; says where, and how to go on.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise _unusable(path, str(error)) from error
    try:
        tree = json.loads(text)
    except ValueError as error:
        raise _unusable(path, f"it is no JSON: {error}") from error
    if not isinstance(tree, dict):
        raise _unusable(path, "it holds no JSON object")
    _check_names(path, tree)
    return tree


def write_page(path: Path, tree: Tree) -> None:
    """Put it in place whole, for its owner alone: a crash leaves the old or the new one.

    Raises:
        OSError: it cannot be written.
    """
    new = path.with_suffix(".new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ALONE), "w") as file:
        os.fchmod(file.fileno(), OWNER_ALONE)  # one left by a crash keeps the rights it had
        json.dump(tree, file, indent=2, sort_keys=True)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def _check_names(path: Path, tree: Tree) -> None:
    known = page_names()
    for leaf in leaves(tree):
        name = ".".join(leaf)
        if name not in known:
            raise _unusable(path, f"{name} is not a setting.{nearest(name, list(known))}")
        if reason := why_fixed(name):
            raise _unusable(path, f"{name} cannot be set in it. {reason}")


def _unusable(path: Path, why: str) -> BadSettings:
    said = why if why.endswith((".", "?")) else f"{why}."
    return BadSettings(
        f"{path} (what was chosen on the Settings page) cannot be used: {said}"
        " Mend it, or delete it to go back to the settings below it."
    )
