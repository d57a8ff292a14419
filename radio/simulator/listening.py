"""What the host has told the chip to listen to, read back from registers and radios."""

from collections.abc import Sequence

import msgspec

from radio.simulator import addresses as at
from radio.simulator.link_budget import FREQUENCY_TOLERANCE
from radio.simulator.records import FSK_CHANNEL, SINGLE_SF_CHANNEL
from radio.simulator.sx1250 import Sx1250
from radio.simulator.transmission import Fate, Transmission

IF_STEP_HZ = 15_625 / 32
PUBLIC_PEAKS, PRIVATE_PEAKS = (6, 8), (2, 4)
"""Positions of the sync word's two chirps: twice its nibbles, 0x34 and 0x12."""
FSK_BANDWIDTH_HZ = 125_000
_BANDWIDTHS_HZ = {4: 125_000, 5: 250_000, 6: 500_000}
_BITRATE_TOLERANCE = 0.01
_FREQUENCY_ERROR_STEPS = 1 << 20


class Tuning(msgspec.Struct, frozen=True):
    """Where a transmission is heard; the frequency error is in the record's units.

    Its sign is receiver minus transmitter, the one with which the host's correction for the
    resolution of the IF registers cancels out.
    """

    channel: int
    frequency_error: int


class MultiSfChannel(msgspec.Struct, frozen=True):
    """An enabled 125 kHz channel."""

    index: int
    center_hz: float


class SingleSfChannel(msgspec.Struct, frozen=True):
    """The single-SF channel, when it is on."""

    center_hz: float
    bandwidth_hz: int
    spreading_factor: int
    sync_peaks: tuple[int, int]


class FskChannel(msgspec.Struct, frozen=True):
    """The FSK channel, when it is on."""

    center_hz: float
    bitrate_bps: float
    sync_word: bytes


class ListeningPlan(msgspec.Struct):
    """A snapshot of the programmed receive path; `tunings` remembers answers for one snapshot."""

    multi_sf: tuple[MultiSfChannel, ...]
    spreading_factors: int
    sync_peaks: tuple[tuple[int, int], ...]
    single_sf: SingleSfChannel | None
    fsk: FskChannel | None
    demodulators: int
    fine_timestamp: bool
    doubled_spreading_factors: int
    max_metrics: int
    tunings: dict[tuple[object, ...], Tuning | Fate] = {}

    def tune(self, sent: Transmission) -> Tuning | Fate:
        """The channel that hears a transmission's carrier and modulation, or why none does."""
        if sent.modulation == "FSK":
            return self._tune_fsk(sent)
        key = (sent.freq_hz, sent.spreading_factor, sent.bandwidth_hz, sent.public)
        tuning = self.tunings.get(key)
        if tuning is None:
            tuning = self.tunings[key] = self._tune_lora(sent)
        return tuning

    def demodulators_for(self, spreading_factor: int) -> int:
        """How many demodulators one packet takes: two where fine timestamping doubles it."""
        return 2 if self.fine_timestamp and self.doubled_spreading_factors >> (spreading_factor - 5) & 1 else 1

    def _tune_lora(self, sent: Transmission) -> Tuning | Fate:
        fate = Fate.NO_CHANNEL
        peaks = PUBLIC_PEAKS if sent.public and sent.spreading_factor >= 7 else PRIVATE_PEAKS
        if sent.bandwidth_hz == 125_000:
            near = [channel for channel in self.multi_sf if _audible(sent, channel.center_hz, 125_000)]
            if near:
                channel = min(near, key=lambda channel: abs(channel.center_hz - sent.freq_hz))
                if not self.spreading_factors >> (sent.spreading_factor - 5) & 1:
                    fate = Fate.NO_SPREADING_FACTOR
                elif self.sync_peaks[sent.spreading_factor - 5] != peaks:
                    fate = Fate.WRONG_SYNC_WORD
                else:
                    return _tuned(channel.index, channel.center_hz, sent)
        single = self.single_sf
        if single is None or single.bandwidth_hz != sent.bandwidth_hz:
            return fate
        if not _audible(sent, single.center_hz, single.bandwidth_hz):
            return fate
        if single.spreading_factor != sent.spreading_factor:
            return Fate.NO_SPREADING_FACTOR
        if single.sync_peaks != peaks:
            return Fate.WRONG_SYNC_WORD
        return _tuned(SINGLE_SF_CHANNEL, single.center_hz, sent)

    def _tune_fsk(self, sent: Transmission) -> Tuning | Fate:
        fsk = self.fsk
        if fsk is None or not _audible(sent, fsk.center_hz, FSK_BANDWIDTH_HZ):
            return Fate.NO_CHANNEL
        if abs(sent.bitrate_bps - fsk.bitrate_bps) > _BITRATE_TOLERANCE * fsk.bitrate_bps:
            return Fate.NO_CHANNEL
        if sent.fsk_sync_word != fsk.sync_word:
            return Fate.WRONG_SYNC_WORD
        return Tuning(FSK_CHANNEL, 0)


