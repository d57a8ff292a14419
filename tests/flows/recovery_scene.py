"""A whole gateway on a simulated board, in a simulated host: what fails is mended by the rung that reaches it.

The host has a bus handle that only a new process gets anew, and a kernel's driver that only a reboot does. `Machine`
starts the daemon again as systemd would, and reboots when it is asked to.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import msgspec

from forwarder.semtech_udp.server import NetworkServerEnd
from gateway import app
from gateway.board import SimulatedLines
from gateway.config import Config
from gateway.config.supervision_section import SupervisionSection
from gateway.listener import Listener
from gateway.pipeline import Pipeline
from gateway.supervision.deafness import DeafnessWatch
from gateway.supervision.ears import Ears
from gateway.supervision.recovery import REBOOT_WANTED, Recovery
from gateway.supervision.recovery_file import FILE, RecoveryFile
from gateway.supervision.repairs import RepairEvent, RepairNews
from gateway.supervision.rungs import Means, RestartPolicy, Rung
from radio.concentrator import Concentrator
from radio.errors import BusError
from radio.packets import RxPacket
from radio.simulator import Fate, SimulatedConcentrator, Transmission
from radio.sx1302.firmware import Firmware
from radio.tx_dispatcher import EmissionReport
from tests.flows.learnt_traffic import learnt
from tests.flows.link_scene import until
from tests.gateway.rig import Received, configuration

PACKETS_PER_S = 20.0
LOOK_S = 0.2
LONGEST_S = 3_600.0
CHANNELS_HZ = (868_100_000, 868_300_000, 868_500_000, 867_100_000, 867_900_000)


class Host:
    """The machine: what of it is broken, and how often its process and it were started."""

    def __init__(self) -> None:
        self.handle_broken = self.driver_broken = False
        self.lives = self.boots = 1

    def new_process(self) -> None:
        """systemd has started the daemon anew."""
        self.lives += 1
        self.handle_broken = False

    def reboot(self) -> None:
        """The machine has booted."""
        self.boots += 1
        self.handle_broken = self.driver_broken = False


class HostBus:
    """The way from the process to the chip."""

    def __init__(self, chip: SimulatedConcentrator, host: Host) -> None:
        self._chip = chip
        self._host = host

    def transfer(self, out: bytes) -> bytes:
        """See `radio.bus.SpiBus.transfer`."""
        if self._host.handle_broken or self._host.driver_broken:
            raise BusError("simulated fault: the host's SPI controller does not answer")
        return self._chip.transfer(out)

    def close(self) -> None:
        """See `radio.bus.SpiBus.close`."""


class Clock:
    """The clock of the watch over the radio's hearing, which a test may put forward."""

    def __init__(self) -> None:
        self.forward_s = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.forward_s


class Accounts(Pipeline):
    """A pipeline that keeps what became of emissions."""

    def __init__(self) -> None:
        super().__init__()
        self.emissions: list[EmissionReport] = []

    def handle_emission(self, report: EmissionReport) -> None:
        """See `Pipeline.handle_emission`."""
        self.emissions.append(report)
        super().handle_emission(report)


