"""The chip's receive path: from a transmission that arrives to a record in the receive buffer."""

from collections.abc import Callable, Sequence

from radio.simulator import addresses as at
from radio.simulator.faults import Faults
from radio.simulator.link_budget import FSK_SENSITIVITY_DBM, FrontEnd, lora_audible, snr_db
from radio.simulator.listening import ListeningPlan, Tuning, read_plan
from radio.simulator.recorder import Lock, fsk_record, lora_records
from radio.simulator.records import FSK_CHANNEL, FSK_MODEM, SINGLE_SF_CHANNEL, SINGLE_SF_MODEM
from radio.simulator.rx_buffer import RxBuffer
from radio.simulator.sx1250 import Sx1250
from radio.simulator.transmission import Fate, Transmission

_SF5_TO_10_MODEMS = 0xFF00
"""Of the sixteen demodulators, half serve SF5 to SF10 only (SX1302 data sheet, key features)."""


class Receiver:
    """Tunes, seizes demodulators and records; knows which demodulators are busy."""

    def __init__(
        self,
        registers: bytearray,
        radios: Sequence[Sx1250],
        *,
        buffer: RxBuffer,
        front_end: FrontEnd,
        faults: Faults,
        powered: Callable[[], bool],
    ) -> None:
        self._registers = registers
        self._radios = radios
        self._buffer = buffer
        self._front_end = front_end
        self._faults = faults
        self._powered = powered
        self._busy = 0
        self._epoch = 0
        self._plan: ListeningPlan | None = None
        self._planned_without: frozenset[int] = frozenset()

    def reset(self) -> None:
        """All demodulators idle, their locks void, nothing known of the plan."""
        self._busy = 0
        self._epoch += 1
        self._plan = None

    def plan_changed(self) -> None:
        """The host has written registers or commanded a radio: read the plan again when needed."""
        self._plan = None

    @property
    def plan(self) -> ListeningPlan:
        """What the host has told the chip to listen to."""
        out = frozenset(self._faults.radios_out)
        if self._plan is None or out != self._planned_without:
            self._plan, self._planned_without = read_plan(self._registers, self._radios), out
        return self._plan

    def lock(self, sent: Transmission) -> Lock | Fate:
        """Start to demodulate a transmission, or say why not. Every lock must be released."""
        if self._faults.hears_nothing:
            return Fate.DEAF
        if not self._powered():
            return Fate.NOT_RECEIVING
        tuning = self.plan.tune(sent)
        if isinstance(tuning, Fate):
            return tuning
        snr = snr_db(sent.rssi_dbm, sent.bandwidth_hz) if sent.snr_db is None else sent.snr_db
        if not _strong_enough(sent, snr):
            return Fate.TOO_WEAK
        modems = self._free_modems(tuning, sent.spreading_factor)
        if not modems:
            return Fate.NO_DEMODULATOR
        for modem in modems:
            self._busy |= 1 << modem
        return Lock(tuning, snr, modems, self._epoch)

    def release(self, lock: Lock) -> None:
        """End a lock; one that a reset has ended does nothing."""
        for modem in lock.modems if lock.epoch == self._epoch else ():
            self._busy &= ~(1 << modem)

    def record(self, sent: Transmission, lock: Lock, *, damaged: bool, written_ticks: int) -> Fate:
        """Write the record of a transmission, as the counter shows `written_ticks`."""
        if lock.epoch != self._epoch or not self._powered():
            return Fate.NOT_RECEIVING
        if self._faults.hangs_at_reception:
            return Fate.DEAF
        damaged = (damaged or sent.corrupted) and sent.crc
        if sent.modulation == "FSK":
            record = fsk_record(sent, self._front_end, damaged, written_ticks)
        else:
            record = lora_records(sent, lock, self.plan, self._front_end, damaged=damaged, written_ticks=written_ticks)
        self._count(lock.tuning.channel, damaged)
        if not self._buffer.append(self._faults.spoil_record(record)):
            return Fate.BUFFER_FULL
        return Fate.HEARD_DAMAGED if damaged else Fate.HEARD

    def _free_modems(self, tuning: Tuning, spreading_factor: int) -> tuple[int, ...]:
        """The demodulators to use; none if all that would do are busy."""
        if tuning.channel >= SINGLE_SF_CHANNEL:
            modem = FSK_MODEM if tuning.channel == FSK_CHANNEL else SINGLE_SF_MODEM
            return () if self._busy >> modem & 1 else (modem,)
        free = self.plan.demodulators & ~self._busy
        if spreading_factor > 10:
            free &= ~_SF5_TO_10_MODEMS
        modems = tuple(modem for modem in range(16) if free >> modem & 1)
        return modems[: self.plan.demodulators_for(spreading_factor)]

    def _count(self, channel: int, damaged: bool) -> None:
        counts = {SINGLE_SF_CHANNEL: at.SINGLE_SF_ERRORS, FSK_CHANNEL: at.FSK_ERRORS}
        errors = counts.get(channel, at.MULTI_SF_ERRORS)
        address = errors if damaged else errors + 1
        self._registers[address] = (self._registers[address] + 1) & 0xFF


def _strong_enough(sent: Transmission, snr: float) -> bool:
    if sent.modulation == "FSK":
        return sent.rssi_dbm >= FSK_SENSITIVITY_DBM
    return lora_audible(sent.rssi_dbm, snr, sent.spreading_factor, sent.bandwidth_hz)
