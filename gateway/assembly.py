"""The configuration → the daemon's sides. What a gateway does not have is not imported, which saves the memory."""

import functools
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import structlog

from forwarder.backend import Backend
from forwarder.basics_station.config import BasicsStationConfig
from forwarder.semtech_udp.backend import SemtechUdpBackend
from forwarder.store.keeper import StoreKeeper
from gateway import __version__
from gateway.board import Lines
from gateway.config import Config
from gateway.config.chirpstack_section import ChirpstackMqttServer
from gateway.config.servers import ServerConfig
from gateway.daemon import Daemon
from gateway.downlinks import DownlinkDesk
from gateway.gnss_time import NoGnssTime
from gateway.law import Law
from gateway.listener import Listener
from gateway.pipeline import Pipeline
from gateway.router import Router
from gateway.supervision.ears import FILE as HEARING
from gateway.supervision.ears import Ears
from gateway.supervision.recovery import Recovery
from gateway.supervision.recovery_file import FILE as RECOVERY
from gateway.supervision.recovery_file import RecoveryFile
from gateway.supervision.rungs import Means
from gateway.system_clock import SystemClock, host_is_synchronised
from gateway.wanted_channels import WantedChannels
from radio.concentrator import Concentrator
from radio.duty_cycle_store import DutyCycleStore, boottime_us, read_boot_id
from radio.errors import PlanError
from radio.sx1302.plan import ConcentratorPlan

if TYPE_CHECKING:
    from gateway.broker.client import Broker
    from gateway.console.looking import Look
    from gateway.gnss_side import GnssSide
    from gateway.link_side import LinkSide
    from gateway.metrics.endpoint import MetricsEndpoint
    from gateway.policy_side import PolicySide

OUTAGE = "outage"
"""Where in the state directory what waits for a server is kept."""
# What the session finds too large is ignored; beyond this the connection ends.
CHIRPSTACK_MESSAGE_BYTES = 1024 * 1024

_log = structlog.get_logger()


def law_of(config: Config) -> Law | None:
    """What keeps emissions lawful; None for a gateway that only listens."""
    if config.law is None:
        return None
    store = DutyCycleStore(Path(config.gateway.state_dir) / "duty_cycle", read_boot_id())
    return Law(config.law, config.radio.antenna_gain_dbi, store, enforce=config.regulation.enforce)


def gnss_of(config: Config, listener: Listener, pipeline: Pipeline, law: Law | None) -> "GnssSide | None":
    """Give the pipeline its desk and its time; the GNSS receiver's side, where there is one."""

    def radio() -> Concentrator | None:
        return listener.concentrator

    side = None
    if config.gnss.port is not None:
        from gateway.gnss_side import GnssSide  # noqa: PLC0415

        side = GnssSide(config, config.gnss.port, radio)
    pipeline.gnss = NoGnssTime(config.position) if side is None else side.timekeeper
    gain_dbi = config.radio.antenna_gain_dbi
    pipeline.desk = DownlinkDesk(config.plan, radio, law, gain_dbi, pipeline.gnss.linear_us_at_gps)
    beacons = None if side is None else side.send_beacons(pipeline.desk.emissions)
    pipeline.on_beacon = None if beacons is None else beacons.emitted
    return side


def recovery_of(config: Config, lines: Lines | None) -> Recovery:
    """What mends the radio, by what the board has and the configuration allows."""
    state_dir, allowed = Path(config.gateway.state_dir), config.supervision
    means = Means(
        has_reset=lines is not None and lines.has_reset,
        has_power=lines is not None and lines.has_power,
        restart_allowed=allowed.restart_allowed,
        reboot_allowed=allowed.reboot_allowed,
    )
    return Recovery(means=means, file=RecoveryFile(state_dir / RECOVERY), ears=Ears(state_dir / HEARING))


def metrics_of(config: Config, daemon: Daemon, look: "Look") -> "MetricsEndpoint | None":
    """What serves the gateway's counters to Prometheus; None where nobody is to have them."""
    if config.metrics is None:
        return None
    from gateway.metrics.endpoint import MetricsEndpoint  # noqa: PLC0415
    from gateway.metrics.exposition import exposition  # noqa: PLC0415
    from gateway.metrics.families import Counted, families  # noqa: PLC0415

    def page() -> str:
        judged = {} if daemon.policy is None else daemon.policy.counts.uplinks
        uplinks = {(whose or "", outcome.value, fate.value): n for (whose, outcome, fate), n in judged.items()}
        rejected = {status.value: count for status, count in daemon.pipeline.refusals.items()}
        counted = Counted(uplinks, rejected, daemon.vitals.loop_lag_s)
        return exposition(families(look.snapshot(), counted))

    return MetricsEndpoint(config.metrics.host, config.metrics.port, page)


def local_time_of(clock: SystemClock) -> Callable[[], float | None]:
    """The wall clock's time where the gateway stands, in seconds since 1970; None where it is not sure."""

    def local_s() -> float | None:
        unix_s = clock.unix_time_s()
        return None if unix_s is None else unix_s + time.localtime(unix_s).tm_gmtoff

    return local_s


def backend_of(
    server: ServerConfig, gateway_eui: int, state_dir: Path, plan: ConcentratorPlan, channels: WantedChannels
) -> Backend:
    """A network server's end; the channels that it wants replace those of `plan`, where it may set them."""
    if isinstance(server, BasicsStationConfig):
        return _basics_station(server, gateway_eui, state_dir, plan, channels)
    if isinstance(server, ChirpstackMqttServer):
        return _chirpstack(server, gateway_eui, plan, channels)
    return SemtechUdpBackend(server, gateway_eui)


