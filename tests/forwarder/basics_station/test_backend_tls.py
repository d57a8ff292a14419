"""Who is let in, on either side: certificates, keys, tokens."""

import asyncio
import ssl
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.forwarder.basics_station.lns import Lns, config, running, until
from tests.gateway.broker.certificates import Authority

TOKEN = "Authorization: Bearer NNSXS.secret"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def server_tls(authority: Authority, host: str = "127.0.0.1", clients: Authority | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*authority.issue("server", host))
    if clients is not None:
        context.load_verify_locations(clients.file)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def secret(path: Path, content: str, mode: int = 0o600) -> str:
    path.write_text(content)
    path.chmod(mode)
    return str(path)


def works(tls: ssl.SSLContext, **changes: Any) -> Lns:
    async def story() -> Lns:
        async with Lns(scheme="wss").serving(tls) as lns, running(config(lns, "wss", **changes)) as backend:
            await until(lambda: backend.counters.connected)
            return lns

    return asyncio.run(story())


def reason(tls: ssl.SSLContext | None, **changes: Any) -> str:
    """Why there was no connection."""

    async def story() -> str:
        with capture_logs() as logs:
            async with (
                Lns(scheme="wss").serving(tls) as lns,
                running(config(lns, "wss", **changes)) as backend,
            ):
                await until(lambda: any(line["event"] == "no connection to server" for line in logs))
                assert not backend.counters.connected
                assert lns.messages == []
        return str(next(line["reason"] for line in logs if line["event"] == "no connection to server"))

    return asyncio.run(story())


def test_a_server_whose_authority_is_trusted(authority: Authority) -> None:
    works(server_tls(authority), ca_file=str(authority.file))


def test_an_authority_in_binary_form(authority: Authority, tmp_path: Path) -> None:
    der = tmp_path / "ca.der"
    der.write_bytes(ssl.PEM_cert_to_DER_cert(authority.file.read_text()))
    works(server_tls(authority), ca_file=str(der))


