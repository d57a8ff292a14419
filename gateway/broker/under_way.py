"""What one connection was given, and what the broker has answered. Sans I/O."""

import structlog

from gateway.broker.outbox import Fate, Outgoing

_log = structlog.get_logger()


class UnderWay:
    """The messages with QoS 1 that are not answered yet, in their order, and counts of all others."""

    def __init__(self) -> None:
        self._messages: dict[int, Outgoing] = {}
        self.accepted = 0
        self.sent = 0
        self.refused = 0

    def __len__(self) -> int:
        """How many are not answered."""
        return len(self._messages)

    @property
    def has_suspect(self) -> bool:
        """Whether one of them must be alone."""
        return any(message.is_suspect for message in self._messages.values())

    @property
    def rest(self) -> list[Outgoing]:
        """Those that are not answered."""
        return list(self._messages.values())

    def give(self, mid: int, message: Outgoing, qos: int) -> None:
        """It was given to the connection, with this QoS and packet identifier."""
        if qos:
            self._messages[mid] = message
        else:
            self.sent += 1
            message.settle(Fate.SENT)

    def answered(self, mid: int, refusal: str | None) -> None:
        """The broker has acknowledged it, or said why not."""
        message = self._messages.pop(mid, None)
        if message is None:
            return
        if refusal is not None:
            self.refused += 1
            _log.warning("the broker refused a message", topic=message.topic, reason=refusal)
        else:
            self.accepted += 1
        message.settle(Fate.ACCEPTED if refusal is None else Fate.REFUSED)
