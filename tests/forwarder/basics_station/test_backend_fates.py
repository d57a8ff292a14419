"""What whoever gave an uplink a key is told of it, with a server on loopback that comes and goes."""

import asyncio
import json
from collections.abc import Sequence

from websockets.asyncio.server import ServerConnection

from forwarder.backend import Uplink
from tests.forwarder.basics_station.lns import PATIENCE_S, ROUTER_CONFIG, Lns, config, running, until
from tests.forwarder.basics_station.test_link import FRAME
from tests.packets import packet

KEYS = range(1, 101)


def keyed(key: int) -> Uplink:
    return Uplink(packet(payload=FRAME + key.to_bytes(4, "little")), key=key)


def test_delivered_once_the_server_has_answered_a_ping_after_it() -> None:
    async def story() -> None:
        told: list[tuple[list[int], bool]] = []
        async with Lns().serving() as lns, running(config(lns, confirm_after_s=0.1)) as backend:
            backend.on_fate = lambda keys, delivered: told.append((list(keys), delivered))
            await until(lambda: backend.counters.connected)
            backend.send_uplinks([keyed(1), keyed(2), keyed(0)])
            assert told == []
            await until(lambda: bool(told))
            assert told == [([1, 2], True)]
            assert len(lns.of("updf")) == 3
            assert backend.counters.uplinks_acknowledged == 3

    asyncio.run(story())


def test_not_delivered_where_the_connection_ends_before() -> None:
    async def story() -> None:
        told: list[tuple[list[int], bool]] = []
        async with Lns().serving() as lns, running(config(lns, confirm_after_s=60, keepalive_s=60)) as backend:
            backend.on_fate = lambda keys, delivered: told.append((list(keys), delivered))
            backend.send_uplinks([keyed(1)])
            assert told == [([1], False)]
            await until(lambda: backend.counters.connected)
            backend.send_uplinks([keyed(2), keyed(3)])
            await lns.until(lambda: len(lns.of("updf")) == 2)
            assert lns.connection is not None
            lns.connection.transport.abort()
            await until(lambda: len(told) == 2)
            await until(lambda: backend.counters.connected)
            backend.send_uplinks([keyed(4)])
        assert told[1:] == [([2, 3], False), ([4], False)]

    asyncio.run(story())


def test_whoever_is_told_that_one_is_not_delivered_sees_that_there_is_no_connection() -> None:
    """And so does not send it into the same nowhere, and hear of it, without end."""

    async def story() -> None:
        seen: list[bool] = []
        async with Lns().serving() as lns, running(config(lns)) as backend:
            backend.on_fate = lambda _keys, _delivered: seen.append(backend.counters.connected)
            await until(lambda: backend.counters.connected)
            backend.send_uplinks([keyed(1)])
            assert lns.connection is not None
            lns.connection.transport.abort()
            await until(lambda: bool(seen))
            await until(lambda: backend.counters.connected)
            backend.send_uplinks([keyed(2)])
        assert seen == [False, False]

    asyncio.run(story())


def test_what_a_server_that_breaks_off_gives_back_arrives_when_it_is_sent_once_more() -> None:
    """Twice it reads some, answers pings or not, and breaks off; the third time it stays."""

    async def story() -> None:
        arrived, to_send, delivered = list[int](), list(KEYS), list[int]()

        async def script(lns: Lns, connection: ServerConnection) -> None:
            await connection.recv()
            await connection.send(json.dumps(ROUTER_CONFIG))
            while len(arrived) < 25 * lns.data_connections or lns.data_connections > 2:
                arrived.append(json.loads(await connection.recv())["MIC"])
            connection.transport.abort()

        def fate(keys: Sequence[int], confirmed: bool) -> None:
            (delivered if confirmed else to_send).extend(keys)

        async with Lns(script).serving() as lns, running(config(lns, confirm_after_s=0.1)) as backend:
            backend.on_fate = fate
            async with asyncio.timeout(PATIENCE_S):
                while len(delivered) < len(KEYS):
                    if backend.counters.connected and to_send:
                        batch, to_send = sorted(to_send)[:7], sorted(to_send)[7:]
                        backend.send_uplinks([keyed(key) for key in batch])
                    await asyncio.sleep(0.01)
        assert sorted(delivered) == list(KEYS)
        assert set(arrived) == set(KEYS)
        assert lns.data_connections == 3

    asyncio.run(story())
