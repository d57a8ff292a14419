"""The law as this gateway keeps it: what may be emitted now, and the account of what was."""

import structlog

from radio import regulation
from radio.duty_cycle import Account, lost_account
from radio.duty_cycle_store import DutyCycleStore, boottime_us
from radio.packets import TxPacket, TxStatus
from radio.regulation import Emission, emission_of
from radio.regulation_tables import Regulation

_log = structlog.get_logger()


class Law:
    """One region's law, one antenna, one account on disk. Times are CLOCK_BOOTTIME in microseconds.

    `enforce` off makes everything lawful: for a simulated board or a shielded laboratory.
    """

    def __init__(
        self, region: Regulation, antenna_gain_dbi: float, store: DutyCycleStore, *, enforce: bool = True
    ) -> None:
        self._regulation = region
        self._antenna_gain_dbi = antenna_gain_dbi
        self._store = store
        self._enforce = enforce
        now_us = boottime_us()
        self._account, note = store.load(now_us)
        self._changed = self._account == lost_account(now_us)
        if note is not None:
            (_log.warning if self._changed else _log.info)("duty cycle", note=note)
        # Else each restart would begin the hour of silence anew.
        self.close()
        if region.not_enforced:
            _log.info("the law also asks, and it is not enforced", region=region.region, rules=region.not_enforced)
        if not enforce:
            _log.warning(
                "the law on transmitting is not enforced: for a simulated board or a shielded laboratory only",
                region=region.region,
            )

    def power_limit_dbm(self, packet: TxPacket) -> int | None:
        """The most that may reach the antenna connector; None where a packet may not be transmitted at all."""
        if not self._enforce:
            return packet.power_dbm
        return regulation.lawful_power_dbm(
            self._regulation, packet.freq_hz, regulation.occupied_bandwidth_hz(packet), self._antenna_gain_dbi
        )

    def check(self, packet: TxPacket, start_us: int) -> TxStatus:
        """Whether an emission that begins then is lawful."""
        if not self._enforce:
            return TxStatus.OK
        emission = emission_of(packet, start_us)
        return regulation.check(self._regulation, emission, self._account, self._antenna_gain_dbi)

    def secure(self, packet: TxPacket, start_us: int) -> bool:
        """Make sure that an emission about there is not forgotten, come what may; False where the disk fails."""
        if not self._enforce:
            return True
        emission, now_us = emission_of(packet, start_us), boottime_us()
        try:
            self._store.secure(self._with(emission, now_us), self._regulation, emission, now_us)
        except OSError as error:
            _log.error("the duty-cycle account cannot be kept: nothing is transmitted", reason=error.strerror)
            return False
        return True

    def record(self, packet: TxPacket, start_us: int) -> None:
        """Charge an emission that was accepted."""
        self._changed = True
        self._account = self._with(emission_of(packet, start_us), boottime_us())

    def release(self, packet: TxPacket, start_us: int) -> None:
        """Give back what an accepted emission was charged, since it did not take place."""
        self._account = regulation.release(self._regulation, self._account, emission_of(packet, start_us))

    def close(self) -> None:
        """Write the account down, when nothing more is emitted."""
        if not self._enforce or not self._changed:
            return
        try:
            self._store.save(self._account, boottime_us())
        except OSError as error:
            _log.error("the duty-cycle account was not written; it counts more than was used", reason=error.strerror)

    def _with(self, emission: Emission, now_us: int) -> Account:
        return regulation.record(self._regulation, self._account, emission, now_us)
