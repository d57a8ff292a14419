"""Real end devices of two depositors, a network server that tells of joins by MQTT, a host that signs: one gateway.

The metropolis's side runs wild, with fifty uplinks and twenty joins a second; the city's devices must not feel it.
"""

import asyncio
import contextlib
import itertools
import json
import math
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from forwarder.semtech_udp.messages import GatewayDatagram, GatewayKind
from forwarder.semtech_udp.rxpk import decode_push_body
from gateway import app
from gateway.broker.client import Broker
from gateway.broker.settings import BrokerSettings
from gateway.demo.network_server import UdpNetworkServer
from gateway.pipeline import Pipeline
from gateway.policy.outcome import Outcome
from gateway.policy.source.envelope import seal
from gateway.policy.source.signature import signature_text
from gateway.policy.verdict_counts import Fate
from gateway.policy_side import PolicySide
from radio.simulator import SimulatedConcentrator, Transmission
from radio.simulator.device_frames import Identity
from radio.simulator.end_device import Behaviour, EndDevice
from radio.simulator.network_server import NetworkServer, NetworkSettings
from radio.simulator.population import Population
from radio.simulator.region import EU868
from tests.gateway.policy.frames import data_frame, join_request
from tests.gateway.policy.signed import Host, depositor
from tests.gateway.rig import configuration, listener
from tests.mosquitto import Mosquitto

pytestmark = pytest.mark.usefixtures("impatient")

CITY_EUIS = (0x0200_5EEF_1000_0000, 0x0200_5EEF_1000_0001)
METROPOLIS_EUI, WILD_EUI = 0x0200_5EEF_2000_0000, 0x0200_5EEF_2000_0001
QUICK = msgspec.structs.replace(EU868, rx2_data_rate=3, join_accept_delay1_s=1.0)
POLICY_TOPIC = "candelabre/policy"
STEP_S = 0.005
STORM_S, LIMIT_S = 4.0, 60.0
WILD_LIMIT, WILD_JOINS = 5, 3
NO_BLOCK = "27FFFF00/32"


class Town:
    """Devices, their network server, and the word that it passes on of who has joined."""

    def __init__(self, chip: SimulatedConcentrator, broker: Broker) -> None:
        self.core = NetworkServer(NetworkSettings(QUICK))
        self.forwarded: list[bytes] = []
        self.server = UdpNetworkServer(self.core, on_datagram=self._take)
        self.reached = asyncio.Event()
        self._broker = broker
        self._told: dict[int, int] = {}
        self.devices = tuple(self._device(number, eui) for number, eui in enumerate((*CITY_EUIS, METROPOLIS_EUI)))
        self.population = Population(chip, self.devices)

    def _device(self, number: int, dev_eui: int) -> EndDevice:
        identity = Identity(dev_eui, bytes([number]) * 16)
        self.core.register(dev_eui, identity.app_key)
        behaviour = Behaviour(QUICK, period_s=0.6, rssi_dbm=-70.0, confirmed=number == 0)
        return EndDevice(identity, behaviour, start_s=math.inf, seed=number)

    def _take(self, datagram: GatewayDatagram) -> None:
        self.reached.set()
        if datagram.kind is GatewayKind.PUSH_DATA:
            self.forwarded += [rxpk.data for rxpk in decode_push_body(datagram.body).rxpk]

    def begin(self) -> None:
        """Have the devices join, one after the other."""
        now_s = self.population.advance()
        for number, device in enumerate(self.devices):
            device.join(now_s + 0.3 + 0.4 * number)
            self.population.woken(device)

    def live(self) -> None:
        """Go on to now, and tell of whoever has joined since."""
        self.population.advance()
        for device in self.devices:
            if device.dev_addr is not None and self._told.get(device.identity.dev_eui) != device.dev_addr:
                self._told[device.identity.dev_eui] = device.dev_addr
                self.tell_of_join(device.identity.dev_eui, device.dev_addr)

    def tell_of_join(self, dev_eui: int, dev_addr: int) -> None:
        """As ChirpStack's MQTT integration does."""
        topic = f"application/7/device/{dev_eui:016x}/event/join"
        body = {"deviceInfo": {"devEui": f"{dev_eui:016x}"}, "devAddr": f"{dev_addr:08x}"}
        self._broker.publish(topic, json.dumps(body).encode())


