"""What a broker was asked to send, and whether it will. Sans I/O."""

from collections.abc import Iterable

import structlog

_log = structlog.get_logger()


class Subscribing:
    """The topic filters that the broker was asked for and has not answered yet."""

    def __init__(self) -> None:
        self._asked: dict[int, tuple[str, ...]] = {}

    def asked(self, mid: int, filters: tuple[str, ...]) -> None:
        """It was asked for them with this packet identifier."""
        self._asked[mid] = filters

    def answered(self, mid: int, refusals: Iterable[str | None]) -> None:
        """The broker has said of each filter, in their order, why it does not give it, or None. Logs the refusals."""
        for topic_filter, reason in zip(self._asked.pop(mid, ()), refusals, strict=False):
            if reason is not None:
                _log.warning("the broker refused a subscription", filter=topic_filter, reason=reason)
