"""The event bus: synchronous, typed by class, and honest about what breaks."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from cns.domain.events import Event

E = TypeVar("E", bound=Event)
Unsubscribe = Callable[[], None]


class EventBus:
    """Hands each event to everyone who subscribed to its class or to a base of it."""

    def __init__(self) -> None:
        self._handlers: list[Callable[[Event], Iterable[Event] | None]] = []

    def subscribe(
        self, event_type: type[E], handler: Callable[[E], Iterable[Event] | None]
    ) -> Unsubscribe:
        """Call `handler` with every `event_type`; it may return follow-up events."""

        def guarded(event: Event) -> Iterable[Event] | None:
            return handler(event) if isinstance(event, event_type) else None

        self._handlers = [*self._handlers, guarded]

        def unsubscribe() -> None:
            self._handlers = [kept for kept in self._handlers if kept is not guarded]

        return unsubscribe

    def publish(self, events: Iterable[Event]) -> None:
        """Run every handler of every event, follow-ups after what caused them.

        Raises:
            ExceptionGroup: what the handlers raised, once all of them have run.
        """
        failures: list[Exception] = []
        waiting = list(events)
        while waiting:
            event = waiting.pop(0)
            for handler in self._handlers:
                try:
                    waiting.extend(handler(event) or ())
                except Exception as failure:  # noqa: BLE001 - one broken handler must not silence the rest
                    failures.append(failure)
        if failures:
            raise ExceptionGroup("event handlers failed", failures)
