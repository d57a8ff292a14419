"""The regular reports: to the network servers, to the log, and to whoever else wants them."""

import asyncio
from collections.abc import Callable
from typing import NoReturn

import msgspec
import structlog

from gateway.listener import Listener
from gateway.pipeline import Pipeline
from gateway.system_clock import SystemClock

_log = structlog.get_logger()


async def report_regularly(
    pipeline: Pipeline,
    listener: Listener,
    clock: SystemClock,
    interval_s: float,
    also: Callable[[], None] = lambda: None,
) -> NoReturn:
    """Report now and again, until cancelled, and call `also` each time."""
    while True:
        await asyncio.sleep(interval_s)
        also()
        pipeline.report(clock.unix_time_s(), listener.temperature_c)
        silent_s = listener.silent_s
        _log.info(
            "statistics",
            **msgspec.structs.asdict(pipeline.totals),
            silent_s=None if silent_s is None else round(silent_s),
            **pipeline.gnss.summary(),
            **pipeline.policy.summary(),
            **({} if pipeline.router is None else pipeline.router.summary()),
            **listener.faults(),
        )
