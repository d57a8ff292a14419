"""Packets to transmit, a plan that may transmit them on both chains, and arbitrary ones."""

from typing import Any

import msgspec
from hypothesis import strategies as st

from radio.packets import CodingRate, Modulation, TxPacket
from radio.sx1302.plan import ConcentratorPlan, Radio, TxGain
from tests.radio.plans import EU868

GAINS = (TxGain(12, 0, 15), TxGain(14, 0, 17), TxGain(18, 1, 1), TxGain(27, 1, 22))
PLAN = msgspec.structs.replace(
    EU868,
    radios=tuple(Radio(freq_hz, tx_enabled=True, tx_gain_table=GAINS) for freq_hz in (867_500_000, 868_500_000)),
)
LORA = TxPacket(
    payload=b"samepayload!",
    freq_hz=868_100_000,
    power_dbm=14,
    bandwidth_hz=125_000,
    spreading_factor=7,
    coding_rate=CodingRate.CR_4_5,
    invert_polarity=True,
)
FSK = TxPacket(
    payload=b"samepayload!",
    freq_hz=868_800_000,
    power_dbm=14,
    modulation=Modulation.FSK,
    bitrate_bps=50_000,
    deviation_hz=25_000,
)


def plan_with(**changes: object) -> ConcentratorPlan:
    """The plan, with some of it changed."""
    return msgspec.structs.replace(PLAN, **changes)


def changed(packet: TxPacket, **changes: Any) -> TxPacket:
    """A packet, with some of its fields changed."""
    return msgspec.structs.replace(packet, **changes)


def possible_packets() -> st.SearchStrategy[TxPacket]:
    """Any packet that the plan's radios can send."""
    common = {
        "payload": st.binary(min_size=1, max_size=255),
        "freq_hz": st.integers(150_000_000, 960_000_000),
        "power_dbm": st.integers(-200, 200),
        "rf_chain": st.integers(0, 1),
        "preamble": st.integers(0, 0xFFFF),
        "crc": st.booleans(),
    }
    lora = st.builds(
        TxPacket,
        **common,
        bandwidth_hz=st.sampled_from((125_000, 250_000, 500_000)),
        spreading_factor=st.integers(5, 12),
        coding_rate=st.sampled_from(CodingRate),
        implicit_header=st.booleans(),
        invert_polarity=st.booleans(),
    )
    fsk = st.builds(
        TxPacket,
        **common,
        modulation=st.just(Modulation.FSK),
        bitrate_bps=st.integers(500, 250_000),
        deviation_hz=st.integers(1_000, 200_000),
    )
    return lora | fsk


def packets() -> st.SearchStrategy[TxPacket]:
    """Anything that the types let through, possible or not."""
    arbitrary = st.builds(
        TxPacket,
        payload=st.binary(max_size=256),
        freq_hz=st.integers(-1, 1 << 32),
        power_dbm=st.integers(-200, 200),
        rf_chain=st.integers(-1, 3),
        modulation=st.sampled_from(Modulation),
        bandwidth_hz=st.sampled_from((0, 125_000, 250_000, 500_000)),
        spreading_factor=st.integers(4, 13),
        coding_rate=st.sampled_from((None, *CodingRate)),
        bitrate_bps=st.integers(-1, 300_000),
        deviation_hz=st.integers(-1, 250_000),
        preamble=st.integers(-1, 0x1_0000),
    )
    return possible_packets() | arbitrary
