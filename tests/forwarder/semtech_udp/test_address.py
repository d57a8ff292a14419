"""From a server's name to its addresses."""

import asyncio
import socket
import threading
from typing import Any

import pytest

from forwarder.semtech_udp.address import HostResolver, ServerAddress, in_order_of_trial

FIRST = ServerAddress(socket.AF_INET6, "2001:db8::1")
SECOND = ServerAddress(socket.AF_INET, "192.0.2.1")
THIRD = ServerAddress(socket.AF_INET, "192.0.2.2")


@pytest.mark.parametrize(
    ("silent", "order"),
    [
        (None, [FIRST, SECOND, THIRD]),
        (FIRST, [SECOND, THIRD, FIRST]),
        (THIRD, [FIRST, SECOND, THIRD]),
        (ServerAddress(socket.AF_INET, "192.0.2.9"), [FIRST, SECOND, THIRD]),
    ],
)
def test_the_address_that_does_not_answer_is_tried_last(
    silent: ServerAddress | None, order: list[ServerAddress]
) -> None:
    assert list(in_order_of_trial([FIRST, SECOND, THIRD], silent)) == order


@pytest.mark.parametrize(("host", "family"), [("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)])
def test_a_numeric_host_is_its_own_address(host: str, family: socket.AddressFamily) -> None:
    assert asyncio.run(HostResolver()(host)) == [ServerAddress(family, host)]


def test_what_cannot_be_a_host_name_is_not_resolved() -> None:
    with pytest.raises(OSError, match="not a host name"):
        asyncio.run(HostResolver()("x" * 64 + ".example"))


class SlowResolver:
    """The system's resolver, which answers only when it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        self.answers = threading.Event()
        self._resolve = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", self)

    def __call__(self, host: str, *arguments: Any, **options: Any) -> Any:
        self.asked.append(host)
        assert self.answers.wait(20)
        return self._resolve("127.0.0.1", *arguments, **options)


def test_a_resolver_that_does_not_answer_holds_up_nobody_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = SlowResolver(monkeypatch)

    async def scenario() -> None:
        asking = asyncio.create_task(HostResolver()("server.example"))
        while not slow.asked:  # noqa: ASYNC110 - a thread has no event of this loop
            await asyncio.sleep(0.001)
        asking.cancel()

    asyncio.run(scenario())
    slow.answers.set()


def test_one_look_up_serves_all_who_ask_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = SlowResolver(monkeypatch)

    async def scenario() -> None:
        resolve = HostResolver()
        first = asyncio.create_task(resolve("server.example"))
        second = asyncio.create_task(resolve("server.example"))
        await asyncio.sleep(0)
        first.cancel()
        slow.answers.set()
        assert await second == [ServerAddress(socket.AF_INET, "127.0.0.1")]
        await resolve("server.example")

    asyncio.run(scenario())
    assert len(slow.asked) == 2
