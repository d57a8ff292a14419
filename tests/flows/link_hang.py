"""`python -m tests.flows.link_hang`: how soon it is told that a gateway hangs. Its broker does, by its last will."""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

import msgspec
import structlog

from tests.flows.link_process import DaemonProcess
from tests.flows.link_scene import DEPOSITORS, PATIENCE_S, Surroundings, until

# MQTT 5 3.1.2.10 and MQTT 3.1.1 3.1.2.10: a client that was silent for one and a half keepalives is taken for lost.
KEEPALIVES = 1.5


class Hang(msgspec.Struct, frozen=True):
    """Seconds until everybody was told that the gateway is offline, and what they were told."""

    offline_s: float
    causes: dict[str, str]


async def hang(directory: Path, keepalive_s: int, *, times: float = 1) -> Hang:
    """A gateway hangs, and goes on once that was told."""
    around = Surroundings(directory)
    async with around.at_work():
        with DaemonProcess(around, times=times, broker_keepalive_s=keepalive_s) as daemon:
            await daemon.start()
            began_s = time.monotonic()
            daemon.hang()
            await _until_all_read(around, "offline", KEEPALIVES * keepalive_s + PATIENCE_S)
            offline_s = time.monotonic() - began_s
            causes = {each: around.state(each)["cause"] for each in DEPOSITORS}
            daemon.go_on()
            await _until_all_read(around, "online", PATIENCE_S)
            await daemon.stop()
    return Hang(offline_s, causes)


async def _until_all_read(around: Surroundings, state: str, patience_s: float) -> None:
    await until(lambda: all(around.state(each)["state"] == state for each in DEPOSITORS), patience_s, state)


def main() -> None:
    """As it was called."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    parser = argparse.ArgumentParser(description="Let a gateway hang, and measure how soon its broker tells.")
    parser.add_argument("--keepalive-s", type=int, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="candelabre-") as directory:
        found = asyncio.run(hang(Path(directory), options.keepalive_s))
    print(f"offline after {found.offline_s:.1f} s, with a keepalive of {options.keepalive_s} s: {found.causes}")


if __name__ == "__main__":
    main()
