"""What a tool is: a name, a hint, and typed operations whose schema comes from their signature."""

from abc import ABC, abstractmethod
from enum import StrEnum
from functools import cache
from typing import get_type_hints

from pydantic import BaseModel

from cns.ports import ToolDefinition, ToolOutcome


class Access(StrEnum):
    """What a tool may touch."""

    READ = "read"
    WRITE = "write"
    NETWORK = "network"
    DEVICE = "device"


class Tool(ABC):
    """A tool is one class in one file; `run` takes one model of arguments.

    Attributes:
        name: as the model calls it.
        hint: one line on when to use it.
        simple: the fast model will do for the call that follows its result.
        on_demand: it is not offered until it is asked for.
    """

    name: str
    hint: str
    access: Access
    simple: bool = False
    on_demand: bool = False

    @abstractmethod
    def run(self, arguments: BaseModel) -> ToolOutcome:
        """Do it.

        Raises:
            ToolRetry: the arguments are wrong; says how to correct them.
            ToolFailed: it cannot be done.
        """

    @classmethod
    @cache
    def arguments(cls) -> type[BaseModel]:
        """The model that `run` takes, read from its signature."""
        taken = get_type_hints(cls.run)["arguments"]
        if not (isinstance(taken, type) and issubclass(taken, BaseModel)):
            raise TypeError(f"{cls.__name__}.run must name its own model of arguments")
        return taken

    @classmethod
    @cache
    def definition(cls) -> ToolDefinition:
        """Made once a class: a schema takes milliseconds, and each turn asks several times."""
        return ToolDefinition(
            name=cls.name, description=cls.hint, schema=cls.arguments().model_json_schema()
        )
