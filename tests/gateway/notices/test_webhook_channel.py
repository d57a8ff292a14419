"""Webhooks against a real HTTPS server on loopback: verified, signed, bounded, and never led elsewhere."""

import base64
import ssl
import time
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.notices.channel import ChannelError
from gateway.notices.combined import message_of
from gateway.notices.notice import Kind
from gateway.notices.settings import WebhookSettings
from gateway.notices.webhook_body import body_of
from gateway.notices.webhook_channel import WebhookChannel
from tests.gateway.broker.certificates import Authority
from tests.gateway.notices.scene import NOON, message, notice, server_tls
from tests.mosquitto import free_port
from tests.webhook_sink import ENDLESS, HANG_UP, TAKE_AND_HANG_UP, Request, WebhookSink

EUI = "0016C001FF10A235"
KEY = Ed25519PrivateKey.generate()


def sign(content: bytes) -> str:
    return base64.b64encode(KEY.sign(content)).decode()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def tls(authority: Authority) -> ssl.SSLContext:
    return server_tls(*authority.issue("server"))


def channel(authority: Authority | None, timeout_s: float = 5) -> WebhookChannel:
    ca_file = None if authority is None else authority.file
    return WebhookChannel(WebhookSettings(ca_file, timeout_s), EUI, sign)


def request(sink: WebhookSink) -> Request:
    (only,) = sink.requests
    return only


def error_of(sending: WebhookChannel, url: str) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        sending.send(message(), url, NOON)
    assert "secret" not in str(caught.value)
    return caught.value


def test_a_message_arrives_with_all_that_a_program_needs(authority: Authority, tls: ssl.SSLContext) -> None:
    sent = message_of([notice(1), notice(2, Kind.CLOSED)])
    with WebhookSink(tls) as sink:
        channel(authority).send(sent, sink.url, NOON)
    taken = request(sink)
    assert taken.target == "/notices?key=secret"
    assert taken.headers["content-type"] == "application/json; charset=utf-8"
    content = taken.content
    assert {key: content[key] for key in ("format", "id", "gateway_eui", "depositor", "subject", "text", "lost")} == {
        "format": 1,
        "id": sent.id,
        "gateway_eui": EUI,
        "depositor": "metropole",
        "subject": sent.subject,
        "text": sent.text,
        "lost": 0,
    }
    opened, closed = content["notices"]
    assert (opened["kind"], opened["number"], opened["begins"], opened["ends"]) == (
        "opened",
        1,
        "2026-11-25T11:00:00Z",
        None,
    )
    assert (closed["kind"], closed["ends"], closed["clock_sure"]) == ("closed", "2026-11-25T12:00:00Z", True)


def test_the_signature_covers_identity_time_and_body(authority: Authority, tls: ssl.SSLContext) -> None:
    with WebhookSink(tls) as sink:
        channel(authority).send(message(), sink.url, NOON)
    taken = request(sink)
    identity, timestamp = taken.headers["webhook-id"], taken.headers["webhook-timestamp"]
    version, _, signature = taken.headers["webhook-signature"].partition(",")
    assert (identity, timestamp, version) == (message().id, str(NOON), "v1a")
    public = KEY.public_key()
    public.verify(base64.b64decode(signature), f"{identity}.{timestamp}.".encode() + taken.body)
    for wrong in (f"{identity}.{NOON + 1}.", f"x{identity}.{timestamp}.", f"{identity}.{timestamp}. "):
        with pytest.raises(InvalidSignature):
            public.verify(base64.b64decode(signature), wrong.encode() + taken.body)


def test_a_time_that_is_not_sure_is_none(authority: Authority, tls: ssl.SSLContext) -> None:
    with WebhookSink(tls) as sink:
        channel(authority).send(message(), sink.url, None)
    assert request(sink).headers["webhook-timestamp"] == "0"


def test_the_same_message_has_the_same_body() -> None:
    assert body_of(message(), EUI) == body_of(message(), EUI)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_what_is_answered_by_2xx_is_taken(authority: Authority, tls: ssl.SSLContext, status: int) -> None:
    with WebhookSink(tls, lambda: (status, {})) as sink:
        channel(authority).send(message(), sink.url, NOON)
    assert len(sink.taken()) == 1


@pytest.mark.parametrize(
    ("status", "is_refusal"),
    [(400, True), (401, True), (404, True), (410, True), (408, False), (429, False), (500, False), (503, False)],
)
def test_other_answers_are_told(authority: Authority, tls: ssl.SSLContext, status: int, is_refusal: bool) -> None:
    with WebhookSink(tls, lambda: (status, {})) as sink:
        error = error_of(channel(authority), sink.url)
    assert str(error).startswith(f"127.0.0.1 answered {status}")
    assert error.is_refusal is is_refusal


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(authority: Authority, tls: ssl.SSLContext, status: int) -> None:
    with WebhookSink(tls) as elsewhere, WebhookSink(tls, lambda: (status, {"Location": elsewhere.url})) as sink:
        error = error_of(channel(authority), sink.url)
    assert "redirects are not followed" in str(error)
    assert len(sink.requests) == 1
    assert not elsewhere.requests


@pytest.mark.parametrize(
    ("text", "wait_s"), [("120", 120), ("999999", 3_600), ("Wed, 25 Nov 2026 11:00:00 GMT", 0), ("-1", 0), ("²", 0)]
)
def test_what_a_busy_server_asks_for(authority: Authority, tls: ssl.SSLContext, text: str, wait_s: float) -> None:
    with WebhookSink(tls, lambda: (503, {"Retry-After": text})) as sink:
        assert error_of(channel(authority), sink.url).wait_s == wait_s


def test_a_server_that_nobody_trusts_gets_nothing(tmp_path: Path, tls: ssl.SSLContext) -> None:
    with WebhookSink(tls) as sink:
        for authority in (Authority(tmp_path, "other"), None):
            assert "is not trusted" in str(error_of(channel(authority), sink.url))
    assert not sink.requests


def test_a_certificate_for_another_host_is_not_trusted(authority: Authority) -> None:
    with WebhookSink(server_tls(*authority.issue("server", "hook.example"))) as sink:
        assert "is not trusted" in str(error_of(channel(authority), sink.url))
    assert not sink.requests


@pytest.mark.parametrize("status", [HANG_UP, TAKE_AND_HANG_UP])
def test_a_connection_that_ends_early_is_told(authority: Authority, tls: ssl.SSLContext, status: int) -> None:
    with WebhookSink(tls, lambda: (status, {})) as sink:
        error = error_of(channel(authority), sink.url)
    assert not error.is_refusal
    assert str(error).startswith("127.0.0.1: ")


def test_an_answer_without_end_is_not_read_to_its_end(authority: Authority, tls: ssl.SSLContext) -> None:
    began_s = time.monotonic()
    with WebhookSink(tls, lambda: (ENDLESS, {})) as sink:
        channel(authority).send(message(), sink.url, NOON)
    assert time.monotonic() - began_s < 30  # it would last for ever


def test_a_server_that_is_not_there_is_told(authority: Authority) -> None:
    error = error_of(channel(authority), f"https://127.0.0.1:{free_port()}/secret")
    assert str(error) == "127.0.0.1: Connection refused"


@pytest.mark.parametrize("url", ["http://127.0.0.1/secret", "ftp://127.0.0.1/secret", "secret", "https://[::1/secret"])
def test_nothing_but_https_is_called(authority: Authority, url: str) -> None:
    assert error_of(channel(authority), url).is_refusal
