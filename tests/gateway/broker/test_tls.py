"""Who is let in, on either side: certificates and passwords."""

import asyncio
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509

from gateway.broker.outbox import Fate
from gateway.broker.settings import BrokerSettings, Tls
from tests.gateway.broker.certificates import Authority
from tests.gateway.broker.scene import Heard, connected, listening, running, settings, until
from tests.mosquitto import Mosquitto, tool


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def mosquitto(tmp_path: Path, authority: Authority) -> Iterator[Mosquitto]:
    certificate, key = authority.issue("server")
    with Mosquitto(tmp_path, f"certfile {certificate}", f"keyfile {key}") as broker:
        yield broker


def works(wanted: BrokerSettings) -> None:
    async def story() -> None:
        async with running(wanted) as broker:
            await connected(broker)
            assert await broker.publish("a", b"") is Fate.ACCEPTED

    asyncio.run(story())


def error_of(wanted: BrokerSettings) -> str:
    async def story() -> str:
        async with running(wanted) as broker:
            await until(lambda: broker.state.last_error is not None)
            assert broker.counters.connections == 0
            return broker.state.last_error or ""

    return asyncio.run(story())


def test_a_broker_whose_authority_is_trusted(mosquitto: Mosquitto, authority: Authority) -> None:
    works(settings(mosquitto.port, tls=Tls(ca_file=authority.file)))


def test_another_authority_is_not_trusted(mosquitto: Mosquitto, tmp_path: Path) -> None:
    other = Authority(tmp_path, "other")
    assert "is not trusted" in error_of(settings(mosquitto.port, tls=Tls(ca_file=other.file)))


def test_without_an_authority_of_its_own_the_systems_are_trusted_and_no_other(mosquitto: Mosquitto) -> None:
    assert "is not trusted" in error_of(settings(mosquitto.port, tls=Tls()))


def test_a_certificate_for_another_host_is_not_trusted(tmp_path: Path, authority: Authority) -> None:
    certificate, key = authority.issue("server", "broker.example")
    with Mosquitto(tmp_path, f"certfile {certificate}", f"keyfile {key}") as mosquitto:
        error = error_of(settings(mosquitto.port, tls=Tls(ca_file=authority.file)))
    assert "127.0.0.1" in error
    assert "is not trusted" in error


def test_a_broker_without_tls_is_not_spoken_to_in_clear(tmp_path: Path, authority: Authority) -> None:
    with Mosquitto(tmp_path) as mosquitto:
        assert error_of(settings(mosquitto.port, tls=Tls(ca_file=authority.file)))


def test_a_broker_that_asks_for_a_certificate(tmp_path: Path, authority: Authority) -> None:
    certificate, key = authority.issue("server")
    own, own_key = authority.issue("gateway")
    lines = (f"certfile {certificate}", f"keyfile {key}", f"cafile {authority.file}", "require_certificate true")
    with Mosquitto(tmp_path, *lines) as mosquitto:
        works(settings(mosquitto.port, tls=Tls(authority.file, own, own_key)))
        assert error_of(settings(mosquitto.port, tls=Tls(authority.file)))


def test_a_key_that_systemd_hands_over(tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate, key = authority.issue("server")
    own, own_key = authority.issue("gateway")
    lines = (f"certfile {certificate}", f"keyfile {key}", f"cafile {authority.file}", "require_certificate true")
    credential = Tls(authority.file, own, Path(f"credential:{own_key.name}"))
    with Mosquitto(tmp_path, *lines) as mosquitto:
        assert f"LoadCredential={own_key.name}:PATH" in error_of(settings(mosquitto.port, tls=credential))
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(own_key.parent))
        works(settings(mosquitto.port, tls=credential))


def test_a_key_with_a_password_is_told_and_nobody_is_asked(mosquitto: Mosquitto, authority: Authority) -> None:
    own, own_key = authority.issue("gateway", password=b"secret")
    error = error_of(settings(mosquitto.port, tls=Tls(authority.file, own, own_key)))
    assert "the private key has a password" in error


