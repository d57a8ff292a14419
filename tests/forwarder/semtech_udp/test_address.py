"""From a server's name to its addresses."""

import asyncio
import socket

import pytest

from forwarder.semtech_udp.address import ServerAddress, in_order_of_trial, resolve_host

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
    assert asyncio.run(resolve_host(host)) == [ServerAddress(family, host)]


def test_what_cannot_be_a_host_name_is_not_resolved() -> None:
    with pytest.raises(OSError, match="not a host name"):
        asyncio.run(resolve_host("x" * 64 + ".example"))
