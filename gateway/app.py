"""Composition root: configuration in, a running gateway out."""

import asyncio
import signal
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import msgspec
import structlog

from forwarder.backend import Backend
from forwarder.semtech_udp.backend import SemtechUdpBackend
from gateway.board import Board
from gateway.config import Config
from gateway.downlinks import DownlinkDesk
from gateway.gnss_time import NoGnssTime
from gateway.law import Law
from gateway.listener import Listener
from gateway.pipeline import Pipeline
from gateway.system_clock import SystemClock
from radio.concentrator import Concentrator
from radio.duty_cycle_store import DutyCycleStore, read_boot_id
from radio.errors import ChipError
from radio.sx1302.start import ChipIdentity

if TYPE_CHECKING:
    from gateway.gnss_side import GnssSide

_log = structlog.get_logger()


async def run(
    config: Config,
    listener: Listener | None = None,
    pipeline: Pipeline | None = None,
    stop: asyncio.Event | None = None,
) -> None:
    """Forward what the radio hears until SIGTERM, SIGINT or `stop`.

    `listener` is the configured board's and `pipeline` an empty one unless given.

    Raises:
        ExceptionGroup: of RadioError, the radio could not be started or was lost for good; of others, a bug.
    """
    listener = listener or Listener(Board(config).connect)
    stop = stop or asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    pipeline = pipeline or Pipeline()
    async with asyncio.TaskGroup() as tasks:
        forwarding = tasks.create_task(_forward(config, listener, pipeline))
        await stop.wait()
        await listener.finish(pipeline.handle_uplinks)
        forwarding.cancel()


async def _forward(config: Config, listener: Listener, pipeline: Pipeline) -> None:
    law = _law(config)
    try:
        gnss = _set_up(config, listener, pipeline, law)
        clock = SystemClock(lambda: pipeline.gnss.utc_ns)
        listener.on_emission = pipeline.handle_emission
        chip = await listener.start()
        _check_model(config.radio.model, chip)
        eui = chip.eui if config.gateway_eui is None else config.gateway_eui
        _log.info("gateway listens", gateway_eui=f"{eui:016X}", name=config.gateway.name)
        for server in config.servers:
            pipeline.add(SemtechUdpBackend(server, eui))
        async with asyncio.TaskGroup() as tasks:
            for backend in pipeline.backends:
                tasks.create_task(_serve(backend, pipeline))
            tasks.create_task(clock.run())
            if gnss is not None:
                tasks.create_task(gnss.run())
            tasks.create_task(_report(pipeline, listener, clock, config.gateway.stats_interval_s))
            await listener.listen(pipeline.handle_uplinks)
    finally:
        await listener.stop()
        if law is not None:
            law.close()
        _log.info("gateway stopped", **msgspec.structs.asdict(pipeline.totals))


def _set_up(config: Config, listener: Listener, pipeline: Pipeline, law: Law | None) -> "GnssSide | None":
    """Give the pipeline its desk and its time; the GNSS receiver's side, where there is one."""

    def radio() -> Concentrator | None:
        return listener.concentrator

    side = None
    if config.gnss.port is not None:
        from gateway.gnss_side import GnssSide  # noqa: PLC0415 - a gateway without receiver saves the memory

        side = GnssSide(config, config.gnss.port, radio)
    pipeline.gnss = NoGnssTime(config.position) if side is None else side.timekeeper
    gain_dbi = config.radio.antenna_gain_dbi
    pipeline.desk = DownlinkDesk(config.plan, radio, law, gain_dbi, pipeline.gnss.linear_us_at_gps)
    beacons = None if side is None else side.send_beacons(pipeline.desk.emissions)
    pipeline.on_beacon = None if beacons is None else beacons.emitted
    return side


def _law(config: Config) -> Law | None:
    """What keeps emissions lawful; None for a gateway that only listens."""
    if config.law is None:
        return None
    store = DutyCycleStore(Path(config.gateway.state_dir) / "duty_cycle", read_boot_id())
    return Law(config.law, config.radio.antenna_gain_dbi, store, enforce=config.regulation.enforce)


def _check_model(wanted: str, chip: ChipIdentity) -> None:
    if wanted not in ("auto", chip.model.lower()):
        advice = 'Set radio.model to the board\'s chip, or to "auto".'
        raise ChipError("identification", "the chip's model", wanted.upper(), chip.model, advice)


async def _serve(backend: Backend, pipeline: Pipeline) -> NoReturn:
    await backend.run(pipeline.handle_downlink)
    raise RuntimeError(f"backend {backend.name} ended by itself")


async def _report(pipeline: Pipeline, listener: Listener, clock: SystemClock, interval_s: float) -> NoReturn:
    while True:
        await asyncio.sleep(interval_s)
        pipeline.report(clock.unix_time_s(), listener.temperature_c)
        silent_s = listener.silent_s
        _log.info(
            "statistics",
            **msgspec.structs.asdict(pipeline.totals),
            silent_s=None if silent_s is None else round(silent_s),
            **pipeline.gnss.summary(),
            **listener.faults(),
        )
