"""What became of downlinks is judged by the chip's emissions, and what was asked for is what the gateway reads."""

import math

import msgspec
import pytest

from bench.downlinks import CLOSEST_US, TIMING, Asked, airtime_us, outcome, txpk
from bench.emissions import Emitted
from forwarder.backend import AtCounter
from forwarder.semtech_udp.txpk import decode_txpk
from radio.packets import Modulation
from radio.tx_queue import TxClass

ASKED = [Asked(number, token=number + 1, emission_us=1_000_000 + 30_000 * number) for number in range(4)]


def emitted(asked: Asked, late_us: int = 0, shift_us: int = 0) -> Emitted:
    """The emission of what was asked for, programmed so late, and starting so much after its moment."""
    due_us = asked.emission_us - TIMING.lead_us
    return Emitted(asked.number, due_us + late_us, due_us + late_us + 300, asked.emission_us + shift_us)


def test_lateness_is_counted_from_the_lead_before_the_emission() -> None:
    found = outcome(ASKED, [None] * 4, [emitted(asked, late_us=100 * asked.number) for asked in ASKED])
    assert found.latenesses_ms() == [0, 0.1, 0.2, 0.3]
    assert str(found) == "0 missed"


def test_a_downlink_that_was_not_emitted_is_infinitely_late() -> None:
    found = outcome(ASKED, [None, None, "TOO_LATE", "TOO_LATE"], [emitted(asked) for asked in ASKED[:2]])
    assert found.latenesses_ms() == [0, 0, math.inf, math.inf]
    assert str(found) == "2 missed (refused: 2 TOO_LATE)"


@pytest.mark.parametrize(("shift_us", "missed"), [(0, 0), (1, 0), (2, 1), (-2, 1)])
def test_an_emission_at_another_moment_is_none(shift_us: int, missed: int) -> None:
    assert outcome(ASKED[:1], [None], [emitted(ASKED[0], shift_us=shift_us)]).missed == missed


def test_an_emission_that_nobody_asked_for_makes_up_for_nothing() -> None:
    stranger = emitted(Asked(99, token=1, emission_us=5))
    assert outcome(ASKED[:1], [None], [stranger]).missed == 1


@pytest.mark.parametrize(("number", "modulation"), [(0, Modulation.LORA), (1, Modulation.FSK)])
def test_requests_are_what_the_gateway_reads_of_them(number: int, modulation: Modulation) -> None:
    packet, timing = decode_txpk(msgspec.json.encode({"txpk": txpk(number, (1 << 32) + 5)}))
    assert (packet.payload, packet.modulation) == (number.to_bytes(4, "big"), modulation)
    assert timing == AtCounter(5)


def test_the_next_downlink_follows_as_soon_as_the_queue_lets_it() -> None:
    assert TIMING.pre_delay_us(TxClass.A) + TIMING.margin_us < CLOSEST_US
    assert airtime_us(1) < airtime_us(0) < 20_000
