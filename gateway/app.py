"""Composition root: configuration in, a running gateway out."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import msgspec
import structlog

from forwarder.backend import Backend
from gateway.assembly import backend_of, broker_of, gnss_of, law_of, link_of, policy_of, router_of
from gateway.board import Board, check_model
from gateway.config import Config
from gateway.daemon import Daemon, SetLevel
from gateway.known_eui import check_eui, remembered_eui
from gateway.listener import Listener
from gateway.pipeline import Pipeline
from gateway.router import Router
from gateway.statistics import report_regularly
from gateway.stop_signals import stop_signals_to
from gateway.system_clock import SystemClock, host_is_synchronised
from gateway.traffic.tap import Tap
from gateway.traffic.tap_socket import served_path
from gateway.wanted_channels import WantedChannels

if TYPE_CHECKING:
    from gateway.broker.client import Broker
    from gateway.gnss_side import GnssSide

_log = structlog.get_logger()


async def run(
    config: Config,
    listener: Listener | None = None,
    pipeline: Pipeline | None = None,
    stop: asyncio.Event | None = None,
    set_level: SetLevel | None = None,
) -> None:
    """Forward what the radio hears until SIGTERM, SIGINT or `stop`.

    `listener` is the configured board's and `pipeline` an empty one unless given; `set_level` sets the log's level.

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
            forwarding = tasks.create_task(_forward(config, listener, pipeline, stop, set_level))
            await stop.wait()
            await listener.finish(pipeline.handle_uplinks)
            if pipeline.router is not None:
                await pipeline.router.finish()
            forwarding.cancel()


async def _forward(
    config: Config, listener: Listener, pipeline: Pipeline, stop: asyncio.Event, set_level: SetLevel | None
) -> None:
    law = law_of(config)
    try:
        gnss = gnss_of(config, listener, pipeline, law)
        clock = SystemClock(lambda: pipeline.gnss.utc_ns)
        broker = broker_of(config)
        policy = policy_of(config, pipeline, clock, broker)
        router = pipeline.router = router_of(config, clock)
        listener.on_emission, listener.on_started = pipeline.handle_emission, pipeline.radio_started
        daemon = Daemon(listener, pipeline, clock, policy, broker, stop, set_level)
        async with _left_last(broker) as connects, _keeping(router), asyncio.TaskGroup() as tasks:
            tasks.create_task(clock.run())
            tasks.create_task(router.run())
            if policy is not None:
                tasks.create_task(policy.run())
            await _listen(config, daemon, gnss, tasks, connects)
    finally:
        await listener.stop()
        if law is not None:
            law.close()
        _log.info("gateway stopped", **msgspec.structs.asdict(pipeline.totals))


async def _listen(
    config: Config, daemon: Daemon, gnss: "GnssSide | None", tasks: asyncio.TaskGroup, connects: asyncio.Event
) -> None:
    """Start the radio and listen to it. Where it is known which gateway this is, a radio that fails is told, too."""
    listener, pipeline, state_dir = daemon.listener, daemon.pipeline, Path(config.gateway.state_dir)
    known_eui = remembered_eui(state_dir) if config.gateway_eui is None else config.gateway_eui
    link = None if known_eui is None else link_of(config, known_eui, daemon)
    if link is not None:
        tasks.create_task(link.run())
        connects.set()
    chip = await listener.start()
    check_model(config.radio.model, chip)
    eui = chip.eui if config.gateway_eui is None else config.gateway_eui
    check_eui(state_dir, None if link is None else known_eui, eui)
    _log.info("gateway listens", gateway_eui=f"{eui:016X}", name=config.gateway.name)
    if link is None and (link := link_of(config, eui, daemon)) is not None:
        tasks.create_task(link.run())
    connects.set()
    channels = WantedChannels(config.plan, listener)
    tasks.create_task(channels.run())
    for server in config.servers:
        pipeline.add(backend_of(server, eui, state_dir, config.plan, channels))
    pipeline.tap = Tap(served_path(config.gateway.state_dir, os.environ), eui, host_is_synchronised)
    tasks.create_task(pipeline.tap.run())
    for backend in pipeline.backends:
        tasks.create_task(_serve(backend, pipeline))
    if gnss is not None:
        tasks.create_task(gnss.run())
    interval_s, also = config.gateway.stats_interval_s, () if link is None else (link.count,)
    tasks.create_task(report_regularly(pipeline, listener, daemon.clock, interval_s, *also))
    await listener.listen(pipeline.handle_uplinks)


@contextlib.asynccontextmanager
async def _left_last(broker: "Broker | None") -> AsyncIterator[asyncio.Event]:
    """Connect to the broker once the event is set: it must know its will by then. Leave it when all else has ended."""
    connects = asyncio.Event()
    if broker is None:
        yield connects
        return
    async with asyncio.TaskGroup() as tasks:
        connection = tasks.create_task(_connect(broker, connects))
        try:
            yield connects
        finally:
            connection.cancel()


@contextlib.asynccontextmanager
async def _keeping(router: Router) -> AsyncIterator[None]:
    """Keep what no server has confirmed, to the last moment in which one may."""
    async with asyncio.TaskGroup() as tasks:
        keeping = tasks.create_task(router.keeper.run())
        try:
            yield
        finally:
            router.keep_all()
            keeping.cancel()


async def _connect(broker: "Broker", wanted: asyncio.Event) -> NoReturn:
    await wanted.wait()
    await broker.run()


async def _serve(backend: Backend, pipeline: Pipeline) -> NoReturn:
    await backend.run(pipeline.handle_downlink)
    raise RuntimeError(f"backend {backend.name} ended by itself")