def test_one_side_s_storm_is_not_felt_by_the_other_s_devices(tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as mosquitto:
        asyncio.run(_scenario(tmp_path, mosquitto.port))


async def _scenario(directory: Path, broker_port: int) -> None:
    host = Host(directory)
    limits = f"daily_uplinks = {WILD_LIMIT}\njoins_per_hour = {WILD_JOINS}"
    document = host.document(
        depositor("city", NO_BLOCK, *CITY_EUIS, device_allowance="daily_uplinks = 200\njoins_per_hour = 10"),
        depositor("metropolis", "27FFFE00/32", METROPOLIS_EUI, WILD_EUI, device_allowance=limits),
    )
    message = seal(document, signature_text(host.key.sign(document)))
    operator = Broker(BrokerSettings(host="127.0.0.1", port=broker_port))
    operating = asyncio.create_task(operator.run())
    await operator.publish(POLICY_TOPIC, message, retain=True)
    chip, pipeline, stop = SimulatedConcentrator(full_duplex=True), Pipeline(), asyncio.Event()
    town = Town(chip, operator)
    async with town.server, asyncio.TaskGroup() as tasks:
        config = configuration(
            town.server.port, f'state_dir = "{directory / "state"}"', sections=_sections(host, broker_port)
        )
        tasks.create_task(app.run(config, listener(chip, config), pipeline, stop))
        await town.reached.wait()
        policy = pipeline.policy
        assert isinstance(policy, PolicySide)
        storm = _Storm(chip)
        await _live(town, policy, storm)
        stop.set()
    operating.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await operating
    _judge(town, policy, storm)


def _sections(host: Host, broker_port: int) -> str:
    """The policy comes by the broker only, and so does the word of joins."""
    section = host.section(f'topic = "{POLICY_TOPIC}"\nbindings_topics = ["application/+/device/+/event/+"]')
    without_file = "\n".join(line for line in section.splitlines() if "file =" not in line)
    broker = f'[broker]\nhost = "127.0.0.1"\nport = {broker_port}\ntls = false\n'
    return f"{without_file}\n{broker}[regulation]\nenforce = false\n"


class _Storm:
    """A device of the metropolis gone wild: its frames are as good as any."""

    DEV_ADDR = 0x00AB_CDEF

    def __init__(self, chip: SimulatedConcentrator) -> None:
        self._chip = chip
        self._due_s = {"data": 0.0, "join": 0.0}
        self.sent: Counter[str] = Counter()

    def blow(self, elapsed_s: float) -> None:
        """Send what is due."""
        for kind, interval_s in (("data", 1 / 50), ("join", 1 / 20)):
            while elapsed_s >= self._due_s[kind]:
                number = self.sent[kind]
                frame = data_frame(self.DEV_ADDR, number) if kind == "data" else join_request(WILD_EUI, number)
                self._chip.air.deliver_now(Transmission(frame, 868_300_000, -80.0, 7.5, 9))
                self.sent[kind] += 1
                self._due_s[kind] += interval_s


async def _live(town: Town, policy: PolicySide, storm: _Storm) -> None:
    """Let the devices join, then the storm blow for a while, and wait until what it sent was judged."""
    began_s: float | None = None
    clock = asyncio.get_running_loop().time
    ends_s = clock() + LIMIT_S
    while policy.summary()["policy_serial"] is None:
        assert clock() < ends_s, "the policy did not come"
        await asyncio.sleep(STEP_S)
    town.begin()
    for _ in itertools.count():
        assert clock() < ends_s, "the devices did not join"
        town.live()
        joined = all(device.counters.joins and device.counters.uplinks for device in town.devices)
        if joined and began_s is None:
            town.tell_of_join(WILD_EUI, storm.DEV_ADDR)
            began_s = clock()
        if began_s is not None:
            elapsed_s = clock() - began_s
            # The word of its join arrives within the first second.
            if elapsed_s > STORM_S + 1.0 + 2.0:
                return
            if 1.0 < elapsed_s < STORM_S + 1.0:
                storm.blow(elapsed_s - 1.0)
        await asyncio.sleep(STEP_S)


def _judge(town: Town, policy: PolicySide, storm: _Storm) -> None:
    verdicts = policy.counts.uplinks
    wild = [frame for frame in town.forwarded if frame[1:5] == storm.DEV_ADDR.to_bytes(4, "little")]
    assert wild == [data_frame(storm.DEV_ADDR, number) for number in range(WILD_LIMIT)]
    assert (
        sum(frame in {join_request(WILD_EUI, number) for number in range(100)} for frame in town.forwarded)
        == WILD_JOINS
    )
    refused = {
        outcome: count
        for (who, outcome, fate), count in verdicts.items()
        if (who, fate) == ("metropolis", Fate.REFUSED)
    }
    # The metropolis's other device has an account of its own, which it may have used up too.
    assert refused[Outcome.DAILY_UPLINKS] >= storm.sent["data"] - WILD_LIMIT
    assert refused[Outcome.JOIN_RATE] == storm.sent["join"] - WILD_JOINS
    assert {outcome for who, outcome, _ in verdicts if who == "city"} <= {Outcome.ADMITTED, Outcome.REPETITION}
    for device in town.devices[: len(CITY_EUIS)]:
        assert device.counters.joins == 1
        assert device.counters.uplinks >= STORM_S / 2
        assert device.counters.given_up == 0
    # Every uplink of the city is its own, by DevEUI, although its DevAddr lies in no block.
    assert verdicts["city", Outcome.ADMITTED, Fate.FORWARDED] > 0
