"""Finds what is offered, one class a file, and builds it from what is available."""

import importlib
import inspect
import pkgutil
from collections.abc import Mapping
from types import ModuleType
from typing import TypeVar

T = TypeVar("T")


def offered(package: ModuleType, base: type[T]) -> list[type[T]]:
    """Every concrete subclass of `base` defined in the package's modules, by module name."""
    found: list[type[T]] = []
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda info: info.name):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        found += [
            member
            for _, member in inspect.getmembers(module, inspect.isclass)
            if issubclass(member, base)
            and not inspect.isabstract(member)
            and member.__module__ == module.__name__
        ]
    return found


def build_one(found: type[T], available: Mapping[str, object]) -> T:
    """Construct `found` from those of `available` that its constructor names.

    Raises:
        TypeError: it names something that is not available.
    """
    wanted = inspect.signature(found).parameters
    missing = [name for name in wanted if name not in available]
    if missing:
        raise TypeError(f"{found.__name__} asks for {', '.join(missing)}, which main.py lacks")
    return found(**{name: available[name] for name in wanted})
