"""Real end devices for a demonstration, and the network server that they join. Needs cryptography."""

import asyncio
import itertools
import time
from collections.abc import Sequence

from gateway.demo.downlink_account import DownlinkAccount, Story
from gateway.demo.network_server import UdpNetworkServer
from gateway.demo.rows import DownlinkRow
from gateway.demo.screen import Screen
from gateway.demo.summary import DownlinkTotals
from radio.simulator import SimulatedConcentrator, Transmission
from radio.simulator.device_frames import Identity
from radio.simulator.devices import ReproducibleChance
from radio.simulator.end_device import Behaviour, EndDevice
from radio.simulator.network_server import NetworkServer
from radio.simulator.population import Population
from radio.simulator.receive_window import WindowKind

DOCUMENTATION_EUI = 0x0200_5EEF_1000_0000
"""256 EUI-64 that examples may use: RFC 9542, section 2.2.3."""
PERIOD_S = 12.0
BEHAVIOURS = (
    Behaviour(rssi_dbm=-71.0, period_s=PERIOD_S),
    Behaviour(rssi_dbm=-88.0, period_s=PERIOD_S, confirmed=True),
    Behaviour(rssi_dbm=-113.0, period_s=PERIOD_S, spreading_factor=9),
    Behaviour(rssi_dbm=-96.0, period_s=PERIOD_S, class_c=True),
)
EACH = 3
# The last is answered in RX2: at SF12 that keeps the gateway, which is half duplex, deaf for two seconds.
IN_RX2 = EACH * len(BEHAVIOURS) - 4
START_SPREAD_S = 1.0
CLASS_C_EVERY_S = 15.0
DATA_EVERY = 3
STEP_S = 0.02


class JoiningDevices:
    """A dozen end devices that join, send, and are sent to; the chip hears them and they hear the chip.

    With the second of its uplinks and every third after it a device is sent data. Every quarter of a minute one of
    class C is sent some unasked.
    """

    remarks: Sequence[str] = ()

    def __init__(self, chip: SimulatedConcentrator, screen: Screen) -> None:
        chance = ReproducibleChance(0)
        self._identities = [
            Identity(DOCUMENTATION_EUI + number, chance.randbytes(16)) for number in range(EACH * len(BEHAVIOURS))
        ]
        self._account = DownlinkAccount(self._show)
        self._core = NetworkServer()
        for number, identity in enumerate(self._identities):
            window = WindowKind.RX2 if number == IN_RX2 else WindowKind.RX1
            self._core.register(identity.dev_eui, identity.app_key, answer_in=window)
        self.server = UdpNetworkServer(self._core, self._account, screen.arrived)
        self.transmitted = 0
        self._chip = chip
        self._screen = screen
        self._rows: dict[bytes, DownlinkRow] = {}
        self._data_sent_with: dict[int, int] = {}
        self._population: Population | None = None

    @property
    def downlinks(self) -> DownlinkTotals:
        """What became of the downlinks."""
        return self._account.totals

    async def send(self, seconds: float) -> None:
        """See `Traffic.send`."""
        began_s = time.monotonic()
        devices = [
            EndDevice(
                identity,
                BEHAVIOURS[number % len(BEHAVIOURS)],
                start_s=began_s + number * START_SPREAD_S,
                seed=number,
            )
            for number, identity in enumerate(self._identities)
        ]
        population = Population(self._chip, devices, on_sent=self._sent, on_emission=self._account.emitted)
        self._population = population
        reachable = itertools.cycle(device.identity.dev_eui for device in devices if device.behaviour.class_c)
        next_class_c_s = began_s + CLASS_C_EVERY_S
        while time.monotonic() < began_s + seconds:
            if population.advance() >= next_class_c_s:
                self.server.send_now(next(reachable), b"class C")
                next_class_c_s += CLASS_C_EVERY_S
            await asyncio.sleep(STEP_S)

    def listen(self) -> None:
        """See `Traffic.listen`."""
        if self._population is not None:
            self._population.advance(silent=True)

    def _sent(self, device: EndDevice, _sent: Transmission) -> None:
        self.transmitted += 1
        dev_eui, uplinks = device.identity.dev_eui, device.counters.uplinks
        if uplinks % DATA_EVERY == 2 and self._data_sent_with.get(dev_eui) != uplinks:
            self._data_sent_with[dev_eui] = uplinks  # it may repeat itself
            self._core.send(dev_eui, b"data")

    def _show(self, story: Story) -> None:
        frame = story.downlink.phy_payload
        row = self._rows.pop(frame, None)
        if row is None:
            row = _row(story)
            self._screen.add(row)
        row.fate = story.outcome
        if story.settled:
            row.time = time.strftime("%H:%M:%S")
            self._screen.settle(row)
        else:
            self._rows[frame] = row


def _row(story: Story) -> DownlinkRow:
    downlink = story.downlink
    return DownlinkRow(
        time=time.strftime("%H:%M:%S"),
        dev_eui=downlink.dev_eui,
        freq_mhz=downlink.freq_hz / 1e6,
        data_rate=f"SF{downlink.data_rate.spreading_factor}BW{downlink.data_rate.bandwidth_hz // 1000}",
        kind=downlink.kind.value,
        fate=story.outcome,
    )
