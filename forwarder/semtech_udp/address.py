"""Where a network server is: from its name to its addresses."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence

import msgspec

RESOLVE_TIMEOUT_S = 20.0


class ServerAddress(msgspec.Struct, frozen=True):
    """An IPv4 or IPv6 address; the scope is that of a link-local one."""

    family: socket.AddressFamily
    host: str
    scope_id: int = 0


Resolve = Callable[[str], Awaitable[Sequence[ServerAddress]]]


async def resolve_host(host: str) -> Sequence[ServerAddress]:
    """All addresses of a host, in the system's order of preference. Raises OSError."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(RESOLVE_TIMEOUT_S):
            answers = await loop.getaddrinfo(host, None, type=socket.SOCK_DGRAM)
    except UnicodeError as error:
        raise socket.gaierror(socket.EAI_NONAME, f"not a host name: {error}") from error
    return [
        ServerAddress(family, str(sockaddr[0]), int(sockaddr[3]) if len(sockaddr) == 4 else 0)
        for family, _, _, _, sockaddr in answers
    ]


def in_order_of_trial(addresses: Sequence[ServerAddress], silent: ServerAddress | None) -> Sequence[ServerAddress]:
    """The addresses in their order, but beginning after the one that does not answer."""
    if silent not in addresses:
        return addresses
    following = addresses.index(silent) + 1
    return [*addresses[following:], *addresses[:following]]
