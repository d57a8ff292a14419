import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.backend import Uplink
from forwarder.store.records import (
    MOST_RECORD_BYTES,
    Stored,
    UnreadableRecordError,
    decode_brief,
    decode_record,
    encode_record,
)
from radio.packets import CodingRate, CrcStatus, Modulation, RxPacket
from tests.forwarder.store.scene import stored

U32 = st.integers(0, 2**32 - 1)
U8 = st.integers(0, 255)
DBM = st.floats(allow_nan=False)
PACKETS = st.builds(
    RxPacket,
    payload=st.binary(max_size=256),
    freq_hz=U32,
    freq_offset_hz=st.integers(-(2**31), 2**31 - 1),
    modulation=st.sampled_from(Modulation),
    bandwidth_hz=U32,
    spreading_factor=U8,
    bitrate_bps=U32,
    coding_rate=st.none() | st.sampled_from(CodingRate),
    crc_status=st.sampled_from(CrcStatus),
    payload_crc=U32,
    channel=U8,
    rf_chain=U8,
    modem_id=U8,
    rssi_channel_dbm=DBM,
    rssi_signal_dbm=DBM,
    snr_db=DBM,
    counter_us=U32,
    fine_time_ns=st.none() | U32,
)
TIMES = st.none() | st.integers(0, 2**62)
NAMES = st.text(max_size=64)
DEVICES = st.integers(-(2**32), 2**64 - 1)
UPLINKS = st.builds(Uplink, PACKETS, TIMES, TIMES, st.integers(0, 2**63))
STORED = st.builds(Stored, NAMES, NAMES, DEVICES, UPLINKS, st.integers(0, 2**50))


@given(STORED, U32)
def test_an_uplink_is_read_back_as_it_was_heard(uplink: Stored, ordinal: int) -> None:
    body = encode_record(uplink, ordinal)
    assert decode_record(body) == uplink
    brief = decode_brief(body)
    assert (brief.ordinal, brief.key, brief.at_ms) == (ordinal, uplink.key, uplink.at_ms)
    assert (brief.route, brief.depositor, brief.device) == (uplink.route, uplink.depositor, uplink.device)
    assert len(body) <= MOST_RECORD_BYTES


def test_a_record_takes_about_a_hundred_bytes_more_than_its_payload() -> None:
    uplink = stored(1_700_000_000_000 << 20, device=0x70B3D57ED0000001)
    names = len(uplink.route) + len(uplink.depositor)
    assert len(encode_record(uplink, 5000)) <= 110 + names + len(uplink.uplink.packet.payload)


@given(st.binary(max_size=300))
def test_noise_is_no_record(noise: bytes) -> None:
    with pytest.raises(UnreadableRecordError):
        decode_record(noise)
    with pytest.raises(UnreadableRecordError):
        decode_brief(noise)
