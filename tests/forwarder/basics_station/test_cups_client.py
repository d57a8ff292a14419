"""A question over real TLS, and what comes of every kind of answer."""

import asyncio
import contextlib
import ssl
from pathlib import Path
from typing import Any

import pytest

from forwarder.basics_station import cups_client
from forwarder.basics_station.config import BasicsStationConfig
from forwarder.basics_station.cups_client import CupsError, ask_cups
from forwarder.basics_station.cups_http import cups_endpoint
from forwarder.semtech_udp.address import HostResolver
from tests.forwarder.basics_station.cups_server import (
    NOTHING,
    CupsServer,
    Script,
    chunked,
    dribbling,
    raw,
    says,
    secret,
    server_tls,
    silent,
)
from tests.forwarder.basics_station.lns import until
from tests.gateway.broker.certificates import Authority

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n"
PATIENCE_S = 20.0


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def asked(
    script: Script,
    tls: ssl.SSLContext | None,
    config: BasicsStationConfig,
    *,
    timeout_s: float = PATIENCE_S,
    scheme: str = "https",
) -> tuple[bytes, CupsServer]:
    """The answer's body, and the server."""

    async def story() -> tuple[bytes, CupsServer]:
        async with CupsServer(script).serving(tls) as server:
            endpoint = cups_endpoint(f"{scheme}://127.0.0.1:{server.port}")
            async with asyncio.timeout(PATIENCE_S + 10):
                return await ask_cups(config, endpoint, b'{"router":"1"}', HostResolver(), timeout_s), server

    return asyncio.run(story())


def config(authority: Authority, **files: Any) -> BasicsStationConfig:
    return BasicsStationConfig("lns", "", ca_file=str(authority.file), **files)


