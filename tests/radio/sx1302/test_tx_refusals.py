"""Packets that are refused before anything is written: what no radio can do, or this one cannot."""

from typing import Any

import pytest

from radio.packets import TxPacket, TxStatus
from radio.sx1302.plan import Radio
from radio.sx1302.tx_frame import check_packet
from tests.radio.sx1302.tx_packets import FSK, GAINS, LORA, PLAN, changed, plan_with


@pytest.mark.parametrize("packet", [LORA, FSK], ids=["LoRa", "FSK"])
@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"rf_chain": 2}, TxStatus.INVALID),
        ({"rf_chain": -1}, TxStatus.INVALID),
        ({"payload": b""}, TxStatus.INVALID),
        ({"payload": bytes(256)}, TxStatus.INVALID),
        ({"preamble": -1}, TxStatus.INVALID),
        ({"preamble": 0x1_0000}, TxStatus.INVALID),
        ({"freq_hz": 149_999_999}, TxStatus.TX_FREQ),
        ({"freq_hz": 960_000_001}, TxStatus.TX_FREQ),
    ],
    ids=repr,
)
def test_refusals_of_any_modulation(packet: TxPacket, changes: dict[str, Any], status: TxStatus) -> None:
    assert check_packet(packet, PLAN) is TxStatus.OK
    assert check_packet(changed(packet, **changes), PLAN) is status


@pytest.mark.parametrize(
    "changes",
    [
        {"bandwidth_hz": 0},
        {"bandwidth_hz": 62_500},
        {"spreading_factor": 4},
        {"spreading_factor": 13},
        {"coding_rate": None},
    ],
    ids=repr,
)
def test_refusals_of_lora(changes: dict[str, Any]) -> None:
    assert check_packet(changed(LORA, **changes), PLAN) is TxStatus.INVALID


@pytest.mark.parametrize(
    "changes",
    [
        {"bitrate_bps": 499},
        {"bitrate_bps": 250_001},
        {"deviation_hz": 0},
        {"deviation_hz": 999},
        {"deviation_hz": 200_001},
    ],
    ids=repr,
)
def test_refusals_of_fsk(changes: dict[str, Any]) -> None:
    assert check_packet(changed(FSK, **changes), PLAN) is TxStatus.INVALID


@pytest.mark.parametrize(
    ("radio", "status"),
    [
        (None, TxStatus.INVALID),
        (Radio(868_500_000, tx_enabled=False, tx_gain_table=GAINS), TxStatus.INVALID),
        (Radio(868_500_000, tx_enabled=True), TxStatus.TX_POWER),
    ],
    ids=["absent", "not for transmission", "no gain table"],
)
def test_refusals_of_a_radio(radio: Radio | None, status: TxStatus) -> None:
    plan = plan_with(radios=(PLAN.radios[0], radio))
    assert check_packet(LORA, plan) is TxStatus.OK
    assert check_packet(changed(LORA, rf_chain=1), plan) is status
