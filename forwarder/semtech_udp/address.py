"""Where a network server is: from its name to its addresses."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Awaitable, Callable, Sequence

import msgspec

RESOLVE_TIMEOUT_S = 20.0


class ServerAddress(msgspec.Struct, frozen=True):
    """An IPv4 or IPv6 address; the scope is that of a link-local one."""

    family: socket.AddressFamily
    host: str
    scope_id: int = 0


Resolve = Callable[[str], Awaitable[Sequence[ServerAddress]]]


class HostResolver:
    """Called with a host, it gives all its addresses, in the system's order of preference.

    The system's resolver may block for minutes. Each look-up has a thread that nobody waits for at the end; while one
    is under way, a further call waits for its answer.
    """

    def __init__(self) -> None:
        self._pending: asyncio.Future[Sequence[ServerAddress]] | None = None

    async def __call__(self, host: str) -> Sequence[ServerAddress]:
        """Look a host up.

        Raises:
            OSError: there is no answer, or none within 20 s.
        """
        if self._pending is None or self._pending.done():
            self._pending = _look_up(host)
        async with asyncio.timeout(RESOLVE_TIMEOUT_S):
            return await asyncio.shield(self._pending)


def _look_up(host: str) -> asyncio.Future[Sequence[ServerAddress]]:
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Sequence[ServerAddress]] = loop.create_future()
    future.add_done_callback(lambda done: done.cancelled() or done.exception())  # told to whoever still waits

    def post(set_outcome: Callable[..., None], outcome: object) -> None:
        if not future.done():
            set_outcome(outcome)

    def ask() -> None:
        try:
            answer: tuple[Callable[..., None], object] = (future.set_result, _addresses(host))
        except OSError as error:
            answer = (future.set_exception, error)
        with contextlib.suppress(RuntimeError):  # the event loop was closed: nobody waits
            loop.call_soon_threadsafe(post, *answer)

    threading.Thread(target=ask, name="resolver", daemon=True).start()
    return future


def _addresses(host: str) -> Sequence[ServerAddress]:
    try:
        answers = socket.getaddrinfo(host, None, type=socket.SOCK_DGRAM)
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
