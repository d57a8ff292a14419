"""When the certificates of a connection end: the server's, and the gateway's own."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from gateway.doctor.check import Check
from gateway.doctor.fault import Fault
from gateway.doctor.result import CheckResult, Fact, found, passed
from gateway.link.certificates import CertificateFileError, ends_of
from gateway.link.operator.certificates import DAY_S

# Let's Encrypt and its like renew a month before the end: what is nearer than this was not renewed.
SERVER_ENDING_S = 14 * DAY_S
# Our own is renewed by people.
OWN_ENDING_S = 30 * DAY_S


class Own(msgspec.Struct, frozen=True):
    """The gateway's own certificate: its file, and when it ends; or why it cannot be read."""

    path: str
    ends_unix_s: int | None
    problem: str = ""


def read_own(path: str | Path) -> Own:
    """Read it. Blocks for a disk."""
    try:
        return Own(str(path), ends_of(Path(path)))
    except CertificateFileError as error:
        return Own(str(path), None, str(error))


def certificate_results(
    subject: str, host: str, server_ends_unix_s: int | None, own: Iterable[Own], now_unix_s: int
) -> list[CheckResult]:
    """What is said of their ends; nothing where there are no certificates."""
    results: list[CheckResult] = []
    ends = [] if server_ends_unix_s is None else [server_ends_unix_s]
    if server_ends_unix_s is not None and server_ends_unix_s - now_unix_s < SERVER_ENDING_S:
        facts: dict[str, Fact] = {"host": host, "ends_unix_s": server_ends_unix_s}
        results.append(found(Check.CERTIFICATES, Fault.SERVER_CERTIFICATE_ENDING, subject, **facts))
    for each in own:
        if each.ends_unix_s is None:
            results.append(found(Check.CERTIFICATES, Fault.CREDENTIALS_UNREADABLE, subject, problem=each.problem))
            continue
        ends.append(each.ends_unix_s)
        results += _own(subject, each.path, each.ends_unix_s, now_unix_s)
    if results or not ends:
        return results
    return [passed(Check.CERTIFICATES, subject, ends_unix_s=min(ends))]


def _own(subject: str, path: str, ends_unix_s: int, now_unix_s: int) -> list[CheckResult]:
    left_s = ends_unix_s - now_unix_s
    if left_s >= OWN_ENDING_S:
        return []
    fault = Fault.OWN_CERTIFICATE_ENDED if left_s <= 0 else Fault.OWN_CERTIFICATE_ENDING
    return [found(Check.CERTIFICATES, fault, subject, path=path, ends_unix_s=ends_unix_s)]
