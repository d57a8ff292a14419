"""Devices, chip and network server together: what is emitted in time is heard, and nothing else."""

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest

from radio.simulator import Fate, SimulatedConcentrator
from radio.simulator.device_frames import Identity
from radio.simulator.end_device import Behaviour, EndDevice
from radio.simulator.lora_timing import demodulation_delay_us
from radio.simulator.network_server import DeviceDownlink, HeardUplink, NetworkServer, NetworkSettings
from radio.simulator.population import Population
from radio.simulator.receive_window import WindowKind
from radio.simulator.region import DataRate
from tests.radio.simulator import host
from tests.radio.simulator.conftest import HandClock
from tests.radio.simulator.lorawan import APP_KEY

STEP_S = 0.01


class Town:
    """Devices before one chip, whose host passes on what it hears and emits what the server answers."""

    def __init__(
        self,
        chip: SimulatedConcentrator,
        clock: HandClock,
        devices: int = 1,
        behaviour: Behaviour | None = None,
        settings: NetworkSettings | None = None,
    ) -> None:
        self.chip, self.clock = chip, clock
        self.server = NetworkServer(settings)
        identities = [Identity(0x70B3_D500_0000_0000 + number, APP_KEY) for number in range(devices)]
        for identity in identities:
            self.server.register(identity.dev_eui, APP_KEY)
        plain = behaviour or Behaviour(period_s=None)
        self.devices = [
            EndDevice(identity, plain, start_s=clock() + 9.0 * number, seed=number)
            for number, identity in enumerate(identities)
        ]
        self.population = Population(chip, self.devices)
        self.change: Callable[[dict[str, Any]], dict[str, Any]] = lambda txpk: txpk

    def live(self, seconds: float) -> None:
        """Let time pass in small steps."""
        end_s = self.clock() + seconds
        while self.clock() < end_s:
            self.clock.advance(STEP_S)
            self.population.advance()
            self.serve()

    def serve(self) -> None:
        """What the host does with what the chip has heard."""
        for record in host.receive(self.chip):
            self._forward(record)

    def emit(self, downlink: DeviceDownlink | None) -> None:
        assert downlink is not None
        host.emit(self.chip, self.change(dict(downlink.txpk)))

    def _forward(self, record: host.Record) -> None:
        spreading_factor = record.rate >> 4
        end_us = record.timestamp // 32 - demodulation_us(record)
        freq_hz = host.CHANNELS_HZ[record.channel]
        uplink = HeardUplink(record.payload, end_us, freq_hz, DataRate(spreading_factor, 125_000))
        downlink = self.server.receive(uplink).downlink
        if downlink is not None:
            self.emit(downlink)


def demodulation_us(record: host.Record) -> int:
    """From the end of a packet to its stamp, which a host takes off again."""
    return demodulation_delay_us(len(record.payload), record.rate >> 4, 125_000, record.rate >> 1 & 7, True)


def test_a_device_joins_and_its_confirmed_uplinks_are_acknowledged(
    listening: SimulatedConcentrator, clock: HandClock
) -> None:
    town = Town(listening, clock, behaviour=Behaviour(period_s=5.0, confirmed=True))
    town.live(60.0)
    counters = town.devices[0].counters
    assert counters.joins == 1
    assert counters.acknowledged >= 6
    assert counters.missed == counters.repetitions == 0
    assert counters.heard[WindowKind.RX1] == counters.acknowledged + 1


def test_downlinks_begin_within_a_microsecond_of_their_window(
    listening: SimulatedConcentrator, clock: HandClock
) -> None:
    town = Town(listening, clock, behaviour=Behaviour(period_s=5.0, confirmed=True))
    town.live(60.0)
    assert 0.0 < town.devices[0].counters.worst_offset_s <= 1.1e-6


@pytest.mark.parametrize(
    "wrong",
    [
        {"ipol": False},
        {"freq": 867.9},
        {"datr": "SF8BW125"},
        {"datr": "SF7BW250"},
    ],
    ids=str,
)
def test_a_wrong_answer_is_not_heard(
    listening: SimulatedConcentrator, clock: HandClock, wrong: dict[str, object]
) -> None:
    town = Town(listening, clock)
    town.change = lambda txpk: txpk | wrong
    town.live(7.0)
    counters = town.devices[0].counters
    assert town.server.counters.joins == 1
    assert (counters.joins, counters.missed) == (0, 1)


@pytest.mark.parametrize(("late_us", "joins"), [(-4_000, 0), (-2_900, 1), (2_900, 1), (4_000, 0), (20_000, 0)])
def test_an_answer_has_three_symbols_of_tolerance(
    listening: SimulatedConcentrator, clock: HandClock, late_us: int, joins: int
) -> None:
    town = Town(listening, clock)
    town.change = lambda txpk: txpk | {"tmst": txpk["tmst"] + late_us}
    town.live(7.0)
    assert town.devices[0].counters.joins == joins


def test_rx2_serves_as_well(listening: SimulatedConcentrator, clock: HandClock) -> None:
    settings = NetworkSettings(answer_in=WindowKind.RX2)
    town = Town(listening, clock, behaviour=Behaviour(period_s=10.0, confirmed=True), settings=settings)
    town.live(60.0)
    counters = town.devices[0].counters
    assert counters.heard == {WindowKind.RX1: 0, WindowKind.RX2: 1 + counters.acknowledged, WindowKind.CLASS_C: 0}
    assert counters.acknowledged >= 3


