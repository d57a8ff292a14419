"""Emitting: the order of transfers, the states of a chain, giving up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radio.airtime import tx_airtime_us
from radio.errors import BusError, ChipError
from radio.packets import TxPacket, TxStatus, TxTrigger
from radio.recording_bus import RecordingBus
from radio.simulator import SimulatedConcentrator
from radio.sx1302.chip import Chip
from radio.sx1302.registers import Tx
from radio.sx1302.start import stop
from radio.sx1302.transmitter import ABORT_POLL_S, ABORT_POLLS, ChainState, abort, arm, program, status, transmit
from radio.sx1302.tx_frame import tx_frame
from tests.conformance.start import Write, entry_writes
from tests.radio.buses import FailingBus, RegisterFile, TamperedBus
from tests.radio.sx1302.station import Station, no_sleep
from tests.radio.sx1302.test_registers import bits_of
from tests.radio.sx1302.tx_packets import FSK, LORA, PLAN, changed, packets

BUFFERS, TRIGGERS, STATUSES = (0x5300, 0x5500), (0x5200, 0x5400), (0x5211, 0x5411)
BOTH = pytest.mark.parametrize("packet", [LORA, FSK], ids=["LoRa", "FSK"])
CHAINS = pytest.mark.parametrize("chain", [0, 1])


def on_chain(packet: TxPacket, chain: int) -> TxPacket:
    """The packet for another radio."""
    return changed(packet, rf_chain=chain)


def writes_of(bus: RecordingBus) -> list[Write]:
    """Every register that was written, in order."""
    return [write for entry in bus.entries for write in entry_writes(entry)]


@BOTH
@CHAINS
@pytest.mark.parametrize(
    ("trigger", "bit"), [(TxTrigger.IMMEDIATE, 0b001), (TxTrigger.TIMESTAMPED, 0b010), (TxTrigger.ON_PPS, 0b100)]
)
def test_the_trigger_is_cleared_first_and_set_last(packet: TxPacket, chain: int, trigger: TxTrigger, bit: int) -> None:
    bus = RecordingBus(RegisterFile({TRIGGERS[chain]: 0xFF}))
    assert transmit(Chip(bus, no_sleep), PLAN, on_chain(packet, chain), trigger) is TxStatus.OK
    written = writes_of(bus)
    assert (written[0], written[-1]) == ((TRIGGERS[chain], 0), (TRIGGERS[chain], bit))
    assert [address for address, _ in written].count(TRIGGERS[chain]) == 2


@BOTH
@CHAINS
def test_the_payload_goes_into_the_open_buffer(packet: TxPacket, chain: int) -> None:
    bus = RecordingBus(RegisterFile({}))
    transmit(Chip(bus, no_sleep), PLAN, on_chain(packet, chain), TxTrigger.IMMEDIATE)
    gate, gates = TRIGGERS[chain] + 7, []
    for address, value in writes_of(bus):
        if address == gate:
            gates.append(value)
        elif BUFFERS[chain] <= address < BUFFERS[chain] + 0x100:
            assert gates == [1]
    assert gates == [1, 0]


@CHAINS
def test_the_buffer_holds_the_payload(chain: int) -> None:
    memory = RegisterFile({})
    transmit(Chip(memory, no_sleep), PLAN, on_chain(LORA, chain), TxTrigger.IMMEDIATE)
    held = bytes(memory.content.get(BUFFERS[chain] + offset, 0) for offset in range(len(LORA.payload) + 1))
    assert held == LORA.payload + b"\0"


@given(st.lists(packets(), max_size=3), st.binary(min_size=0x600, max_size=0x600))
def test_bits_that_belong_to_nobody_stay_as_they_are(sent: list[TxPacket], before: bytes) -> None:
    memory = RegisterFile(dict(enumerate(before, 0x5200)))
    chip = Chip(memory, no_sleep)
    for packet in sent:
        transmit(chip, PLAN, packet, TxTrigger.TIMESTAMPED)
    owned = {
        bit for fields in vars(Tx).values() if isinstance(fields, tuple) for field in fields for bit in bits_of(field)
    }
    buffers = {address for first in BUFFERS for address in range(first, first + 0x100)}
    for address, value in enumerate(before, 0x5200):
        kept = 0xFF & ~sum(1 << bit for bit in range(8) if 8 * address + bit in owned)
        if address not in buffers and address not in range(0x578A, 0x578D):
            assert memory.content[address] & kept == value & kept, hex(address)


@BOTH
@CHAINS
def test_a_send_takes_few_transfers_and_reads_only_the_first_time(packet: TxPacket, chain: int) -> None:
    memory = RegisterFile({})
    chip = Chip(memory, no_sleep)
    counts = []
    for _ in range(3):
        before = chip.transfers
        transmit(chip, PLAN, on_chain(packet, chain), TxTrigger.TIMESTAMPED)
        counts.append((chip.transfers - before, memory.reads))
    (first, reads), *others = counts
    assert others == [(first - reads, reads)] * 2
    assert first <= 15
    assert others[0][0] <= 12


def test_what_is_refused_costs_no_transfer() -> None:
    chip = Chip(RegisterFile({}), no_sleep)
    nothing = changed(LORA, payload=b"")
    assert transmit(chip, PLAN, nothing, TxTrigger.IMMEDIATE) is TxStatus.INVALID
    assert chip.transfers == 0


def test_what_is_programmed_waits_until_it_is_armed() -> None:
    memory = RegisterFile({TRIGGERS[0]: 0b010})
    chip, frame = Chip(memory, no_sleep), tx_frame(LORA, PLAN, TxTrigger.ON_PPS)
    program(chip, frame)
    assert memory.content[TRIGGERS[0]] == 0
    arm(chip, frame)
    assert memory.content[TRIGGERS[0]] == 0b100


@BOTH
def test_nothing_is_emitted_after_a_transfer_that_failed(packet: TxPacket) -> None:
    complete = Chip(RegisterFile({}), no_sleep)
    transmit(complete, PLAN, packet, TxTrigger.IMMEDIATE)
    for number in range(complete.transfers):
        memory = RegisterFile({})
        with pytest.raises(BusError, match=f"transfer {number} failed"):
            transmit(Chip(FailingBus(memory, {number}), no_sleep), PLAN, packet, TxTrigger.IMMEDIATE)
        assert memory.content.get(TRIGGERS[0], 0) == 0, number


@CHAINS
def test_every_value_of_the_status_register_is_a_state(chain: int) -> None:
    known = {
        0x80: ChainState.FREE,
        **dict.fromkeys((0x91, 0x92), ChainState.SCHEDULED),
        **dict.fromkeys((0x30, 0x50, 0x60, 0x70), ChainState.EMITTING),
    }
    for shown in range(256):
        chip = Chip(RegisterFile({STATUSES[chain]: shown}), no_sleep)
        assert status(chip, chain) is known.get(shown, ChainState.UNKNOWN), hex(shown)
        assert chip.transfers == 1


@BOTH
@CHAINS
def test_an_emission_is_scheduled_then_emitted_then_over(packet: TxPacket, chain: int) -> None:
    station = Station(PLAN)
    counter = station.receiver.counter
    assert counter is not None
    sent = on_chain(packet, chain)
    half_s = tx_airtime_us(sent) / 2e6
    assert status(station.chip, chain) is ChainState.FREE
    transmit(station.chip, PLAN, sent, TxTrigger.TIMESTAMPED, counter.counter_us + 1_000_000)
    for passed_s, state in (
        (0.0, ChainState.SCHEDULED),
        (0.990, ChainState.SCHEDULED),
        (0.010 + half_s, ChainState.EMITTING),
        (half_s + 0.010, ChainState.FREE),
    ):
        station.clock.advance(passed_s)
        assert status(station.chip, chain) is state
        assert status(station.chip, 1 - chain) is ChainState.FREE


@CHAINS
def test_an_abort_frees_its_chain_and_no_other(chain: int) -> None:
    station = Station(PLAN)
    for number in (0, 1):
        transmit(station.chip, PLAN, on_chain(LORA, number), TxTrigger.ON_PPS)
    before = station.chip.transfers
    abort(station.chip, chain)
    assert station.chip.transfers - before == 2
    assert status(station.chip, chain) is ChainState.FREE
    assert status(station.chip, 1 - chain) is ChainState.SCHEDULED


def test_an_abort_gives_up_after_a_while() -> None:
    pauses: list[float] = []
    with pytest.raises(ChipError) as caught:
        abort(Chip(RegisterFile({STATUSES[1]: 0x70}), pauses.append), 1)
    assert sum(pauses) == pytest.approx(ABORT_POLLS * ABORT_POLL_S)
    assert (caught.value.expected, caught.value.found) == ("0x80", "0x70")
    assert "TX_B_FSM_STATUS" in caught.value.register


def test_an_abort_waits_no_longer_than_it_must() -> None:
    memory, pauses = RegisterFile({STATUSES[0]: 0x70}), [0.0]

    def sleep(duration_s: float) -> None:
        pauses[0] += duration_s
        if pauses[0] > 0.0195:
            memory.content[STATUSES[0]] = 0x80

    abort(Chip(memory, sleep), 0)
    assert pauses[0] == pytest.approx(0.020)


def test_a_chain_that_hangs_does_not_keep_a_stop_from_the_other(chip: SimulatedConcentrator) -> None:
    memory = TamperedBus(chip, {STATUSES[0]: 0x70})
    driver = Chip(memory, no_sleep)
    transmit(driver, PLAN, on_chain(LORA, 1), TxTrigger.ON_PPS)
    assert status(driver, 1) is ChainState.SCHEDULED
    with pytest.raises(ChipError, match="TX_A_FSM_STATUS"):
        stop(driver)
    assert status(driver, 1) is ChainState.FREE