def _basics_station(
    server: BasicsStationConfig, gateway_eui: int, state_dir: Path, plan: ConcentratorPlan, channels: WantedChannels
) -> Backend:
    from forwarder.basics_station.backend import BasicsStationBackend  # noqa: PLC0415
    from forwarder.basics_station.channel_plan import ChannelPlan, merged  # noqa: PLC0415
    from forwarder.basics_station.server_messages import StationVersion  # noqa: PLC0415

    def set_channels(wanted: ChannelPlan) -> None:
        try:
            channels.want(merged(plan, wanted), lambda: None)
        except PlanError as error:
            _log.warning("the channels that a server wants are not set", server=server.name, reason=str(error))

    version = StationVersion(station=f"candelabre {__version__}", firmware=__version__, package=__version__)
    lns = functools.partial(
        BasicsStationBackend,
        gateway_eui=gateway_eui,
        version=version,
        unix_time_ns=_sure_time_ns,
        on_plan=set_channels if server.channels_from_server else None,
    )
    if server.cups is None:
        return lns(server)
    from forwarder.basics_station.cups_backend import CupsBackend  # noqa: PLC0415
    from forwarder.basics_station.cups_session import CupsSession  # noqa: PLC0415

    directory = state_dir / f"cups-{server.name}"
    session = CupsSession(server, server.cups, gateway_eui, version=version, directory=directory)
    return CupsBackend(server, session, lambda config, on_link: lns(config, on_link=on_link), server.cups.interval_s)


def _sure_time_ns() -> int | None:
    """The host's time, where somebody keeps it right."""
    return time.time_ns() if host_is_synchronised() else None


def _sure_time_s() -> int | None:
    sure_ns = _sure_time_ns()
    return None if sure_ns is None else sure_ns // 1_000_000_000


def _chirpstack(
    server: ChirpstackMqttServer, gateway_eui: int, plan: ConcentratorPlan, channels: WantedChannels
) -> Backend:
    """With a connection of its own, which the backend keeps up. Its client is named after the gateway by default."""
    from forwarder.chirpstack_mqtt.backend import MAX_WAITING_UPLINKS, ChirpstackMqttBackend  # noqa: PLC0415
    from forwarder.chirpstack_mqtt.channel_plan import ChannelPlan  # noqa: PLC0415
    from forwarder.chirpstack_mqtt.placing import PlacingError, with_channels  # noqa: PLC0415
    from gateway.broker.client import Broker  # noqa: PLC0415
    from gateway.broker.outbox import Outbox  # noqa: PLC0415

    def set_channels(wanted: ChannelPlan) -> None:
        try:
            placed = with_channels(plan, wanted.channels)
        except PlacingError as error:
            _log.warning("the channels that a server wants are not set", server=server.name, reason=str(error))
            return
        channels.want(placed, lambda: backend.configuration_applied(wanted.version))

    settings = msgspec.structs.replace(server.broker, client_id=server.broker.client_id or f"{gateway_eui:016x}")
    broker = Broker(settings, outbox=Outbox(MAX_WAITING_UPLINKS), largest_message_bytes=CHIRPSTACK_MESSAGE_BYTES)
    backend = ChirpstackMqttBackend(
        server.backend, gateway_eui, broker, __version__, unix_time_s=_sure_time_s, on_configuration=set_channels
    )
    return backend


def router_of(config: Config, clock: SystemClock) -> Router:
    """Which server gets what, and the store of what no server has confirmed."""

    def now_ms() -> int:
        return boottime_us() // 1000

    return Router(
        config.routes,
        StoreKeeper(Path(config.gateway.state_dir) / OUTAGE, config.store.limits, now_ms),
        keepalives_s={server.name: server.keepalive_s for server in config.servers},
        now_ms=now_ms,
        unix_ns=clock.unix_time_ns,
        replay_per_s=config.store.replay_per_s,
    )


def broker_of(config: Config) -> "Broker | None":
    """The connection to a broker, where one is configured."""
    if config.broker is None:
        return None
    from gateway.broker.client import Broker  # noqa: PLC0415

    return Broker(config.broker)


def policy_of(config: Config, pipeline: Pipeline, clock: SystemClock, broker: "Broker | None") -> "PolicySide | None":
    """Give the pipeline the host's policy, where there is one.

    Raises:
        ConfigError: none of the host's keys can be read.
    """
    if config.policy is None:
        return None
    from gateway.policy_side import PolicySide  # noqa: PLC0415

    region = config.radio.region_plan or config.regulation.region or ""
    side = PolicySide(config.policy, Path(config.gateway.state_dir), region, clock.unix_time_s, broker)
    pipeline.policy = side
    return side


def link_of(config: Config, gateway_eui: int, daemon: Daemon) -> "LinkSide | None":
    """What keeps operators and depositors informed; None where there is neither a broker nor a policy."""
    if config.policy is None and config.broker is None:
        return None
    from gateway.link_parts import assemble  # noqa: PLC0415
    from gateway.link_side import LinkSide  # noqa: PLC0415

    side = LinkSide(daemon, assemble(config, gateway_eui, daemon))
    daemon.pipeline.on_heard = side.heard
    if daemon.pipeline.console is not None:
        daemon.pipeline.console.look.link = side
    return side
