"""A real Mosquitto on a loopback port, for as long as something is measured."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.errors import BenchError, NotMeasurableError

# Where Debian puts it is not in everybody's path.
SEARCHED = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin"
_START_TIMEOUT_S = 10.0
_STOP_TIMEOUT_S = 5.0
_LOOK_S = 0.02
_HOST = "127.0.0.1"


def program() -> str:
    """Where it is installed.

    Raises:
        NotMeasurableError: nowhere; the message says what to install.
    """
    found = shutil.which("mosquitto", path=SEARCHED)
    if found is None:
        raise NotMeasurableError("mosquitto is not installed (Debian: apt-get install mosquitto)")
    return found


@contextmanager
def running_mosquitto() -> Iterator[int]:
    """Run it, for everybody and without TLS, on the port that this gives.

    Raises:
        BenchError: it does not start.
    """
    with tempfile.TemporaryDirectory(prefix="candelabre-bench-") as name:
        port, configuration = _free_port(), Path(name) / "mosquitto.conf"
        configuration.write_text(
            f"listener {port} {_HOST}\nallow_anonymous true\npersistence false\nlog_dest none\n", encoding="ascii"
        )
        process = subprocess.Popen([program(), "-c", str(configuration)], stdin=subprocess.DEVNULL)
        try:
            _wait_for(process, port)
            yield port
        finally:
            process.terminate()
            try:
                process.wait(_STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    deadline_s = time.monotonic() + _START_TIMEOUT_S
    while True:
        with contextlib.suppress(OSError), socket.create_connection((_HOST, port), _START_TIMEOUT_S):
            return
        if process.poll() is not None or time.monotonic() > deadline_s:
            raise BenchError(f"mosquitto does not listen (its status is {process.poll()})")
        time.sleep(_LOOK_S)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])
