"""Who is called with which message."""

from collections.abc import Callable

from gateway.broker.connection import matches
from gateway.broker.settings import Message

Handler = Callable[[Message], None]
"""Called in the event loop for each message; must return soon, and raises nothing."""


class Handlers:
    """The handlers of each topic filter, in the order in which they came."""

    def __init__(self) -> None:
        self._handlers: dict[str, list[Handler]] = {}

    @property
    def filters(self) -> list[str]:
        """What the broker has to be asked for."""
        return list(self._handlers)

    def add(self, topic_filter: str, handler: Handler) -> bool:
        """One more. Says whether it is the first with this filter."""
        is_first = topic_filter not in self._handlers
        self._handlers.setdefault(topic_filter, []).append(handler)
        return is_first

    def call(self, message: Message) -> None:
        """Have it handled; a handler may add others."""
        for topic_filter, handlers in list(self._handlers.items()):
            if matches(topic_filter, message.topic):
                for handler in handlers:
                    handler(message)
