"""A TCP connection, with TLS where wanted, and what went wrong on the way to it."""

import errno
import functools
import socket
import ssl
import time
from collections.abc import Sequence

import msgspec

from forwarder.semtech_udp.address import ServerAddress
from gateway.broker.tls import certificate_ends_unix_s
from gateway.doctor.fault import Fault
from gateway.doctor.in_time import in_thread

CONNECT_S = 5.0
# A server that wants another certificate says so only after the handshake, with TLS 1.3 (RFC 8446, 4.4.2.4).
SECOND_THOUGHT_S = 0.5

# X509_V_ERR_… of OpenSSL, x509_vfy.h.
EXPIRED, NOT_YET_VALID = 10, 9
OTHER_NAME = {62, 64}
UNKNOWN_AUTHORITY = {2, 18, 19, 20, 21, 27}
# TLS alerts by which a server asks for another certificate, or any at all: RFC 8446, 6.2.
WANTS_CERTIFICATE = (
    "CERTIFICATE_REQUIRED",
    "BAD_CERTIFICATE",
    "UNKNOWN_CA",
    "CERTIFICATE_UNKNOWN",
    "HANDSHAKE_FAILURE",
)
# Another address of the same name may do better.
OF_ONE_ADDRESS = {Fault.SERVER_REFUSES, Fault.SERVER_UNREACHABLE, Fault.SERVER_SILENT}
UNREACHABLE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EACCES, errno.EPERM, errno.EADDRNOTAVAIL}


class Reached(msgspec.Struct, frozen=True):
    """It could be connected to: how long that took, and until when its certificate is valid, None without TLS."""

    rtt_ms: int
    ends_unix_s: int | None


class Missed(msgspec.Struct, frozen=True):
    """It could not, for this fault; `problem` is what the system says of it."""

    fault: Fault
    problem: str


async def reach(
    host: str, port: int, addresses: Sequence[ServerAddress], tls: ssl.SSLContext | None, limit_s: float = CONNECT_S
) -> Reached | Missed:
    """Connect to the first of its addresses that lets us, agree on keys, and leave. Each step within `limit_s`."""
    missed = Missed(Fault.SERVER_UNREACHABLE, "the name has no address")
    for address in addresses:
        outcome = await in_thread(functools.partial(_reach_one, host, port, address, tls, limit_s))
        if isinstance(outcome, Reached) or outcome.fault not in OF_ONE_ADDRESS:
            return outcome
        missed = outcome
    return missed


def _reach_one(
    host: str, port: int, address: ServerAddress, tls: ssl.SSLContext | None, limit_s: float
) -> Reached | Missed:
    """With plain sockets, which tell what went wrong in TLS; asyncio keeps some of it to itself."""
    is_ipv6 = address.family is socket.AF_INET6
    began_s = time.monotonic()
    try:
        with socket.socket(address.family, socket.SOCK_STREAM) as made:
            made.settimeout(limit_s)
            made.connect((address.host, port, 0, address.scope_id) if is_ipv6 else (address.host, port))
            rtt_ms = max(1, round(1000 * (time.monotonic() - began_s)))
            if tls is None:
                return Reached(rtt_ms, None)
            with tls.wrap_socket(made, server_hostname=host) as secured:
                ends_unix_s = certificate_ends_unix_s(secured)
                if not _stays(secured):
                    return Missed(Fault.CERTIFICATE_WANTED, "it ends the connection after the handshake")
                return Reached(rtt_ms, ends_unix_s)
    except (OSError, ValueError) as error:
        return missed_by(error)


def _stays(secured: ssl.SSLSocket) -> bool:
    """Wait a moment for an alert, or an end. Servers of these protocols say nothing first, and silence is assent."""
    secured.settimeout(SECOND_THOUGHT_S)
    try:
        return bool(secured.recv(1))
    except TimeoutError:
        return True


def missed_by(error: Exception) -> Missed:
    """The fault behind an error of the socket or of TLS."""
    match error:
        case ssl.SSLCertVerificationError():
            return Missed(_untrusted(error.verify_code), error.verify_message)
        case ssl.SSLError():
            reason = error.reason or str(error)
            wants = any(alert in reason.upper() for alert in WANTS_CERTIFICATE)
            return Missed(Fault.CERTIFICATE_WANTED if wants else Fault.TLS_FAILED, reason.lower().replace("_", " "))
        case TimeoutError():
            return Missed(Fault.SERVER_SILENT, "no answer in time")
        case ConnectionRefusedError():
            return Missed(Fault.SERVER_REFUSES, "connection refused")
        case ConnectionError():
            return Missed(Fault.TLS_FAILED, error.strerror or "the connection ended")
        case OSError() if error.errno in UNREACHABLE:
            return Missed(Fault.SERVER_UNREACHABLE, error.strerror or "no route")
        case OSError() if error.errno == errno.ETIMEDOUT:
            return Missed(Fault.SERVER_SILENT, "no answer in time")
        case _:
            return Missed(Fault.TLS_FAILED, str(error) or type(error).__name__)


def _untrusted(code: int) -> Fault:
    if code == EXPIRED:
        return Fault.TLS_EXPIRED
    if code == NOT_YET_VALID:
        return Fault.TLS_NOT_YET_VALID
    if code in OTHER_NAME:
        return Fault.TLS_OTHER_NAME
    return Fault.TLS_UNKNOWN_AUTHORITY if code in UNKNOWN_AUTHORITY else Fault.TLS_FAILED
