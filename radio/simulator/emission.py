"""What the chip puts on the air: read from a transmit chain's registers at the moment when it starts."""

from typing import Literal

import msgspec

from radio.simulator import addresses as at
from radio.simulator.counter import TICKS_PER_S
from radio.simulator.lora_timing import fsk_airtime_s, lora_airtime_s

FREQUENCY_STEP_HZ = 32_000_000 / (1 << 18)
"""Resolution of the frequency registers, to which hosts round down (reference recordings)."""
PUBLIC_SYNC_WORD = 0x34
_BANDWIDTHS_HZ = {4: 125_000, 5: 250_000, 6: 500_000}
_BANK_BYTES = at.TX_BUFFER + 256
_LOW_RATE = 0b01_0000
_IMPLICIT_HEADER, _CRC_ON = 0b10, 0b01


class Emission(msgspec.Struct, frozen=True, kw_only=True):
    """One packet that leaves the antenna.

    `start_s` is on the simulated chip's clock, `counter_us` the same moment on the concentrator
    counter: 32 bits since the chip's reset, of which the chip itself shows 27. `freq_hz` is what the
    registers hold, up to 123 Hz below what the host was asked for. `preamble` counts symbols (LoRa)
    or bytes (FSK), `coding_rate` is 1 (4/5) to 4 (4/8). Fields of the other modulation keep their
    defaults.
    """

    start_s: float
    counter_us: int
    rf_chain: int
    freq_hz: int
    power_index: int
    pa: bool
    payload: bytes = b""
    crc: bool = False
    preamble: int = 0
    modulation: Literal["LORA", "FSK"] = "LORA"
    spreading_factor: int = 7
    bandwidth_hz: int = 125_000
    coding_rate: int = 1
    implicit_header: bool = False
    low_rate: bool = False
    inverted: bool = False
    sync_word: int = 0
    bitrate_bps: int = 0
    freq_deviation_hz: int = 0
    fsk_sync_word: bytes = b""

    @property
    def airtime_s(self) -> float:
        """Time on air."""
        if self.modulation == "FSK":
            sync_bytes = len(self.fsk_sync_word)
            return fsk_airtime_s(len(self.payload), self.bitrate_bps, sync_bytes, preamble=self.preamble, crc=self.crc)
        return lora_airtime_s(
            len(self.payload),
            self.spreading_factor,
            self.bandwidth_hz,
            coding_rate=self.coding_rate,
            crc=self.crc,
            preamble=self.preamble,
            header=not self.implicit_header,
        )

    @property
    def end_s(self) -> float:
        """When the last symbol has left."""
        return self.start_s + self.airtime_s

    @property
    def public(self) -> bool:
        """Whether the LoRa sync word is that of public LoRaWAN networks."""
        return self.sync_word == PUBLIC_SYNC_WORD


def read_emission(registers: bytearray, rf_chain: int, start_s: float, counter_us: int) -> Emission | None:
    """What a chain emits as it is programmed now; None if that is neither a LoRa nor an FSK packet."""
    first = at.TX_BANKS[rf_chain]
    bank = bytes(registers[first : first + _BANK_BYTES])
    carrier = Emission(
        start_s=start_s,
        counter_us=counter_us,
        rf_chain=rf_chain,
        freq_hz=round(_number(bank, at.TX_FREQUENCY, 3) * FREQUENCY_STEP_HZ),
        power_index=bank[at.TX_POWER] & 0x3F,
        pa=bool(bank[at.TX_POWER] & 0x40),
    )
    return _fsk(bank, carrier) if bank[at.TX_MODULATION] & 1 else _lora(bank, carrier)


def _lora(bank: bytes, carrier: Emission) -> Emission | None:
    rate, coding, flags, length = bank[at.TX_LORA_CONFIG : at.TX_LORA_CONFIG + 4]
    spreading_factor, bandwidth_hz, coding_rate = rate & 0x0F, _BANDWIDTHS_HZ.get(rate >> 4), coding & 0b111
    if bandwidth_hz is None or not (5 <= spreading_factor <= 12 and 1 <= coding_rate <= 4):
        return None
    first_peak, second_peak = (peak & 0x1F for peak in bank[at.TX_LORA_SYNC_PEAKS : at.TX_LORA_SYNC_PEAKS + 2])
    return msgspec.structs.replace(
        carrier,
        payload=bank[at.TX_BUFFER : at.TX_BUFFER + length],
        crc=bool(flags & _CRC_ON),
        preamble=bank[at.TX_LORA_PREAMBLE + 1] << 8 | bank[at.TX_LORA_PREAMBLE],
        spreading_factor=spreading_factor,
        bandwidth_hz=bandwidth_hz,
        coding_rate=coding_rate,
        implicit_header=bool(flags & _IMPLICIT_HEADER),
        low_rate=bool(coding & _LOW_RATE),
        inverted=bool(bank[at.TX_LORA_CHIRPS] & at.CHIRPS_INVERTED),
        # The chirps lie at twice the nibbles of the sync word.
        sync_word=(first_peak // 2) << 4 | second_peak // 2,
    )


def _fsk(bank: bytes, carrier: Emission) -> Emission | None:
    ticks_per_bit = _number(bank, at.TX_FSK_BIT_RATE, 2)
    if ticks_per_bit == 0:
        return None
    first = at.TX_BUFFER + 1
    pattern_bytes = (bank[at.TX_FSK_PATTERN_SIZE] >> 5) + 1
    return msgspec.structs.replace(
        carrier,
        modulation="FSK",
        # The buffer begins with the length byte that goes on the air.
        payload=bank[first : first + bank[at.TX_BUFFER]],
        crc=bool(bank[at.TX_FSK_CONFIG] & at.FSK_CRC_ON),
        preamble=_number(bank, at.TX_FSK_PREAMBLE, 2),
        bitrate_bps=TICKS_PER_S // ticks_per_bit,
        freq_deviation_hz=round((_number(bank, at.TX_FREQUENCY_DEVIATION, 2) & 0x0FFF) * FREQUENCY_STEP_HZ),
        fsk_sync_word=bank[at.TX_FSK_PATTERN : at.TX_FSK_PATTERN + pattern_bytes],
    )


def _number(bank: bytes, offset: int, length: int) -> int:
    return int.from_bytes(bank[offset : offset + length], "big")
