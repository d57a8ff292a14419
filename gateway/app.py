"""Composition root: configuration in, a running gateway out."""

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import msgspec
import structlog

from forwarder.backend import Backend
from gateway.assembly import (
    backend_of,
    broker_of,
    gnss_of,
    law_of,
    link_of,
    local_time_of,
    metrics_of,
    policy_of,
    recovery_of,
    router_of,
)
from gateway.board import Board, check_model
from gateway.config import Config
from gateway.console.console import Console
from gateway.console.lines import SOCKET_NAME as CONSOLE_SOCKET
from gateway.console.looking import Look
from gateway.daemon import Daemon, SetLevel
from gateway.known_eui import check_eui, remembered_eui
from gateway.lifetimes import keeping, left_last
from gateway.listener import Listener
from gateway.pipeline import Pipeline
from gateway.statistics import report_regularly
from gateway.stop_signals import stop_signals_to
from gateway.supervision.service import Service
from gateway.supervision.watched import watch_link, watch_parts
from gateway.system_clock import SystemClock, host_is_synchronised
from gateway.traffic.tap import Tap
from gateway.traffic.tap_socket import served_path
from gateway.wanted_channels import WantedChannels

if TYPE_CHECKING:
    from gateway.gnss_side import GnssSide
    from gateway.link_side import LinkSide

_log = structlog.get_logger()


async def run(
    config: Config,
    listener: Listener | None = None,
    pipeline: Pipeline | None = None,
    stop: asyncio.Event | None = None,
    *,
    set_level: SetLevel | None = None,
    service: Service | None = None,
    told_to_stop: Callable[[], object] = lambda: None,
) -> None:
    """Forward what the radio hears until SIGTERM, SIGINT or `stop`.

    `listener` is the configured board's and `pipeline` an empty one unless given; `set_level` sets the log's level.
    `service` tells systemd, where there is one; `told_to_stop` is called in the middle of whatever goes on.

    Raises:
        ExceptionGroup: of RadioError, the radio could not be started or was lost for good; of others, a bug.
    """
    if listener is None:
        board = Board(config)
        listener = Listener(board.connect, recovery=recovery_of(config, board.lines))
    stop = stop or asyncio.Event()
    pipeline = pipeline or Pipeline()
    service = service or Service()
    # A terminal that goes away ends what was started in it.
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, stop.set if os.isatty(0) else service.reload)
    with stop_signals_to(stop.set, told_to_stop):
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(service.run(listener, pipeline))
            forwarding = tasks.create_task(
                _forward(config, listener, pipeline, stop, service=service, set_level=set_level)
            )
            await stop.wait()
            service.stopping()
            await listener.finish(pipeline.handle_uplinks)
            if pipeline.router is not None:
                await pipeline.router.finish()
            forwarding.cancel()
            watching.cancel()


async def _forward(
    config: Config,
    listener: Listener,
    pipeline: Pipeline,
    stop: asyncio.Event,
    *,
    service: Service,
    set_level: SetLevel | None,
) -> None:
    law = law_of(config)
    try:
        gnss = gnss_of(config, listener, pipeline, law)
        clock = SystemClock(lambda: pipeline.gnss.utc_ns)
        listener.recovery.ears.local_s = local_time_of(clock)
        broker = broker_of(config)
        policy = policy_of(config, pipeline, clock, broker)
        router = pipeline.router = router_of(config, clock)
        listener.on_emission, listener.on_started = pipeline.handle_emission, pipeline.radio_started
        daemon = Daemon(listener, pipeline, clock, policy, broker, stop, set_level, service.vitals)
        watch_parts(service.vitals, daemon)
        console = pipeline.console = Console(
            served_path(config.gateway.state_dir, os.environ, CONSOLE_SOCKET), Look(config, daemon)
        )
        async with left_last(broker) as connects, keeping(router), asyncio.TaskGroup() as tasks:
            tasks.create_task(clock.run())
            tasks.create_task(listener.recovery.run(listener))
            tasks.create_task(console.run())
            if (metrics := metrics_of(config, daemon, console.look)) is not None:
                tasks.create_task(metrics.run())
            tasks.create_task(router.run())
            if policy is not None:
                tasks.create_task(policy.run())
            await _listen(config, daemon, gnss, tasks, connects, ready=service.ready)
    finally:
        await listener.stop()
        if law is not None:
            law.close()
        _log.info("gateway stopped", **msgspec.structs.asdict(pipeline.totals))


async def _listen(
    config: Config,
    daemon: Daemon,
    gnss: "GnssSide | None",
    tasks: asyncio.TaskGroup,
    connects: asyncio.Event,
    *,
    ready: Callable[[], object],
) -> None:
    """Start the radio and listen to it. Where it is known which gateway this is, a radio that fails is told, too."""
    listener, pipeline, state_dir = daemon.listener, daemon.pipeline, Path(config.gateway.state_dir)
    known_eui = remembered_eui(state_dir) if config.gateway_eui is None else config.gateway_eui
    link = None if known_eui is None else _begin_link(config, known_eui, daemon, tasks)
    if link is not None:
        connects.set()
    chip = await listener.start()
    check_model(config.radio.model, chip)
    eui = chip.eui if config.gateway_eui is None else config.gateway_eui
    check_eui(state_dir, None if link is None else known_eui, eui)
    if pipeline.console is not None:
        pipeline.console.look.identified(eui, chip.model)
    _log.info("gateway listens", gateway_eui=f"{eui:016X}", name=config.gateway.name)
    if link is None:
        link = _begin_link(config, eui, daemon, tasks)
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
    # Once each of these tasks has begun.
    asyncio.get_running_loop().call_soon(ready)
    await listener.listen(pipeline.handle_uplinks)


def _begin_link(config: Config, gateway_eui: int, daemon: Daemon, tasks: asyncio.TaskGroup) -> "LinkSide | None":
    link = link_of(config, gateway_eui, daemon)
    if link is not None:
        watch_link(daemon.vitals, link)
        tasks.create_task(link.run())
    return link


async def _serve(backend: Backend, pipeline: Pipeline) -> NoReturn:
    await backend.run(pipeline.handle_downlink)
    raise RuntimeError(f"backend {backend.name} ended by itself")
