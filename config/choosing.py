"""Choosing settings on the page: what a change would make of them, or why it cannot be taken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from config.checks import refuse_what_is_not_there_yet, zone_of
from config.layers import Layers, planted, uprooted
from config.names import BadSettings, nearest
from config.page import AT_ONCE, page_names, variables, why_fixed
from config.settings import Settings
from config.showing import plain, schema_of, value_of

Wanted = Mapping[str, object]
LARGEST = 10_000_000  # of a number that has no limit of its own; as minutes these are 19 years
KEY_ELSEWHERE = "keys are not kept among the settings: give the provider its key instead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why one wanted value cannot be taken."""

    name: str
    message: str


class Unfit(ValueError):
    """What is wanted does not fit, name by name."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(" ".join(f"{fault.name}: {_ended(fault.message)}" for fault in faults))
        self.faults = tuple(faults)


def locks(layers: Layers, wanted: Wanted) -> Mapping[str, str]:
    """The wanted names on which the environment has the last word, with its variables."""
    named = variables()
    return {
        name: named[name]
        for name in wanted
        if name in named and layers.source(page_names()[name]) == "environment"
    }


def changed(layers: Layers, wanted: Wanted) -> Layers:
    """With these values on the page; None and blank text go back to what stands below.

    Raises:
        Unfit: a name is unknown or cannot be changed here, or a value does not fit.
    """
    faults = [fault for name, value in wanted.items() if (fault := _fault(name, value))]
    if faults:
        raise Unfit(faults)
    page: Mapping[str, Any] = layers.page
    for name, value in wanted.items():
        path = page_names()[name]
        blank = value is None or value == ""
        page = uprooted(page, path) if blank else planted(page, path, value)
    new = replace(layers, page=page)
    return replace(new, page=_in_plain_form(new, _checked(new, wanted), wanted))


def taken_up(running: Settings, chosen: Settings) -> Settings:
    """What holds at once: the running settings, but for those that need no new start."""
    tree: Mapping[str, Any] = {}
    for name, path in page_names().items():
        if name in AT_ONCE:
            tree = planted(tree, path, value_of(chosen, path))
    sections = {
        section: getattr(running, section).model_copy(update=values)
        for section, values in tree.items()
    }
    return running.model_copy(update=sections)


def _fault(name: str, value: object) -> Fault | None:
    known = page_names()
    if name not in known:
        return Fault(name=name, message=f"is not a setting.{nearest(name, list(known))}")
    if reason := why_fixed(name):
        return Fault(name=name, message=f"cannot be changed here. {reason}")
    kind = schema_of(known[name]).get("type")
    if isinstance(value, bool) and kind != "boolean":
        return Fault(name=name, message=f"is of the kind {kind}, not true or false")
    if isinstance(value, int | float) and abs(value) > LARGEST:
        return Fault(name=name, message=f"is beyond {LARGEST:,}")
    return None


def _checked(layers: Layers, wanted: Wanted) -> Settings:
    try:
        settings = layers.settings()
        refuse_what_is_not_there_yet(settings)
        zone_of(settings)
    except ValidationError as error:
        raise Unfit([_of_value(each["loc"], each["msg"]) for each in error.errors()]) from error
    except BadSettings as error:
        raise Unfit([_of_message(str(error), wanted)]) from error
    if "llm.fallbacks" in wanted and any(each.api_key for each in settings.llm.fallbacks):
        raise Unfit([Fault(name="llm.fallbacks", message=KEY_ELSEWHERE)])
    return settings


def _in_plain_form(layers: Layers, settings: Settings, wanted: Wanted) -> Mapping[str, Any]:
    page = layers.page
    for name in wanted:
        path = page_names()[name]
        if layers.source(path) == "page":
            page = planted(page, path, plain(value_of(settings, path)))
    return page


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "?")) else f"{sentence}."


def _of_value(place: Sequence[int | str], message: str) -> Fault:
    path = ".".join(str(part) for part in place)
    return Fault(name=path, message=message.removeprefix("Value error, "))


def _of_message(message: str, wanted: Wanted) -> Fault:
    """Put to the wanted name of whose variable the message speaks."""
    named = variables()
    name = next((name for name in wanted if named[name] in message), "settings")
    return Fault(name=name, message=message)
