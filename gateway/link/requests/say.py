"""How an answer leaves: the broker's `publish`, as far as an answer needs it."""

from typing import Protocol


class Say(Protocol):
    """Publishes, and waits for nothing."""

    def __call__(self, topic: str, payload: bytes, *, correlation_data: bytes | None = None) -> object:
        """Queue a message; with MQTT 5 it carries the request's correlation data."""
