"""The gateway as it is installed: `candelabre run` in a process of its own, looked at from outside."""

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

from bench.errors import BenchError
from bench.machine import cpu_clock_of

GATEWAY_EUI = 0xAA555A00BE9C0001
STOP_TIMEOUT_S = 5.0
_REPOSITORY = Path(__file__).parents[1]
_KIB = 1024
_LOG_TAIL_CHARACTERS = 2000

_CONFIGURATION = """\
[gateway]
eui = "{eui:016X}"
state_dir = "{directory}"

[log]
level = "warning"

[radio]
bus = "unix:{socket}"
region_plan = "EU868"

[regulation]
enforce = false

{servers}"""


def configuration(directory: Path | str, chip_socket: Path | str, servers: str) -> str:
    """A gateway.toml with the state in `directory`, and [[server]] tables of TOML."""
    return _CONFIGURATION.format(eui=GATEWAY_EUI, directory=directory, socket=chip_socket, servers=servers)


class GatewayProcess:
    """A running daemon between the chip on a Unix socket and the servers of `servers`, [[server]] tables of TOML.

    All settings are the defaults, but no law is enforced: an hour's airtime would be used within seconds.
    """

    def __init__(self, directory: Path, chip_socket: Path, servers: str) -> None:
        file = directory / "gateway.toml"
        file.write_text(configuration(directory, chip_socket, servers), encoding="utf-8")
        self._log_path = directory / "gateway.log"
        with self._log_path.open("wb") as log:
            self._process = self._spawn(file, log)
        self._cpu_clock = cpu_clock_of(self._process.pid)

    @staticmethod
    def _spawn(file: Path, log: IO[bytes]) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "gateway.cli.main", "run", "--config", str(file)]
        return subprocess.Popen(command, cwd=_REPOSITORY, stdout=log, stderr=subprocess.STDOUT)

    @property
    def cpu_s(self) -> float:
        """Processor time used so far by all its threads, user and system."""
        return time.clock_gettime(self._cpu_clock)

    @property
    def rss_mb(self) -> float:
        """Resident memory, in millions of bytes."""
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) * _KIB / 1e6

    def check(self) -> None:
        """Raise BenchError, with the end of its log, if it ended by itself."""
        if self._process.poll() is not None:
            log = self._log_path.read_text(encoding="utf-8", errors="replace")[-_LOG_TAIL_CHARACTERS:]
            raise BenchError(f"the gateway ended with status {self._process.returncode}:\n{log}")

    def stop(self) -> None:
        """End it; one that does not obey is killed."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
