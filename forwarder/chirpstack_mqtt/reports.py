"""event/stats: what it says beside the counts, and when it is due where the server says how often."""

from collections.abc import Mapping

from forwarder.chirpstack_mqtt.messages import GatewayStats
from forwarder.chirpstack_mqtt.tally import Tally

# Whatever the server asks for: reports more often cost more than they tell.
SHORTEST_INTERVAL_S, LONGEST_INTERVAL_S = 5.0, 86_400.0


class Reports:
    """`due_s` is when to report without being asked; None while the server has said no interval, or cannot be reached.

    `config_version` is that of the channels in force. With `takes_configuration` the server is told of it, from which
    it sees that it may set them.
    """

    def __init__(
        self, tally: Tally, gateway_id: str, version: str, metadata: Mapping[str, str], *, takes_configuration: bool
    ) -> None:
        self._tally = tally
        self._gateway_id = gateway_id
        self._metadata = {**metadata, "candelabre_version": version}
        if takes_configuration:
            # ChirpStack sends its channels to nobody without this.
            self._metadata["concentratord_version"] = version
        self._takes_configuration = takes_configuration
        self._interval_s: float | None = None
        self.config_version = ""
        self.due_s: float | None = None

    def take(self, unix_time_s: int | None) -> GatewayStats:
        """The report of what happened since the last one."""
        metadata = self._metadata | ({"config_version": self.config_version} if self._takes_configuration else {})
        return self._tally.take(self._gateway_id, unix_time_s, metadata, self.config_version)

    def set_interval(self, interval_s: float | None, now_s: float) -> None:
        """How often the server wants one, None for whenever the gateway has counted."""
        self._interval_s = None if interval_s is None else min(max(interval_s, SHORTEST_INTERVAL_S), LONGEST_INTERVAL_S)
        self.wait(now_s)

    def wait(self, now_s: float) -> None:
        """One went out now, or the way to the server opened: the interval begins."""
        self.due_s = None if self._interval_s is None else now_s + self._interval_s

    def stop(self) -> None:
        """There is no way to the server."""
        self.due_s = None
