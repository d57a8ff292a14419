"""What may be wrong with the service, by what systemd and the gateway say."""

import fcntl
import os
from collections.abc import Sequence
from pathlib import Path

from gateway.doctor.examining import Place, Wanted, examine
from gateway.doctor.fault import Fault
from gateway.doctor.result import CheckResult
from gateway.doctor.service import service_results
from gateway.state_lock import LOCK_NAME
from tests.gateway.doctor.scene import scene

Results = Sequence[CheckResult]
STATE_DIR = "/var/lib/candelabre"
LOADED = {"LoadState": "loaded", "NRestarts": "0", "ExecMainStatus": "0", "Result": "success"}


@scene(Fault.SERVICE_STOPPED)
async def service_stopped(_directory: Path) -> Results:
    """systemctl show: ActiveState=inactive."""
    return service_results({**LOADED, "ActiveState": "inactive"}, None, STATE_DIR, is_held=False)


@scene(Fault.SERVICE_FAILED)
async def service_failed(_directory: Path) -> Results:
    """systemctl show: ActiveState=failed, Result=exit-code, ExecMainStatus=3."""
    unit = {**LOADED, "ActiveState": "failed", "Result": "exit-code", "ExecMainStatus": "3"}
    return service_results(unit, None, STATE_DIR, is_held=False)


@scene(Fault.SERVICE_RESTARTS)
async def service_restarts(_directory: Path) -> Results:
    """systemctl show: ActiveState=activating, NRestarts=5."""
    unit = {**LOADED, "ActiveState": "activating", "NRestarts": "5"}
    return service_results(unit, None, STATE_DIR, is_held=False)


@scene(Fault.SERVICE_SPEECHLESS)
async def service_speechless(directory: Path) -> Results:
    """Another process holds the state directory, and there is no console."""
    state = directory / "state"
    state.mkdir()
    config = directory / "gateway.toml"
    config.write_text(
        f'[gateway]\nstate_dir = "{state}"\n[radio]\nbus = "simulator"\nregion_plan = "EU868"\n'
        '[[server]]\nname = "main"\nhost = "127.0.0.1"\n'
    )
    holder = os.open(state / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(holder, fcntl.LOCK_EX)
        place = Place(root=directory, environment={})
        return (await examine(config, Wanted(listen_s=0), place)).results
    finally:
        os.close(holder)
