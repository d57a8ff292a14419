"""What is wrong with a depositor's link at a moment, by the signals. Pure; see the table in `gateway.link.state`."""

from collections.abc import Collection, Iterator

from gateway.link.signals import RadioSignal, ServerSignal, Signals
from gateway.link.state import Detail, Finding, Judgement, Thresholds
from gateway.policy.outcome import Outcome
from gateway.policy.text.rights import Right
from gateway.supervision.repairs import Deafness

DEFAULTS = Thresholds()
_REFUSALS = {
    Outcome.RIGHT_ENDED: Detail.RIGHT_ENDED,
    Outcome.RIGHT_NOT_BEGUN: Detail.RIGHT_NOT_BEGUN,
    Outcome.SUSPENDED: Detail.RIGHT_SUSPENDED,
}
_OF_SERVERS = frozenset({Detail.SERVERS_SILENT, Detail.SOME_SERVERS_SILENT, Detail.ALL_UNREACHABLE})


def judge(
    signals: Signals,
    right: Right | None,
    servers: Collection[str],
    now_ms: int,
    *,
    open_without_policy: bool = False,
    thresholds: Thresholds = DEFAULTS,
) -> Judgement:
    """All that is found. `servers` are the names of the depositor's own.

    `right` is the depositor's, None where no valid policy is in force; `open_without_policy` says that packets are
    forwarded then all the same.
    """
    own = [server for server in signals.servers if server.name in servers]
    findings = [
        *_of_right(right, open_without_policy=open_without_policy),
        *_of_maintenance(signals),
        *_of_radio(signals.radio, now_ms),
        *_of_way(signals, own, now_ms),
        *_of_host(signals, thresholds),
    ]
    return Judgement(tuple(findings), frozenset(_unknown(signals, own)))


def _of_right(right: Right | None, *, open_without_policy: bool) -> Iterator[Finding]:
    if right is None:
        if not open_without_policy:
            yield Finding(Detail.NO_POLICY)
    elif right.refusal is not None:
        yield Finding(_REFUSALS[right.refusal], reason=right.reason, until_unix_s=right.until_unix_s)


def _of_maintenance(signals: Signals) -> Iterator[Finding]:
    planned = signals.maintenance
    if planned is not None and planned.is_under_way(signals.unix_s):
        yield Finding(Detail.MAINTENANCE, reason=planned.reason, until_unix_s=planned.ends_unix_s)


def _of_radio(radio: RadioSignal | None, now_ms: int) -> Iterator[Finding]:
    """One that is started again because it is deaf is deaf, and not lost."""
    if radio is None:
        return
    if radio.deafness is Deafness.BEING_MENDED:
        yield Finding(Detail.RADIO_DEAF, _ago(now_ms, radio.deaf_s))
    if not radio.working:
        yield Finding(Detail.RADIO_LOST, _ago(now_ms, radio.lost_s))
    if radio.deafness is Deafness.GIVEN_UP:
        yield Finding(Detail.RADIO_SILENT, _ago(now_ms, radio.deaf_s))


def _of_way(signals: Signals, own: Collection[ServerSignal], now_ms: int) -> Iterator[Finding]:
    """The way to the servers. The last of them to fall silent is when nothing went through any more."""
    broker_lost = signals.broker_connected is False
    silent = {server.name: server.unanswered_s or 0.0 for server in own if _is_silent(server)}
    names = tuple(silent)
    if silent and len(silent) == len(own):
        begun_ms = _ago(now_ms, min(silent.values()))
        if broker_lost and all(_is_silent(server) for server in signals.servers):
            yield Finding(Detail.ALL_UNREACHABLE, begun_ms, servers=names)
        yield Finding(Detail.SERVERS_SILENT, begun_ms, servers=names)
    elif silent:
        yield Finding(Detail.SOME_SERVERS_SILENT, _ago(now_ms, max(silent.values())), servers=names)
    if broker_lost:
        yield Finding(Detail.BROKER_LOST, _ago(now_ms, signals.broker_lost_s))


def _of_host(signals: Signals, thresholds: Thresholds) -> Iterator[Finding]:
    if signals.undervoltage:
        yield Finding(Detail.UNDERVOLTAGE)
    if signals.temperature_c is not None and signals.temperature_c >= thresholds.hottest_c:
        yield Finding(Detail.TOO_HOT)
    if signals.disk_error is not None or signals.accounts_error is not None:
        yield Finding(Detail.RECORDS_NOT_KEPT)
    if signals.disk_free_share is not None and signals.disk_free_share < thresholds.least_free_share:
        yield Finding(Detail.DISK_FULL)
    if signals.clock_synchronised is False:
        yield Finding(Detail.CLOCK_UNSURE)


def _unknown(signals: Signals, own: Collection[ServerSignal]) -> Iterator[Detail]:
    """What can be told neither way."""
    if signals.radio is None:
        yield from (Detail.RADIO_DEAF, Detail.RADIO_LOST, Detail.RADIO_SILENT)
    open_questions = [server for server in own if not _is_silent(server) and not _answers(server)]
    if open_questions and not any(_answers(server) for server in own):
        yield from _OF_SERVERS
    if signals.disk_free_share is None:
        yield Detail.DISK_FULL
    if signals.temperature_c is None:
        yield Detail.TOO_HOT
    if signals.undervoltage is None:
        yield Detail.UNDERVOLTAGE
    if signals.clock_synchronised is None:
        yield Detail.CLOCK_UNSURE


def _is_silent(server: ServerSignal) -> bool:
    return server.unanswered_s is not None and server.unanswered_s >= server.patience_s


def _answers(server: ServerSignal) -> bool:
    return server.connected and not _is_silent(server)


def _ago(now_ms: int, duration_s: float | None) -> int | None:
    return None if duration_s is None else now_ms - round(duration_s * 1000)
