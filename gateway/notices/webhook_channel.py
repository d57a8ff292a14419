"""Webhooks: one HTTPS request for each message, with the server's certificate verified. Redirects are not followed."""

import contextlib
import http.client
import ssl
from collections.abc import Callable
from urllib.parse import urlsplit

from gateway.notices.channel import ChannelError
from gateway.notices.deadline import ended_after
from gateway.notices.notice import Message
from gateway.notices.settings import WebhookSettings
from gateway.notices.webhook_body import body_of, headers_of

LONGEST_CONVERSATION_S = 60.0
LARGEST_ANSWER_BYTES = 16 * 1024
LONGEST_WAIT_S = 3_600
# RFC 9110: request timeout, too early, too many requests. The other answers of 400 and more will hardly change.
TEMPORARY = frozenset({408, 425, 429})
HTTPS_PORT = 443


class WebhookChannel:
    """Calls webhooks. `sign` gives the base64 of the gateway's signature, and is called from several threads."""

    def __init__(self, settings: WebhookSettings, gateway_eui: str, sign: Callable[[bytes], str]) -> None:
        self._settings = settings
        self._gateway_eui = gateway_eui
        self._sign = sign

    def send(self, message: Message, address: str, unix_s: int | None) -> None:
        """Have the webhook take it. Raises ChannelError."""
        body = body_of(message, self._gateway_eui)
        headers = headers_of(message.id, body, unix_s, self._sign)
        host, port, target = _parts(address)
        try:
            connection = http.client.HTTPSConnection(host, port, timeout=self._settings.timeout_s, context=self._tls())
            with (
                contextlib.closing(connection),
                ended_after(LONGEST_CONVERSATION_S, lambda: connection.sock),
            ):
                connection.request("POST", target, body, dict(headers))
                answer = connection.getresponse()
                status, wait_s = answer.status, _wait_s(answer.getheader("Retry-After"))
                with contextlib.suppress(http.client.HTTPException, OSError):
                    # What it says is of no interest; but a server may not like to be cut off while it speaks.
                    answer.read(LARGEST_ANSWER_BYTES)
        except (http.client.HTTPException, OSError, ValueError) as error:
            raise ChannelError(f"{host}: {_network_reason(error)}") from error
        _judge(host, status, wait_s)

    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self._settings.ca_file is not None:
            context.load_verify_locations(self._settings.ca_file)
        return context


def _parts(address: str) -> tuple[str, int, str]:
    """Host, port, and what is asked for there. The policy's reader has looked at it; nothing but HTTPS gets here."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port or HTTPS_PORT
    except ValueError as error:
        raise ChannelError("the webhook's address cannot be used", is_refusal=True) from error
    if parts.scheme != "https" or not host:
        raise ChannelError("the webhook's address is none of HTTPS", is_refusal=True)
    return host, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _judge(host: str, status: int, wait_s: float) -> None:
    """Accepted is what was answered by 2xx."""
    if 200 <= status < 300:
        return
    reason = f"{host} answered {status} {http.client.responses.get(status, '')}".rstrip()
    if 300 <= status < 400:
        raise ChannelError(f"{reason}: redirects are not followed", is_refusal=True)
    raise ChannelError(reason, is_refusal=400 <= status < 500 and status not in TEMPORARY, wait_s=wait_s)


def _wait_s(text: str | None) -> float:
    """Retry-After in seconds; as a date it would need a clock that is sure, and is not used."""
    return float(min(int(text), LONGEST_WAIT_S)) if text and text.isascii() and text.isdigit() and len(text) < 9 else 0


def _network_reason(error: Exception) -> str:
    """Without the address: what follows the host may be a secret."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    reason = error.strerror if isinstance(error, OSError) else None
    return reason or (str(error) if isinstance(error, OSError) else "") or type(error).__name__
