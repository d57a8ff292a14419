"""Which parts of the gateway work, by the rules that links are judged by. Pure."""

from collections.abc import Collection, Iterator

import msgspec

from gateway.link.judging import DEFAULTS, judge
from gateway.link.signals import Signals
from gateway.link.state import Detail, Judgement, Thresholds


class Part(msgspec.Struct, frozen=True):
    """Something that works or does not: what is found where it does not, and which server, if it is one."""

    fault: Detail
    server: str | None = None


PARTS = (
    Detail.RADIO_DEAF,
    Detail.RADIO_LOST,
    Detail.RADIO_SILENT,
    Detail.UNDERVOLTAGE,
    Detail.TOO_HOT,
    Detail.RECORDS_NOT_KEPT,
    Detail.DISK_FULL,
    Detail.CLOCK_UNSURE,
)
"""All but the servers."""


def findings(signals: Signals, thresholds: Thresholds = DEFAULTS) -> tuple[Detail, ...]:
    """All that is wrong with the gateway now, in the order of the table; rights and policies are not its own."""
    found = {each.detail for each in _judged(signals, [server.name for server in signals.servers], thresholds).findings}
    return tuple(detail for detail in Detail if detail in found)


def known(signals: Signals, thresholds: Thresholds = DEFAULTS) -> Iterator[tuple[Part, bool]]:
    """Each part of which it can be told whether it works, and whether it does."""
    gateway = _judged(signals, (), thresholds)
    found = {each.detail for each in gateway.findings}
    for detail in PARTS:
        if detail in found or detail not in gateway.unknown:
            yield Part(detail), detail not in found
    for server in signals.servers:
        works = answers(signals, server.name)
        if works is not None:
            yield Part(Detail.SERVERS_SILENT, server.name), works


def answers(signals: Signals, server: str) -> bool | None:
    """Whether a network server does; None while it can be told neither way."""
    judged = _judged(signals, (server,), DEFAULTS)
    if any(each.detail is Detail.SERVERS_SILENT for each in judged.findings):
        return False
    return None if Detail.SERVERS_SILENT in judged.unknown else True


def _judged(signals: Signals, servers: Collection[str], thresholds: Thresholds) -> Judgement:
    """Without a depositor: no right, and no policy that would be missed. Durations do not matter, so no time either."""
    return judge(signals, None, servers, 0, open_without_policy=True, thresholds=thresholds)
