"""The devices of many joins, and what they are to do when."""

import asyncio
import heapq
import itertools
import math
import time
from collections.abc import Callable, Mapping
from functools import partial

import msgspec

from gateway.demo.downlink_account import DownlinkAccount, Story
from gateway.demo.network_server import UdpNetworkServer
from radio.simulator import SimulatedConcentrator
from radio.simulator.device_frames import Identity
from radio.simulator.devices import ReproducibleChance
from radio.simulator.end_device import Behaviour, EndDevice
from radio.simulator.lora_timing import lora_airtime_s
from radio.simulator.network_server import NetworkServer, NetworkSettings
from radio.simulator.population import Population
from radio.simulator.receive_window import WindowKind
from radio.simulator.region import EU868, Region
from radio.tx_queue import TxClass, TxTiming
from tests.flows.join_calendar import TICK_S, Calendar, Exchange

JOIN_REQUEST_BYTES, JOIN_ACCEPT_BYTES, DATA_OVERHEAD_BYTES = 23, 33, 13
UPLINK_PAYLOAD, DOWNLINK_PAYLOAD = b"a payload", b"an answer"
FIRST_DEV_EUI = 0x0200_5EEF_1000_0000
LEAD_S, STEP_S, AHEAD_S = 0.5, 0.005, 0.1
# After a join accept has begun, a class A device is given so long before it is to send.
PAUSE_S = 0.3
# An immediate downlink goes when its request arrives, not when a calendar says: it has this much room.
CLASS_C_ROOM_S = 0.5


class Asked(msgspec.Struct, frozen=True):
    """What is to happen. Of twenty devices one is answered in RX2, one is class C, and one sends at SF9.

    `spent_s` is what some sub-bands have emitted in the hour before. Devices that got no answer go on by themselves
    for `grace_s` after the last planned moment.
    """

    joins: int = 1000
    devices: int = 200
    uplinks_per_s: float = 0.0
    full_duplex: bool = True
    enforce: bool = False
    region: Region = EU868
    tx_timing: TxTiming = TxTiming()
    spent_s: Mapping[str, float] = {}
    grace_s: float = 20.0