class Machine:
    """A gateway that has listened to regular traffic for days, and what is done to it. `rungs` are those it took."""

    def __init__(
        self,
        state_dir: Path,
        *,
        has_lines: bool = True,
        per_s: float = PACKETS_PER_S,
        policy: RestartPolicy | None = None,
    ) -> None:
        self.chip = SimulatedConcentrator()
        self.host, self.clock = Host(), Clock()
        self.received = Received()
        self.pipelines: list[Accounts] = []
        self.news: list[tuple[float, RepairNews]] = []
        self.sent: list[tuple[float, bytes, Fate]] = []
        self.answered_s: dict[int, float] = {}
        self.asked: list[int] = []
        self.listener: Listener | None = None
        self._state_dir = state_dir
        self._has_lines = has_lines
        self._per_s = per_s
        self._policy = policy
        self._is_quiet = False

    @property
    def rungs(self) -> list[Rung]:
        """In their order."""
        return [news.rung for _, news in self.news if news.event is RepairEvent.BEGUN and news.rung is not None]

    @property
    def lost(self) -> list[bytes]:
        """What the chip has recorded and no server got."""
        got = {packet.data for packet in self.received.packets}
        return [payload for _, payload, fate in self.sent if fate is Fate.HEARD and payload not in got]

    @property
    def is_cut_off(self) -> bool:
        """Whether no program reaches the chip; what it records then is lost when it is reset, and nobody's fault."""
        return self.host.handle_broken or self.host.driver_broken

    async def cut_off(self) -> None:
        """Nothing is in the chip when it is."""
        self._is_quiet = True
        await until(lambda: not self.lost)
        self._is_quiet = False

    def told_s(self, event: RepairEvent) -> float:
        """When the first news of a kind came."""
        return next(at_s for at_s, news in self.news if news.event is event)

    async def grow_deaf(self) -> None:
        """Let so much time pass for the watch over its hearing that no silence is usual any more.

        Once it knows of all that was heard before: that must not end the silence.
        """
        assert self.listener is not None
        recovery = self.listener.recovery
        await until(lambda: recovery.report.silent_s > 2 * LOOK_S)
        self.clock.forward_s += (self.listener.recovery.report.deaf_after_s or 0.0) + 1.0

    def listener_of(self, config: Config) -> Listener:
        """A new process's."""
        lines = SimulatedLines(self.chip)

        def connect() -> Concentrator:
            return Concentrator(
                HostBus(self.chip, self.host),
                config.plan,
                Firmware.blank(),
                temperature=lambda: 25.0,
                reset=lines if self._has_lines else None,
                power_cycle=lines.power_cycle if self._has_lines else None,
            )

        ears = Ears(now_s=self.clock)
        ears.watch = DeafnessWatch.begun(self.clock(), learnt(self._per_s))
        recovery = Recovery(
            self._policy,
            means=Means(self._has_lines, self._has_lines, reboot_allowed=True),
            file=RecoveryFile(self._state_dir / FILE),
            ears=ears,
            runtime=self._state_dir,
            look_s=LOOK_S,
        )
        recovery.on_news(lambda news: self.news.append((time.monotonic(), news)))
        self.listener = Listener(connect, recovery=recovery)
        return self.listener

    @contextlib.asynccontextmanager
    async def at_work(self) -> AsyncIterator["Machine"]:
        """With a network server and traffic, until the block ends."""
        async with NetworkServerEnd(on_datagram=self.received.take) as server, asyncio.TaskGroup() as tasks:
            self.received.server = server
            config = configuration(server.port, f'stats_interval_s = 1\nstate_dir = "{self._state_dir}"')
            config = msgspec.structs.replace(config, supervision=SupervisionSection(reboot_allowed=True))
            stop = asyncio.Event()
            living = tasks.create_task(self._live(config, stop))
            await self.received.until(lambda: bool(self.received.gateways))
            sending = tasks.create_task(self._send())
            asking = tasks.create_task(self._ask())
            await until(lambda: self.listener is not None and self.listener.recovery.ears.quick_s is not None)
            yield self
            sending.cancel()
            asking.cancel()
            await self.received.until(lambda: not self.lost)
            stop.set()
            await living

    async def _live(self, config: Config, stop: asyncio.Event) -> None:
        """One process after the other."""
        while not stop.is_set():
            life = asyncio.Event()
            pipeline = Accounts()
            self.pipelines.append(pipeline)
            run = asyncio.create_task(app.run(config, self.listener_of(config), pipeline, life))
            ends = [asyncio.create_task(each) for each in (stop.wait(), self._reboot_wanted())]
            await asyncio.wait((run, *ends), return_when=asyncio.FIRST_COMPLETED)
            life.set()
            for each in ends:
                each.cancel()
            with contextlib.suppress(ExceptionGroup):
                await run
            if (self._state_dir / REBOOT_WANTED).exists():
                (self._state_dir / REBOOT_WANTED).unlink()
                self.host.reboot()
            elif not stop.is_set():
                self.host.new_process()

    async def _reboot_wanted(self) -> None:
        while not (self._state_dir / REBOOT_WANTED).exists():  # noqa: ASYNC110 - a file sets no event
            await asyncio.sleep(0.05)

    async def _send(self) -> None:
        number = 0
        while True:
            await until(lambda: not (self._is_quiet or self.is_cut_off), LONGEST_S)
            payload = b"city light %07d" % number
            freq_hz = CHANNELS_HZ[number % len(CHANNELS_HZ)]
            reception = self.chip.air.deliver_now(Transmission(payload, freq_hz, -80.0, 7.5, 7))
            self.sent.append((time.monotonic(), payload, reception.fate))
            number += 1
            await asyncio.sleep(1 / self._per_s)

    async def _ask(self) -> None:
        """A downlink every second, due a second later."""
        token = 0
        while True:
            await asyncio.sleep(1.0)
            if self.received.packets:
                token += 1
                self.asked.append(token)
                self.received.request(token, downlink(self.received.packets[-1].tmst + 2_000_000))


def downlink(due_us: int) -> bytes:
    """A short answer in a receive window, weak enough not to wear out the law's patience."""
    return (
        b'{"txpk":{"imme":false,"tmst":%d,"freq":869.525,"rfch":0,"powe":14,"modu":"LORA","datr":"SF7BW125",'
        b'"codr":"4/5","ipol":true,"size":4,"data":"AAECAw=="}}' % (due_us % (1 << 32))
    )


def heard(packets: Sequence[RxPacket]) -> list[bytes]:
    """Their payloads."""
    return [packet.payload for packet in packets]
