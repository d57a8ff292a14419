"""Fine timestamps on the SX1303: packets demodulated twice, stamped at the end of their header."""

import pytest

from radio.simulator import Fate, SimulatedConcentrator, Transmission
from radio.simulator.lora_timing import header_end_s
from tests.radio.simulator.conftest import HandClock
from tests.radio.simulator.host import CHANNELS_HZ, Record, receive, write

UPLINK = Transmission(b"fine time!", 868_100_000, -80.0)
TIMING_SET = 0b1_0000


def heard(chip: SimulatedConcentrator, clock: HandClock, sent: Transmission) -> list[Record]:
    chip.air.transmit(sent)
    clock.advance(5.0)
    return receive(chip)


def test_a_packet_leaves_two_records_and_one_has_metrics(
    fine_listening: SimulatedConcentrator, clock: HandClock
) -> None:
    fine, coarse = heard(fine_listening, clock, UPLINK)
    assert fine.payload == coarse.payload == UPLINK.payload
    assert (fine.flags, coarse.flags) == (TIMING_SET, 0)
    assert (fine.metrics, coarse.metrics) == (20, 0)
    assert coarse.timestamp - fine.timestamp == 200
    assert fine.modem != coarse.modem


def test_the_stamp_is_the_end_of_the_header(fine_listening: SimulatedConcentrator, clock: HandClock) -> None:
    fine, _ = heard(fine_listening, clock, UPLINK)
    header_us = header_end_s(7, 125_000, 8) * 1e6
    assert fine.timestamp / 32 - header_us == pytest.approx(18, abs=2)


def test_metrics_are_no_more_than_the_host_wants(fine_listening: SimulatedConcentrator, clock: HandClock) -> None:
    write(fine_listening, 0x58C1, 4)
    fine, _ = heard(fine_listening, clock, UPLINK)
    assert fine.metrics == 4


def test_a_damaged_packet_has_no_metrics(fine_listening: SimulatedConcentrator, clock: HandClock) -> None:
    records = heard(fine_listening, clock, Transmission(b"oh no", 868_100_000, -80.0, corrupted=True))
    assert [record.metrics for record in records] == [0, 0]


def test_high_capacity_doubles_sf5_to_sf10_only(fine_listening: SimulatedConcentrator, clock: HandClock) -> None:
    write(fine_listening, 0x608C, 0x3F)
    for spreading_factor, records in ((10, 2), (11, 1)):
        sent = Transmission(b"up", 868_100_000, -80.0, spreading_factor=spreading_factor)
        assert len(heard(fine_listening, clock, sent)) == records


def test_doubling_halves_the_capacity(fine_listening: SimulatedConcentrator, clock: HandClock) -> None:
    crowd = [Transmission(b"up", hz, -80.0, spreading_factor=9) for hz in CHANNELS_HZ]
    receptions = [fine_listening.air.transmit(sent) for sent in [*crowd, UPLINK]]
    clock.advance(5.0)
    receive(fine_listening)
    assert [reception.fate for reception in receptions] == [Fate.HEARD] * 8 + [Fate.NO_DEMODULATOR]
