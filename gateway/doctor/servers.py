"""Each server that the gateway talks to: its name, the connection, its certificates, and whether it wants this gateway.

While the service runs, what it knows is used in place of a second conversation: with Semtech UDP that would divert
downlinks to doctor, with MQTT a second client of the same name would end the first.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from pathlib import Path

import msgspec

from forwarder.basics_station.config import BasicsStationConfig
from forwarder.basics_station.credentials import CredentialsError, read_credentials
from forwarder.basics_station.endpoint import Endpoint
from forwarder.secret_file import CREDENTIAL
from forwarder.semtech_udp.config import SemtechUdpConfig
from gateway.broker.settings import BrokerSettings
from gateway.broker.tls import tls_context
from gateway.config import Config
from gateway.config.chirpstack_section import ChirpstackMqttServer
from gateway.config.servers import ServerConfig
from gateway.console.snapshot import Snapshot
from gateway.doctor.check import Check, Reason
from gateway.doctor.fault import Fault
from gateway.doctor.in_time import in_thread, in_time
from gateway.doctor.mqtt import enter
from gateway.doctor.names import look_up_all, name_results
from gateway.doctor.reaching import Missed, reach
from gateway.doctor.result import CheckResult, skipped
from gateway.doctor.server_end import End, Ground, contacts_of
from gateway.doctor.station import ask_for_update, cups_connection, discover
from gateway.doctor.udp_server import ask_udp_server

LIMIT_S = 30.0


async def examine_servers(
    config: Config, gateway_eui: Awaitable[int | None], snapshot: Snapshot | None = None, *, service_runs: bool = False
) -> list[CheckResult]:
    """All of them and the broker, at once, each within half a minute.

    `gateway_eui` may still be on its way. `snapshot` is what the running service says, None where it says nothing.
    """
    names = await look_up_all(_hosts(config))
    ground = Ground(names, asyncio.ensure_future(gateway_eui), contacts_of(snapshot) if service_runs else None)
    probes = [in_time(Check.SERVER, _server(server, ground), LIMIT_S, server.name) for server in config.servers]
    results = name_results(names)
    if config.broker is not None:
        end = End(Check.BROKER, "", config.broker.host, config.broker.port)
        probes.append(in_time(Check.BROKER, _mqtt(end, config.broker, ground), LIMIT_S))
    else:
        results.append(skipped(Check.BROKER, Reason.NOT_CONFIGURED))
    for found_out in await asyncio.gather(*probes):
        results += found_out
    return results


async def examine_server(server: ServerConfig, gateway_eui: int | None) -> list[CheckResult]:
    """One server, before there is a service that uses it; within half a minute."""
    names = await look_up_all(_hosts_of(server))
    eui: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
    eui.set_result(gateway_eui)
    told = [result for result in name_results(names) if result.fault is not None]
    return [*told, *await in_time(Check.SERVER, _server(server, Ground(names, eui)), LIMIT_S, server.name)]


def _hosts_of(server: ServerConfig) -> list[str]:
    if not isinstance(server, BasicsStationConfig):
        return [server.host]
    ends = [server.endpoint] if server.uri else []
    return [end.host for end in (*ends, *([] if server.cups is None else [server.cups.endpoint]))]


def _hosts(config: Config) -> list[str]:
    hosts = [host for server in config.servers for host in _hosts_of(server)]
    return hosts if config.broker is None else [*hosts, config.broker.host]


async def _server(server: ServerConfig, ground: Ground) -> Sequence[CheckResult]:
    if isinstance(server, SemtechUdpConfig):
        return [await _udp(server, ground)]
    if isinstance(server, ChirpstackMqttServer):
        end = End(Check.SERVER, server.name, server.host, server.broker.port)
        return await _mqtt(end, server.broker, ground, named_by_eui=not server.broker.client_id)
    return await _station(server, ground)


async def _udp(server: SemtechUdpConfig, ground: Ground) -> CheckResult:
    end = End(Check.SERVER, server.name, server.host, server.port_down)
    if ground.contacts is not None:
        return end.by_service(ground.contacts)
    eui, addresses = await ground.eui, ground.addresses(server.host)
    if eui is None or not addresses:
        return end.unexamined()
    outcome = await ask_udp_server(addresses, server.port_down, eui)
    return end.missed(outcome, eui) if isinstance(outcome, Missed) else end.reached(outcome)


async def _mqtt(
    end: End, settings: BrokerSettings, ground: Ground, *, named_by_eui: bool = False
) -> Sequence[CheckResult]:
    """A broker, as a network server's or the host's. `named_by_eui` is where the client's name is the gateway's EUI."""
    tls, addresses = settings.tls, ground.addresses(end.host)
    own = None if tls is None else tls.certificate_file
    if not addresses:
        return [end.unexamined(), *await end.dates(None, own)]
    try:
        context = None if tls is None else await in_thread(lambda: tls_context(tls))
    except (OSError, ValueError) as error:
        return [end.missed(_unusable(error, settings), None)]
    reached = await reach(end.host, end.port, addresses, context)
    eui = await ground.eui
    if isinstance(reached, Missed):
        return [end.missed(reached, eui), *await end.dates(None, own)]
    dates = await end.dates(reached.ends_unix_s, own)
    if ground.contacts is not None:
        return [end.by_service(ground.contacts), *dates]
    if named_by_eui and eui is None:
        return [end.unexamined(), *dates]
    if named_by_eui:
        settings = msgspec.structs.replace(settings, client_id=f"{eui:016x}")
    missed = await enter(settings)
    return [end.reached(reached) if missed is None else end.missed(missed, eui), *dates]


def _unusable(error: Exception, settings: BrokerSettings) -> Missed:
    """ssl does not say which of the files it is."""
    tls = settings.tls
    files = [] if tls is None else [tls.ca_file, tls.certificate_file, tls.key_file]
    named = [Path(file) for file in files if file is not None and not str(file).startswith(CREDENTIAL)]
    missing = next((path for path in named if not path.is_file()), None)
    problem = str(error) if missing is None else f"{missing}: there is no such file"
    return Missed(Fault.CREDENTIALS_UNREADABLE, problem)


async def _station(server: BasicsStationConfig, ground: Ground) -> Sequence[CheckResult]:
    results: list[CheckResult] = []
    if server.cups is not None:
        end = End(Check.SERVER, f"{server.name} (CUPS)", server.cups.endpoint.host, server.cups.endpoint.port)
        results += await _station_end(end, server.cups.endpoint, cups_connection(server, server.cups), ground)
    if server.uri:
        end = End(Check.SERVER, server.name, server.endpoint.host, server.endpoint.port)
        results += await _station_end(end, server.endpoint, server, ground)
    elif ground.contacts is not None:
        results.append(End(Check.SERVER, server.name, "", 0).by_service(ground.contacts))
    return results


async def _station_end(
    end: End, endpoint: Endpoint, server: BasicsStationConfig, ground: Ground
) -> Sequence[CheckResult]:
    """An LNS or a CUPS server: its connection and certificates, then what it says to this gateway."""
    addresses, own = ground.addresses(end.host), server.certificate_file if endpoint.secure else None
    if not addresses:
        return [end.unexamined(), *await end.dates(None, own)]
    try:
        credentials = await in_thread(lambda: read_credentials(server, secure=endpoint.secure))
    except CredentialsError as error:
        return [end.missed(Missed(Fault.CREDENTIALS_UNREADABLE, str(error)), None)]
    reached = await reach(end.host, end.port, addresses, credentials.tls)
    eui = await ground.eui
    if isinstance(reached, Missed):
        return [end.missed(reached, eui), *await end.dates(None, own)]
    dates = await end.dates(reached.ends_unix_s, own)
    is_cups = server.cups is not None and endpoint == server.cups.endpoint
    if ground.contacts is not None and not is_cups:
        return [end.by_service(ground.contacts), *dates]
    if eui is None:
        return [end.unexamined(), *dates]
    if server.cups is not None and is_cups:
        missed = await ask_for_update(server, server.cups, addresses, eui)
    else:
        missed = await discover(endpoint, credentials, addresses[0], eui)
    return [end.reached(reached) if missed is None else end.missed(missed, eui), *dates]
