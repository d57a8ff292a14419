"""Fifty devices of two depositors around a simulated chip, and the daemon that drives it, killed now and then."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import msgspec

from radio.simulator import Fate, Transmission
from radio.simulator.socket_server import ChipServer
from tests.flows.outage_chip import Chip, Metronome
from tests.flows.outage_disk import LimitedDisk
from tests.flows.outage_told import Ident, Told, told_in
from tests.forwarder.chirpstack_mqtt.frames import GATEWAY_ID
from tests.gateway.policy.signed import Host, depositor

STOP_S = 60
# In so much of what is told lately the number of those that wait is found.
LAST_BYTES = 20_000
TICK_S = 0.01
DEPOSITORS = {"metropole": 0x26011A00, "syndicat": 0x26011B00}
DEVICES_EACH = 25
JOINERS_EACH = 2
FIRST_DEV_EUI = 0x70B3_D57E_D000_0000
# In the time of the devices. Those without a session try to join so much more seldom.
PERIOD_S = 60.0
JOIN_PERIOD_S = 300.0
CONFIGURATION = """
[gateway]
eui = "{eui}"
state_dir = "{state_dir}"
stats_interval_s = 5
[log]
format = "json"
[radio]
bus = "unix:{socket}"
region_plan = "EU868"
{policy}
[store]
replay_per_s = 200
[[server]]
name = "main"
type = "{protocol}"
{server}
"""


class Device(msgspec.Struct):
    """Sends every so often, whoever hears it."""

    address: int
    period_s: float
    next_s: float = 0.0
    counter: int = 0

    def send(self, chip: Chip) -> tuple[Ident, bool]:
        """One uplink more; whether the chip has it."""
        self.counter += 1
        ident = Ident(self.address, self.counter)
        reception = chip.air.deliver_now(Transmission(ident.frame, 868_300_000, -80.0, 7.5, 7))
        assert reception.fate in (Fate.HEARD, Fate.NOT_RECEIVING, Fate.BUFFER_FULL, Fate.NO_CHANNEL), reception.fate
        return ident, reception.fate is Fate.HEARD


class Town:
    """All of it. `times` is how many times faster than the devices' own time passes."""

    def __init__(self, directory: Path, disk: LimitedDisk, times: float, chance: random.Random) -> None:
        self.state_dir = directory / "state"
        self.log = directory / "daemon.log"
        self.chip = Chip()
        self.metronome = Metronome()
        self.disk = disk
        self._times = times
        self._chance = chance
        self._directory = directory
        # The names of Unix sockets are short.
        self._socket = directory / "chip"
        self._server = ChipServer(self.chip, self._socket)
        self._config = directory / "gateway.toml"
        self._devices = self._all_devices()
        self._process: subprocess.Popen[bytes] | None = None
        self._readers: list[threading.Thread] = []
        self._text = bytearray()
        self.lives: list[list[Told]] = []
        self.heard_unix_s: dict[Ident, float] = {}
        self.unheard = 0

    def configure(self, protocol: str, server: str, *, policy: bool) -> None:
        """Write the daemon's configuration, with a server of some kind."""
        text = CONFIGURATION.format(
            eui=GATEWAY_ID.upper(),
            state_dir=self.state_dir,
            socket=self._socket,
            policy=_policy(self._directory) if policy else "",
            protocol=protocol,
            server=server,
        )
        self._config.write_text(text)

    def __enter__(self) -> "Town":
        """The chip can be reached; the daemon is not started yet."""
        self._server.start()
        self.metronome.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing runs any more."""
        if self._process is not None:
            self._process.kill()
            self._end()
        self.metronome.stop()
        self._server.stop()

    def start(self) -> None:
        """Start the daemon. On a disk that is full for it, if need be."""
        reading, writing = os.pipe()
        command = [sys.executable, "-m", "tests.flows.outage_daemon", str(self._config)]
        command += ["--tell", str(writing), "--times", str(self._times)]
        # To a pipe too: a file would be on the full disk.
        self._process = subprocess.Popen(command, pass_fds=[writing], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        os.close(writing)
        self.disk.started(self._process.pid)
        self._text = bytearray()
        self._readers = [
            threading.Thread(target=self._read, args=(reading, self._text)),
            threading.Thread(target=self._log),
        ]
        for reader in self._readers:
            reader.start()

    def kill(self) -> float:
        """As nothing else could; the moment."""
        assert self.is_alive
        assert self._process is not None
        self._process.kill()
        killed_s = time.monotonic()
        self._end()
        return killed_s

    async def stop(self) -> None:
        """Stop it in order."""
        assert self._process is not None
        self.chip.take_leave()
        self._process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(self._process.wait, STOP_S) == 0, self.log.read_text()[-5000:]
        self._end()

    @property
    def is_alive(self) -> bool:
        """True.

        Raises:
            AssertionError: the daemon has ended by itself.
        """
        assert self._process is not None
        assert self._process.poll() is None, self.log.read_text()[-5000:]
        return True

    @property
    def is_listening(self) -> bool:
        """Whether the daemon has started the chip."""
        return self.is_alive and self.chip.receiving

    @property
    def told(self) -> list[Told]:
        """What the daemon that runs has told up to now."""
        return told_in(bytes(self._text))

    @property
    def waits(self) -> int:
        """How many are kept, as far as the daemon that runs has told; unknown is many."""
        _, found, rest = bytes(self._text[-LAST_BYTES:]).rpartition(b'["waiting"')
        whole = found + rest.partition(b"\n")[0] + b"\n" if b"\n" in rest else b""
        return told_in(whole)[0].key if whole else sys.maxsize

    async def send_for_ever(self) -> None:
        """Have the devices send until cancelled."""
        while True:
            now_s = time.monotonic()
            for device in self._devices:
                if device.next_s <= now_s:
                    device.next_s = now_s + device.period_s * self._chance.uniform(0.8, 1.2)
                    self._send(device)
            await asyncio.sleep(TICK_S)

    def _send(self, device: Device) -> None:
        ident, heard = device.send(self.chip)
        if heard:
            self.heard_unix_s[ident] = time.time()
        else:
            self.unheard += 1

    def _all_devices(self) -> list[Device]:
        devices = []
        for number, dev_addr in enumerate(DEPOSITORS.values()):
            devices += [Device(dev_addr + each, PERIOD_S / self._times) for each in range(DEVICES_EACH)]
            dev_eui = FIRST_DEV_EUI + number * JOINERS_EACH
            devices += [Device(dev_eui + each, JOIN_PERIOD_S / self._times) for each in range(JOINERS_EACH)]
        now_s = time.monotonic()
        for device in devices:
            device.next_s = now_s + self._chance.random() * device.period_s
        return devices

    def _end(self) -> None:
        assert self._process is not None
        self._process.wait()
        self.chip.abandon()
        for reader in self._readers:
            reader.join()
        self.lives.append(self.told)
        self._process = None

    def _read(self, descriptor: int, text: bytearray) -> None:
        with open(descriptor, "rb", buffering=0) as pipe:
            while more := pipe.read(65_536):
                text += more

    def _log(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        with self.log.open("ab") as log, self._process.stdout as pipe:
            while more := os.read(pipe.fileno(), 65_536):
                log.write(more)
                log.flush()


def _policy(directory: Path) -> str:
    """A signed policy without limits; its section."""
    host = Host(directory)
    tables = []
    for number, (name, dev_addr) in enumerate(DEPOSITORS.items()):
        dev_euis = [FIRST_DEV_EUI + number * JOINERS_EACH + each for each in range(JOINERS_EACH)]
        tables.append(depositor(name, f"{dev_addr:08X}/24", *dev_euis))
    host.publish(host.document(*tables))
    return host.section()
