"""What may be set for one Semtech UDP network server."""

from typing import Annotated

import msgspec

from radio.packets import CrcStatus

Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]


class SemtechUdpConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One network server, its name in logs and counters, and which packets it wants.

    `push_timeout_ms` is how long a PUSH_DATA may stay unacknowledged before it counts as lost; it
    delays nothing. The server counts as silent after `silent_after_keepalives` keepalives without
    any acknowledgement, and its host name is then resolved again. Every bound is generous, and keeps
    the sums that the session makes of these numbers in range.
    """

    name: str
    host: str
    port_up: Port = 1700
    port_down: Port = 1700
    keepalive_s: Annotated[float, msgspec.Meta(ge=1, le=86_400)] = 10.0
    push_timeout_ms: Annotated[int, msgspec.Meta(ge=1, le=3_600_000)] = 2000
    silent_after_keepalives: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 3
    forward_crc_ok: bool = True
    forward_crc_bad: bool = False
    forward_crc_absent: bool = False
    # The lower bound holds any single packet; the upper one is what IPv4 lets into a UDP datagram.
    max_datagram_bytes: Annotated[int, msgspec.Meta(ge=1024, le=65507)] = 32768

    @property
    def accepted_crc(self) -> tuple[CrcStatus, ...]:
        """The checksum states of the packets that are forwarded."""
        wanted = (
            (CrcStatus.OK, self.forward_crc_ok),
            (CrcStatus.BAD, self.forward_crc_bad),
            (CrcStatus.ABSENT, self.forward_crc_absent),
        )
        return tuple(status for status, forwarded in wanted if forwarded)
