"""When everything that the server was told of downlinks is there."""

from tests.conformance.backends.gateway import Gateway
from tests.conformance.backends.peer import Answer, Peer
from tests.gateway.broker.scene import until

OK = ("OK",)


async def settled(peer: Peer, gateway: Gateway, number: int = 999) -> list[Answer]:
    """All answers so far, once one that was asked for later is there; that one left out."""
    place = len(gateway.requests)
    await peer.ask(number, b"the last one")
    await until(lambda: len(gateway.requests) > place)
    gateway.ended(place)
    await until(lambda: Answer(number, OK) in peer.answers)
    return [answer for answer in peer.answers if answer.number != number]
