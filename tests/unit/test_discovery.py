"""What is offered is found by being there."""

import importlib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from uuid import uuid4

import pytest

import lt_memory.jobs
import tools.implementations
import working_memory.trinkets
from cns.discovery import build_one, offered
from cns.domain.touchstone import Touchstone
from lt_memory.job import BackgroundJob
from tools.tool import Tool
from working_memory.trinket import Trinket

FILES: Mapping[str, str] = {
    "__init__": "",
    "zebra": (
        "from cns.domain.touchstone import Touchstone\n"
        "class Striped(Touchstone):\n    pass\n"
        "class Other:\n    pass\n"
    ),
    "ant": (
        "from abc import ABC, abstractmethod\n"
        "from cns.domain.touchstone import Touchstone\n"
        "class Abstract(Touchstone, ABC):\n"
        "    @abstractmethod\n    def crawl(self): ...\n"
        "class Small(Abstract):\n    def crawl(self): ...\n"
    ),
}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    name = f"offers_{uuid4().hex}"
    (tmp_path / name).mkdir()
    for module, text in FILES.items():
        (tmp_path / name / f"{module}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    return importlib.import_module(name)


def test_concrete_classes_are_found_where_they_are_defined(package: ModuleType) -> None:
    assert [found.__name__ for found in offered(package, Touchstone)] == ["Small", "Striped"]


class Needs:
    def __init__(self, store: str, clock: int) -> None:
        self.got = (store, clock)


def test_a_class_is_given_what_its_constructor_names() -> None:
    assert build_one(Needs, {"clock": 7, "store": "s", "other": None}).got == ("s", 7)


def test_a_class_that_needs_what_is_not_there_is_named() -> None:
    with pytest.raises(TypeError, match=r"Needs asks for clock"):
        build_one(Needs, {"store": "s"})


def test_every_trinket_has_a_place_of_its_own() -> None:
    slots = [found.slot for found in offered(working_memory.trinkets, Trinket)]
    assert len(slots) == len(set(slots)) > 0


def test_every_tool_says_what_it_is() -> None:
    for found in offered(tools.implementations, Tool):
        assert found.name
        assert found.access
        assert "\n" not in found.hint
        assert found.definition().schema["type"] == "object"


def test_every_job_says_its_name_and_how_often_it_runs() -> None:
    jobs = offered(lt_memory.jobs, BackgroundJob)
    assert len({found.name for found in jobs}) == len(jobs) > 0
    assert all(found.interval >= timedelta(minutes=1) for found in jobs)
