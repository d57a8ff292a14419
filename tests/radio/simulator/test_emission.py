"""What the chip emits, when, and what it is deaf to meanwhile."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from radio.simulator import Emission, Fate, SimulatedConcentrator, Transmission
from radio.simulator.emission import FREQUENCY_STEP_HZ
from radio.simulator.lora_timing import symbol_s
from radio.simulator.recorder import delay_s
from tests.radio.simulator import host
from tests.radio.simulator.conftest import HandClock
from tests.radio.simulator.recordings import SHARED, needs_recordings, rows
from tests.radio.simulator.test_recordings import replay

BANK = 0x5200
START_DELAY_S = 1.5e-3
COUNTER_WRAP_US = 1 << 27
WHOLE_COUNTER_S = 135.0
RECORDED = sorted(path.stem for path in (SHARED / "oracle" / "tx").glob("tx_*.jsonl"))
UPLINK = Transmission(b"city light", 868_100_000, -80.0)


@pytest.fixture
def emitted(listening: SimulatedConcentrator) -> list[Emission]:
    """Everything that a receiving chip emits; its first transmit chain holds three bytes at SF7."""
    emissions: list[Emission] = []
    listening.air.on_emission(emissions.append)
    host.write(listening, BANK + 0x25, bytes([0x6C, 0x83, 0x33]))
    host.write(listening, BANK + 0x60, bytes([0x47, 0x01, 0x61, 3]))
    host.write(listening, BANK + 0x100, b"\x60\x61\x62")
    return emissions


def trigger(chip: SimulatedConcentrator, how: int, *, at_ticks: int = 0, chain: int = 0) -> None:
    """What a host does last: the timer, then the trigger bit."""
    bank = BANK + 0x200 * chain
    host.write(chip, bank + 0x01, at_ticks.to_bytes(4, "big"))
    host.write(chip, bank, how)


def test_an_immediate_emission_starts_the_start_delay_after_its_trigger(
    listening: SimulatedConcentrator, clock: HandClock, emitted: list[Emission]
) -> None:
    trigger(listening, 0x01)
    clock.advance(START_DELAY_S)
    listening.advance()
    assert [emission.start_s for emission in emitted] == [pytest.approx(1000.0015)]


def test_a_delayed_emission_starts_when_counter_and_delay_say_so(
    listening: SimulatedConcentrator, clock: HandClock, emitted: list[Emission]
) -> None:
    trigger(listening, 0x02, at_ticks=32_000_000 - 48_000)
    clock.advance(0.999)
    listening.advance()
    assert emitted == []
    clock.advance(0.002)
    listening.advance()
    (emission,) = emitted
    assert emission.start_s == pytest.approx(1001.0)
    assert emission.counter_us == 1_000_000


def test_an_emission_on_pps_follows_the_next_pulse(
    listening: SimulatedConcentrator, clock: HandClock, emitted: list[Emission]
) -> None:
    clock.advance(0.3)
    trigger(listening, 0x04)
    clock.advance(1.0)
    listening.advance()
    assert [emission.start_s for emission in emitted] == [pytest.approx(1001.0015)]


def test_each_emission_is_announced_once_to_every_listener(
    listening: SimulatedConcentrator, clock: HandClock, emitted: list[Emission]
) -> None:
    others: list[Emission] = []
    listening.air.on_emission(others.append)
    for _ in range(2):
        trigger(listening, 0x01)
        for _ in range(5):
            clock.advance(0.1)
            listening.advance()
    assert len(emitted) == 2
    assert others == emitted


def test_what_is_aborted_before_its_start_is_not_emitted(
    listening: SimulatedConcentrator, clock: HandClock, emitted: list[Emission]
) -> None:
    trigger(listening, 0x02, at_ticks=32_000_000)
    clock.advance(0.5)
    trigger(listening, 0x00)
    clock.advance(WHOLE_COUNTER_S)
    listening.advance()
    assert emitted == []


def test_a_second_trigger_replaces_the_first(
    listening: SimulatedConcentrator, clock: HandClock, emitted: list[Emission]
) -> None:
    trigger(listening, 0x02, at_ticks=32_000_000)
    trigger(listening, 0x02, at_ticks=64_000_000)
    clock.advance(WHOLE_COUNTER_S - 1)
    listening.advance()
    assert [emission.counter_us for emission in emitted] == [2_001_500]


def test_a_reset_silences_what_was_scheduled(
    listening: SimulatedConcentrator, clock: HandClock, emitted: list[Emission]
) -> None:
    trigger(listening, 0x02, at_ticks=32_000_000)
    listening.reset()
    clock.advance(WHOLE_COUNTER_S)
    listening.advance()
    assert emitted == []


@pytest.mark.parametrize(("address", "value"), [(0x5605, 0x07), (0x57C0, 0x00), (0x5783, 0x04)])
def test_a_chip_that_does_not_run_emits_nothing(
    listening: SimulatedConcentrator, clock: HandClock, emitted: list[Emission], address: int, value: int
) -> None:
    host.write(listening, address, value)
    trigger(listening, 0x01)
    clock.advance(1.0)
    listening.advance()
    assert emitted == []


def test_with_a_frozen_counter_a_delayed_emission_never_starts(
    listening: SimulatedConcentrator, clock: HandClock, emitted: list[Emission]
) -> None:
    listening.counter.freeze()
    trigger(listening, 0x02, at_ticks=32_000_000)
    clock.advance(WHOLE_COUNTER_S)
    listening.advance()
    assert emitted == []


def test_a_long_preamble_is_sent_in_full(
    listening: SimulatedConcentrator, clock: HandClock, emitted: list[Emission]
) -> None:
    host.write(listening, BANK + 0x66, bytes([0x2C, 0x01]))
    trigger(listening, 0x01)
    clock.advance(1.0)
    listening.advance()
    assert [emission.preamble for emission in emitted] == [300]
    assert emitted[0].airtime_s > 300 * symbol_s(7, 125_000)


def test_the_second_chain_emits_from_its_own_registers(
    listening: SimulatedConcentrator, clock: HandClock, emitted: list[Emission]
) -> None:
    host.write(listening, BANK + 0x260, bytes([0x59, 0x01, 0x61, 2]))
    host.write(listening, BANK + 0x300, b"\xa0\xa1")
    trigger(listening, 0x01, chain=1)
    clock.advance(1.0)
    listening.advance()
    assert [(one.rf_chain, one.spreading_factor, one.bandwidth_hz, one.payload) for one in emitted] == [
        (1, 9, 250_000, b"\xa0\xa1")
    ]


@pytest.mark.parametrize("offset_s", [-0.03, 0.0, 0.03])
def test_a_half_duplex_board_is_deaf_while_it_transmits(
    listening: SimulatedConcentrator, clock: HandClock, emitted: list[Emission], offset_s: float
) -> None:
    trigger(listening, 0x02, at_ticks=32_000_000)
    reception = listening.air.transmit(Transmission(b"up", 867_100_000, -80.0, at_s=clock() + 1.0015 + offset_s))
    clock.advance(2.0)
    assert host.receive(listening) == []
    assert reception.fate is Fate.TRANSMITTING
    assert listening.air.fates == {Fate.TRANSMITTING: 1}


@pytest.mark.parametrize("offset_s", [-0.06, 0.06])
def test_it_hears_what_ends_before_or_starts_after_its_emission(
    listening: SimulatedConcentrator, clock: HandClock, emitted: list[Emission], offset_s: float
) -> None:
    trigger(listening, 0x02, at_ticks=32_000_000)
    reception = listening.air.transmit(Transmission(b"up", 867_100_000, -80.0, at_s=clock() + 1.0015 + offset_s))
    clock.advance(2.0)
    listening.advance()
    assert reception.fate is Fate.HEARD


def test_what_has_ended_is_recorded_though_the_chip_is_still_at_work_on_it(
    listening: SimulatedConcentrator, clock: HandClock, emitted: list[Emission]
) -> None:
    slow = Transmission(b"up", 867_100_000, -80.0, spreading_factor=12)
    trigger(listening, 0x02, at_ticks=4 * 32_000_000)
    ends_s = clock() + 4.0005
    reception = listening.air.transmit(msgspec.structs.replace(slow, at_s=ends_s - slow.airtime_s))
    clock.advance(5.0)
    listening.advance()
    assert ends_s + delay_s(slow) > emitted[0].start_s
    assert reception.fate is Fate.HEARD


def test_it_hears_again_once_its_emission_is_aborted(
    listening: SimulatedConcentrator, clock: HandClock, emitted: list[Emission]
) -> None:
    trigger(listening, 0x01)
    clock.advance(0.01)
    assert listening.air.deliver_now(UPLINK).fate is Fate.TRANSMITTING
    trigger(listening, 0x00)
    assert listening.air.deliver_now(UPLINK).fate is Fate.HEARD


def test_a_full_duplex_board_hears_through_its_emission(clock: HandClock) -> None:
    chip = SimulatedConcentrator(clock=clock, full_duplex=True)
    host.start(chip)
    trigger(chip, 0x01)
    clock.advance(0.01)
    assert chip.air.deliver_now(UPLINK).fate is Fate.HEARD


@needs_recordings
@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_send_emits_the_packet_that_it_was_given(
    chip: SimulatedConcentrator, clock: HandClock, name: str
) -> None:
    (recorded,) = rows(str(Path("tx") / f"{name}.json"))
    emissions = emitted_in(chip, clock, name)
    if recorded["ret"] != 0:
        assert emissions == []
        return
    (emission,) = emissions
    assert_is_packet(emission, recorded["pkt"], recorded["preamble_after"])
    # The recorded time counts the preamble that was asked for, not the one that went out.
    lengthened_s = (recorded["preamble_after"] - recorded["pkt"]["preamble"]) * symbol_s(
        emission.spreading_factor, 125_000
    )
    asked_for_s = emission.airtime_s - lengthened_s
    assert asked_for_s * 1000 == pytest.approx(recorded["time_on_air_ms"], abs=1.0)


def assert_is_packet(emission: Emission, packet: dict[str, Any], preamble: int) -> None:
    """The emission is what the reference host was asked for."""
    assert emission.payload.hex() == packet["payload"]
    assert 0 <= packet["freq_hz"] - emission.freq_hz <= FREQUENCY_STEP_HZ + 1
    assert (emission.rf_chain, emission.preamble, emission.crc) == (packet["rf_chain"], preamble, not packet["no_crc"])
    if packet["tx_mode"] == 1:
        assert emission.counter_us % COUNTER_WRAP_US == packet["count_us"] % COUNTER_WRAP_US
    if packet["tx_mode"] == 2:
        assert emission.start_s == pytest.approx(1001.0015, abs=2e-5)
    if packet["modulation"] == 32:
        assert (emission.modulation, emission.bitrate_bps) == ("FSK", packet["datarate"])
        assert emission.freq_deviation_hz == pytest.approx(packet["f_dev"] * 1000, abs=FREQUENCY_STEP_HZ)
        assert emission.fsk_sync_word.hex() == "c194c1"
        return
    spreading_factor = packet["datarate"]
    assert emission.modulation == "LORA"
    assert emission.bandwidth_hz == 125_000 << packet["bandwidth"] - 4
    assert (emission.spreading_factor, emission.coding_rate) == (spreading_factor, packet["coderate"])
    assert (emission.inverted, emission.implicit_header) == (packet["invert_pol"], packet["no_header"])
    assert emission.public == (spreading_factor >= 7)
    assert emission.low_rate == (spreading_factor >= 11)


@needs_recordings
@pytest.mark.parametrize(
    ("name", "power_index", "pa"),
    [("tx_eu_pw12", 15, False), ("tx_eu_pw20", 3, True), ("tx_eu_pw30_highest", 14, True)],
)
def test_the_recorded_power_is_index_and_amplifier(
    chip: SimulatedConcentrator, clock: HandClock, name: str, power_index: int, pa: bool
) -> None:
    (emission,) = emitted_in(chip, clock, name)
    assert (emission.power_index, emission.pa) == (power_index, pa)


@needs_recordings
@pytest.mark.parametrize(("name", "airtime_s"), [("tx_eu_fsk50_25", 5.44e-3), ("tx_eu_fsk_imm_ncrc", 1.92e-3)])
def test_fsk_takes_as_long_as_its_preamble_payload_and_crc(
    chip: SimulatedConcentrator, clock: HandClock, name: str, airtime_s: float
) -> None:
    (emission,) = emitted_in(chip, clock, name)
    assert emission.airtime_s == pytest.approx(airtime_s)


def emitted_in(chip: SimulatedConcentrator, clock: HandClock, name: str) -> list[Emission]:
    """What a chip emits that is started and used as it was recorded."""
    emissions: list[Emission] = []
    chip.air.on_emission(emissions.append)
    replay(chip, "start_EU868.jsonl")
    replay(chip, str(Path("tx") / f"{name}.jsonl"))
    clock.advance(WHOLE_COUNTER_S)
    chip.advance()
    return emissions
