"""A Semtech UDP server: does it answer? Only while no service runs, whose downlinks a second PULL_DATA would divert."""

import asyncio
import secrets
import socket
import time
from collections.abc import Sequence

from forwarder.semtech_udp.address import ServerAddress
from forwarder.semtech_udp.messages import (
    GatewayKind,
    MalformedDatagramError,
    ServerKind,
    decode_server_datagram,
    encode_gateway_datagram,
)
from gateway.doctor.fault import Fault
from gateway.doctor.reaching import Missed, Reached

ANSWER_S = 1.5
TRIALS = 3
MOST_RECEIVED_BYTES = 8192


async def ask_udp_server(
    addresses: Sequence[ServerAddress], port: int, gateway_eui: int, answer_s: float = ANSWER_S
) -> Reached | Missed:
    """Ask, a few times, as datagrams get lost; the first answer counts."""
    missed = Missed(Fault.SERVER_UNREACHABLE, "the name has no address")
    for trial in range(TRIALS):
        if not addresses:
            break
        outcome = await _ask(addresses[trial % len(addresses)], port, gateway_eui, answer_s)
        if isinstance(outcome, Reached):
            return outcome
        missed = outcome
    return missed


async def _ask(address: ServerAddress, port: int, gateway_eui: int, answer_s: float) -> Reached | Missed:
    token = secrets.randbits(16)
    is_ipv6 = address.family is socket.AF_INET6
    with socket.socket(address.family, socket.SOCK_DGRAM) as made:
        made.setblocking(False)
        try:
            made.connect((address.host, port, 0, address.scope_id) if is_ipv6 else (address.host, port))
            began_s = time.monotonic()
            made.send(encode_gateway_datagram(GatewayKind.PULL_DATA, token, gateway_eui))
            async with asyncio.timeout(answer_s):
                while not _answers(await asyncio.get_running_loop().sock_recv(made, MOST_RECEIVED_BYTES), token):
                    pass
        except TimeoutError:
            return Missed(Fault.UDP_SILENT, "no answer")
        except ConnectionRefusedError:
            await asyncio.sleep(0.1)
            return Missed(Fault.UDP_REFUSED, "connection refused")
        except OSError as error:
            return Missed(Fault.SERVER_UNREACHABLE, error.strerror or type(error).__name__)
        return Reached(max(1, round(1000 * (time.monotonic() - began_s))), None)


def _answers(data: bytes, token: int) -> bool:
    try:
        datagram = decode_server_datagram(data)
    except MalformedDatagramError:
        return False
    return datagram.kind is ServerKind.PULL_ACK and datagram.token == token
