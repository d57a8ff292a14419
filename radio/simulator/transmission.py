"""What is put on the air, and what became of it."""

import enum
from typing import Literal

import msgspec

from radio.simulator.lora_timing import fsk_airtime_s, header_end_s, lora_airtime_s

MAX_PAYLOAD_BYTES = 255
LORAWAN_FSK_SYNC_WORD = b"\xc1\x94\xc1"


class Transmission(msgspec.Struct, frozen=True, gc=False):
    """One packet that some device emits.

    `rssi_dbm` is the channel RSSI that a calibrated host reads; `snr_db` None means what the noise
    floor makes of it. `corrupted` damages the payload on its way. `at_s` is the start, on the
    simulated chip's clock; None means as soon as it is given to the air. `public` selects the LoRa
    sync word 0x34 rather than 0x12.
    """

    payload: bytes
    freq_hz: int
    rssi_dbm: float
    snr_db: float | None = None
    spreading_factor: int = 7
    bandwidth_hz: int = 125_000
    coding_rate: int = 1
    modulation: Literal["LORA", "FSK"] = "LORA"
    bitrate_bps: int = 50_000
    crc: bool = True
    corrupted: bool = False
    preamble: int = 8
    at_s: float | None = None
    public: bool = True
    fsk_sync_word: bytes = LORAWAN_FSK_SYNC_WORD

    def __post_init__(self) -> None:
        if len(self.payload) > MAX_PAYLOAD_BYTES:
            raise ValueError(f"payload of {len(self.payload)} bytes: at most {MAX_PAYLOAD_BYTES}")
        if not 5 <= self.spreading_factor <= 12:
            raise ValueError(f"spreading factor {self.spreading_factor}: 5 to 12")
        if self.bandwidth_hz not in (125_000, 250_000, 500_000):
            raise ValueError(f"bandwidth {self.bandwidth_hz} Hz: 125000, 250000 or 500000")
        if not 1 <= self.coding_rate <= 4:
            raise ValueError(f"coding rate {self.coding_rate}: 1 (4/5) to 4 (4/8)")

    @property
    def airtime_s(self) -> float:
        """Time on air."""
        if self.modulation == "FSK":
            return fsk_airtime_s(len(self.payload), self.bitrate_bps, len(self.fsk_sync_word))
        return lora_airtime_s(
            len(self.payload),
            self.spreading_factor,
            self.bandwidth_hz,
            coding_rate=self.coding_rate,
            crc=self.crc,
            preamble=self.preamble,
        )

    @property
    def header_end_s(self) -> float:
        """From the start to the end of the LoRa header."""
        return header_end_s(self.spreading_factor, self.bandwidth_hz, self.preamble)


class Fate(enum.Enum):
    """How a transmission ended, as the simulated chip lived it."""

    ON_AIR = "not over yet"
    HEARD = "recorded"
    HEARD_DAMAGED = "recorded with a bad CRC"
    NOT_RECEIVING = "the chip was not set up to receive"
    TRANSMITTING = "lost while the gateway transmitted"
    DEAF = "the radio was deaf by a simulated fault"
    NO_CHANNEL = "no channel listens there with that modulation and bandwidth"
    NO_SPREADING_FACTOR = "the spreading factor is not listened to on that channel"
    WRONG_SYNC_WORD = "the sync word is another network's"
    TOO_WEAK = "below the sensitivity"
    NO_DEMODULATOR = "all demodulators were busy"
    COLLISION = "lost under another transmission"
    BUFFER_FULL = "recorded, but the receive buffer had no room for all of it"


class Reception(msgspec.Struct):
    """One transmission's story; `channel` is the chip's channel number (8 single-SF, 9 FSK), once known."""

    transmission: Transmission
    fate: Fate = Fate.ON_AIR
    channel: int | None = None
