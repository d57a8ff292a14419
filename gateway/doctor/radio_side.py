"""What is examined where nobody else has the radio: the chip and the GNSS receiver, at the same time."""

import asyncio
from pathlib import Path

from gateway.board import Board
from gateway.config import Config
from gateway.doctor.check import Check, Reason
from gateway.doctor.chip import CHAIN, OnEui, examine_chip
from gateway.doctor.fault import Fault
from gateway.doctor.gnss import examine_gnss, pps_result
from gateway.doctor.in_time import broke, in_thread
from gateway.doctor.permissions import service_user
from gateway.doctor.result import CheckResult, found, skipped
from gateway.doctor.spi import examine_spi

# A start takes three seconds; every wait in it ends.
START_LIMIT_S = 20.0


async def examine_radio(
    board: Board, config: Config, root: Path, *, listen_s: float, gnss_s: float, on_eui: OnEui
) -> list[CheckResult]:
    """From the reset line to the pulse. `on_eui` is told once, in any case."""
    (results, has_pulse), gnss = await asyncio.gather(
        _examine_chip(board, config, root, listen_s, on_eui), examine_gnss(config.gnss, gnss_s)
    )
    return [*results, gnss, pps_result(config.gnss, has_pulse)]


async def _examine_chip(
    board: Board, config: Config, root: Path, listen_s: float, on_eui: OnEui
) -> tuple[list[CheckResult], bool | None]:
    """Not where there is no way to it: `spi` tells why."""
    try:
        way = await in_thread(lambda: examine_spi(config.radio.bus, root))
        if way.fault is not None:
            return [skipped(check, Reason.EARLIER_FAULT) for check in CHAIN], None
        async with asyncio.timeout(START_LIMIT_S + listen_s):
            return await examine_chip(board, config, service_user().name, listen_s, on_eui)
    except TimeoutError:
        return _only(found(Check.CHIP, Fault.CHECK_TIMED_OUT, seconds=START_LIMIT_S + listen_s)), None
    except Exception as error:  # noqa: BLE001 - the other links are to be told all the same
        return _only(broke(Check.CHIP, error)), None
    finally:
        on_eui(None)


def _only(result: CheckResult) -> list[CheckResult]:
    """Of the chip, and nothing of the rest of the chain."""
    return [result, *(skipped(check, Reason.EARLIER_FAULT) for check in CHAIN if check is not result.check)]
