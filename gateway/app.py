"""Composition root: configuration in, a running gateway out."""

import asyncio
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import msgspec
import structlog

from forwarder.backend import Backend
from forwarder.semtech_udp.backend import SemtechUdpBackend
from gateway.board import Board, check_model
from gateway.config import Config
from gateway.downlinks import DownlinkDesk
from gateway.gnss_time import NoGnssTime
from gateway.law import Law
from gateway.listener import Listener
from gateway.pipeline import Pipeline
from gateway.statistics import report_regularly
from gateway.stop_signals import stop_signals_to
from gateway.system_clock import SystemClock, host_is_synchronised
from gateway.traffic.tap import Tap
from gateway.traffic.tap_socket import served_path
from radio.concentrator import Concentrator
from radio.duty_cycle_store import DutyCycleStore, read_boot_id

if TYPE_CHECKING:
    from gateway.broker.client import Broker
    from gateway.gnss_side import GnssSide
    from gateway.policy_side import PolicySide

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
    pipeline = pipeline or Pipeline()
    # A terminal that goes away ends what was started in it.
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, stop.set if os.isatty(0) else pipeline.reload)
    with stop_signals_to(stop.set):
        async with asyncio.TaskGroup() as tasks:
            forwarding = tasks.create_task(_forward(config, listener, pipeline))
            await stop.wait()
            await listener.finish(pipeline.handle_uplinks)
            forwarding.cancel()


async def _forward(config: Config, listener: Listener, pipeline: Pipeline) -> None:
    if config.notices is not None:
        _log.warning("[notices] is configured, but this release sends none yet")
    law = _law(config)
    try:
        gnss = _set_up(config, listener, pipeline, law)
        clock = SystemClock(lambda: pipeline.gnss.utc_ns)
        broker = _broker(config)
        policy = _policy(config, pipeline, clock, broker)
        listener.on_emission = pipeline.handle_emission
        chip = await listener.start()
        check_model(config.radio.model, chip)
        eui = chip.eui if config.gateway_eui is None else config.gateway_eui
        _log.info("gateway listens", gateway_eui=f"{eui:016X}", name=config.gateway.name)
        for server in config.servers:
            pipeline.add(SemtechUdpBackend(server, eui))
        pipeline.tap = Tap(served_path(config.gateway.state_dir, os.environ), eui, host_is_synchronised)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(pipeline.tap.run())
            for backend in pipeline.backends:
                tasks.create_task(_serve(backend, pipeline))
            tasks.create_task(clock.run())
            for side in (gnss, broker, policy):
                if side is not None:
                    tasks.create_task(side.run())
            tasks.create_task(report_regularly(pipeline, listener, clock, config.gateway.stats_interval_s))
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


def _broker(config: Config) -> "Broker | None":
    if config.broker is None:
        return None
    from gateway.broker.client import Broker  # noqa: PLC0415 - a gateway without broker saves the memory

    return Broker(config.broker)


def _policy(config: Config, pipeline: Pipeline, clock: SystemClock, broker: "Broker | None") -> "PolicySide | None":
    """Give the pipeline the host's policy, where there is one."""
    if config.policy is None:
        return None
    from gateway.policy_side import PolicySide  # noqa: PLC0415 - a gateway without policy saves the memory

    region = config.radio.region_plan or config.regulation.region or ""
    side = PolicySide(config.policy, Path(config.gateway.state_dir), region, clock.unix_time_s, broker)
    pipeline.policy = side
    return side


def _law(config: Config) -> Law | None:
    """What keeps emissions lawful; None for a gateway that only listens."""
    if config.law is None:
        return None
    store = DutyCycleStore(Path(config.gateway.state_dir) / "duty_cycle", read_boot_id())
    return Law(config.law, config.radio.antenna_gain_dbi, store, enforce=config.regulation.enforce)


async def _serve(backend: Backend, pipeline: Pipeline) -> NoReturn:
    await backend.run(pipeline.handle_downlink)
    raise RuntimeError(f"backend {backend.name} ended by itself")