def test_class_c_is_reached_at_once(listening: SimulatedConcentrator, clock: HandClock) -> None:
    town = Town(listening, clock, behaviour=Behaviour(period_s=None, class_c=True))
    town.live(10.0)
    for _ in range(3):
        town.emit(town.server.send_now(town.devices[0].identity.dev_eui, b"lights on"))
        town.live(3.0)
    assert town.devices[0].counters.heard[WindowKind.CLASS_C] == 3


def test_many_devices_join_and_each_hears_its_own_downlinks(listening: SimulatedConcentrator, clock: HandClock) -> None:
    heard: list[tuple[int, bytes]] = []
    town = Town(listening, clock, devices=12, behaviour=Behaviour(period_s=None))
    town.population = Population(
        listening,
        town.devices,
        on_emission=lambda _emission, hearers: heard.extend(
            (device.identity.dev_eui, down.content.encode()) for device, down in hearers
        ),
    )
    town.live(12 * 9.0 + 10.0)
    assert [device.counters.joins for device in town.devices] == [1] * 12
    for device in town.devices:
        town.server.send(device.identity.dev_eui, device.identity.dev_eui.to_bytes(8, "big"))
        device.send(b"anything for me?", clock())
        town.population.woken(device)
        town.live(3.0)
    assert [dev_eui for dev_eui, _ in heard[12:]] == [device.identity.dev_eui for device in town.devices]
    assert all(dev_eui.to_bytes(8, "big") in content for dev_eui, content in heard[12:])


def test_an_uplink_under_the_gateway_s_own_emission_is_lost_and_repeated(
    listening: SimulatedConcentrator, clock: HandClock
) -> None:
    town = Town(listening, clock)
    town.live(8.0)
    device = town.devices[0]
    silence = b64encode(bytes(50)).decode()
    host.emit(
        listening,
        {"data": silence, "datr": "SF9BW125", "freq": 868.3, "imme": True, "ipol": True, "ncrc": True},
    )
    device.send(b"on", clock(), confirmed=True)
    town.population.woken(device)
    town.live(8.0)
    assert listening.air.fates[Fate.TRANSMITTING] == 1
    assert (device.counters.repetitions, device.counters.acknowledged) == (1, 1)


def test_devices_that_look_late_hear_the_same(listening: SimulatedConcentrator, clock: HandClock) -> None:
    """The chip's host is in time; the devices are advanced only once in eight seconds."""
    town = Town(listening, clock)
    clock.advance(0.001)
    town.population.advance()
    for _ in range(800):
        clock.advance(STEP_S)
        town.serve()
    assert town.devices[0].counters.joins == 0
    town.population.advance()
    assert town.devices[0].counters.joins == 1


def test_the_next_timer_is_that_of_the_first_device(listening: SimulatedConcentrator, clock: HandClock) -> None:
    town = Town(listening, clock, devices=3)
    assert town.population.next_timer() == clock()
    town.population.advance()
    rx2_closes_s = town.devices[0].windows[1].closes_s
    assert town.population.next_timer() == min(rx2_closes_s, clock() + 9.0)


def test_without_anything_to_do_there_is_no_timer(listening: SimulatedConcentrator, clock: HandClock) -> None:
    town = Town(listening, clock)
    town.live(5.5)
    assert town.devices[0].counters.joins == 1
    assert town.population.next_timer() is None


def test_what_is_looked_at_late_is_still_lived_through_in_order(
    listening: SimulatedConcentrator, clock: HandClock
) -> None:
    """A class C device starts to transmit before an emission does, and so cannot hear it."""
    town = Town(listening, clock, behaviour=Behaviour(period_s=None, class_c=True))
    town.live(10.0)
    device = town.devices[0]
    device.send(b"on", clock() + 0.02)
    town.population.woken(device)
    clock.advance(0.03)
    town.emit(town.server.send_now(device.identity.dev_eui, b"now"))
    clock.advance(3.0)
    town.population.advance()
    assert device.counters.uplinks == 1
    assert device.counters.heard[WindowKind.CLASS_C] == 0


def test_of_an_emission_that_nobody_hears_is_told_too(listening: SimulatedConcentrator, clock: HandClock) -> None:
    told: list[tuple[bytes, int]] = []
    town = Town(listening, clock)
    town.population = Population(
        listening, town.devices, on_emission=lambda emission, hearers: told.append((emission.payload, len(hearers)))
    )
    town.live(6.0)
    strange = {"data": b64encode(b"nobody's").decode(), "datr": "SF7BW125", "freq": 868.1, "ipol": True, "ncrc": True}
    host.emit(listening, strange | {"imme": True})
    town.live(0.1)
    assert [(len(payload), hearers) for payload, hearers in told] == [(33, 1), (8, 0)]


def test_silent_devices_hear_what_was_asked_for_and_send_nothing_more(
    listening: SimulatedConcentrator, clock: HandClock
) -> None:
    town = Town(listening, clock, behaviour=Behaviour(period_s=1.0))
    town.live(0.5)
    device = town.devices[0]
    for _ in range(1000):
        clock.advance(STEP_S)
        town.population.advance(silent=True)
        town.serve()
    assert (device.counters.joins, device.counters.uplinks) == (1, 0)
    town.live(0.1)
    assert device.counters.uplinks > 0
