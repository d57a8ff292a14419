"""What may be wrong with servers: real ones on loopback, with real certificates."""

import asyncio
import contextlib
import functools
import json
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

from websockets.asyncio.server import ServerConnection

from forwarder.basics_station.config import BasicsStationConfig
from forwarder.basics_station.cups_config import CupsConfig
from forwarder.chirpstack_mqtt.config import ChirpstackMqttConfig
from forwarder.semtech_udp.config import SemtechUdpConfig
from gateway.broker.settings import BrokerSettings, Tls
from gateway.config.chirpstack_section import ChirpstackMqttServer
from gateway.doctor.check import Check
from gateway.doctor.fault import Fault
from gateway.doctor.in_time import in_thread
from gateway.doctor.mqtt import enter
from gateway.doctor.names import look_up, name_results
from gateway.doctor.reaching import reach
from gateway.doctor.result import CheckResult
from gateway.doctor.server_end import End, contacts_of
from gateway.doctor.servers import examine_server
from gateway.doctor.udp_server import ask_udp_server
from tests.forwarder.basics_station.cups_server import CupsServer, says
from tests.forwarder.basics_station.lns import Lns
from tests.gateway.broker.certificates import Authority
from tests.gateway.doctor.scene import scene
from tests.gateway.doctor.snapshots import snapshot
from tests.mosquitto import Mosquitto, port_of_nobody, tool

Results = Sequence[CheckResult]
EUI = 0x0016_C001_FF10_A235
LOOPBACK = "127.0.0.1"
# connect(2) to a broadcast address of the loopback: ENETUNREACH, without a packet.
NOWHERE = "127.255.255.255"


def mqtt(port: int, tls: Tls | None = None, host: str = LOOPBACK, **others: Any) -> ChirpstackMqttServer:
    """A ChirpStack server's broker."""
    return ChirpstackMqttServer(ChirpstackMqttConfig("chirpstack"), BrokerSettings(host, port, tls=tls, **others))


def server_context(authority: Authority, **certificate: Any) -> ssl.SSLContext:
    """A server's end of TLS, with a certificate of this authority."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*authority.issue("server", **certificate))
    return context


@contextlib.asynccontextmanager
async def something(tls: ssl.SSLContext | None = None, says: bytes = b"") -> AsyncIterator[int]:
    """A port on which somebody takes what comes, and says one thing."""
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            writer.write(says)
            await writer.drain()
            while await reader.read(4096):
                pass
        writer.close()

    server = await asyncio.start_server(connected, LOOPBACK, 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.contextmanager
def closed_udp_port() -> Iterator[int]:
    """A port that refuses datagrams, and that nobody else gets meanwhile: its socket listens to somebody else alone."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
        held.bind((LOOPBACK, 0))
        held.connect((LOOPBACK, held.getsockname()[1]))
        yield held.getsockname()[1]


async def _with_certificate(directory: Path, ca: Path | None = None, **certificate: Any) -> Results:
    authority = Authority(directory)
    async with something(server_context(authority, **certificate)) as port:
        return await _hastily(mqtt(port, Tls(ca_file=ca or authority.file)))


async def _hastily(server: ChirpstackMqttServer) -> Results:
    """For those who never speak MQTT."""
    with patch("gateway.doctor.servers.enter", functools.partial(enter, answer_s=0.1)):
        return await examine_server(server, EUI)


@scene(Fault.NAME_SERVER_SILENT)
async def name_server_silent(_directory: Path) -> Results:
    """getaddrinfo: EAI_AGAIN."""

    async def ask(_host: str) -> Any:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    return name_results({"mqtt.example.org": await look_up("mqtt.example.org", ask)})


@scene(Fault.NAME_UNKNOWN)
async def name_unknown(_directory: Path) -> Results:
    """getaddrinfo: EAI_NONAME."""

    async def ask(_host: str) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    return name_results({"mqtt.exmaple.org": await look_up("mqtt.exmaple.org", ask)})


