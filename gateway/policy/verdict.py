"""What is decided on one packet: exactly one verdict each, counted and reported."""

import enum

import msgspec

from gateway.policy.claim import Claim, DeviceKey
from gateway.policy.outcome import Level, Limit, Outcome


class Flag(enum.Enum):
    """What a verdict points out, whatever the outcome."""

    SHARED_DEV_ADDR = "shared_dev_addr"
    """Several devices are known to use this DevAddr."""
    COUNTER_WENT_BACK = "counter_went_back"
    """The frame counter is lower than the device's last one: reset, replayed or forged."""
    FORGED = "forged"
    """Somebody sends frames in this device's name."""
    MIC_VERIFIED = "mic_verified"
    """The host holds the device's key, and the frame is genuine."""


class Use(msgspec.Struct, frozen=True, gc=False):
    """How much of one allowance is used, the packet included if it was admitted."""

    level: Level
    limit: Limit
    used: int
    allowed: int

    @property
    def share(self) -> float:
        """1 is all of it."""
        return self.used / self.allowed if self.allowed else 1.0


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """One packet's fate.

    `would_refuse` says that it is forwarded although `outcome` refuses: in observe mode. `depositor` and `group` are
    their ids, None for nobody's packets. `level` is whose allowance refused. `tightest` is the daily allowance of which
    the largest share is used, and `warned` says that this share is past the soft warning.
    """

    outcome: Outcome
    forwarded: bool
    depositor: str | None = None
    group: str | None = None
    dev_eui: int | None = None
    dev_addr: int | None = None
    is_join: bool = False
    would_refuse: bool = False
    level: Level | None = None
    tightest: Use | None = None
    warned: bool = False
    flags: tuple[Flag, ...] = ()


class DownlinkCharge(msgspec.Struct, frozen=True, gc=False):
    """What a downlink was charged, to give it back where it never goes on the air."""

    claim: Claim
    device: DeviceKey
    airtime_us: int
    at_ms: int


class JudgedDownlink(msgspec.Struct, frozen=True, gc=False):
    """The verdict on a request to transmit. `charge` is None where it cost nobody anything; `joins` is the join request
    that it accepts, by its JoinEUI and DevEUI.
    """

    verdict: Verdict
    charge: DownlinkCharge | None = None
    joins: tuple[int | None, int] | None = None
