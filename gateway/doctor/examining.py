"""The examination: every link at once, each within its time, and the results in the order of the chain.

The radio belongs to one process. Where the service runs, or any gateway that keeps its state in the same place, what it
says of itself is taken; else doctor holds the state directory meanwhile, so that none starts in between.
"""

import asyncio
import os
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec

from gateway.board import Board
from gateway.config import Config, ConfigError, load_config
from gateway.console.snapshot import Snapshot
from gateway.doctor.check import Check, Reason
from gateway.doctor.chip import CHAIN
from gateway.doctor.fault import Fault
from gateway.doctor.host import ROOT
from gateway.doctor.host_side import examine_host
from gateway.doctor.in_time import in_thread
from gateway.doctor.radio_side import examine_radio
from gateway.doctor.result import CheckResult, Examination, Fact, found, in_order, passed, skipped
from gateway.doctor.servers import examine_servers
from gateway.doctor.service import ask_service, is_active, radio_results, read_unit, service_results, time_results
from gateway.known_eui import remembered_eui
from gateway.state_lock import borrowed

CONFIG_LIMIT_S = 10.0
NEEDS_CONFIGURATION = (
    *(Check.SPI, Check.PERMISSIONS, *CHAIN, Check.GNSS, Check.PPS),
    *(Check.NAMES, Check.SERVER, Check.BROKER, Check.POLICY),
)


class Wanted(msgspec.Struct, frozen=True):
    """How long to listen: for packets, and for the GNSS receiver."""

    listen_s: float = 10.0
    gnss_s: float = 12.0


class Place(msgspec.Struct, frozen=True):
    """Where the gateway is: the root of its file system, and its environment."""

    root: Path = ROOT
    environment: Mapping[str, str] = msgspec.field(default_factory=lambda: dict(os.environ))


async def examine(
    config_path: Path, wanted: Wanted | None = None, place: Place | None = None, board: Board | None = None
) -> Examination:
    """Examine a gateway. Whatever is wrong with it is a result, and never raised. Takes a minute at most.

    `board` is the one to examine in place of that of the configuration.
    """
    began_s, at_unix_s, place = time.monotonic(), int(time.time()), place or Place()
    unit = await in_thread(lambda: read_unit(place.root))
    config = await _loaded(config_path)
    if isinstance(config, CheckResult):
        results = [config]
        results += [skipped(check, Reason.NO_CONFIGURATION) for check in NEEDS_CONFIGURATION]
        results += [*service_results(unit, None, "", is_held=False), *await examine_host(None, place.root)]
        took_s = time.monotonic() - began_s
        return Examination(in_order(results), at_unix_s, took_s, service_runs=is_active(unit))
    results = [passed(Check.CONFIGURATION, path=str(config_path))]
    state_dir = config.gateway.state_dir
    with borrowed(Path(state_dir)) as is_ours:
        snapshot = await in_thread(lambda: ask_service(state_dir, place.environment))
        is_held = is_ours is False or (is_ours is None and is_active(unit))
        runs = snapshot is not None or is_held
        results += service_results(unit, snapshot, state_dir, is_held=is_held)
        parts = [examine_host(config, place.root)]
        parts += [_beside_service(config, snapshot)] if runs else [_alone(config, wanted or Wanted(), place, board)]
        for part in await asyncio.gather(*parts):
            results += part
    return Examination(
        in_order(results),
        at_unix_s,
        time.monotonic() - began_s,
        service_runs=runs,
        gateway_name=config.gateway.name or "",
        gateway_eui=_eui_text(config, snapshot, results),
    )


async def _loaded(path: Path) -> Config | CheckResult:
    """The configuration, or why there is none. What lies at the path may hang: a worn card, a pipe."""
    try:
        async with asyncio.timeout(CONFIG_LIMIT_S):
            return await in_thread(lambda: load_config(path))
    except ConfigError as error:
        return _config_fault(path, error)
    except TimeoutError:
        return found(Check.CONFIGURATION, Fault.CHECK_TIMED_OUT, seconds=CONFIG_LIMIT_S)


def _config_fault(path: Path, error: ConfigError) -> CheckResult:
    match error.__cause__:
        case FileNotFoundError() | NotADirectoryError():
            return found(Check.CONFIGURATION, Fault.CONFIGURATION_MISSING, path=str(path))
        case PermissionError():
            return found(Check.CONFIGURATION, Fault.CONFIGURATION_FORBIDDEN, path=str(path))
    facts: dict[str, Fact] = {"path": str(path), "count": len(error.problems), "problem": str(error.problems[0])}
    return found(Check.CONFIGURATION, Fault.CONFIGURATION_WRONG, **facts)


async def _beside_service(config: Config, snapshot: Snapshot | None) -> list[CheckResult]:
    """What can be known while the radio is somebody else's."""
    told = None if snapshot is None or snapshot.gateway_eui is None else int(snapshot.gateway_eui, 16)
    eui = asyncio.get_running_loop().create_future()
    eui.set_result(told if config.gateway_eui is None else config.gateway_eui)
    return [
        *radio_results(snapshot, config.radio),
        *time_results(snapshot, config.gnss.port),
        *await examine_servers(config, eui, snapshot, service_runs=True),
    ]


async def _alone(config: Config, wanted: Wanted, place: Place, board: Board | None) -> list[CheckResult]:
    """With the radio for ourselves. The servers are asked as soon as the chip has told the gateway's EUI."""
    eui: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
    remembered = await in_thread(lambda: remembered_eui(Path(config.gateway.state_dir)))

    def tell_eui(of_chip: int | None) -> None:
        if not eui.done():
            known = remembered if of_chip is None else of_chip
            eui.set_result(known if config.gateway_eui is None else config.gateway_eui)

    if config.gateway_eui is not None:
        tell_eui(None)
    radio, servers = await asyncio.gather(
        examine_radio(
            board or Board(config),
            config,
            place.root,
            listen_s=wanted.listen_s,
            gnss_s=wanted.gnss_s,
            on_eui=tell_eui,
        ),
        examine_servers(config, eui),
    )
    return [*radio, *servers]


def _eui_text(config: Config, snapshot: Snapshot | None, results: list[CheckResult]) -> str:
    if config.gateway.eui is not None:
        return config.gateway.eui.upper()
    if snapshot is not None and snapshot.gateway_eui is not None:
        return snapshot.gateway_eui
    return next((str(one.facts["eui"]) for one in results if one.check is Check.CHIP and "eui" in one.facts), "")