def test_several_authorities_in_one_file(authority: Authority, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_text(Authority(tmp_path, "other").file.read_text() + authority.file.read_text())
    works(server_tls(authority), ca_file=str(bundle))


def test_names_in_any_language_above_the_authorities(authority: Authority, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_text("# Autorité de la métropole\n" + authority.file.read_text(), encoding="utf-8")
    works(server_tls(authority), ca_file=str(bundle))


@pytest.mark.parametrize("content", [b"", b"\n", b"what", b"-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_a_file_without_an_authority_is_no_reason_to_trust_others(
    authority: Authority, tmp_path: Path, content: bytes
) -> None:
    """ssl takes an empty text for none at all, and trusts the system's authorities."""
    ca_file = tmp_path / "ca.pem"
    ca_file.write_bytes(content)
    assert f"{ca_file}: cannot be used" in reason(server_tls(authority), ca_file=str(ca_file))


def test_another_authority_is_not_trusted(authority: Authority, tmp_path: Path) -> None:
    other = Authority(tmp_path, "other")
    assert "certificate verify failed" in reason(server_tls(authority), ca_file=str(other.file))


def test_without_one_of_its_own_the_systems_are_trusted_and_no_other(authority: Authority) -> None:
    assert "certificate verify failed" in reason(server_tls(authority))


def test_a_certificate_for_another_host_is_not_trusted(authority: Authority) -> None:
    tls = server_tls(authority, "other.example")
    assert "127.0.0.1" in reason(tls, ca_file=str(authority.file))


def test_an_expired_certificate_is_not_trusted(authority: Authority) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*authority.issue("server", days=-1))
    assert "expired" in reason(context, ca_file=str(authority.file))


def test_a_server_without_tls_is_none(authority: Authority) -> None:
    assert reason(None, ca_file=str(authority.file))


class TestMutual:
    """A server that wants to know who the gateway is."""

    def test_by_certificate_and_key(self, authority: Authority, tmp_path: Path) -> None:
        certificate, key = authority.issue("gateway")
        key.chmod(0o600)
        tls = server_tls(authority, clients=authority)
        works(tls, ca_file=str(authority.file), certificate_file=str(certificate), key_file=str(key))

    def test_without_it_is_not_let_in(self, authority: Authority) -> None:
        assert reason(server_tls(authority, clients=authority), ca_file=str(authority.file))

    def test_a_key_that_everybody_can_read_is_not_used(self, authority: Authority) -> None:
        certificate, key = authority.issue("gateway")
        key.chmod(0o644)
        files: dict[str, Any] = {"certificate_file": str(certificate), "key_file": str(key)}
        assert f"chmod o= {key}" in reason(server_tls(authority), ca_file=str(authority.file), **files)

    def test_a_key_with_a_password_is_not_used(self, authority: Authority) -> None:
        certificate, key = authority.issue("gateway", password=b"secret")
        key.chmod(0o600)
        files: dict[str, Any] = {"certificate_file": str(certificate), "key_file": str(key)}
        assert "has a password" in reason(server_tls(authority), ca_file=str(authority.file), **files)

    def test_renewed_files_are_used_without_a_restart(self, authority: Authority, tmp_path: Path) -> None:
        ca_file = tmp_path / "trusted.pem"
        ca_file.write_text(Authority(tmp_path, "other").file.read_text())

        async def story() -> None:
            async with Lns(scheme="wss").serving(server_tls(authority)) as lns:
                with capture_logs() as logs:
                    async with running(config(lns, "wss", ca_file=str(ca_file))) as backend:
                        await until(lambda: bool(logs))
                        ca_file.write_text(authority.file.read_text())
                        await until(lambda: backend.counters.connected)

        asyncio.run(story())


class TestToken:
    """HTTP headers from a file, on both connections."""

    def test_are_sent_as_they_stand_there(self, authority: Authority, tmp_path: Path) -> None:
        token_file = secret(tmp_path / "tc.key", f"{TOKEN}\r\nX-Gateway-2:  a b\n\n\n")
        lns = works(server_tls(authority), ca_file=str(authority.file), token_file=token_file)
        assert len(lns.headers) == 2
        for headers in lns.headers:
            assert headers["Authorization"] == "Bearer NNSXS.secret"
            assert headers["X-Gateway-2"] == "a b"

    @pytest.mark.parametrize(
        "content", ["", "\n", "NNSXS.secret", "Na me: x", "Name:", "A: x", "Name: ä", "Name: a\0b"]
    )
    def test_what_is_no_header_is_not_sent_and_not_shown(
        self, authority: Authority, tmp_path: Path, content: str
    ) -> None:
        token_file = secret(tmp_path / "tc.key", content)
        told = reason(server_tls(authority), ca_file=str(authority.file), token_file=token_file)
        assert "each line must be" in told
        assert "NNSXS.secret" not in told

    def test_a_token_that_everybody_can_read_is_not_used(self, authority: Authority, tmp_path: Path) -> None:
        token_file = secret(tmp_path / "tc.key", TOKEN, 0o644)
        assert "chmod o=" in reason(server_tls(authority), ca_file=str(authority.file), token_file=token_file)

    def test_none_is_ever_sent_in_clear(self, tmp_path: Path) -> None:
        async def story() -> None:
            token_file = secret(tmp_path / "tc.key", TOKEN)
            async with Lns().serving() as lns, running(config(lns, token_file=token_file)) as backend:
                await until(lambda: backend.counters.connected)
                assert not any("Authorization" in headers for headers in lns.headers)

        asyncio.run(story())

    def test_a_server_that_refuses_it_says_so(self, authority: Authority, tmp_path: Path) -> None:
        token_file = secret(tmp_path / "tc.key", TOKEN)

        async def story() -> str:
            with capture_logs() as logs:
                files: dict[str, Any] = {"ca_file": str(authority.file), "token_file": token_file}
                lns = Lns(scheme="wss", refuses=True)
                async with lns.serving(server_tls(authority)), running(config(lns, "wss", **files)):
                    await until(lambda: bool(logs))
            return str(logs[0]["reason"])

        assert "401" in asyncio.run(story())


@pytest.mark.parametrize("key", ["ca_file", "certificate_file", "token_file"])
def test_a_file_that_is_not_there_is_named(authority: Authority, tmp_path: Path, key: str) -> None:
    _, key_file = authority.issue("gateway")
    key_file.chmod(0o600)
    files: dict[str, Any] = {"ca_file": str(authority.file), "key_file": str(key_file)} | {
        key: str(tmp_path / "missing")
    }
    assert "missing" in reason(server_tls(authority), **files)


def test_another_configuration_comes_with_credentials_of_its_own(authority: Authority, tmp_path: Path) -> None:
    """As when a server hands out new ones."""
    token_file = secret(tmp_path / "tc.key", TOKEN)

    async def story() -> None:
        tls, files = server_tls(authority), {"ca_file": str(authority.file), "token_file": token_file}
        async with (
            Lns().serving() as first,
            Lns(scheme="wss").serving(tls) as second,
            running(config(first)) as backend,
        ):
            await until(lambda: backend.counters.connected)
            backend.change(config(second, "wss", **files))
            await second.until(lambda: second.data_connections == 1)
            assert all("Authorization" in headers for headers in second.headers)

    asyncio.run(story())


def test_data_that_would_not_be_encrypted_are_refused(authority: Authority) -> None:
    async def story() -> None:
        with capture_logs() as logs:
            elsewhere = Lns(scheme="ws", data_port=1)
            tls, ca_file = server_tls(authority), str(authority.file)
            async with elsewhere.serving(tls), running(config(elsewhere, "wss", ca_file=ca_file)):
                await until(lambda: bool(logs))
        assert "encrypted" in logs[0]["reason"]

    asyncio.run(story())


def test_a_server_behind_a_proxy_that_thinks_it_is_not_encrypted(authority: Authority) -> None:
    async def story() -> None:
        tls, ca_file = server_tls(authority), str(authority.file)
        async with Lns(scheme="ws").serving(tls) as lns, running(config(lns, "wss", ca_file=ca_file)) as backend:
            await until(lambda: backend.counters.connected)

    asyncio.run(story())
