"""What is decided on one packet: exactly one verdict each, counted and reported."""

import enum

import msgspec

from gateway.policy.accounts.charging import Accounts, LevelLimits, tightest_use
from gateway.policy.claim import Claim, DeviceKey
from gateway.policy.outcome import Level, Outcome
from gateway.policy.use import Use


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


class Standing(msgspec.Struct, frozen=True, gc=False):
    """The accounts that a packet was judged by, as it left them, under which limits, and when."""

    limits: LevelLimits
    accounts: Accounts
    now_ms: int
    warning_share: float


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """One packet's fate.

    `would_refuse` says that it is forwarded although `outcome` refuses: in observe mode. `depositor` and `group` are
    their ids, None for nobody's packets. `level` is whose allowance refused. `standing` is None where no account was
    asked.
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
    standing: Standing | None = None
    flags: tuple[Flag, ...] = ()

    @property
    def tightest(self) -> Use | None:
        """The daily limit, or that on joins, of which the largest share is used; worked out when it is asked for."""
        standing = self.standing
        return None if standing is None else tightest_use(standing.limits, standing.accounts, standing.now_ms)

    @property
    def warned(self) -> bool:
        """Whether this share is past the soft warning."""
        tightest = self.tightest
        return self.standing is not None and tightest is not None and tightest.share >= self.standing.warning_share


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
