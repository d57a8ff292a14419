"""The names of servers: whether they can be looked up. The system's resolver may take minutes; this does not."""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

import msgspec

from forwarder.semtech_udp.address import HostResolver, ServerAddress
from gateway.doctor.check import Check, Reason
from gateway.doctor.fault import Fault
from gateway.doctor.result import CheckResult, found, passed, skipped

LIMIT_S = 5.0
# getaddrinfo(3): there is no such name, or none of its kind. All others are about the way to the name server.
NO_SUCH_NAME = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}

LookUp = Callable[[str], Awaitable[Sequence[ServerAddress]]]


class LookedUp(msgspec.Struct, frozen=True):
    """A host's addresses, or the fault because of which there are none."""

    addresses: tuple[ServerAddress, ...] = ()
    fault: Fault | None = None


async def look_up(host: str, ask: LookUp | None = None, limit_s: float = LIMIT_S) -> LookedUp:
    """Look a host up, within its time."""
    try:
        async with asyncio.timeout(limit_s):
            return LookedUp(tuple(await (ask or HostResolver())(host)))
    except socket.gaierror as error:
        return LookedUp(fault=Fault.NAME_UNKNOWN if error.errno in NO_SUCH_NAME else Fault.NAME_SERVER_SILENT)
    except OSError:
        return LookedUp(fault=Fault.NAME_SERVER_SILENT)


async def look_up_all(hosts: Iterable[str], ask: LookUp | None = None) -> Mapping[str, LookedUp]:
    """All of them at once."""
    names = list(dict.fromkeys(hosts))
    return dict(zip(names, await asyncio.gather(*(look_up(name, ask) for name in names)), strict=True))


def name_results(found_out: Mapping[str, LookedUp]) -> list[CheckResult]:
    """What is said of names; addresses are none. Where the name server is silent, once is enough."""
    names = {host: one for host, one in found_out.items() if not is_address(host)}
    if not names:
        return [skipped(Check.NAMES, Reason.ADDRESSES_ONLY)]
    results = [
        found(Check.NAMES, Fault.NAME_UNKNOWN, host=host)
        for host, one in names.items()
        if one.fault is Fault.NAME_UNKNOWN
    ]
    silent = [host for host, one in names.items() if one.fault is Fault.NAME_SERVER_SILENT]
    if silent:
        results.append(found(Check.NAMES, Fault.NAME_SERVER_SILENT, host=silent[0]))
    return results or [passed(Check.NAMES, count=len(names))]


def is_address(host: str) -> bool:
    """Whether a host is written as an address."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
