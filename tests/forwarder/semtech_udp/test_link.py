"""The sockets to one server."""

import asyncio
import socket
from contextlib import closing

from forwarder.semtech_udp.link import ServerLink
from forwarder.semtech_udp.messages import GatewayKind
from forwarder.semtech_udp.session import Outgoing
from tests.forwarder.semtech_udp.loopback import HOME

# More than one turn of the event loop reads, fewer than the kernel's default buffer holds.
WAITING = 150


def test_acknowledgements_that_waited_through_a_stall_are_all_taken_at_once() -> None:
    async def scenario() -> None:
        taken: list[bytes] = []
        with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as server:
            server.bind(("127.0.0.1", 0))
            server.settimeout(20)
            port = server.getsockname()[1]
            link = ServerLink(HOME, port, port, taken.append, lambda _: None)
            link.send(Outgoing(GatewayKind.PUSH_DATA, 7, b"push"))
            _, gateway = server.recvfrom(100)
            answers = [bytes((number,)) for number in range(WAITING)]
            for answer in answers:
                server.sendto(answer, gateway)
            link.read_acknowledgements()
            link.close()
        assert taken == answers

    asyncio.run(scenario())
