"""Servers that want this gateway, and what is left to a service at work."""

import asyncio
import socket
from collections.abc import Sequence
from pathlib import Path

import pytest

from forwarder.basics_station.config import BasicsStationConfig
from forwarder.basics_station.cups_config import CupsConfig
from forwarder.semtech_udp.address import ServerAddress
from gateway.broker.settings import Tls
from gateway.doctor.check import Check, Reason
from gateway.doctor.fault import Fault
from gateway.doctor.names import LookedUp, is_address, look_up, name_results
from gateway.doctor.reaching import missed_by
from gateway.doctor.result import CheckResult, Grade
from gateway.doctor.server_end import End, contacts_of
from gateway.doctor.servers import examine_server, examine_servers
from gateway.doctor.udp_server import ask_udp_server
from tests.forwarder.basics_station.cups_server import NOTHING, CupsServer, says
from tests.forwarder.basics_station.lns import Lns
from tests.gateway.broker.certificates import Authority
from tests.gateway.broker.scene import listening, play
from tests.gateway.doctor.board import configuration
from tests.gateway.doctor.server_scenes import EUI, LOOPBACK, mqtt, server_context, station
from tests.gateway.doctor.snapshots import snapshot
from tests.mosquitto import Mosquitto


def grades(results: Sequence[CheckResult]) -> dict[tuple[Check, str], Grade]:
    return {(result.check, result.subject): result.grade for result in results}


