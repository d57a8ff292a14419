"""The service: what systemd says of it, and what the running gateway says of itself."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from gateway.config.sections import RadioSection
from gateway.console.client import ask, console_paths
from gateway.console.connecting import ConsoleError
from gateway.console.snapshot import GnssPart, RadioState, Snapshot
from gateway.doctor.check import Check, Reason
from gateway.doctor.chip import CHAIN
from gateway.doctor.fault import Fault
from gateway.doctor.host import ROOT
from gateway.doctor.result import CheckResult, Fact, found, passed, skipped
from gateway.doctor.temperature import temperature_result

UNIT = "candelabre.service"
PROPERTIES = ("LoadState", "ActiveState", "Result", "ExecMainStatus", "NRestarts")
# sd_booted(3).
SYSTEMD = "run/systemd/system"
LIMIT_S = 5.0
MANY_RESTARTS = 3
S_PER_H, S_PER_MIN = 3600, 60
# Longer than this without a word from the receiver, and its time is given up.
AGREED_S = 10.0


def ask_service(state_dir: str, environment: Mapping[str, str]) -> Snapshot | None:
    """What the gateway of a state directory says of itself, None where none answers. Blocks for a few seconds."""
    try:
        return ask(console_paths(state_dir, environment))
    except ConsoleError:
        return None


def read_unit(root: Path = ROOT) -> Mapping[str, str] | None:
    """What systemd knows of the unit; None where there is no systemd, or no such unit. Blocks for a few seconds."""
    if not (root / SYSTEMD).is_dir():
        return None
    command = ["systemctl", "show", UNIT, f"--property={','.join(PROPERTIES)}"]
    try:
        shown = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=True).stdout  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    unit = dict(line.partition("=")[::2] for line in shown.splitlines())
    return unit if unit.get("LoadState") == "loaded" else None


def service_results(
    unit: Mapping[str, str] | None, snapshot: Snapshot | None, state_dir: str, *, is_held: bool
) -> list[CheckResult]:
    """Whether a gateway is at work, and whether it stays so. `is_held` is whether some process holds its state."""
    if snapshot is None and is_held:
        return [found(Check.SERVICE, Fault.SERVICE_SPEECHLESS, path=state_dir)]
    restarts = _number(unit, "NRestarts")
    if restarts >= MANY_RESTARTS:
        return [found(Check.SERVICE, Fault.SERVICE_RESTARTS, restarts=restarts)]
    if snapshot is not None:
        return [_at_work(snapshot.uptime_s)]
    if unit is None:
        return [skipped(Check.SERVICE, Reason.NOT_THERE)]
    if unit.get("ActiveState") == "failed":
        facts: dict[str, Fact] = {"result": f"{unit.get('Result', '?')}, status {unit.get('ExecMainStatus', '?')}"}
        return [found(Check.SERVICE, Fault.SERVICE_FAILED, **facts)]
    if unit.get("ActiveState") in ("active", "activating", "reloading"):
        return [found(Check.SERVICE, Fault.SERVICE_SPEECHLESS, path=state_dir)]
    return [found(Check.SERVICE, Fault.SERVICE_STOPPED)]


def _at_work(uptime_s: float) -> CheckResult:
    if uptime_s < 2 * S_PER_H:
        return passed(Check.SERVICE, uptime_min=int(uptime_s / S_PER_MIN))
    return passed(Check.SERVICE, uptime_h=int(uptime_s / S_PER_H))


def is_active(unit: Mapping[str, str] | None) -> bool:
    """Whether systemd has the service at work, or is about to."""
    return unit is not None and unit.get("ActiveState") in ("active", "activating", "reloading")


def _number(unit: Mapping[str, str] | None, name: str) -> int:
    text = "" if unit is None else unit.get(name, "")
    return int(text) if text.isdecimal() else 0


def radio_results(snapshot: Snapshot | None, section: RadioSection) -> list[CheckResult]:
    """The links that the service has for itself, as it tells them; `snapshot` is None where it says nothing."""
    if snapshot is None:
        return [skipped(check, Reason.SERVICE_SAYS_NOTHING) for check in CHAIN]
    radio = snapshot.radio
    results = [skipped(Check.RESET_LINE, Reason.SERVICE_SAYS_NOTHING)]
    if radio.state is RadioState.LOST or radio.troubles:
        problem = radio.problem or ", ".join(radio.troubles) or "?"
        later = [skipped(check, Reason.EARLIER_FAULT) for check in CHAIN[1:-1]]
        return [*results, *later, found(Check.RECEPTION, Fault.RADIO_LOST, problem=problem)]
    if radio.state is RadioState.STARTING:
        return [skipped(check, Reason.SERVICE_SAYS_NOTHING) for check in CHAIN]
    chip: dict[str, Fact] = {}
    if radio.model is not None and snapshot.gateway_eui is not None:
        chip = {"model": radio.model, "eui": snapshot.gateway_eui}
    reception = passed(Check.RECEPTION, packets=snapshot.last_hour.received)
    return [
        *results,
        passed(Check.CHIP, **chip),
        passed(Check.RADIOS),
        passed(Check.FIRMWARE, loaded=True),
        temperature_result(section, radio.temperature_c),
        reception,
    ]


def time_results(snapshot: Snapshot | None, port: str | None) -> list[CheckResult]:
    """GNSS and PPS, which the service has for itself."""
    if port is None:
        return [skipped(check, Reason.NOT_CONFIGURED) for check in (Check.GNSS, Check.PPS)]
    gnss = None if snapshot is None else snapshot.clock.gnss
    if gnss is None:
        return [skipped(check, Reason.SERVICE_SAYS_NOTHING) for check in (Check.GNSS, Check.PPS)]
    return _gnss(gnss)


def _gnss(gnss: GnssPart) -> list[CheckResult]:
    if gnss.time_known or (gnss.agreed_s is not None and gnss.agreed_s <= AGREED_S):
        return [passed(Check.GNSS), passed(Check.PPS)]
    return [found(Check.GNSS, Fault.GNSS_NO_FIX), skipped(Check.PPS, Reason.SERVICE_SAYS_NOTHING)]
