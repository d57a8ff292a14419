"""A living gateway in a process of its own: `python -m tests.gateway.console.living DIRECTORY`.

A simulated chip and twelve devices on its air, a network server that joins ten of them and answers, another that never
does, and a host's policy with two depositors. Writes DIRECTORY/gateway.toml; SIGTERM ends it.
"""

import asyncio
import io
import math
import sys
from pathlib import Path

from gateway import app
from gateway.board import Board
from gateway.config import load_config
from gateway.demo.devices import DOCUMENTATION_EUI, JoiningDevices
from gateway.demo.screen import Screen
from gateway.listener import Listener
from gateway.log import configure_logging
from gateway.pipeline import Pipeline
from radio.simulator import SimulatedConcentrator
from tests.gateway.policy.signed import Host, depositor

CONFIG = """
[gateway]
name = "lampadaire-12"
state_dir = "{directory}"
[radio]
bus = "simulator"
region_plan = "EU868"
[[server]]
name = "metropole"
host = "127.0.0.1"
port_up = {port}
port_down = {port}
[[server]]
name = "secours"
host = "127.0.0.1"
port_up = 9
port_down = 9
[[route]]
name = "all"
servers = ["metropole"]
[policy]
when_none_valid = "refuse"
host_keys = ["{key}"]
file = "{policy}"
"""
LIMITS = "min_interval_s = 10"


def policy() -> tuple[str, str]:
    """Whose the devices are: two of the twelve are nobody's."""
    euis = [DOCUMENTATION_EUI + number for number in range(10)]
    return (
        depositor("metropole", "00000000/29", *euis[:7]),
        depositor("syndicat-eaux", "00000008/29", *euis[7:], device_allowance=LIMITS),
    )


async def live(directory: Path) -> None:
    """Until a signal comes."""
    host = Host(directory)
    host.publish(host.document(*policy()))
    chip, pipeline, stop = SimulatedConcentrator(), Pipeline(), asyncio.Event()
    devices = JoiningDevices(chip, Screen("none", io.StringIO(), title=list, on_failure=stop.set))
    path = directory / "gateway.toml"
    async with devices.server as server, asyncio.TaskGroup() as tasks:
        text = CONFIG.format(directory=directory, port=server.port, key=host.key_path, policy=host.policy_path)
        path.write_text(text)
        config = load_config(path)
        sending = tasks.create_task(devices.send(math.inf))
        await app.run(config, Listener(Board(config, chip).connect), pipeline, stop)
        sending.cancel()


if __name__ == "__main__":
    configure_logging("info", "text", sys.stderr)
    asyncio.run(live(Path(sys.argv[1])))
