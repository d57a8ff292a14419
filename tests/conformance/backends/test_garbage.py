"""What no server should send: it is told of in the log, and nothing else is lost by it."""

import asyncio

import pytest
from structlog.testing import capture_logs

from tests.conformance.backends.answers import OK
from tests.conformance.backends.flags import Flag
from tests.conformance.backends.frames import frame, keyed, unkeyed
from tests.conformance.backends.gateway import Gateway
from tests.conformance.backends.peer import Answer, Peer
from tests.conformance.backends.peers import PEERS
from tests.gateway.broker.scene import play, until

EACH = [pytest.param(protocol, name, id=f"{protocol}-{name}") for protocol in PEERS for name in PEERS[protocol].garbage]


@pytest.mark.parametrize(("peer", "name"), EACH, indirect=["peer"])
def test_garbage_costs_itself_alone(peer: Peer, name: str) -> None:
    async def story() -> None:
        async with peer.at_hand(), Gateway(peer).at_work() as gateway:
            connections = peer.connections
            for _ in range(3):
                await peer.throw(peer.garbage[name])
            await peer.ask(7, b"after it")
            await until(lambda: len(gateway.requests) == 1)
            assert gateway.requests[0].packet.payload == b"after it"
            gateway.ended(0)
            await until(lambda: Answer(7, OK) in peer.answers)
            gateway.send(keyed(1))
            await until(lambda: gateway.confirmed == {1})
            await until(lambda: peer.payloads == [frame(1)])
            assert peer.connections == connections
            assert all("OK" not in answer.words for answer in peer.answers if answer.number != 7)
            assert gateway.counters.downlinks_accepted == 1

    with capture_logs() as logs:
        play(story())
    warnings = [line for line in logs if line["log_level"] == "warning"]
    # Once, though it came three times: a server cannot fill the log.
    assert warnings
    assert len({line["event"] for line in warnings}) == len(warnings), warnings
    assert all(str(value).isprintable() and len(str(value)) < 500 for line in warnings for value in line.values()), (
        warnings
    )


def test_all_kinds_in_a_row(peer: Peer) -> None:
    async def story() -> None:
        async with peer.at_hand(), Gateway(peer).at_work() as gateway:
            connections = peer.connections
            for _ in range(3):
                for garbage in peer.garbage.values():
                    await peer.throw(garbage)
                    await asyncio.sleep(0)
            await peer.ask(7, b"after it")
            await until(lambda: len(gateway.requests) == 1)
            gateway.send(unkeyed(1))
            await until(lambda: peer.payloads == [frame(1)])
            assert peer.connections == connections

    with capture_logs() as logs:
        play(story())
    assert len(logs) < 50


@pytest.mark.parametrize("peer", [name for name, made in PEERS.items() if made.oversized is not None], indirect=True)
def test_a_message_beyond_the_limit_costs_the_connection_at_most(peer: Peer) -> None:
    async def story() -> None:
        assert peer.oversized is not None
        async with peer.at_hand(), Gateway(peer).at_work() as gateway:
            connections = peer.connections
            await peer.throw(peer.oversized)
            if Flag.ENDS_AT_OVERSIZE in peer.flags:
                await until(lambda: peer.connections == connections + 1)
            await gateway.connected()
            await peer.ask(7, b"after it")
            await until(lambda: len(gateway.requests) == 1)
            gateway.send(keyed(1))
            await until(lambda: gateway.confirmed == {1})
            assert peer.connections == connections + (Flag.ENDS_AT_OVERSIZE in peer.flags)

    play(story())