@scene(Fault.SERVER_REFUSES)
async def server_refuses(_directory: Path) -> Results:
    """Nobody listens on the port."""
    with port_of_nobody() as port:
        return await examine_server(mqtt(port), EUI)


@scene(Fault.SERVER_UNREACHABLE)
async def server_unreachable(_directory: Path) -> Results:
    """connect(2): ENETUNREACH."""
    return await examine_server(mqtt(1883, host=NOWHERE), EUI)


@scene(Fault.SERVER_SILENT)
async def server_silent(directory: Path) -> Results:
    """A port that takes the connection and never answers the TLS handshake."""
    authority = Authority(directory)
    async with something() as port:
        with patch("gateway.doctor.servers.reach", functools.partial(reach, limit_s=0.3)):
            return await examine_server(mqtt(port, Tls(ca_file=authority.file)), EUI)


def udp(port: int) -> SemtechUdpConfig:
    """A Semtech UDP server."""
    return SemtechUdpConfig("main", LOOPBACK, port_up=port, port_down=port)


@scene(Fault.UDP_SILENT)
async def udp_silent(_directory: Path) -> Results:
    """A UDP socket that nobody reads."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
        nobody.bind((LOOPBACK, 0))
        with patch("gateway.doctor.servers.ask_udp_server", functools.partial(ask_udp_server, answer_s=0.1)):
            return await examine_server(udp(nobody.getsockname()[1]), EUI)


@scene(Fault.UDP_REFUSED)
async def udp_refused(_directory: Path) -> Results:
    """A UDP port that is closed: the system answers with ICMP."""
    with closed_udp_port() as port:
        return await examine_server(udp(port), EUI)


@scene(Fault.SERVER_DOWN)
async def server_down(_directory: Path) -> Results:
    """The running service says that it is not connected."""
    return [End(Check.SERVER, "main", LOOPBACK, 1700).by_service(contacts_of(snapshot(connected=False)))]


@scene(Fault.TLS_EXPIRED)
async def tls_expired(directory: Path) -> Results:
    """A certificate that ended yesterday."""
    return await _with_certificate(directory, days=-1, begins_days=-30)


@scene(Fault.TLS_NOT_YET_VALID)
async def tls_not_yet_valid(directory: Path) -> Results:
    """A certificate that begins tomorrow."""
    return await _with_certificate(directory, days=30, begins_days=1)


@scene(Fault.TLS_OTHER_NAME)
async def tls_other_name(directory: Path) -> Results:
    """A certificate for mqtt.example.net."""
    return await _with_certificate(directory, host="mqtt.example.net")


@scene(Fault.TLS_UNKNOWN_AUTHORITY)
async def tls_unknown_authority(directory: Path) -> Results:
    """A certificate by another authority than that of ca_file."""
    (directory / "other").mkdir()
    return await _with_certificate(directory, ca=Authority(directory / "other").file)


@scene(Fault.TLS_FAILED)
async def tls_failed(directory: Path) -> Results:
    """A port without TLS that greets at once."""
    authority = Authority(directory)
    async with something(says=b"220 mail.example.org ESMTP\r\n") as port:
        return await examine_server(mqtt(port, Tls(ca_file=authority.file)), EUI)


@scene(Fault.CERTIFICATE_WANTED)
async def certificate_wanted(directory: Path) -> Results:
    """Mosquitto with require_certificate, and a gateway without one."""
    authority = Authority(directory)
    certificate, key = authority.issue("server", days=90)
    files = (f"cafile {authority.file}", f"certfile {certificate}", f"keyfile {key}", "require_certificate true")
    with Mosquitto(directory, *files) as broker:
        return await examine_server(mqtt(broker.port, Tls(ca_file=authority.file)), EUI)


@scene(Fault.CREDENTIALS_UNREADABLE)
async def credentials_unreadable(directory: Path) -> Results:
    """ca_file is not there."""
    return await examine_server(mqtt(8883, Tls(ca_file=directory / "ca.pem")), EUI)


async def _with_own(directory: Path, **certificate: Any) -> Results:
    authority = Authority(directory)
    own, key = authority.issue("gateway", **certificate)
    async with something(server_context(authority, days=90)) as port:
        return await _hastily(mqtt(port, Tls(authority.file, own, key)))


@scene(Fault.OWN_CERTIFICATE_ENDED)
async def own_certificate_ended(directory: Path) -> Results:
    """certificate_file ended yesterday."""
    return await _with_own(directory, days=-1, begins_days=-30)


@scene(Fault.OWN_CERTIFICATE_ENDING)
async def own_certificate_ending(directory: Path) -> Results:
    """certificate_file ends in ten days."""
    return await _with_own(directory, days=10)


@scene(Fault.SERVER_CERTIFICATE_ENDING)
async def server_certificate_ending(directory: Path) -> Results:
    """The server's certificate ends in five days."""
    return await _with_certificate(directory, days=5)


