"""A living gateway in a process of its own, for commands to talk to."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.console.client import ask
from gateway.console.connecting import ConsoleError
from gateway.console.lines import SOCKET_NAME
from gateway.console.snapshot import Snapshot

ROOT = Path(__file__).parents[3]
PATIENCE_S = 60.0


class LivingGateway:
    """See `tests.gateway.console.living`. It can be stopped, and started again in the same place."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.config = directory / "gateway.toml"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Snapshot:
        """Until it has heard something."""
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.gateway.console.living", str(self.directory)],
                cwd=ROOT,
                stdout=log,
                stderr=log,
                env={name: value for name, value in os.environ.items() if name != "RUNTIME_DIRECTORY"},
            )
        ends_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < ends_s:
            with contextlib.suppress(ConsoleError):
                snapshot = ask([self.directory / SOCKET_NAME])
                if snapshot.since_start.received and snapshot.policy is not None and snapshot.policy.serial:
                    return snapshot
            time.sleep(0.05)
        raise AssertionError((self.directory / "log").read_text())

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE_S)
            self._process = None


@contextmanager
def living_gateway(directory: Path) -> Iterator[LivingGateway]:
    gateway = LivingGateway(directory)
    try:
        gateway.start()
        yield gateway
    finally:
        gateway.stop()
