"""Domain events as they are shown: each class of `cns/domain/events.py` has its model here."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from types import GenericAlias
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from pydantic import BeforeValidator, ConfigDict, Field, create_model

from api.schemas.base import Asked, Instant, Wire
from api.schemas.conversation import MessageShown, SegmentShown
from cns.domain import events
from cns.domain.events import Event, wire_name
from cns.domain.message import Message
from cns.domain.segment import Segment

# what is shown elsewhere is shown here in the same way
AS_ELSEWHERE: Mapping[object, object] = {
    datetime: Instant,
    Message: Annotated[MessageShown, BeforeValidator(MessageShown.of)],
    Segment: Annotated[SegmentShown, BeforeValidator(SegmentShown.of)],
}


class EventsAsked(Asked):
    """Where to begin."""

    history: bool = Field(
        default=False,
        description="Begin with the latest events that are still held (500 at most).",
    )


class Told(Wire):
    """What every event's model is made of."""

    # else the schema would say that `type` may be left out
    model_config = ConfigDict(json_schema_serialization_defaults_required=True)


def shown(event: Event) -> tuple[str, Mapping[str, object]]:
    """The event's type and its data, JSON-shaped."""
    described = MODELS[type(event)].model_validate(event, from_attributes=True)
    return wire_name(type(event)), described.model_dump(mode="json")


def schema_of(event_type: type[Event]) -> Mapping[str, object]:
    """The JSON schema of an event's data, complete in itself."""
    schema = MODELS[event_type].model_json_schema(mode="serialization")
    definitions = schema.pop("$defs", {})
    return {key: _inlined(value, definitions) for key, value in schema.items()}


def _model(event_type: type[Event]) -> type[Wire]:
    name = wire_name(event_type)
    fields: dict[str, Any] = {"type": (Literal[name], name)}
    for own, hint in get_type_hints(event_type).items():
        fields[own] = (_shape(hint), ...)
    return create_model(event_type.__name__, __base__=Told, **fields)


def _shape(hint: object) -> object:
    """How a field of this type is shown; a tuple becomes a list."""
    if get_origin(hint) is tuple:
        return GenericAlias(list, (_shape(get_args(hint)[0]),))
    return AS_ELSEWHERE.get(hint, hint)


def _inlined(schema: object, definitions: Mapping[str, object]) -> object:
    """The schema with every reference to a definition replaced by it."""
    match schema:
        case {"$ref": str(reference)}:
            return _inlined(definitions[reference.rpartition("/")[2]], definitions)
        case dict():
            return {key: _inlined(value, definitions) for key, value in schema.items()}
        case list():
            return [_inlined(value, definitions) for value in schema]
        case _:
            return schema


def _classes() -> Iterator[type[Event]]:
    for member in vars(events).values():
        if isinstance(member, type) and issubclass(member, Event) and member is not Event:
            yield member


MODELS: Mapping[type[Event], type[Wire]] = {found: _model(found) for found in _classes()}
