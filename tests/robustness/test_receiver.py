"""The receiver on a bus that answers anything: it raises its own errors only, and keeps what it has read."""

import random

import msgspec
import pytest

from radio.errors import BusError, ChipError
from radio.sx1302.chip import Chip
from radio.sx1302.receiver import Receiver
from tests.robustness.plans import EVERYTHING, FINE
from tests.robustness.scripted_bus import ScriptedBus
from tests.robustness.streams import any_record, any_stream, cut_in_pieces, lora_record

SLICES = range(10)
STREAMS_A_SLICE = 2_000
RECEIVERS_A_SLICE = 1_000
POLLS_A_RECEIVER = 12
VERSION = 0x10
POLL_S = 0.01
# More polls than a receiver waits for the rest of a record.
POLLS_TO_SETTLE = 5


def started(bus: ScriptedBus, number: int = 0) -> Receiver:
    plan = (EVERYTHING, FINE)[number % 2]
    receiver = Receiver(Chip(bus, lambda _seconds: None), plan, VERSION, lambda: None)
    receiver.begin(bus.now_s)
    return receiver


def polled(receiver: Receiver, bus: ScriptedBus, seconds: float = POLL_S) -> list[bytes]:
    bus.now_s += seconds
    return [packet.payload for packet in receiver.poll(bus.now_s)]


@pytest.mark.parametrize("number", SLICES)
def test_every_byte_and_every_record_is_accounted_for(number: int) -> None:
    chance = random.Random(number)
    pool = [any_record(chance) for _ in range(256)]
    bus = ScriptedBus(chance)
    receiver = started(bus)
    for _ in range(STREAMS_A_SLICE):
        before = msgspec.structs.replace(receiver.counters)
        stream = any_stream(chance, pool)
        for piece in cut_in_pieces(chance, stream.data):
            bus.buffer += piece
            polled(receiver, bus)
        for _ in range(POLLS_TO_SETTLE):
            polled(receiver, bus)
        if stream.has_chance_record:
            continue
        after = receiver.counters
        records = after.packets + after.rejected_records - before.packets - before.rejected_records
        assert records == len(stream.untouched)
        skipped = after.skipped_bytes - before.skipped_bytes
        assert skipped + sum(map(len, stream.untouched.values())) == len(stream.data)


@pytest.mark.parametrize("number", SLICES)
def test_a_bus_that_answers_anything_raises_nothing_else(number: int) -> None:
    chance = random.Random(number)
    pool = [any_record(chance) for _ in range(64)]
    ends = set()
    for _ in range(RECEIVERS_A_SLICE):
        bus = ScriptedBus(chance)
        receiver = started(bus, number)
        bus.spoilt_one_in = chance.choice((1, 2, 5, 20))
        ends |= {_poll_spoilt(receiver, bus, chance, pool) for _ in range(POLLS_A_RECEIVER)}
    assert ends == {None, BusError, ChipError}


def _poll_spoilt(receiver: Receiver, bus: ScriptedBus, chance: random.Random, pool: list[bytes]) -> type | None:
    """How one poll ended: with an error of this type, or well."""
    bus.buffer += any_stream(chance, pool).data[: 4096 - len(bus.buffer)]
    try:
        polled(receiver, bus, chance.choice((0.0, POLL_S, 0.5, 2.0, 1000.0)))
    except (BusError, ChipError) as error:
        return type(error)
    return None


@pytest.mark.parametrize("failing", range(8))
@pytest.mark.parametrize("garbage", [b"", bytes(40)], ids=["alone", "behind garbage"])
def test_a_failed_transfer_costs_no_packet_wherever_it_falls(failing: int, garbage: bytes) -> None:
    chance = random.Random(7)
    payload = b"city light"
    bus = FailingOnce(chance)
    receiver = started(bus)
    bus.buffer += garbage + lora_record(chance, payload)
    bus.transfers_to_failure = failing
    received = []
    for _ in range(2 * POLLS_TO_SETTLE):
        try:
            # More than a second, so that every poll asks all that a receiver ever asks.
            received += polled(receiver, bus, seconds=1.1)
        except BusError:
            continue
    assert received == [payload]


def test_giving_up_in_vain_does_not_cost_the_next_record() -> None:
    chance = random.Random(7)
    bus = FailingOnce(chance)
    receiver = started(bus)
    idle_for_a_while(receiver, bus)
    bus.buffer += lora_record(chance, b"cut short")[:5]
    for _ in range(3):
        assert polled(receiver, bus) == []
    # The level, then the counter for what is given up.
    bus.transfers_to_failure = 1
    with pytest.raises(BusError):
        polled(receiver, bus)
    whole = lora_record(chance, b"city light")
    bus.buffer += whole[:20]
    received = polled(receiver, bus)
    bus.buffer += whole[20:]
    for _ in range(POLLS_TO_SETTLE):
        received += polled(receiver, bus)
    assert received == [b"city light"]


def test_what_was_read_is_handed_over_before_the_chip_is_given_up() -> None:
    bus = ScriptedBus(random.Random(7))
    receiver = started(bus)
    idle_for_a_while(receiver, bus)
    bus.buffer += lora_record(random.Random(7), b"city light") + bytes(40)
    bus.enabled_and_version = bytes(2)
    assert polled(receiver, bus) == [b"city light"]
    with pytest.raises(ChipError):
        idle_for_a_while(receiver, bus)


def idle_for_a_while(receiver: Receiver, bus: ScriptedBus) -> None:
    for _ in range(POLLS_TO_SETTLE):
        assert polled(receiver, bus) == []


class FailingOnce(ScriptedBus):
    """Fails the transfer after the next `transfers_to_failure` ones."""

    transfers_to_failure = -1

    def transfer(self, out: bytes) -> bytes:
        """See `radio.bus.SpiBus.transfer`."""
        self.transfers_to_failure -= 1
        if self.transfers_to_failure == -1:
            raise BusError("scripted: the transfer failed")
        return super().transfer(out)
