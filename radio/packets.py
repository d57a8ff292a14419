"""What the radio handled: received packets, in the field's own units."""

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
