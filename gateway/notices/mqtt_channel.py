"""MQTT, on which incidents are published elsewhere: here is only known which notices the broker has accepted.

Until then they wait in the outbox like all others, so that who publishes can ask after a restart what is still to be
published.
"""

from collections.abc import Iterable

from gateway.notices.delivery import MOST_WAITING
from gateway.notices.notice import Notice


class MqttWaiting:
    """The notices that the broker has not accepted yet, oldest first."""

    def __init__(self, notices: Iterable[Notice] = ()) -> None:
        self._notices = {notice.id: notice for notice in sorted(notices, key=lambda each: each.number)}

    def __len__(self) -> int:
        """How many wait."""
        return len(self._notices)

    def put(self, notice: Notice) -> Notice | None:
        """Add the newest. Returns the oldest, where it had to make room."""
        self._notices[notice.id] = notice
        if len(self._notices) <= MOST_WAITING:
            return None
        return self._notices.pop(next(iter(self._notices)))

    def accepted(self, notice_id: str) -> Notice | None:
        """The broker has taken it over. Returns the notice, None where it was not waited for."""
        return self._notices.pop(notice_id, None)

    def all(self) -> tuple[Notice, ...]:
        """What is still to be published."""
        return tuple(self._notices.values())
