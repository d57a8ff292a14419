"""The daemon as a process of its own, on a simulated chip that lives with whoever started it."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

from gateway.link.outage import SHORT_MS
from radio.simulator import SimulatedConcentrator, Transmission
from radio.simulator.socket_server import ChipServer
from tests.flows.link_scene import DEPOSITORS, DEV_ADDRS, Surroundings, until
from tests.gateway.policy.frames import data_frame

DEVICES_EACH = 20
STOP_S = 30


class DaemonProcess:
    """`tests.flows.link_daemon` in the middle of its surroundings, started, killed and stopped at will."""

    def __init__(
        self,
        around: Surroundings,
        *,
        times: float,
        short_ms: int = SHORT_MS,
        ceiling_per_hour: int = 6,
        broker_keepalive_s: int = 60,
        more: str = "",
    ) -> None:
        """`more` is for the end of gateway.toml."""
        self._around = around
        self._more = more
        self._arguments = ["--times", str(times), "--short-ms", str(short_ms)]
        self._limits = {"ceiling_per_hour": ceiling_per_hour, "broker_keepalive_s": broker_keepalive_s}
        self._process: subprocess.Popen[bytes] | None = None
        self.log = around.directory / "daemon.log"
        # The names of Unix sockets are short.
        self._socket = around.directory / "chip"
        self.chip = SimulatedConcentrator()
        self._server = ChipServer(self.chip, self._socket)
        self._uplinks = 0

    def __enter__(self) -> "DaemonProcess":
        """The chip can be reached; the daemon is not started yet."""
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing runs any more."""
        self.kill()
        self._server.stop()

    async def start(self) -> None:
        """Start it, and wait until both links are told to be up, by a document of this life."""
        config = self._around.directory / "gateway.toml"
        config.write_text(self._around.configuration(f"unix:{self._socket}", **self._limits) + self._more)
        before = len(self._around.heard)
        command = [sys.executable, "-m", "tests.flows.link_daemon", str(config), *self._arguments]
        self._spawn(command)
        await until(lambda: self._is_up_since(before), what=self.log)

    def _spawn(self, command: list[str]) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)

    def kill(self) -> None:
        """As a power cut would, but for what the kernel still holds."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def hang(self) -> None:
        """Let it do nothing any more, not even end: its connections stay."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on after that."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    async def stop(self) -> None:
        """Stop it in order."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(self._process.wait, STOP_S) == 0, self.log.read_text()
        self._process = None

    @property
    def rss_mb(self) -> float:
        """Its resident memory."""
        assert self._process is not None
        assert self._process.poll() is None, self.log.read_text()
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")) / 1024

    def send_uplink(self) -> None:
        """One more device sends, of either depositor in turn."""
        number, self._uplinks = self._uplinks, self._uplinks + 1
        first = DEV_ADDRS[DEPOSITORS[number % len(DEPOSITORS)]]
        device, fcnt = number // len(DEPOSITORS) % DEVICES_EACH, number // len(DEPOSITORS) // DEVICES_EACH
        frame = data_frame(first + device, fcnt % 65_536)
        self.chip.air.deliver_now(Transmission(frame, 868_300_000, -80.0, 7.5, 7))

    @property
    def uplinks(self) -> int:
        """How many were sent."""
        return self._uplinks

    def _is_up_since(self, before: int) -> bool:
        fresh = [each for each in self._around.heard[before:] if each.channel == "link" and each.content]
        up = {each.depositor for each in fresh if not each.message.retained and each.content["state"] == "up"}
        assert self._process is None or self._process.poll() is None, self.log.read_text()
        return up == set(DEPOSITORS)
