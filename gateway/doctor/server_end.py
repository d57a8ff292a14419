"""Where a server is, what is known before it is asked, and what is said of it in the end."""

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec

from forwarder.semtech_udp.address import ServerAddress
from gateway.console.snapshot import Snapshot
from gateway.doctor.certificates import certificate_results, read_own
from gateway.doctor.check import Check, Reason
from gateway.doctor.fault import Fault
from gateway.doctor.in_time import in_thread
from gateway.doctor.names import LookedUp
from gateway.doctor.reaching import Missed, Reached
from gateway.doctor.result import CheckResult, Fact, found, passed, skipped

BROKER = "broker"

Contacts = Mapping[tuple[Check, str], bool]
"""Whether the running service is in contact with each, as far as it tells."""


class Ground(msgspec.Struct, frozen=True):
    """What all servers are examined with.

    `eui` may still be on its way; it gives None where it cannot be known. `contacts` is None where no service runs, so
    that servers may be spoken to in its place.
    """

    names: Mapping[str, LookedUp]
    eui: asyncio.Future[int | None]
    contacts: Contacts | None = None

    def addresses(self, host: str) -> tuple[ServerAddress, ...]:
        """A host's; none where its name is unknown, which is told elsewhere."""
        return self.names[host].addresses


class End(msgspec.Struct, frozen=True):
    """A server, as a link of the chain: a network server's with its name, or the broker's."""

    check: Check
    subject: str
    host: str
    port: int

    def missed(self, missed: Missed, eui: int | None) -> CheckResult:
        """It could not be used."""
        facts: dict[str, Fact] = {
            "host": self.host,
            "port": self.port,
            "eui": "?" if eui is None else f"{eui:016X}",
            "problem": missed.problem,
            "status": missed.problem,
        }
        return found(self.check, missed.fault, self.subject, **facts)

    def reached(self, reached: Reached) -> CheckResult:
        """It could."""
        return passed(self.check, self.subject, host=self.host, rtt_ms=reached.rtt_ms)

    def unexamined(self) -> CheckResult:
        """What it needs is missing: its name's address, or the gateway's EUI."""
        return skipped(self.check, Reason.EARLIER_FAULT, self.subject)

    def by_service(self, contacts: Contacts) -> CheckResult:
        """As the running service knows it."""
        is_connected = contacts.get((self.check, self.subject))
        if is_connected is None:
            return skipped(self.check, Reason.SERVICE_SAYS_NOTHING, self.subject)
        return passed(self.check, self.subject) if is_connected else found(self.check, Fault.SERVER_DOWN, self.subject)

    async def dates(self, server_ends_unix_s: int | None, own_path: str | Path | None) -> list[CheckResult]:
        """When its certificate ends, and that of the gateway; either is None where there is none."""
        own = [] if own_path is None else [await in_thread(lambda: read_own(own_path))]
        return certificate_results(self.subject or BROKER, self.host, server_ends_unix_s, own, int(time.time()))


def contacts_of(snapshot: Snapshot | None) -> Contacts:
    """What a running service tells; nothing where it does not answer."""
    if snapshot is None:
        return {}
    contacts = {(Check.SERVER, server.name): server.connected for server in snapshot.servers}
    if snapshot.broker is not None:
        contacts[Check.BROKER, ""] = snapshot.broker.connected
    return contacts
