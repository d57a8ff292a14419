"""Packets as they come from the air, good and bad, whose frames are made of known parts."""

import struct
from typing import Any

from hypothesis import strategies as st

from radio.packets import CodingRate, CrcStatus, Modulation, RxPacket
from tests.packets import packet

MIC = b"\xfa\xce\xb0\x0c"
DEV_EUI = 0xA81758FFFE04B1C1
JOIN_EUI = 0x70B3D57ED0000001
EUIS = st.integers(0, 2**64 - 1)
MICS = st.binary(min_size=4, max_size=4)


def data_header(
    dev_addr: int = 0x48000007, fcnt: int = 71, fopts: bytes = b"", fport: int | None = 5, mhdr: int = 0x80
) -> bytes:
    """MHDR to FPort."""
    port = b"" if fport is None else bytes([fport])
    return struct.pack("<BIBH", mhdr, dev_addr, 0x80 | len(fopts), fcnt) + fopts + port


def join_header(dev_eui: int = DEV_EUI, dev_nonce: int = 7) -> bytes:
    """All of a join request but its MIC."""
    return struct.pack("<BQQH", 0, JOIN_EUI, dev_eui, dev_nonce)


def _data_frames() -> st.SearchStrategy[bytes]:
    with_port = st.tuples(
        st.builds(
            data_header,
            dev_addr=st.integers(0, 2**32 - 1),
            fcnt=st.integers(0, 2**16 - 1),
            fopts=st.binary(max_size=15),
            fport=st.integers(0, 255),
            mhdr=st.sampled_from([0x40, 0x60, 0x80, 0xA0]),
        ),
        st.binary(max_size=200),
        MICS,
    )
    without = st.tuples(st.builds(data_header, fopts=st.binary(max_size=15), fport=st.none()), st.just(b""), MICS)
    return st.one_of(with_port, without).map(b"".join)


def _other_frames() -> st.SearchStrategy[bytes]:
    rejoin_0 = st.tuples(st.just(b"\xc0\x00"), st.binary(min_size=17, max_size=17)).map(b"".join)
    rejoin_1 = st.tuples(st.just(b"\xc0\x01"), st.binary(min_size=22, max_size=22)).map(b"".join)
    accept = st.tuples(st.just(b"\x20"), st.sampled_from([16, 32]).map(bytes)).map(b"".join)
    join = st.tuples(st.builds(join_header, EUIS, st.integers(0, 2**16 - 1)), MICS).map(b"".join)
    return st.one_of(join, rejoin_0, rejoin_1, accept, st.binary(max_size=255))


@st.composite
def packets(draw: st.DrawFn) -> RxPacket:
    """Anything that the chip can report."""
    changes: dict[str, Any] = {
        "payload": draw(st.one_of(_data_frames(), _other_frames())),
        "crc_status": draw(st.sampled_from([CrcStatus.OK, CrcStatus.OK, CrcStatus.BAD, CrcStatus.ABSENT])),
        "rssi_channel_dbm": draw(st.floats(-150, 10)),
        "snr_db": draw(st.floats(-30, 20)),
        "freq_hz": draw(st.integers(430_000_000, 930_000_000)),
    }
    if draw(st.booleans()):
        return packet(**changes, modulation=Modulation.FSK, spreading_factor=0, coding_rate=None, bitrate_bps=50_000)
    return packet(
        **changes,
        spreading_factor=draw(st.integers(5, 12)),
        bandwidth_hz=draw(st.sampled_from([125_000, 250_000, 500_000])),
        coding_rate=draw(st.none() | st.sampled_from(CodingRate)),
    )
