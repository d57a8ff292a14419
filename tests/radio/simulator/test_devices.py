"""Virtual devices: plausible LoRaWAN traffic, the same for the same seed."""

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from radio.simulator import Fate, SimulatedConcentrator
from radio.simulator.devices import EU868_CHANNELS_HZ, Fleet


def test_the_same_seed_sends_the_same_traffic() -> None:
    assert list(Fleet(5, seed=3).transmissions_until(60)) == list(Fleet(5, seed=3).transmissions_until(60))
    assert list(Fleet(5, seed=3).transmissions_until(60)) != list(Fleet(5, seed=4).transmissions_until(60))


@given(st.integers(1, 8), st.integers(), st.floats(0, 100), st.floats(0, 100))
def test_time_passes_once_and_in_order(count: int, seed: int, first_s: float, second_s: float) -> None:
    fleet = Fleet(count, seed)
    before = [sent.at_s or 0.0 for sent in fleet.transmissions_until(first_s)]
    after = [sent.at_s or 0.0 for sent in fleet.transmissions_until(first_s + second_s)]
    assert before + after == sorted(before + after)
    assert all(at_s <= first_s for at_s in before)
    assert all(first_s < at_s <= first_s + second_s for at_s in after)


def test_each_device_joins_once_then_counts_its_uplinks() -> None:
    fleet = Fleet(3, seed=1)
    packets = list(fleet.transmissions_until(100))
    joins = [sent.payload for sent in packets if sent.payload[0] == 0x00]
    assert [len(join) for join in joins] == [23] * 3
    frames = defaultdict(list)
    for sent in packets:
        if sent.payload[0] in (0x40, 0x80):
            frames[int.from_bytes(sent.payload[1:5], "little")].append(int.from_bytes(sent.payload[6:8], "little"))
    assert frames.keys() == {device.dev_addr for device in fleet.devices}
    assert all(counters == list(range(len(counters))) for counters in frames.values())


def test_a_listening_gateway_hears_nearly_all_of_it(listening: SimulatedConcentrator) -> None:
    packets = list(Fleet(20, seed=2, damage_rate=0.0).transmissions_until(100))
    fates = [listening.air.deliver_now(sent).fate for sent in packets]
    assert fates.count(Fate.HEARD) + fates.count(Fate.BUFFER_FULL) >= 0.95 * len(packets)
    assert {sent.freq_hz for sent in packets} <= set(EU868_CHANNELS_HZ)
