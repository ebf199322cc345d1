"""The drawing of the errors is true, and each has its place in HTTP."""

import re

from cns import errors
from cns.errors import MiraError, Misconfigured, SpendingCeiling, ToolError
from cns.problems import STATUS


def drawn() -> dict[str, str | None]:
    """Each error of the drawing with the one that it stands below."""
    parents: dict[str, str | None] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines()[1:]:
        found = re.match(r"(?P<branch>[│├└─ ]*)(?P<name>[A-Z]\w+)", line)
        if found:
            depth = len(found["branch"]) // 4
            path[depth:] = [found["name"]]
            parents[found["name"]] = path[depth - 1] if depth else None
    return parents


def defined(parent: type[MiraError]) -> dict[str, str | None]:
    tree: dict[str, str | None] = {}
    for child in parent.__subclasses__():
        if child.__module__ == errors.__name__:
            tree |= {child.__name__: parent.__name__} | defined(child)
    return tree


def test_the_drawing_shows_every_error_in_its_place() -> None:
    assert drawn() == {"MiraError": None} | defined(MiraError)


def test_no_error_is_defined_elsewhere() -> None:
    assert {child.__module__ for child in MiraError.__subclasses__()} == {errors.__name__}


def test_every_error_for_people_has_a_status() -> None:
    private = {Misconfigured, ToolError}
    assert set(MiraError.__subclasses__()) - private == set(STATUS) - {SpendingCeiling}


def test_every_error_has_a_word_of_its_own() -> None:
    kinds: list[type[MiraError]] = [MiraError, *MiraError.__subclasses__()]
    assert len({kind.code for kind in kinds}) == len(kinds)
