"""One plain packet, as a concentrator hears them, and variations of it."""

from typing import Any

import msgspec

from radio.packets import CodingRate, CrcStatus, Modulation, RxPacket

PLAIN = RxPacket(
    payload=b"samepayload!",
    freq_hz=868_300_000,
    freq_offset_hz=-293,
    modulation=Modulation.LORA,
    bandwidth_hz=125_000,
    spreading_factor=7,
    bitrate_bps=0,
    coding_rate=CodingRate.CR_4_5,
    crc_status=CrcStatus.OK,
    payload_crc=0xE13A,
    channel=1,
    rf_chain=1,
    modem_id=2,
    rssi_channel_dbm=-113.4,
    rssi_signal_dbm=-114.4,
    snr_db=2.5,
    counter_us=999_532,
)


def packet(**changes: Any) -> RxPacket:
    """The plain packet, with some of its fields changed."""
    return msgspec.structs.replace(PLAIN, **changes)
