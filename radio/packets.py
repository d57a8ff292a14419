"""What the radio handles: received packets and packets to transmit, in the field's own units."""

import enum

import msgspec


class Modulation(enum.Enum):
    """How a packet was modulated."""

    LORA = "LORA"
    FSK = "FSK"


class CrcStatus(enum.Enum):
    """What the chip says of the payload's checksum."""

    OK = 1
    ABSENT = 0
    BAD = -1


class CodingRate(enum.Enum):
    """LoRa forward error correction; the value is the field's notation."""

    CR_4_5 = "4/5"
    CR_4_6 = "4/6"
    CR_4_7 = "4/7"
    CR_4_8 = "4/8"


class RxPacket(msgspec.Struct, frozen=True, gc=False):
    """A packet that the concentrator received, LoRaWAN or not.

    `spreading_factor` is 0 for FSK, `bitrate_bps` is 0 for LoRa, `coding_rate` is None for FSK
    and where the chip reports an unknown one. `counter_us` is the 32-bit concentrator counter at
    the end of the packet. `fine_time_ns` is the time since the last PPS (SX1303 only).
    """

    payload: bytes
    freq_hz: int
    freq_offset_hz: int
    modulation: Modulation
    bandwidth_hz: int
    spreading_factor: int
    bitrate_bps: int
    coding_rate: CodingRate | None
    crc_status: CrcStatus
    payload_crc: int
    channel: int
    rf_chain: int
    modem_id: int
    rssi_channel_dbm: float
    rssi_signal_dbm: float
    snr_db: float
    counter_us: int
    fine_time_ns: int | None = None


class TxStatus(enum.Enum):
    """What becomes of a request to transmit. All but OK are refusals; nothing of them goes on the air."""

    OK = "OK"
    TOO_LATE = "TOO_LATE"
    TOO_EARLY = "TOO_EARLY"
    COLLISION_PACKET = "COLLISION_PACKET"
    COLLISION_BEACON = "COLLISION_BEACON"
    QUEUE_FULL = "QUEUE_FULL"
    TX_FREQ = "TX_FREQ"
    TX_POWER = "TX_POWER"
    DUTY_CYCLE_OVERFLOW = "DUTY_CYCLE_OVERFLOW"
    GPS_UNLOCKED = "GPS_UNLOCKED"
    INVALID = "INVALID"
    """The request contradicts itself, or asks for what no radio can do."""
    NOT_PERMITTED = "NOT_PERMITTED"
    """The host's policy refuses it."""
    RADIO_DOWN = "RADIO_DOWN"
    """There is no radio at work."""


class TxTrigger(enum.Enum):
    """What sets an emission off."""

    IMMEDIATE = 0
    TIMESTAMPED = 1
    ON_PPS = 2


class TxPacket(msgspec.Struct, frozen=True, gc=False):
    """A packet to transmit, LoRaWAN or not.

    LoRa uses `bandwidth_hz`, `spreading_factor` and `coding_rate`, FSK `bitrate_bps` and `deviation_hz`; the
    others are 0 or None. `power_dbm` is that at the board's antenna connector. `preamble` is in symbols for LoRa
    and bytes for FSK; 0 is the usual one.
    """

    payload: bytes
    freq_hz: int
    power_dbm: int
    rf_chain: int = 0
    modulation: Modulation = Modulation.LORA
    bandwidth_hz: int = 0
    spreading_factor: int = 0
    coding_rate: CodingRate | None = None
    bitrate_bps: int = 0
    deviation_hz: int = 0
    preamble: int = 0
    crc: bool = True
    implicit_header: bool = False
    invert_polarity: bool = False