def read_plan(registers: bytearray, radios: Sequence[Sx1250]) -> ListeningPlan:
    """Decode the programmed receive path. Channels whose radio does not receive are left out."""
    sf5, sf6, others = (
        _sync_peaks(registers, address) for address in (at.SYNC_PEAKS_SF5, at.SYNC_PEAKS_SF6, at.SYNC_PEAKS_SF7_TO_12)
    )
    modems = registers[at.MODEM_ENABLE]
    return ListeningPlan(
        multi_sf=_read_multi_sf(registers, radios) if modems & at.MULTI_SF_ON else (),
        spreading_factors=registers[at.CORRELATOR_SFS],
        sync_peaks=(sf5, sf6) + (others,) * 6,
        single_sf=_read_single_sf(registers, radios) if modems & at.SINGLE_SF_ON else None,
        fsk=_read_fsk(registers, radios) if modems & at.FSK_ON else None,
        demodulators=registers[at.DEMODULATORS] | registers[at.DEMODULATORS + 1] << 8,
        fine_timestamp=not registers[at.RX_BUFFER_MODE] & at.LEGACY_TIMESTAMP,
        doubled_spreading_factors=registers[at.DOUBLE_DEMODULATION],
        max_metrics=registers[at.MAX_METRICS],
        tunings={},
    )


def _read_multi_sf(registers: bytearray, radios: Sequence[Sx1250]) -> tuple[MultiSfChannel, ...]:
    enabled = registers[at.CORRELATORS] & registers[at.CORRELATOR_CLOCKS]
    channels = []
    for index in range(8):
        radio = radios[registers[at.CHANNEL_RADIO] >> index & 1]
        if enabled >> index & 1 and radio.receiving:
            channels.append(MultiSfChannel(index, radio.freq_hz + _if_hz(registers, at.CHANNEL_IF + 2 * index)))
    return tuple(channels)


def _read_single_sf(registers: bytearray, radios: Sequence[Sx1250]) -> SingleSfChannel | None:
    radio = radios[registers[at.SINGLE_SF_RADIO] & 1]
    rate = registers[at.SINGLE_SF_RATE]
    bandwidth_hz = _BANDWIDTHS_HZ.get(rate >> 4)
    on = registers[at.SINGLE_SF_MODEM] & at.SINGLE_SF_MODEM_ON
    implicit = registers[at.SINGLE_SF_HEADER] & at.IMPLICIT_HEADER
    # Devices on this air send explicit headers only, which an implicit-header modem cannot read.
    if not on or implicit or not radio.receiving or bandwidth_hz is None:
        return None
    return SingleSfChannel(
        radio.freq_hz + _if_hz(registers, at.SINGLE_SF_IF),
        bandwidth_hz,
        rate & 0x0F,
        _sync_peaks(registers, at.SINGLE_SF_SYNC_PEAKS),
    )


def _read_fsk(registers: bytearray, radios: Sequence[Sx1250]) -> FskChannel | None:
    radio = radios[registers[at.FSK_RADIO] >> 1 & 1]
    ticks_per_bit = int.from_bytes(registers[at.FSK_BIT_RATE : at.FSK_BIT_RATE + 2], "big")
    if not radio.receiving or ticks_per_bit == 0:
        return None
    pattern_bytes = (registers[at.FSK_PATTERN_SIZE] >> 3 & 0b111) + 1
    return FskChannel(
        radio.freq_hz + _if_hz(registers, at.FSK_IF),
        32_000_000 / ticks_per_bit,
        bytes(registers[at.FSK_PATTERN : at.FSK_PATTERN + pattern_bytes]),
    )


def _if_hz(registers: bytearray, address: int) -> float:
    steps = (registers[address] & 0x1F) << 8 | registers[address + 1]
    return (steps - 0x2000 if steps & 0x1000 else steps) * IF_STEP_HZ


def _sync_peaks(registers: bytearray, address: int) -> tuple[int, int]:
    return registers[address] & 0x1F, registers[address + 1] & 0x1F


def _audible(sent: Transmission, center_hz: float, bandwidth_hz: int) -> bool:
    return abs(sent.freq_hz - center_hz) <= FREQUENCY_TOLERANCE * bandwidth_hz


def _tuned(channel: int, center_hz: float, sent: Transmission) -> Tuning:
    error_hz = center_hz - sent.freq_hz
    return Tuning(channel, round(error_hz * _FREQUENCY_ERROR_STEPS / sent.bandwidth_hz))