@pytest.mark.parametrize(
    "script",
    [
        says(NOTHING),
        says(NOTHING, "200 Fine", "Server: x", "X-Empty:"),
        chunked(NOTHING[:5], NOTHING[5:]),
        raw(b"HTTP/1.0 200 OK\r\n\r\n", NOTHING),
        raw(*(bytes([byte]) for byte in HEAD + NOTHING)),
    ],
)
def test_an_answer_in_each_form(authority: Authority, script: Script) -> None:
    body, server = asked(script, server_tls(authority), config(authority))
    assert body == NOTHING
    assert server.questions == [{"router": "1"}]
    assert server.heads[0][0] == "POST /update-info HTTP/1.1"


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        (raw(), "ends early"),
        (raw(HEAD[:20]), "ends early"),
        (raw(HEAD, NOTHING[:13]), "ends early"),
        (raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n123"), "ends early"),
        (raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n123\r\n0\r\n\r\n"), "longer than its size"),
        (raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nwhat\r\n"), "chunk without a size"),
        (raw(b"\x15\x03\x01\x00\x02\x02\x46\r\n\r\n"), "does not begin as HTTP"),
        (raw(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000), "longer than 32768 bytes"),
    ],
)
def test_an_answer_that_is_none(authority: Authority, script: Script, complaint: str) -> None:
    with pytest.raises(CupsError, match=complaint) as caught:
        asked(script, server_tls(authority), config(authority))
    assert not caught.value.refused


@pytest.mark.parametrize("status", ["500 Internal Server Error", "401 Unauthorized", "204 No Content"])
def test_a_server_that_says_no(authority: Authority, status: str) -> None:
    with pytest.raises(CupsError, match=f"HTTP status {status[:3]}") as caught:
        asked(says(b"oops", status), server_tls(authority), config(authority))
    assert caught.value.refused


def test_nobody_is_followed_elsewhere(authority: Authority) -> None:
    with pytest.raises(CupsError, match="HTTP status 302"):
        asked(says(b"", "302 Found", "Location: https://127.0.0.1:1/"), server_tls(authority), config(authority))


@pytest.mark.parametrize(
    "script",
    [
        says(bytes(101)),
        chunked(bytes(60), bytes(60)),
        raw(b"HTTP/1.1 200 OK\r\n\r\n", bytes(101)),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n"),
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n"),
    ],
)
def test_an_answer_without_end_is_left(authority: Authority, script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cups_client, "LARGEST_ANSWER_BYTES", 100)
    with pytest.raises(CupsError, match="must be at most 100"):
        asked(script, server_tls(authority), config(authority))


@pytest.mark.parametrize("script", [silent, dribbling])
def test_a_server_that_takes_its_time_has_no_more_than_it_is_given(authority: Authority, script: Script) -> None:
    with pytest.raises(CupsError, match=r"no whole answer within 0.5 s"):
        asked(script, server_tls(authority), config(authority), timeout_s=0.5)


def test_a_token_is_sent_as_it_stands(authority: Authority, tmp_path: Path) -> None:
    token = secret(tmp_path / "token", b"Authorization: Bearer NNSXS.x\r\n")
    _, server = asked(says(NOTHING), server_tls(authority), config(authority, token_file=token))
    assert "Authorization: Bearer NNSXS.x" in server.heads[0]


def test_a_token_is_never_sent_in_clear(authority: Authority, tmp_path: Path) -> None:
    token = secret(tmp_path / "token", b"Authorization: Bearer NNSXS.x\r\n")
    _, server = asked(says(NOTHING), None, config(authority, token_file=token), scheme="http")
    assert not any("Authorization" in line for line in server.heads[0])


def test_a_server_that_asks_who_we_are(authority: Authority) -> None:
    certificate, key = authority.issue("gateway")
    key.chmod(0o600)
    tls = server_tls(authority, asks=True)
    body, _ = asked(says(NOTHING), tls, config(authority, certificate_file=str(certificate), key_file=str(key)))
    assert body == NOTHING
    with pytest.raises(CupsError):
        asked(says(NOTHING), tls, config(authority))


def test_a_server_that_is_not_trusted_is_asked_nothing(authority: Authority, tmp_path: Path) -> None:
    other = Authority(tmp_path, "other")
    for untrusted in (config(other), BasicsStationConfig("lns", "")):
        with pytest.raises(CupsError, match="certificate verify failed"):
            asked(says(NOTHING), server_tls(authority), untrusted)


def test_a_certificate_for_another_host_is_not_trusted(authority: Authority) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*authority.issue("elsewhere", "other.example"))
    with pytest.raises(CupsError, match=r"127\.0\.0\.1"):
        asked(says(NOTHING), context, config(authority))


def test_a_server_without_tls_is_asked_nothing(authority: Authority) -> None:
    with pytest.raises(CupsError):
        asked(says(NOTHING), None, config(authority), timeout_s=1)


def test_nobody_there(authority: Authority) -> None:
    async def story() -> None:
        async with CupsServer(says(NOTHING)).serving() as server:
            port = server.port
        endpoint = cups_endpoint(f"https://127.0.0.1:{port}")
        with pytest.raises(CupsError, match=r"127\.0\.0\.1: "):
            await ask_cups(config(authority), endpoint, b"{}", HostResolver(), PATIENCE_S)

    asyncio.run(story())


def test_a_file_that_cannot_be_used_is_named(authority: Authority) -> None:
    missing = BasicsStationConfig("lns", "", ca_file="/nowhere/ca.pem")
    with pytest.raises(CupsError, match=r"/nowhere/ca.pem"):
        asked(says(NOTHING), server_tls(authority), missing)


def test_whoever_stops_waiting_is_free_at_once(authority: Authority) -> None:
    async def story() -> None:
        async with CupsServer(silent).serving(server_tls(authority)) as server:
            endpoint = cups_endpoint(server.uri)
            asking = asyncio.ensure_future(ask_cups(config(authority), endpoint, b"{}", HostResolver(), 3600))
            await until(lambda: bool(server.questions))
            async with asyncio.timeout(PATIENCE_S):
                asking.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await asking
            assert asking.cancelled()

    asyncio.run(story())