def test_when_the_brokers_certificate_ends_is_known_from_the_first_connection_on(
    mosquitto: Mosquitto, authority: Authority, tmp_path: Path
) -> None:
    shown = x509.load_pem_x509_certificate((tmp_path / "server.pem").read_bytes())

    async def story() -> None:
        async with running(settings(mosquitto.port, tls=Tls(ca_file=authority.file))) as broker:
            assert broker.state.certificate_ends_unix_s is None
            await connected(broker)
            assert broker.state.certificate_ends_unix_s == shown.not_valid_after_utc.timestamp()
            mosquitto.stop()
            await until(lambda: not broker.state.connected)
            assert broker.state.certificate_ends_unix_s == shown.not_valid_after_utc.timestamp()

    asyncio.run(story())


def test_without_tls_there_is_no_certificate(tmp_path: Path) -> None:
    async def story(port: int) -> None:
        async with running(settings(port)) as broker:
            await connected(broker)
            assert broker.state.certificate_ends_unix_s is None

    with Mosquitto(tmp_path) as mosquitto:
        asyncio.run(story(mosquitto.port))


def test_messages_that_arrive_in_one_tls_record_are_all_heard(authority: Authority) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("server"))

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        # CONNACK, then PUBLISH to "a", without properties, with one byte each.
        writer.write(b"\x20\x03\x00\x00\x00" + b"".join(b"\x30\x05\x00\x01a\x00%d" % digit for digit in range(10)))
        await reader.read()

    async def story() -> None:
        async with listening(talk, context) as port, running(settings(port, tls=Tls(authority.file))) as broker:
            heard = Heard(broker, "a")
            assert [(await heard.next()).payload for _ in range(10)] == [b"%d" % digit for digit in range(10)]

    asyncio.run(story())


def test_files_that_are_missing_are_told(mosquitto: Mosquitto, tmp_path: Path) -> None:
    assert "No such file" in error_of(settings(mosquitto.port, tls=Tls(ca_file=tmp_path / "none.pem")))


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker that asks for a password."""
    users = tmp_path / "users"
    make = [tool("mosquitto_passwd"), "-b", "-c", str(users), "gateway", "sésame"]
    subprocess.run(make, check=True, capture_output=True)
    with Mosquitto(tmp_path, "allow_anonymous false", f"password_file {users}") as broker:
        yield broker


def password_file(directory: Path, password: str, mode: int = 0o600) -> str:
    path = directory / "password"
    path.write_text(f"{password}\n")
    path.chmod(mode)
    return str(path)


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_a_good_password(guarded: Mosquitto, tmp_path: Path, version: str) -> None:
    password = password_file(tmp_path, "sésame")
    works(settings(guarded.port, username="gateway", password_file=password, version=version))


@pytest.mark.parametrize("version", ["auto", "5", "3.1.1"])
def test_a_wrong_password_and_none_are_told(guarded: Mosquitto, tmp_path: Path, version: str) -> None:
    password = password_file(tmp_path, "sesame")
    assert "Not authorized" in error_of(
        settings(guarded.port, username="gateway", password_file=password, version=version)
    )
    assert "Not authorized" in error_of(settings(guarded.port, version=version))


def test_a_password_that_everybody_can_read_is_not_used(guarded: Mosquitto, tmp_path: Path) -> None:
    password = password_file(tmp_path, "sésame", 0o644)
    assert "chmod o=" in error_of(settings(guarded.port, username="gateway", password_file=password))


def test_a_new_password_is_used_without_a_restart(guarded: Mosquitto, tmp_path: Path) -> None:
    password = password_file(tmp_path, "wrong")

    async def story() -> None:
        async with running(settings(guarded.port, username="gateway", password_file=password)) as broker:
            await until(lambda: broker.state.last_error is not None)
            password_file(tmp_path, "sésame")
            await connected(broker)

    asyncio.run(story())
