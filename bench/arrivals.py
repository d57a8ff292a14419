"""What the network server's end got, and when."""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.payloads import number_of
from forwarder.semtech_udp.messages import GatewayDatagram, GatewayKind
from forwarder.semtech_udp.rxpk import Rxpk, decode_push_body

_DATA_KEY = b'"data":'
_UDP_SOCKETS = Path("/proc/net/udp")


class Arrivals:
    """Collects PUSH_DATA, with the time of each; reading them is left for later, when no clock runs."""

    def __init__(self) -> None:
        self.pulls = 0
        self.packets = 0
        self.last_s = 0.0
        self._pushes: list[tuple[float, bytes]] = []

    def take(self, datagram: GatewayDatagram) -> None:
        """One datagram, now."""
        if datagram.kind is GatewayKind.PULL_DATA:
            self.pulls += 1
        elif datagram.kind is GatewayKind.PUSH_DATA:
            self.last_s = time.monotonic()
            self._pushes.append((self.last_s, datagram.body))
            self.packets += datagram.body.count(_DATA_KEY)

    def clear(self) -> None:
        """Forget the packets so far."""
        self.packets = 0
        self._pushes.clear()

    def received(self) -> Iterator[tuple[float, Rxpk]]:
        """Every packet with the time of its datagram, in order."""
        for at_s, body in self._pushes:
            for rxpk in decode_push_body(body).rxpk:
                yield at_s, rxpk

    def first_by_number(self) -> Mapping[int, float]:
        """When each of our packets arrived for the first time."""
        first: dict[int, float] = {}
        for at_s, rxpk in self.received():
            number = number_of(rxpk.data)
            if number is not None:
                first.setdefault(number, at_s)
        return first


def kernel_drops(port: int) -> int:
    """How many datagrams the kernel threw away because the socket of `port` was full."""
    return sum(drops_in(line, port) for line in _UDP_SOCKETS.read_text(encoding="ascii").splitlines()[1:])


def drops_in(line: str, port: int) -> int:
    """The same from one line of /proc/net/udp: 0 if it is another port's."""
    fields = line.split()
    return int(fields[-1]) if int(fields[1].rpartition(":")[2], 16) == port else 0