@scene(Fault.MQTT_BAD_LOGIN)
async def mqtt_bad_login(directory: Path) -> Results:
    """A broker with a password file, and another password at the gateway."""
    users, password = directory / "users", directory / "password"
    command = [tool("mosquitto_passwd"), "-b", "-c", str(users), "gateway", "right"]
    await in_thread(lambda: subprocess.run(command, check=True, capture_output=True))
    password.write_text("wrong\n")
    password.chmod(0o600)
    with Mosquitto(directory, "allow_anonymous false", f"password_file {users}") as broker:
        return await examine_server(mqtt(broker.port, username="gateway", password_file=str(password)), EUI)


@scene(Fault.MQTT_NOT_ALLOWED)
async def mqtt_not_allowed(directory: Path) -> Results:
    """Mosquitto that admits nobody without a name."""
    with Mosquitto(directory, "allow_anonymous false") as broker:
        return await examine_server(mqtt(broker.port), EUI)


@scene(Fault.MQTT_FAILS)
async def mqtt_fails(_directory: Path) -> Results:
    """A web server on the broker's port."""
    async with something(says=b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n") as port:
        return await _hastily(mqtt(port))


def station(port: int, **others: Any) -> BasicsStationConfig:
    """An LNS."""
    return BasicsStationConfig("lns", f"ws://{LOOPBACK}:{port}", **others)


@scene(Fault.LNS_REFUSES)
async def lns_refuses(_directory: Path) -> Results:
    """HTTP status 401."""
    async with Lns(refuses=True).serving() as lns:
        return await examine_server(station(lns.port), EUI)


async def _answering(message: str) -> Results:
    async def discovery(_lns: Lns, connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send(message)
        await connection.wait_closed()

    async with Lns(discovery=discovery).serving() as lns:
        return await examine_server(station(lns.port), EUI)


@scene(Fault.LNS_UNKNOWN_GATEWAY)
async def lns_unknown_gateway(_directory: Path) -> Results:
    """Discovery answers with an error."""
    return await _answering(json.dumps({"router": "::1", "error": "gateway not registered"}))


@scene(Fault.LNS_FAILS)
async def lns_fails(_directory: Path) -> Results:
    """Discovery answers with something else."""
    return await _answering("hello")


async def _with_cups(directory: Path, status: str, body: bytes) -> Results:
    authority = Authority(directory)
    server = CupsServer(says(body, status))
    async with server.serving(server_context(authority, days=90)):
        cups = CupsConfig(server.uri, ca_file=str(authority.file))
        return await examine_server(BasicsStationConfig("lns", cups=cups), EUI)


@scene(Fault.CUPS_REFUSES)
async def cups_refuses(directory: Path) -> Results:
    """HTTP status 403."""
    return await _with_cups(directory, "403 Forbidden", b"")


@scene(Fault.CUPS_FAILS)
async def cups_fails(directory: Path) -> Results:
    """A web page."""
    return await _with_cups(directory, "200 OK", b"<html>")
