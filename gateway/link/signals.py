"""What a link depends on, at one moment, as plain values. What is not known is None, and nothing is judged by it."""

import msgspec

from forwarder.failover import USUAL_PATIENCE_S
from gateway.supervision.repairs import Deafness


class RadioSignal(msgspec.Struct, frozen=True):
    """The radio. `working` says that it receives, as far as the driver can tell.

    `silent_s` is for how long nothing at all was heard, restarts of the radio included; `usual_silence_s` the longest
    silence of a usual day at this hour, None while that is not known. `deafness` says that it hears nothing where it
    usually does, `deaf_s` for how long. `lost_s` is for how long it has not been working, `problem` why, in the
    driver's words; `restarts` how often it was started again.
    """

    working: bool
    silent_s: float | None = None
    problem: str | None = None
    restarts: int = 0
    lost_s: float | None = None
    usual_silence_s: float | None = None
    deafness: Deafness | None = None
    deaf_s: float | None = None


class ServerSignal(msgspec.Struct, frozen=True):
    """A network server. `connected` says that it answered once and has not been silent since, by its backend's measure.

    `unanswered_s` is for how long it has owed an answer: since the last one, or since it was first asked. Silence
    shorter than `patience_s` means nothing.
    """

    name: str
    connected: bool
    unanswered_s: float | None
    patience_s: float = USUAL_PATIENCE_S


class Maintenance(msgspec.Struct, frozen=True):
    """Planned work. Begins at once where `begins_unix_s` is None, ends when the operator says so where the other is."""

    reason: str
    begins_unix_s: int | None = None
    ends_unix_s: int | None = None

    def is_under_way(self, unix_s: int | None) -> bool:
        """Whether it is; where no time is known, what has a beginning has not begun."""
        if unix_s is None:
            return self.begins_unix_s is None
        begun = self.begins_unix_s is None or self.begins_unix_s <= unix_s
        return begun and (self.ends_unix_s is None or unix_s < self.ends_unix_s)


class Signals(msgspec.Struct, frozen=True):
    """One snapshot of all that a link depends on.

    `broker_connected` is None without a broker; `broker_lost_s` is for how long it has not been connected.
    `clock_synchronised` says that the time may go into a message, by GNSS or by the host; `gnss` that GNSS tells it,
    None without a receiver. `unix_s` is the known time, a lower bound of the true one. `disk_free_share` is 1 for an
    empty disk. `accounts_error` and `disk_error` say why records cannot be kept.
    """

    radio: RadioSignal | None = None
    servers: tuple[ServerSignal, ...] = ()
    broker_connected: bool | None = None
    broker_lost_s: float | None = None
    clock_synchronised: bool | None = None
    gnss: bool | None = None
    unix_s: int | None = None
    disk_free_share: float | None = None
    disk_error: str | None = None
    accounts_error: str | None = None
    temperature_c: float | None = None
    undervoltage: bool | None = None
    policy_serial: int | None = None
    maintenance: Maintenance | None = None
