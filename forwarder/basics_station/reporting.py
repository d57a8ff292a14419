"""What the log is told of a server: once what stays, counted what may repeat without end."""

import structlog

from forwarder.basics_station.events import IgnoredReason, MessageIgnored, RouterConfigured
from forwarder.basics_station.link import Lost
from forwarder.counted_warning import CountedWarning

_IGNORED = {
    IgnoredReason.MALFORMED: "malformed message ignored",
    IgnoredReason.BAD_REQUEST: "bad request to transmit refused",
    IgnoredReason.UNKNOWN: "unknown message ignored",
    IgnoredReason.NOT_OFFERED: "remote control refused",
    IgnoredReason.SERVER_ERROR: "the server reports an error",
    IgnoredReason.NOT_TRANSMITTED: "request to transmit came to nothing",
}
LONGEST_TEXT = 300


class Reports:
    """One server's reports. `malformed` counts the messages that could not be read."""

    def __init__(self, backend: str) -> None:
        self._log = structlog.get_logger().bind(backend=backend)
        self._ignored = {reason: CountedWarning(self._log, text) for reason, text in _IGNORED.items()}
        self._unsent = CountedWarning(self._log, "message not sent")
        self._remarks: tuple[str, ...] = ()

    @property
    def malformed(self) -> int:
        """How many messages were none."""
        return self._ignored[IgnoredReason.MALFORMED].count

    def ignored(self, event: MessageIgnored) -> None:
        """A message, or an order, came to nothing."""
        self._ignored[event.reason].happened(detail=_printable(event.detail))

    def unsent(self) -> None:
        """There was no connection to send a message on."""
        self._unsent.happened()

    def lost(self, event: Lost) -> None:
        """There is no connection."""
        self._log.warning(
            "no connection to server", reason=_printable(event.reason), retry_in_s=round(event.retry_in_s, 1)
        )

    def configured(self, event: RouterConfigured) -> None:
        """There is traffic from now on."""
        self._log.info("server is ready", region=_printable(event.region))
        if event.remarks != self._remarks:
            self._remarks = event.remarks
            for remark in event.remarks:
                self._log.warning("router_config", remark=remark)


def _printable(text: str) -> str:
    """What a server said, so that it can do nothing to a terminal or a log."""
    return "".join(character if character.isprintable() else "?" for character in text[:LONGEST_TEXT])
