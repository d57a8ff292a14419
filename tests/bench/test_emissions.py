"""When the chip was programmed for a downlink, from what arrives there."""

import pytest

from bench.emissions import EmissionLog, Emitted, difference_us
from radio.simulator import Emission, SimulatedConcentrator

CLEAR = {0: bytes((0, 0xD2, 0x00, 0, 0xAB)), 1: bytes((0, 0xD4, 0x00, 0, 0xAB))}
ARM = {0: bytes((0, 0xD2, 0x00, 0b010)), 1: bytes((0, 0xD4, 0x00, 0b010))}
WRAP_US = 1 << 32


class Watched:
    """A chip whose counter stands where it is put, with a log at its bus."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 0.0
        monkeypatch.setattr("bench.emissions.time.monotonic", lambda: self.now_s)
        self.chip = SimulatedConcentrator(clock=lambda: self.now_s)
        self.log = EmissionLog(self.chip)

    def see(self, at_us: int, out: bytes) -> None:
        """A transfer at a moment of the counter."""
        self.now_s = at_us / 1e6
        self.log.see(out)

    def emit(self, number: int, at_us: int, rf_chain: int = 0) -> None:
        """The chip starts to emit a downlink."""
        payload = number.to_bytes(4, "big") + b"more"
        self.chip.air.emit(
            Emission(
                start_s=at_us / 1e6,
                counter_us=at_us,
                rf_chain=rf_chain,
                freq_hz=869_525_000,
                power_index=0,
                pa=True,
                payload=payload,
            )
        )


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    """A chip that nothing was written to yet."""
    return Watched(monkeypatch)


def test_programming_is_from_the_clear_of_the_trigger_to_its_setting(watched: Watched) -> None:
    watched.see(1_000, CLEAR[0])
    watched.see(1_400, ARM[0])
    watched.emit(7, 16_000)
    (emitted,) = watched.log.take()
    assert emitted == Emitted(number=7, programmed_us=1_000, armed_us=1_400, emission_us=16_000)
    assert emitted.programming_us == 400
    assert emitted.lateness_us(lead_us=15_500) == 500
    assert watched.log.take() == []


def test_the_next_ones_programming_is_not_mistaken_for_that_of_the_one_armed(watched: Watched) -> None:
    watched.see(1_000, CLEAR[0])
    watched.see(1_400, ARM[0])
    watched.see(9_000, CLEAR[0])
    watched.emit(7, 8_999)
    assert [emitted.armed_us for emitted in watched.log.take()] == [1_400]


def test_the_chains_are_told_apart(watched: Watched) -> None:
    for chain, at_us in ((0, 1_000), (1, 2_000)):
        watched.see(at_us, CLEAR[chain])
        watched.see(at_us + 300, ARM[chain])
    watched.emit(1, 20_000, rf_chain=1)
    watched.emit(0, 20_000, rf_chain=0)
    assert [(emitted.number, emitted.programmed_us) for emitted in watched.log.take()] == [(1, 2_000), (0, 1_000)]


@pytest.mark.parametrize(
    "out", [b"", b"\x00\xd2\x00", b"\x00\x52\x00\x00\x00", b"\x01\xd2\x00\x00", b"\x00\xd2\x01\x07"]
)
def test_other_transfers_are_no_programming(watched: Watched, out: bytes) -> None:
    watched.see(1_000, CLEAR[0])
    watched.see(1_200, out)
    watched.see(1_400, ARM[0])
    watched.emit(7, 16_000)
    assert [(emitted.programmed_us, emitted.armed_us) for emitted in watched.log.take()] == [(1_000, 1_400)]


@pytest.mark.parametrize(
    ("later_us", "earlier_us", "difference"), [(5, 3, 2), (3, 5, -2), (1, WRAP_US - 1, 2), (WRAP_US - 1, 1, -2)]
)
def test_moments_lie_the_shorter_way_round_the_counter(later_us: int, earlier_us: int, difference: int) -> None:
    assert difference_us(later_us, earlier_us) == difference
