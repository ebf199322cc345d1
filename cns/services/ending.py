"""Why a model ended its answer, in one word for clients and in words for people."""

from collections.abc import Mapping

from cns.errors import ModelUnavailable

EMPTY = ("llm_empty", "The model's answer was empty. Try again, or rephrase.")
SPEECHLESS: Mapping[str, tuple[str, str]] = {
    "refusal": (
        "llm_declined",
        "The model declined to answer. Rephrase, or ask another model.",
    ),
    "length": (
        "llm_no_room",
        "The answer's room was used up before its first word. Raise MIRA_LLM__MAX_TOKENS.",
    ),
    "tools": (
        "llm_tool_loop",
        "The model asked for tools without end, and never answered. Rephrase, then retry.",
    ),
}


def ending(stop: str) -> str:
    """`end`, `length` or `refusal`; whatever tools a last word asked for are not used any more."""
    return stop if stop in ("length", "refusal") else "end"


def speechless(stop: str) -> ModelUnavailable:
    """The failure of a model that ended without a word."""
    code, words = SPEECHLESS.get(stop, EMPTY)
    return ModelUnavailable(words, code=code)