def test_a_broker_with_tls_and_certificates_on_both_sides_passes(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.issue("server", days=90)
    own = authority.issue("gateway", days=90)
    files = (f"cafile {authority.file}", f"certfile {certificate}", f"keyfile {key}", "require_certificate true")
    with Mosquitto(tmp_path, *files) as broker:
        server = mqtt(broker.port, Tls(authority.file, *own))
        results = asyncio.run(examine_server(server, EUI))
    assert grades(results) == {
        (Check.SERVER, "chirpstack"): Grade.PASS,
        (Check.CERTIFICATES, "chirpstack"): Grade.PASS,
    }


def test_a_broker_that_knows_mqtt_3_alone_is_entered_all_the_same(tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as broker:
        results = asyncio.run(examine_server(mqtt(broker.port, version="3.1.1"), EUI))
    assert grades(results) == {(Check.SERVER, "chirpstack"): Grade.PASS}


def test_an_lns_that_knows_the_gateway_passes_with_its_certificate(tmp_path: Path) -> None:
    async def story() -> None:
        authority = Authority(tmp_path)
        async with Lns(scheme="wss").serving(server_context(authority, days=90)) as lns:
            server = BasicsStationConfig("lns", f"wss://{LOOPBACK}:{lns.port}", ca_file=str(authority.file))
            results = await examine_server(server, EUI)
            assert lns.routers == [{"router": "16:c001:ff10:a235"}]
            assert lns.data_connections == 0
        assert grades(results) == {(Check.SERVER, "lns"): Grade.PASS, (Check.CERTIFICATES, "lns"): Grade.PASS}

    play(story())


def test_a_server_that_hangs_up_after_the_handshake_wants_another_certificate(tmp_path: Path) -> None:
    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async def story() -> None:
        authority = Authority(tmp_path)
        async with listening(hang_up, server_context(authority, days=90)) as port:
            results = await examine_server(mqtt(port, Tls(authority.file)), EUI)
        assert results[0].fault is Fault.CERTIFICATE_WANTED

    play(story())


def test_a_cups_server_and_its_lns_are_two_links(tmp_path: Path) -> None:
    async def story() -> None:
        authority = Authority(tmp_path)
        cups_server = CupsServer(says(NOTHING))
        async with cups_server.serving(server_context(authority, days=90)), Lns().serving() as lns:
            cups = CupsConfig(cups_server.uri, ca_file=str(authority.file))
            results = await examine_server(station(lns.port, cups=cups), EUI)
        assert grades(results) == {
            (Check.SERVER, "lns (CUPS)"): Grade.PASS,
            (Check.CERTIFICATES, "lns (CUPS)"): Grade.PASS,
            (Check.SERVER, "lns"): Grade.PASS,
        }

    play(story())


def test_without_an_eui_nobody_is_spoken_to_but_the_certificate_is_looked_at(tmp_path: Path) -> None:
    async def story() -> None:
        authority = Authority(tmp_path)
        async with Lns(scheme="wss").serving(server_context(authority, days=90)) as lns:
            server = BasicsStationConfig("lns", f"wss://{LOOPBACK}:{lns.port}", ca_file=str(authority.file))
            results = await examine_server(server, None)
            assert lns.routers == []
        assert grades(results) == {(Check.SERVER, "lns"): Grade.SKIPPED, (Check.CERTIFICATES, "lns"): Grade.PASS}

    play(story())


def test_beside_a_service_the_broker_is_not_entered_but_its_certificate_is_looked_at(tmp_path: Path) -> None:
    async def story() -> None:
        authority = Authority(tmp_path)
        files = authority.issue("server", days=5)
        with Mosquitto(tmp_path, f"certfile {files[0]}", f"keyfile {files[1]}", "allow_anonymous false") as broker:
            section = f'[broker]\nhost = "{LOOPBACK}"\nport = {broker.port}\nca_file = "{authority.file}"\n'
            config = configuration(tmp_path, sections=f'{section}[[server]]\nname = "main"\nhost = "{LOOPBACK}"')
            eui: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
            eui.set_result(EUI)
            results = await examine_servers(config, eui, snapshot(connected=False), service_runs=True)
        found = {result.check: result for result in results}
        assert found[Check.SERVER].fault is Fault.SERVER_DOWN
        # The service says nothing of a broker.
        assert found[Check.BROKER].reason is Reason.SERVICE_SAYS_NOTHING
        assert found[Check.CERTIFICATES].fault is Fault.SERVER_CERTIFICATE_ENDING
        assert found[Check.CERTIFICATES].subject == "broker"

    play(story())


def test_a_service_in_contact_is_believed() -> None:
    end = End(Check.SERVER, "main", LOOPBACK, 1700)
    assert end.by_service(contacts_of(snapshot())).grade is Grade.PASS
    assert end.by_service(contacts_of(None)).reason is Reason.SERVICE_SAYS_NOTHING


def test_a_udp_answer_to_somebody_else_is_none() -> None:
    async def story() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
            server.bind((LOOPBACK, 0))
            server.setblocking(False)

            async def answer() -> None:
                loop = asyncio.get_running_loop()
                while True:
                    data, sender = await loop.sock_recvfrom(server, 100)
                    for other in (b"\x02\x00\x00\x04", b"nonsense", data[:3] + b"\x01"):
                        server.sendto(other, sender)

            answering = asyncio.create_task(answer())
            address = ServerAddress(socket.AF_INET, LOOPBACK)
            outcome = await ask_udp_server([address], server.getsockname()[1], EUI, answer_s=0.1)
            answering.cancel()
        # A token of zero is drawn once in 65,536 times.
        assert getattr(outcome, "fault", None) is Fault.UDP_SILENT

    play(story())


def test_names_are_looked_up_and_addresses_are_not_counted() -> None:
    address = ServerAddress(socket.AF_INET, "192.0.2.1")
    (result,) = name_results({"lns.example.org": LookedUp((address,)), "192.0.2.1": LookedUp((address,))})
    assert (result.grade, result.facts["count"]) == (Grade.PASS, 1)
    (none,) = name_results({"192.0.2.1": LookedUp((address,))})
    assert none.reason is Reason.ADDRESSES_ONLY


def test_a_silent_name_server_is_told_once_and_each_unknown_name_for_itself() -> None:
    results = name_results(
        {
            "a.example": LookedUp(fault=Fault.NAME_SERVER_SILENT),
            "b.example": LookedUp(fault=Fault.NAME_SERVER_SILENT),
            "c.example": LookedUp(fault=Fault.NAME_UNKNOWN),
        }
    )
    assert [(one.fault, one.facts["host"]) for one in results] == [
        (Fault.NAME_UNKNOWN, "c.example"),
        (Fault.NAME_SERVER_SILENT, "a.example"),
    ]


def test_a_resolver_that_never_answers_is_waited_for_a_moment_only() -> None:
    async def never(_host: str) -> Sequence[ServerAddress]:
        await asyncio.Event().wait()
        return ()

    found = asyncio.run(look_up("lns.example.org", never, limit_s=0.05))
    assert found.fault is Fault.NAME_SERVER_SILENT


@pytest.mark.parametrize(
    ("host", "expected"), [("192.0.2.1", True), ("fe80::1%eth0", True), ("2001:db8::1", True), ("lns.example", False)]
)
def test_what_is_an_address(host: str, expected: bool) -> None:
    assert is_address(host) is expected


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (TimeoutError(), Fault.SERVER_SILENT),
        (ConnectionRefusedError(), Fault.SERVER_REFUSES),
        (ConnectionResetError(104, "Connection reset by peer"), Fault.TLS_FAILED),
        (OSError(113, "No route to host"), Fault.SERVER_UNREACHABLE),
        (OSError(110, "Connection timed out"), Fault.SERVER_SILENT),
        (ValueError("check_hostname requires server_hostname"), Fault.TLS_FAILED),
    ],
)
def test_what_the_systems_errors_mean(error: Exception, fault: Fault) -> None:
    assert missed_by(error).fault is fault
