"""What the daemon does not load: the virtual devices, and the cryptography that they need."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DEVICE_MODULES = [
    "cryptography",
    "gateway.demo",
    "radio.simulator.device_frames",
    "radio.simulator.end_device",
    "radio.simulator.lorawan_keys",
    "radio.simulator.network_server",
    "radio.simulator.population",
]
RUN_FOR_A_MOMENT = """
import asyncio, sys, tempfile
from gateway import app
from gateway.cli import run
from gateway.config import parse_config

async def main():
    stop = asyncio.Event()
    config = parse_config(b'''
        [gateway]
        state_dir = "%s"
        [radio]
        bus = "simulator"
        region_plan = "EU868"
        [[server]]
        name = "nobody"
        host = "127.0.0.1"
    ''')
    gateway = asyncio.create_task(app.run(config, stop=stop))
    await asyncio.wait((gateway,), timeout=0.5)
    stop.set()
    await gateway

asyncio.run(main())
print(*sys.modules, sep="\\n")
"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The modules of a gateway that has run."""
    script = RUN_FOR_A_MOMENT % tmp_path_factory.mktemp("state")
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.split())


@pytest.mark.parametrize("module", DEVICE_MODULES)
def test_the_daemon_does_not_load_virtual_devices(loaded: set[str], module: str) -> None:
    assert "radio.simulator.concentrator" in loaded
    assert module not in loaded


def test_the_names_are_those_of_modules_that_exist() -> None:
    for module in DEVICE_MODULES[1:]:
        path = ROOT / module.replace(".", "/")
        assert path.is_dir() or path.with_suffix(".py").is_file()
