"""How notices get through, by depositor and channel: no contact is named. Pure."""

from collections.abc import Iterable

from gateway.link.messages import Sentence
from gateway.link.messages_operator import FailingChannel, NoticesHealth, Occurrence
from gateway.link.operator.discreet import closed, discreet, discreet_or_none
from gateway.link.operator.happening import Happening
from gateway.notices.lanes import LaneReport
from gateway.notices.notice import Lane

TOLD_AFTER = 2
"""Failures in a row. Mail servers often send the first attempt away, and take the second."""

Channel = tuple[str, str]
"""A depositor, and how it is told."""


def notices_health(
    waiting: int, delivered: int, dropped: int, disk_error: str | None, lanes: Iterable[LaneReport]
) -> NoticesHealth:
    """How all of them fare."""
    return NoticesHealth(
        waiting=waiting,
        delivered=delivered,
        dropped=dropped,
        problem=discreet_or_none(disk_error),
        failing=tuple(_failing(channel, failing) for channel, failing in sorted(_by_channel(lanes, 1).items())),
    )


def channels_changed(
    told: frozenset[Lane], lanes: Iterable[LaneReport]
) -> tuple[frozenset[Lane], tuple[Happening, ...]]:
    """The ways to contacts that are known to fail from now on, and what is to be told. It begins with none of them.

    A channel has come to fail, or all its contacts are reached again. A contact that the policy has no more mends
    nothing, and neither does a new address by itself: its channel is told as mended once a notice has got through.
    """
    reports = {report.lane: report for report in lanes}
    failing = _by_channel(reports.values(), TOLD_AFTER)
    still = {lane for lane in told if lane in reports and reports[lane].reason is not None}
    still |= {report.lane for each in failing.values() for report in each}
    before, after = {_channel(lane) for lane in told}, {_channel(lane) for lane in still}
    mended = {_channel(lane) for lane in told if lane in reports} - after
    return frozenset(still), (
        *(_fails(_failing(channel, failing[channel])) for channel in sorted(after - before)),
        *(_works_again(*channel) for channel in sorted(mended)),
    )


def _by_channel(lanes: Iterable[LaneReport], least_failures: int) -> dict[Channel, list[LaneReport]]:
    """The contacts that are not reached."""
    failing: dict[Channel, list[LaneReport]] = {}
    for report in lanes:
        if report.reason is not None and report.failures >= least_failures:
            failing.setdefault(_channel(report.lane), []).append(report)
    return failing


def _channel(lane: Lane) -> Channel:
    return lane.depositor, lane.channel


def _failing(channel: Channel, reports: list[LaneReport]) -> FailingChannel:
    worst = max(reports, key=lambda report: report.failures)
    depositor, name = channel
    return FailingChannel(
        depositor=depositor,
        channel=name,
        contacts=len(reports),
        waiting=sum(report.waiting for report in reports),
        attempts=worst.failures,
        reason=discreet_or_none(worst.reason),
    )


def _fails(channel: FailingChannel) -> Happening:
    reason = discreet(channel.reason or "")
    return Happening(
        kind=Occurrence.NOTICE,
        level="warning",
        sentence=Sentence(
            fr=f"Les avis à {channel.depositor} par {_FRENCH.get(channel.channel, channel.channel)} ne passent pas : "
            f"{closed(reason)}",
            en=f"Notices to {channel.depositor} by {channel.channel} do not get through: {closed(reason)}",
        ),
        details={
            "channel": channel.channel,
            "works": False,
            "contacts": channel.contacts,
            "waiting": channel.waiting,
            "attempts": channel.attempts,
            "reason": reason,
        },
        matter=_matter(channel.depositor, channel.channel),
        depositor=channel.depositor,
    )


def _works_again(depositor: str, channel: str) -> Happening:
    return Happening(
        kind=Occurrence.NOTICE,
        level="info",
        sentence=Sentence(
            fr=f"Les avis à {depositor} par {_FRENCH.get(channel, channel)} passent de nouveau.",
            en=f"Notices to {depositor} by {channel} get through again.",
        ),
        details={"channel": channel, "works": True},
        matter=_matter(depositor, channel),
        depositor=depositor,
    )


def _matter(depositor: str, channel: str) -> str:
    return f"notices {depositor} {channel}"


_FRENCH = {"e-mail": "courriel"}
