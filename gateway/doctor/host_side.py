"""What is examined whoever has the radio: the computer, its clock, rights, and the host's policy."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from gateway.config import Config
from gateway.doctor.check import Check
from gateway.doctor.clock import clock_result
from gateway.doctor.host import (
    examine_disk,
    examine_flash,
    examine_memory,
    examine_packages,
    examine_power,
    examine_python,
)
from gateway.doctor.in_time import in_thread, in_time
from gateway.doctor.permissions import devices_of, examine_permissions, service_user
from gateway.doctor.policy import examine_policy
from gateway.doctor.result import CheckResult
from gateway.doctor.spi import examine_spi
from gateway.system_clock import host_is_synchronised

LIMIT_S = 8.0
# Where state lies by default, and what its disk is asked of where no configuration says another.
DEFAULT_STATE_DIR = Path("/var/lib/candelabre")

Work = Callable[[], list[CheckResult]]


async def examine_host(config: Config | None, root: Path) -> list[CheckResult]:
    """All of it at once; what needs a configuration only with one."""
    works = _works_of_host(config, root)
    if config is not None:
        works |= _works_of_configuration(config, root)
    done = await asyncio.gather(*(in_time(check, in_thread(work), LIMIT_S) for check, work in works.items()))
    return [result for results in done for result in results]


def _works_of_host(config: Config | None, root: Path) -> dict[Check, Work]:
    on_a_board = config is not None and config.radio.bus.startswith("/dev/")
    state_dir = DEFAULT_STATE_DIR if config is None else Path(config.gateway.state_dir)
    return {
        Check.PYTHON: lambda: [examine_python()],
        Check.PACKAGES: lambda: examine_packages(on_a_board=on_a_board),
        Check.CLOCK: lambda: [clock_result(int(time.time()), is_synchronised=host_is_synchronised())],
        Check.DISK: lambda: [examine_disk(state_dir)],
        Check.FLASH: lambda: examine_flash(root),
        Check.MEMORY: lambda: [examine_memory(root)],
        Check.POWER: lambda: examine_power(root),
    }


def _works_of_configuration(config: Config, root: Path) -> dict[Check, Work]:
    state_dir = Path(config.gateway.state_dir)
    return {
        Check.SPI: lambda: [examine_spi(config.radio.bus, root)],
        Check.PERMISSIONS: lambda: examine_permissions(devices_of(config), state_dir, service_user()),
        Check.POLICY: lambda: [examine_policy(config.policy, state_dir)],
    }