class Town:
    """The devices and their plan; `live` lets it happen."""

    def __init__(self, asked: Asked, chip: SimulatedConcentrator) -> None:
        self._asked, self._chip = asked, chip
        self.stories: list[Story] = []
        self.core = NetworkServer(NetworkSettings(asked.region))
        account = DownlinkAccount(self._keep)
        self.reached, self.left = asyncio.Event(), asyncio.Event()
        self.server = UdpNetworkServer(self.core, account, on_datagram=lambda _: self.reached.set())
        self.devices = tuple(self._device(number) for number in range(asked.devices))
        self.population = Population(chip, self.devices, on_emission=account.emitted)
        self._plan: list[tuple[float, int, Callable[[float], object]]] = []
        self._order = itertools.count()
        self._planned_s = self._make_plan()

    def _keep(self, story: Story) -> None:
        if not story.settled:
            self.stories.append(story)

    def _device(self, number: int) -> EndDevice:
        identity = Identity(FIRST_DEV_EUI + number, ReproducibleChance(number).randbytes(16))
        self.core.register(identity.dev_eui, identity.app_key, answer_in=_answer_in(identity.dev_eui))
        behaviour = Behaviour(
            self._asked.region,
            spreading_factor=9 if number % 20 == 2 else 7,
            rssi_dbm=-60.0 - number % 40,
            period_s=None,
            class_c=number % 20 == 1,
        )
        # It joins when it is told to, not by itself.
        return EndDevice(identity, behaviour, start_s=math.inf, seed=number)

    def _make_plan(self) -> float:
        """Give every join its time from the beginning, and what follows it; the end of the last one is returned."""
        timing = self._asked.tx_timing
        calendar = Calendar((timing.pre_delay_us(TxClass.A) + timing.margin_us) / 1e6 + TICK_S)
        free_s = [0.0] * len(self.devices)
        for number in range(self._asked.joins):
            index = number % len(self.devices)
            free_s[index] = self._plan_join(calendar, self.devices[index], free_s[index])
        return max(free_s)

    def _plan_join(self, calendar: Calendar, device: EndDevice, earliest_s: float) -> float:
        """A join, a confirmed uplink that is answered with data, for class C data unasked; when all that is over."""
        join = self._exchange(device, JOIN_REQUEST_BYTES, JOIN_ACCEPT_BYTES, join=True)
        at_s = calendar.book(join, earliest_s)
        self._note_plan(at_s, self._join, device)
        data = self._exchange(
            device, DATA_OVERHEAD_BYTES + len(UPLINK_PAYLOAD), DATA_OVERHEAD_BYTES + len(DOWNLINK_PAYLOAD)
        )
        at_s = calendar.book(data, at_s + join.uplink_s + join.delay_s + join.downlink_s + PAUSE_S)
        self._note_plan(at_s, self._send, device)
        end_s = at_s + data.uplink_s + data.delay_s + data.downlink_s + PAUSE_S
        if device.behaviour.class_c:
            rx2 = _rx2_airtime_s(self._asked.region, DATA_OVERHEAD_BYTES + len(DOWNLINK_PAYLOAD))
            at_s = calendar.book(Exchange(0.0, 0.0, rx2 + CLASS_C_ROOM_S), end_s)
            self._note_plan(at_s + AHEAD_S, self._call, device)
            end_s = at_s + rx2 + CLASS_C_ROOM_S
        return end_s

    def _exchange(self, device: EndDevice, up_bytes: int, down_bytes: int, *, join: bool = False) -> Exchange:
        region, factor = self._asked.region, device.behaviour.spreading_factor
        delay_s = region.join_accept_delay1_s if join else float(self.core.settings.rx1_delay_s)
        uplink_s = _airtime_s(up_bytes, factor, crc=True)
        if _answer_in(device.identity.dev_eui) is WindowKind.RX2:
            return Exchange(uplink_s, delay_s + 1.0, _rx2_airtime_s(region, down_bytes))
        return Exchange(uplink_s, delay_s, _airtime_s(down_bytes, factor, crc=False))

    def _note_plan(self, moment_s: float, act: Callable[[EndDevice, float], None], device: EndDevice) -> None:
        planned: Callable[[float], object] = partial(act, device)
        heapq.heappush(self._plan, (moment_s, next(self._order), planned))

    def _join(self, device: EndDevice, moment_s: float) -> None:
        device.join(moment_s)
        self.population.woken(device)

    def _send(self, device: EndDevice, moment_s: float) -> None:
        if device.dev_addr is not None:
            self.core.send(device.identity.dev_eui, DOWNLINK_PAYLOAD)
            device.send(UPLINK_PAYLOAD, moment_s, confirmed=True)
            self.population.woken(device)

    def _call(self, device: EndDevice, _moment_s: float) -> None:
        if device.dev_addr is not None:
            self.server.send_now(device.identity.dev_eui, DOWNLINK_PAYLOAD)

    async def live(self) -> None:
        """Do what is planned, then wait for what is under way, but not for ever; nor without a gateway."""
        now_s = self.population.advance()
        start_s = now_s + LEAD_S
        until_s = start_s + self._planned_s + self._asked.grace_s
        while not self.left.is_set() and (self._plan or (now_s < until_s and not self._at_rest())):
            # Devices are told before their moment; a class C downlink goes at once, for which it has room.
            while self._plan and start_s + self._plan[0][0] <= now_s + AHEAD_S:
                moment_s, _, act = heapq.heappop(self._plan)
                act(start_s + moment_s)
            await asyncio.sleep(STEP_S)
            now_s = self.population.advance()

    def _at_rest(self) -> bool:
        """Whether nobody is about to send, and the last emission is over, which the gateway has noticed."""
        if self.population.next_timer() not in (None, math.inf) or not all(story.settled for story in self.stories):
            return False
        ends_s = (story.emission.end_s for story in self.stories if story.emission is not None)
        return time.monotonic() > max(ends_s, default=0.0) + AHEAD_S


def _answer_in(dev_eui: int) -> WindowKind:
    return WindowKind.RX1 if (dev_eui - FIRST_DEV_EUI) % 20 else WindowKind.RX2


def _airtime_s(length: int, spreading_factor: int, *, crc: bool) -> float:
    return lora_airtime_s(length, spreading_factor, 125_000, coding_rate=1, crc=crc, preamble=8)


def _rx2_airtime_s(region: Region, length: int) -> float:
    return _airtime_s(length, region.data_rate(region.rx2_data_rate).spreading_factor, crc=False)
