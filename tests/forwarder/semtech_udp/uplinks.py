"""Uplinks for the tests: a plain one, and any that a concentrator can hear."""

from typing import Any

import msgspec
from hypothesis import strategies as st

from forwarder.backend import Uplink
from radio.packets import CodingRate, CrcStatus, Modulation, RxPacket
from tests.packets import packet


def uplink(key: int = 0, **changes: Any) -> Uplink:
    """The plain packet, with some of its fields changed."""
    return Uplink(packet(**changes), key=key)


FSK = {
    "modulation": Modulation.FSK,
    "bandwidth_hz": 0,
    "spreading_factor": 0,
    "bitrate_bps": 50_000,
    "coding_rate": None,
    "channel": 9,
    "modem_id": 17,
}

_levels_dbm = st.floats(min_value=-300, max_value=100, width=32)

lora_packets = st.builds(
    RxPacket,
    payload=st.binary(max_size=255),
    freq_hz=st.integers(100_000_000, 1_000_000_000),
    freq_offset_hz=st.integers(-100_000, 100_000),
    modulation=st.just(Modulation.LORA),
    bandwidth_hz=st.sampled_from((125_000, 250_000, 500_000)),
    spreading_factor=st.integers(5, 12),
    bitrate_bps=st.just(0),
    coding_rate=st.none() | st.sampled_from(CodingRate),
    crc_status=st.sampled_from(CrcStatus),
    payload_crc=st.integers(0, 0xFFFF),
    channel=st.integers(0, 8),
    rf_chain=st.integers(0, 1),
    modem_id=st.integers(0, 16),
    rssi_channel_dbm=_levels_dbm,
    rssi_signal_dbm=_levels_dbm,
    snr_db=st.integers(-128, 127).map(lambda quarters: quarters / 4),
    counter_us=st.integers(0, 2**32 - 1),
    fine_time_ns=st.none() | st.integers(0, 999_999_999),
)
packets = lora_packets | lora_packets.map(lambda packet: msgspec.structs.replace(packet, **FSK))
uplinks = st.builds(
    Uplink,
    packet=packets,
    utc_ns=st.none() | st.integers(0, 4_102_444_800 * 10**9),
    gps_ms=st.none() | st.integers(0, 4_000_000_000_000),
)
