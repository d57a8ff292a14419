"""A server that cannot prove who it is is told nothing; once it can, it is found without a restart."""

import pytest
from structlog.testing import capture_logs

from tests.conformance.backends.certificate import Certificate
from tests.conformance.backends.flags import Flag
from tests.conformance.backends.frames import frame, keyed
from tests.conformance.backends.gateway import Gateway
from tests.conformance.backends.peer import Peer
from tests.conformance.backends.peers import having
from tests.gateway.broker.scene import play, until

WORDS = {
    Certificate.UNTRUSTED: ("not trusted", "verify failed"),
    Certificate.WRONG_NAME: ("127.0.0.1",),
    Certificate.EXPIRED: ("expired",),
}


@having(Flag.HAS_TLS)
@pytest.mark.parametrize("certificate", WORDS)
def test_a_wrong_certificate(peer: Peer, certificate: Certificate) -> None:
    async def story() -> None:
        peer.certificate = certificate
        async with peer.at_hand(), Gateway(peer).started() as gateway:
            await until(lambda: any("reason" in line for line in logs))
            gateway.send(keyed(1))
            await until(lambda: gateway.given_back == {1})
            assert not gateway.counters.connected
            assert (peer.uplinks, peer.connections) == ([], 0)
            await peer.stop()
            peer.certificate = Certificate.RIGHT
            await peer.start()
            await gateway.connected()
            gateway.send(keyed(2))
            await until(lambda: gateway.confirmed == {2})
            await until(lambda: peer.payloads == [frame(2)])

    with capture_logs() as logs:
        play(story())
    reason = next(str(line["reason"]) for line in logs if "reason" in line)
    assert any(word in reason for word in WORDS[certificate]), reason


@having(Flag.HAS_TLS)
def test_a_connection_that_stood_is_no_reason_to_trust_the_next_one(peer: Peer) -> None:
    async def story() -> None:
        async with peer.at_hand(), Gateway(peer).at_work() as gateway:
            connections = peer.connections
            await peer.stop()
            await until(lambda: not gateway.counters.connected)
            peer.certificate = Certificate.UNTRUSTED
            await peer.start()
            await until(lambda: any(_is_about_trust(line) for line in logs))
            gateway.send(keyed(1))
            await until(lambda: gateway.given_back == {1})
            assert (peer.uplinks, peer.connections) == ([], connections)

    with capture_logs() as logs:
        play(story())


def _is_about_trust(line: object) -> bool:
    return any(word in str(line) for word in WORDS[Certificate.UNTRUSTED])
